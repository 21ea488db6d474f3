#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A library's time is its own: no verdict depends on who else is asked about, nor on what else the
machine does. And its limits are named.

The matrix of what works how long, of how many copies, on what machine, is in CI a part of itself,
by a seed that the first line tells. DLTEST_MATRIX=all is the whole of it."""

import contextlib
import itertools
import os
import random
import re
import signal
import time
import unittest

import dltest_harness as harness

# A third of it is what each library of the matrix needs at most.
TIMEOUT = "0.9"
BURNS = (20, 80, 200, 300)
COPIES = (4, 16, 50, 120)
SPINNERS = (0, 6)
# Of the matrix, so many seconds of processor time a run in CI.
SHARE_S = 25.0


def matrix():
    """The cells, or as many of them as take SHARE_S, chosen by the seed of this run."""
    cells = list(itertools.product(BURNS, COPIES, SPINNERS))
    if os.environ.get("DLTEST_MATRIX") == "all":
        return cells
    seed = os.environ.get("DLTEST_MATRIX_SEED", str(int(time.time()) // 60))
    print(f"matrix: DLTEST_MATRIX_SEED={seed}", flush=True)
    random.Random(seed).shuffle(cells)
    chosen, left = [], SHARE_S
    for burn, copies, spinners in cells:
        # Beside others it takes its share of their time, too.
        cost = burn / 1000 * copies * (3 if spinners else 1)
        if cost <= left:
            chosen.append((burn, copies, spinners))
            left -= cost
    return chosen


class OwnTime(harness.TestCase):
    """What loads alone in a third of its time is never called timed_out."""

    def copies(self, fixture, count):
        return [self.home.add(f"{fixture}.so", f"{fixture}-{i}.so") for i in range(count)]

    def ask(self, paths, *options, timeout=TIMEOUT):
        return self.verify("--fresh", "--timeout", timeout, *options, *paths,
                           timeout=170)

    def all_load(self, paths, *options, **named):
        for result in self.ask(paths, *options, **named).results:
            self.assertTrue(result["ok"], result)

    def test_the_matrix(self):
        for burn, copies, spinners in matrix():
            with self.subTest(burn=burn, copies=copies, spinners=spinners):
                with self.spinning(spinners, start_new_session=True):
                    self.all_load(self.copies(f"burn_{burn}", copies))

    def test_jobs_are_no_matter(self):
        paths = self.copies("burn_80", 40)
        for jobs in ("1", "40"):
            self.start_daemon("--jobs", jobs)
            self.all_load(paths)
            self.run_client("--stop")

    def test_threads_that_end_take_no_time_with_them(self):
        """Each works for 2 ms; while it waits, nothing that is there to be asked does."""
        with self.spinning(6, start_new_session=True):
            self.all_load(self.copies("work_in_threads", 4))

    def test_threads_that_work_together(self):
        with self.spinning(6, start_new_session=True):
            self.all_load(self.copies("work_together", 4))

    def test_what_works_and_sleeps_by_turns(self):
        with self.spinning(6, start_new_session=True):
            self.all_load(self.copies("work_and_sleep", 8))

    def test_what_waits_for_the_daemon(self):
        with self.spinning(6, start_new_session=True):
            self.all_load(self.copies("ask_often", 8))

    def test_others_that_hang(self):
        hung = self.copies("spin", 5) + self.copies("sleep_forever", 5)
        good = self.copies("burn_80", 10)
        paths = hung + good
        random.Random(3).shuffle(paths)
        for result in self.ask(paths).results:
            if result["path"] in good:
                self.assertTrue(result["ok"], result)
            else:
                self.assertEqual(result["reason"], "timed_out", result)

    def test_what_hangs_in_many_threads_ends(self):
        """They wait for each other, which is time of theirs."""
        for spinners in (0, 2):
            with self.spinning(spinners, start_new_session=True):
                results = self.ask(self.copies("spin_in_threads", 2)).results
            for result in results:
                self.assertEqual(result["reason"], "timed_out", result)

    @harness.timed
    def test_a_call_does_not_wait_for_what_others_have_working(self):
        spin = self.copies("spin", 20)
        good = self.home.add("good.so")
        self.start_daemon()
        with self.connect() as peer, self.connect() as other:
            self.assertTrue(other.verify([good])[0]["ok"])
            peer.send(f"{harness.INTERFACE}.Verify", {"paths": spin, "timeout_ms": 30000})
            harness.wait_until(lambda: harness.strict_json(
                self.run_client("--status").out)["running"] >= 5, "they spin")

            def ask():
                start = time.monotonic()
                self.assertTrue(other.verify([good], fresh=True)[0]["ok"])
                return time.monotonic() - start
            self.within(1.0, ask)


class Unheard(harness.TestCase):
    """What is not heard of a child is our failure."""

    def test_a_loader_that_is_stopped(self):
        """Its children end, and nobody tells."""
        good = self.home.add("good.so")
        slow = self.home.add("sleep_a_little.so")
        daemon = self.start_daemon()
        with self.connect() as peer:
            self.assertTrue(peer.verify([good])[0]["ok"])
            zygote, = harness.children(daemon.pid)
            harness.wait_until(lambda: harness.children(zygote), "a child was ready")
            os.kill(zygote, signal.SIGSTOP)
            try:
                result, = peer.verify([slow], fresh=True, timeout_ms=5000)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(zygote, signal.SIGCONT)
        self.assertTrue(result["ok"], "another loader had to tell")


    def test_a_loader_that_is_stopped_and_goes_on(self):
        """What was given up as not to be had comes after all; others have its verdict by then."""
        paths = [self.home.add("work_a_little.so", f"w{i}.so") for i in range(3)]
        good = self.home.add("good.so")
        daemon = self.start_daemon("--jobs", "6")
        with self.connect() as peer:
            self.assertTrue(peer.verify([good])[0]["ok"])
            zygote, = harness.children(daemon.pid)
            os.kill(zygote, signal.SIGSTOP)
            peer.send(f"{harness.INTERFACE}.Verify", {"paths": paths, "timeout_ms": 10000})
            time.sleep(2.9)
            with contextlib.suppress(ProcessLookupError):
                os.kill(zygote, signal.SIGCONT)
            for result in peer.receive()["parameters"]["results"]:
                self.assertTrue(result["ok"], result)

    def test_a_daemon_that_is_stopped(self):
        """Nobody knows what its children did meanwhile."""
        slow = self.home.add("sleep_1500.so")
        daemon = self.start_daemon()
        with self.connect() as peer:
            peer.send(f"{harness.INTERFACE}.Verify", {"paths": [slow], "timeout_ms": 2000})
            harness.wait_until(lambda: len(harness.descendants(daemon.pid)) > 2, "it is loaded")
            time.sleep(0.2)
            os.kill(daemon.pid, signal.SIGSTOP)
            time.sleep(2.5)
            os.kill(daemon.pid, signal.SIGCONT)
            result, = peer.receive()["parameters"]["results"]
        self.assertTrue(result["ok"], result)


class Limits(harness.TestCase):
    """Of memory and threads; address space is none."""

    def test_address_space_is_no_memory(self):
        result = self.verify_one(self.home.add("reserve.so"))
        self.assertTrue(result["ok"], result)

    @harness.timed
    def test_memory(self):
        result = self.verify_one(self.home.add("fill_memory.so"), "--timeout", "60")
        self.assertEqual(result["reason"], "out_of_memory")
        self.assertRegex(result["error"], "needs more than 2 GiB, the limit of a load")

    def test_threads(self):
        result = self.verify_one(self.home.add("start_threads.so"), "--timeout", "60")
        self.assertEqual((result["reason"], result["signal"]), ("crashed", "SIGKILL"))
        self.assertTrue(re.search("more than 1024 threads", result["error"]), result)


if __name__ == "__main__":
    harness.main()
