#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""When there is not time for all: answers by --within, the rest is asked about again; what the user's
daemon has no verdict for, a private one is asked about."""

import contextlib
import fcntl
import os
import pty
import shutil
import signal
import subprocess
import time

import dltest_harness as harness
from dltest_harness import INTERFACE

NOT_ENOUGH = "not enough time: %d of %d were answered; ask again"


class Case(harness.TestCase):
    """What both halves of this file need."""

    # Of the machine's own: a program to start, an answer to print.
    GRACE = 0.3

    def ask(self, within, *args, **options):
        """Asks, and expects the end by that time."""
        answers = []

        def once():
            answers.append(self.run_client(f"--within={within}", *args, **options))
            return answers[-1].seconds
        self.within(within + self.GRACE, once)
        return answers[-1]

    def expect_not_enough(self, answer, known, count):
        """So many of so many have a result, and the others say why they have none."""
        self.assertEqual(answer.status, 3, answer)
        lost = [result for result in answer.results if result.get("reason") == "no_verdict"]
        self.assertEqual(len(answer.results), count, answer)
        self.assertEqual(len(lost), count - known, answer)
        self.assertEqual({result["error"] for result in lost}, {NOT_ENOUGH % (known, count)})

    def running(self):
        """How many loads the daemon has at work."""
        return harness.strict_json(self.run_client("--status").out)["running"]

    def slow(self, fixture, count):
        """So many that take their time, and not quite new: of what is, no verdict is kept."""
        paths = [self.home.add(fixture, f"slow-{number}.so") for number in range(count)]
        time.sleep(0.2)
        return paths

    def kill_zygotes(self, daemon, running):
        """Kills loaders while they load, until their environment is left alone."""
        killed = set()

        def one_more():
            for pid in set(harness.children(daemon)) - killed:
                if running(pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
            return len(killed) >= 3
        harness.wait_until(one_more, "three loaders were killed at work")


class InTime(Case):
    """Whatever the daemon does, the client has its answers by then."""

    def test_what_hangs_has_no_verdict_and_the_rest_has(self):
        good = [self.home.add("good.so", f"good-{number}.so") for number in range(3)]
        self.verify(*good, status=0)
        hung = self.slow("sleep_forever.so", 2)
        answer = self.ask(1, good[0], hung[0], *good[1:], hung[1])
        self.expect_not_enough(answer, 3, 5)
        self.assertEqual([result["ok"] for result in answer.results],
                         [True, False, True, True, False])

    def test_lines_and_table_say_it_as_well(self):
        hung, = self.slow("sleep_forever.so", 1)
        answer = self.ask(0.5, "--jsonl", hung)
        self.assertEqual([result["error"] for result in answer.lines], [NOT_ENOUGH % (0, 1)])
        self.assertEqual(answer.status, 3)
        answer = self.ask(0.5, "--text", hung)
        self.assertIn((NOT_ENOUGH % (0, 1)).encode(), answer.out)
        self.assertEqual(answer.status, 3)

    def test_a_daemon_that_is_stopped(self):
        good = self.home.add("good.so")
        daemon = self.start_daemon()
        os.kill(daemon.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, daemon.pid, signal.SIGCONT)
        self.expect_not_enough(self.ask(1, good), 0, 1)
        self.assertTrue(self.verify_one(good, "--within", "20")["ok"], "there is a private one")

    def test_a_daemon_that_takes_nobody(self):
        good = self.home.add("good.so")
        full = harness.listen_unix(self.home.socket)
        full.listen(0)
        with harness.connect_unix(self.home.socket):
            self.expect_not_enough(self.ask(0.5, good), 0, 1)
        full.close()

    def test_a_lock_that_somebody_holds(self):
        good = self.home.add("good.so")
        with open(self.home.lock, "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.expect_not_enough(self.ask(0.5, good), 0, 1)

    def test_a_private_daemon_that_has_work_is_ended(self):
        hung, = self.slow("sleep_forever.so", 1)
        self.expect_not_enough(self.ask(0.7, "--no-daemon", hung), 0, 1)
        self.wait_for_no_daemon()

    def test_a_daemon_that_is_something_else(self):
        """It neither answers nor ends."""
        good = self.home.add("good.so")
        place = self.base / "bin"
        place.mkdir()
        client = place / "tsuku-dltest"
        shutil.copy(harness.CLIENT, client)
        daemon = place / "tsuku-dltestd"
        daemon.write_text("#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.1; done\n")
        daemon.chmod(0o755)
        for option in ("--bare", "--no-daemon"):
            self.expect_not_enough(self.ask(0.7, option, good, client=client), 0, 1)
        for pid in harness.programs_running():
            os.kill(pid, signal.SIGKILL)

    def test_none_at_all(self):
        slow, = self.slow("sleep_1500.so", 1)
        self.assertTrue(self.verify_one(slow, "--within", "0")["ok"])


class Defaults(Case):
    """How tsuku calls, and how others do."""

    def test_as_tsuku_calls_what_hangs_is_told(self):
        hung, = self.slow("sleep_forever.so", 1)

        def ask():
            answer = self.verify(hung, status=1)
            # It keeps all signals away, so that it cannot be asked where it is.
            self.assertEqual(answer.results[0]["error"],
                             "was still being loaded after 3 s, all its threads waiting")
            return answer.seconds
        self.within(4.5, ask)

    def test_as_tsuku_calls_many_that_are_slow(self):
        """Its answers are there before it loses all."""
        paths = self.slow("sleep_4000.so", 64)
        answers = []

        def ask():
            answers.append(self.run_client("--with", self.home.add("good.so"), *paths))
            return answers[-1].seconds
        self.within(4.5 + self.GRACE, ask)
        self.assertEqual(len(answers[-1].results), 64)

    def test_what_takes_four_seconds_loads_where_there_is_time(self):
        """As it did with the helper of before, in a call of its own."""
        slow = self.home.add("sleep_4000.so")
        for options in (["--jsonl"], ["--within", "0"], ["--within", "6", "--timeout", "5"]):
            answer = self.run_client("--fresh", *options, slow)
            self.assertEqual(answer.status, 0, answer)

    def test_what_takes_four_seconds_loads_for_who_looks_at_it(self):
        slow = self.home.add("sleep_4000.so")
        terminal, other = pty.openpty()
        process = harness.popen([harness.CLIENT, slow], env=self.home.environment(),
                                stdout=other, stderr=subprocess.DEVNULL)
        os.close(other)
        self.assertEqual(process.wait(30), 0, self.daemon_log())
        os.close(terminal)

    def test_more_paths_than_tsuku_has_get_all_the_time(self):
        good = self.home.add("good.so")
        slow = self.home.add("sleep_4000.so")
        self.verify(*[good] * 64, slow, status=0)


class Later(Case):
    """What was at work when the time was over is finished for who asks again."""

    def finished(self, within, paths):
        """Asks, waits until what was left is finished, and asks again; what was remembered then.
        More than once, since nothing is where others change something on the way to it."""
        for _ in range(5):
            self.expect_not_enough(self.ask(within, "--fresh", "--details", *paths), 0, len(paths))
            self.assertEqual(self.running(), len(paths))
            harness.wait_until(lambda: self.running() == 0, "they were finished")
            results = self.verify("--details", *paths, status=0).results
            if all(result["cached"] for result in results):
                return results
        self.fail(f"not remembered: {results}")

    def test_asking_again_goes_on_from_there(self):
        slow = self.slow("sleep_1500.so", 4)
        self.start_daemon()
        self.finished(1, slow)

    def test_a_private_daemon_remembers_what_it_knows(self):
        """It ends with its client, and finishes nothing; but what it has answered is there again."""
        paths = [self.home.add("good.so", f"good-{number}.so") for number in range(6)]
        hung = self.home.add("sleep_forever.so")
        time.sleep(0.2)  # as in slow()

        def ask():
            answer = self.ask(1.5, "--no-daemon", "--details", *paths, hung)
            self.expect_not_enough(answer, 6, 7)
            self.assertLess(answer.seconds, 3)
            return [result.get("cached") for result in answer.results[:6]]
        for _ in range(5):
            if ask() == [True] * 6:
                return
        self.fail("nothing was remembered")

    def test_second_looks_are_finished_as_well(self):
        """First alone, then in company; here neither is through by then."""
        package = self.home.package()
        slow = harness.make.put(harness.FIXTURES / "needs_dep.so", package.parent / "needs_dep.so")
        self.home.add("slow_dep.so", "libdltest_dep.so")
        time.sleep(0.2)  # as in slow()
        self.start_daemon()
        result, = self.finished(0.7, [slow])
        self.assertEqual(result["context"], [str(package)])

    def test_who_asks_meanwhile_has_it_soon(self):
        slow, = self.slow("sleep_1500.so", 1)
        daemon = self.start_daemon()
        self.expect_not_enough(self.ask(1, slow), 0, 1)
        self.assertTrue(self.verify_one(slow, "--within", "20")["ok"])
        self.assertNotIn("warning", daemon.log_text())

    def test_what_hangs_ends_by_itself(self):
        hung = self.slow("sleep_forever.so", 3)
        self.start_daemon()
        self.expect_not_enough(self.ask(1, *hung), 0, 3)
        self.assertEqual(self.running(), 3)
        harness.wait_until(lambda: self.running() == 0, "they had their time", 10)

    def test_what_hangs_is_told_who_asks_often_enough(self):
        """It is not remembered that it hung; but who asks again waits for the same load."""
        hung = self.slow("spin.so", 1) + self.slow("sleep_forever.so", 1)
        self.start_daemon()
        for _ in range(40):
            results = self.run_client("--within=0.5", *hung).results
            if "no_verdict" not in [result.get("reason") for result in results]:
                break
        self.assertEqual([result["reason"] for result in results], ["timed_out", "timed_out"])
        # One load each, and one to explain it.
        status = harness.strict_json(self.run_client("--status").out)
        self.assertLessEqual(status["done"], 4)

    def test_nothing_new_is_begun(self):
        slow = self.slow("sleep_1500.so", 90)  # 64 at a time
        self.start_daemon()
        self.expect_not_enough(self.ask(1, *slow), 0, 90)
        harness.wait_until(lambda: self.running() == 0, "they were finished")
        status = harness.strict_json(self.run_client("--status").out)
        self.assertLess(status["done"], 90)
        self.assertEqual((status["waiting"], status["calls"]), (0, 0))

    def test_a_client_that_is_killed_before_has_its_loads_ended(self):
        hung = self.slow("sleep_forever.so", 3)
        self.start_daemon()
        process = harness.popen([harness.CLIENT, "--within", "10", *hung],
                                env=self.home.environment(), stdout=subprocess.PIPE)
        harness.wait_until(lambda: self.running() == 3, "they were at work")
        process.kill()
        process.communicate()
        start = time.monotonic()
        harness.wait_until(lambda: self.running() == 0, "they were ended")
        self.assertLess(time.monotonic() - start, 2)

    def test_a_daemon_that_ends_does_not_wait_for_it(self):
        hung, = self.slow("sleep_forever.so", 1)
        daemon = self.start_daemon()
        self.expect_not_enough(self.ask(1, "--timeout", "60", hung), 0, 1)
        self.assertEqual(self.running(), 1)
        start = time.monotonic()
        self.assertEqual(daemon.terminate(), 0)
        self.assertLess(time.monotonic() - start, 2)


class Alive(Case):
    """A daemon with much to do is told from a dead one."""

    def test_a_call_with_more_hears_something_every_few_seconds(self):
        hung, = self.slow("sleep_forever.so", 1)
        self.start_daemon()
        with self.connect() as peer:
            start = time.monotonic()
            replies = list(peer.stream(f"{INTERFACE}.Verify",
                                       {"paths": [hung], "timeout_ms": 10000}))
            self.assertGreater(time.monotonic() - start, 9)
        self.assertEqual([len(reply["parameters"]["results"]) for reply in replies], [0, 0, 1])

    def test_a_call_without_more_hears_its_answer_alone(self):
        hung, = self.slow("sleep_forever.so", 1)
        self.start_daemon()
        with self.connect() as peer:
            result, = peer.verify([hung], timeout_ms=5000)
            self.assertEqual(result["reason"], "timed_out")


class Doubt(Case):
    """No verdict of the user's daemon is the last word."""

    def at_work(self, zygote):
        """Whether a loader has a child beside the one that it has ready."""
        return len(harness.children(zygote)) > 1

    def lose(self, *options):
        """Asks about a slow library while the daemon's loaders are killed."""
        slow = self.home.add("sleep_1500.so")
        daemon = self.start_daemon()
        process = harness.popen([harness.CLIENT, "--within", "60", *options, slow],
                                env=self.home.environment(), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        self.kill_zygotes(daemon.pid, self.at_work)
        out, err = process.communicate(timeout=60)
        return harness.Answer(process.returncode, out, err, 0), daemon

    def test_a_private_daemon_is_asked(self):
        answer, daemon = self.lose()
        self.assertRegex(daemon.log_text(), "loader")
        self.assertEqual(answer.status, 0, f"{answer}\n{daemon.log_text()}")
        self.assertTrue(answer.results[0]["ok"])

    def test_lines_wait_for_that(self):
        answer, _ = self.lose("--jsonl")
        self.assertEqual(answer.status, 0, answer)
        self.assertEqual([result["ok"] for result in answer.lines], [True])

    def test_thousands_are_asked_about_once(self):
        paths = [self.home.add("good.so", f"good-{number}.so") for number in range(3000)]
        asked = self.server_without_verdicts()
        listing = self.base / "listing"
        listing.write_text("".join(f"{path}\n" for path in paths))
        answer = self.run_client("--files-from", listing)
        self.assertEqual(answer.status, 0, f"{answer}"[:3000])
        self.assertEqual(sum(result["ok"] for result in answer.results), 3000)
        self.assertEqual(asked(), paths)

    def test_first_error_is_told_where_no_private_one_can_be_had(self):
        good = self.home.add("good.so")
        self.server_without_verdicts()
        client = self.base / "tsuku-dltest"
        shutil.copy(harness.CLIENT, client)
        result, = self.run_client(good, client=client).results
        self.assertEqual((result["reason"], result["error"]), ("no_verdict", "it is not to be had"))

    SERVER = r"""
import json, socket, sys, threading

def reply_to(paths):
    if len(sys.argv) > 2:
        return sys.argv[2]
    results = [{"path": path, "ok": False, "error": "it is not to be had",
                "reason": "no_verdict"} for path in paths]
    return json.dumps({"parameters": {"results": results}}, separators=(",", ":"))

def serve(peer):
    data = b""
    while chunk := peer.recv(65536):
        data += chunk
        while b"\0" in data:
            message, data = data.split(b"\0", 1)
            paths = json.loads(message).get("parameters", {}).get("paths", [])
            print(*paths, sep="\n", flush=True)
            peer.sendall(reply_to(paths).encode() + b"\0")

server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
"""

    def server_without_verdicts(self, *replies):
        """It has the user's socket, and prints what it is asked about."""
        output = self.base / "asked"
        with open(output, "wb") as stream:
            server = harness.popen(
                ["/usr/bin/python3", "-c", self.SERVER, self.home.socket, *replies], stdout=stream)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        harness.wait_until(output.read_bytes, "it listened")
        return lambda: output.read_text().split()[1:]

    def test_a_daemon_of_another_version_is_not_asked_again(self):
        """One that does not know a parameter refuses all of the call."""
        good = self.home.add("good.so")
        asked = self.server_without_verdicts(
            '{"error":"org.varlink.service.InvalidParameter",'
            '"parameters":{"parameter":"within_ms"}}')
        self.assertTrue(self.verify_one(good)["ok"])
        self.assertEqual(asked(), [good])


if __name__ == "__main__":
    harness.main()
