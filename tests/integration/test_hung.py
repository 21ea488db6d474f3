#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hung libraries hold up nobody: the two times that the contract names."""

import itertools
import os
import random
import signal
import threading
import time

import dltest_harness as harness


class Hung(harness.TestCase):
    """50 paths of which 10 hang are answered in full within 4.5 s, on two processors."""

    LIMIT = 4.5  # contract section 2: tsuku kills its helper after 5 s

    def batch(self):
        good = [self.home.add("good.so", f"good-{i}.so") for i in range(40)]
        spin = [self.home.add("spin.so", f"spin-{i}.so") for i in range(5)]
        sleep = [self.home.add("sleep_forever.so", f"sleep-{i}.so") for i in range(5)]
        return good, spin, sleep

    def ask(self, paths):
        # With a timeout there is no end at 4.5 s (--within), so that the verdicts of a busy machine
        # are known, too.
        answer = self.verify("--fresh", "--timeout", "3", *paths, status=1)
        self.assertEqual(len(answer.results), 50)
        for result in answer.results:
            name = result["path"].rsplit("/", 1)[1]
            if name.startswith("good"):
                self.assertTrue(result["ok"], result)
            else:
                self.assertEqual(result.get("reason"), "timed_out", result)
        return answer.seconds

    def check(self, paths):
        self.within(self.LIMIT, lambda: self.ask(paths))

    @harness.timed
    def test_hung_first(self):
        good, spin, sleep = self.batch()
        self.check(spin + sleep + good)

    @harness.timed
    def test_hung_last(self):
        good, spin, sleep = self.batch()
        self.check(good + sleep + spin)

    @harness.timed
    def test_hung_between(self):
        good, spin, sleep = self.batch()
        paths = good + spin + sleep
        random.Random(7).shuffle(paths)
        self.check(paths)

    @harness.timed
    def test_hung_without_a_daemon(self):
        good, spin, sleep = self.batch()
        paths = [path for group in itertools.zip_longest(good, spin + sleep)
                 for path in group if path]

        def ask():
            answer = self.run_client("--no-daemon", "--fresh", "--timeout", "3", *paths)
            self.assertEqual(len(answer.results), 50)
            self.assertEqual(sum(result["ok"] for result in answer.results), 40)
            return answer.seconds
        self.within(self.LIMIT, ask)

    def test_a_library_that_hangs_while_it_is_closed(self):
        self.verify(self.home.add("good.so"), status=0)
        result = self.verify_one(self.home.add("close_spin.so"), "--timeout", "1")
        self.assertEqual((result["reason"], result["phase"]), ("timed_out", "close"))

    def test_a_load_that_stops_itself(self):
        result = self.verify_one(self.home.add("stop_itself.so"), "--timeout", "0.3")
        self.assertEqual((result["reason"], result["phase"]), ("timed_out", "open"))

    def test_a_process_that_comes_late(self):
        """The time of what was not forked yet has not begun; then it is ended, and it alone. What was
        given up meanwhile is tried again, and not called ended by the system."""
        good = self.home.add("good.so")
        spin = [self.home.add("spin.so", f"late-{i}.so") for i in range(6)]
        daemon = self.start_daemon("--jobs", "6")
        with self.connect() as peer:
            self.assertTrue(peer.verify([good])[0]["ok"])
            zygote, = harness.children(daemon.pid)
            os.kill(zygote, signal.SIGSTOP)
            peer.send(f"{harness.INTERFACE}.Verify",
                      {"paths": spin, "timeout_ms": 60, "bare": True})
            time.sleep(0.2)
            os.kill(zygote, signal.SIGCONT)
            for result in peer.receive()["parameters"]["results"]:
                self.assertEqual(result["reason"], "timed_out", result)
            self.assertTrue(peer.verify([good], fresh=True)[0]["ok"])
        self.assertIn(zygote, harness.children(daemon.pid), daemon.log_text())
        self.assertNotIn("replacing the loader", daemon.log_text())

    @harness.timed
    def test_what_hangs_ends_in_time_on_a_busy_machine(self):
        """What is killed still needs the processor in order to end."""
        spin = [self.home.add("spin.so", f"spin-{i}.so") for i in range(6)]
        daemon = self.start_daemon()
        self.busy_machine()
        for _ in range(4):
            self.verify("--bare", "--fresh", "--timeout", "0.5", *spin, status=1)
        self.assertNotIn("replacing the loader", daemon.log_text())

    def test_a_large_library_loads_on_a_busy_machine(self):
        """What needs the processor for longer than others is not kept from it."""
        self.busy_machine()
        large = self.home.add("work_a_little.so")
        for _ in range(3):
            self.verify("--bare", "--fresh", "--timeout", "15", large, status=0)

    def busy_machine(self):
        """Others that want the processors: two for each, in sessions of their own."""
        self.keep_busy(2 * len(os.sched_getaffinity(0)), start_new_session=True)

    def test_timeout_counts_for_each(self):
        paths = [self.home.add("sleep_a_little.so", f"l{i}.so") for i in range(12)]
        self.verify("--timeout", "20", *paths, status=0)


class Fair(harness.TestCase):
    """One path asked about while another client's 5,000 are being worked on does not wait."""

    @harness.timed
    def test_one_path_does_not_wait_for_thousands(self):
        good = self.home.add("good.so")
        slow = [self.home.add("sleep_a_little.so", f"slow-{i}.so") for i in range(500)]
        self.verify(good, status=0)
        listing = self.base / "many"
        many = [path for i in range(0, 500, 50) for path in slow[i:i + 50] + [good] * 450]
        self.assertEqual(len(many), 5000)
        listing.write_text("".join(f"{path}\n" for path in many))
        done = threading.Event()
        answers = []

        def ask_many():
            answers.append(self.run_client("--jsonl", "--timeout", "30", "--files-from", listing,
                                           timeout=170))
            done.set()

        asking = threading.Thread(target=ask_many)
        asking.start()
        # What is remembered of them does not wait.
        harness.wait_until(lambda: self.waiting() > 200, "the many are queued")

        def ask():
            answer = self.verify(good, status=0)
            self.assertFalse(done.is_set(), "the many were done too soon to tell")
            return answer.seconds
        for _ in range(5):
            self.within(1.0, ask)
        asking.join()
        self.assertEqual(len(answers[0].lines), 5000)

    def test_what_hangs_for_one_leaves_room_for_another(self):
        hung = [self.home.add("sleep_forever.so", f"{i}.so") for i in range(100)]
        self.start_daemon()
        with self.connect() as peer, self.connect() as other:
            peer.send(f"{harness.INTERFACE}.Verify", {"paths": hung, "timeout_ms": 120000})
            harness.wait_until(lambda: self.status()["running"] >= 64, "all places are taken")
            result, = other.verify([self.home.add("good.so")])
            self.assertTrue(result["ok"], result)

    def status(self):
        return harness.strict_json(self.run_client("--status").out)

    def waiting(self):
        answer = self.run_client("--status")
        return harness.strict_json(answer.out)["waiting"] if answer.status == 0 else 0


if __name__ == "__main__":
    harness.main()
