#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The client ends, whatever whoever serves it says or leaves unsaid: within what was promised and
10 s more, and nobody who waits for the end of its output waits longer."""

import contextlib
import itertools
import os
import shutil
import signal
import socket
import time
from pathlib import Path

import dltest_harness as harness

# What the client may take beyond the times that it was given.
MORE = 10.0


class EndsCase(harness.TestCase):
    """Fakes instead of the daemon, beside a client of the test's own."""

    def setUp(self):
        super().setUp()
        self.pids = self.base / "pids"
        self.pids.mkdir()
        self.good = self.home.add("good.so")
        self.other = self.home.add("good.so", "other.so")
        self.addCleanup(self.end_fakes)

    def end_fakes(self):
        for pid in os.listdir(self.pids):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    def client_with(self, script):
        """A client whose daemon is a script."""
        directory = self.base / "bin"
        directory.mkdir()
        for program in (harness.CLIENT, harness.LOADER):
            shutil.copy(program, directory)
        daemon = directory / "tsuku-dltestd"
        daemon.write_text(f"#!/bin/sh\n{script}\n")
        daemon.chmod(0o755)
        return directory / harness.CLIENT.name

    def fake(self, behaviour):
        """The script for a daemon that behaves like this."""
        program = Path(__file__).with_name("fake_daemon.py")
        return f"exec /usr/bin/python3 -B {program} {behaviour} {self.pids}"

    def shared_alone(self, behaviour):
        """The script for a user's daemon that behaves like this, where private ones are real."""
        return (f'case "$LISTEN_FDNAMES" in *lock*) {self.fake(behaviour)};; esac\n'
                f'LISTEN_PID=$$ exec {harness.DAEMON} "$@"')

    def ask(self, client, *args, promised, **options):
        """Runs the client, which has to end in time; its answer."""
        answers = []

        def once():
            answers.append(self.run_client(*args, client=client, **options))
            return answers[-1].seconds
        self.within(promised + MORE, once)
        for answer in answers:
            for result in answer.results:
                self.check_result(result)
        return answers[-1]


class Fakes(EndsCase):
    """Servers that say something, and not what they were asked."""

    ENDLESS = ("dribble", "stream", "beat", "flood", "deaf")

    def check_nothing(self, answer):
        self.assertEqual(answer.status, 3, answer)
        self.assertEqual([result["path"] for result in answer.results], [self.good, self.other])
        for result in answer.results:
            self.assertEqual(result["reason"], "no_verdict", answer)

    def test_all_daemons_are_fakes(self):
        for behaviour in self.ENDLESS + ("hang_up", "same_again"):
            with self.subTest(behaviour):
                client = self.client_with(self.fake(behaviour))
                answer = self.ask(client, "--timeout", "0.2", self.good, self.other, promised=0.4)
                # That one says of each path that is first that it loads.
                if behaviour != "same_again":
                    self.check_nothing(answer)
            shutil.rmtree(self.base / "bin")
            self.end_fakes()
            self.home.socket.unlink(missing_ok=True)

    def test_private_fakes(self):
        for behaviour in self.ENDLESS:
            with self.subTest(behaviour):
                client = self.client_with(self.fake(behaviour))
                self.check_nothing(self.ask(client, "--no-daemon", "--timeout", "0.2", self.good,
                                            self.other, promised=0.4))
            shutil.rmtree(self.base / "bin")

    def test_a_private_daemon_answers_instead(self):
        for behaviour in self.ENDLESS + ("hang_up", "all_but_one", "silent_after_one",
                                         "same_again", "never_last"):
            with self.subTest(behaviour):
                client = self.client_with(self.shared_alone(behaviour))
                answer = self.ask(client, "--timeout", "0.2", self.good, self.other, promised=0.4)
                self.assertEqual(answer.status, 0, answer)
            shutil.rmtree(self.base / "bin")
            self.end_fakes()
            self.home.socket.unlink(missing_ok=True)

    def test_within_is_the_bound_where_it_is_given(self):
        for behaviour in ("dribble", "beat", "flood", "deaf"):
            with self.subTest(behaviour):
                client = self.client_with(self.fake(behaviour))
                answer = self.ask(client, "--within", "2", "--timeout", "100", self.good,
                                  self.other, promised=2.0)
                self.check_nothing(answer)
                self.assertIn("not enough time", answer.results[0]["error"])
            shutil.rmtree(self.base / "bin")
            self.end_fakes()
            self.home.socket.unlink(missing_ok=True)

    def test_what_was_answered_is_told(self):
        """All but one: that one has no more time than was promised for it."""
        paths = [self.home.add("good.so", f"{i}.so") for i in range(20)]
        client = self.client_with(self.fake("all_but_one"))
        answer = self.ask(client, "--timeout", "0.2", *paths, promised=0.2)
        self.assertEqual(answer.status, 3, answer)
        self.assertEqual([result["ok"] for result in answer.results], [True] * 19 + [False])

    def test_no_last_word(self):
        """Who has all answers waits for no more."""
        client = self.client_with(self.fake("never_last"))
        self.assertEqual(self.ask(client, "--timeout", "100", self.good, self.other,
                                  promised=0.0).status, 0)

    def test_a_full_queue(self):
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(str(self.home.socket))
        listener.listen(0)
        for _ in itertools.count():
            waiting = socket.socket(socket.AF_UNIX)
            self.addCleanup(waiting.close)
            waiting.setblocking(False)
            try:
                waiting.connect(str(self.home.socket))
            except BlockingIOError:
                break
        answer = self.ask(harness.CLIENT, "--timeout", "0.2", self.good, self.other, promised=0.4)
        self.assertEqual(answer.status, 0, answer)
        for option in ("--status", "--stop"):
            self.assertEqual(self.run_client(option, timeout=MORE).status, 3)

    def test_status_and_stop(self):
        for behaviour in ("deaf", "dribble"):
            client = self.client_with(self.fake(behaviour))
            self.run_client("--within", "0.3", self.good, client=client)
            for option, status in (("--status", 3), ("--stop", 3)):
                answer = self.run_client(option, client=client, timeout=45.0)
                if behaviour == "deaf":
                    self.assertEqual(answer.status, status, answer)
            shutil.rmtree(self.base / "bin")
            self.end_fakes()
            self.home.socket.unlink(missing_ok=True)


class Output(EndsCase):
    """What the caller waits for ends with the client."""

    def test_a_daemon_that_does_not_end_has_nothing_of_the_callers(self):
        """Neither does what that has started: here somebody whom nobody ends."""
        script = (f'touch {self.pids}/$$\nsleep 200 &\ntouch {self.pids}/$!\n'
                  'echo "a complaint" >&2\ntrap "" TERM\nwhile :; do sleep 200; done')
        client = self.client_with(script)
        inherited, ours = os.pipe()
        with open(inherited, "rb", buffering=0) as stream:
            answer = self.ask(client, "--no-daemon", "--timeout", "0.2", self.good, promised=0.2,
                              pass_fds=[ours])
            os.close(ours)
            self.assertEqual(answer.results[0]["reason"], "no_verdict")
            self.assertIn(b"a complaint", answer.err)
            # Nor any other descriptor.
            self.assertTrue(harness.wait_readable(stream))
            self.assertEqual(stream.read(1), b"")

    def test_complaints_that_nobody_takes(self):
        """A daemon that complains without end stops neither the client nor itself."""
        client = self.client_with(f'{self.shared_alone("hang_up")}'.replace(
            "LISTEN_PID", "head -c 1000000 /dev/zero | tr '\\0' x >&2 &\nLISTEN_PID"))
        end, full = os.pipe()
        os.set_blocking(full, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(full, b"x" * 4096)
        os.set_blocking(full, True)
        try:
            answer = self.ask(client, "--no-daemon", "--timeout", "0.2", self.good, promised=0.2,
                              stderr=full)
            self.assertEqual(answer.status, 0, answer)
        finally:
            os.close(full)
            os.close(end)

    def test_complaints_that_nobody_hears(self):
        """Whoever closed the client's standard error loses no answer."""
        script = f'echo "a complaint" >&2\n{self.shared_alone("hang_up")}'
        client = self.client_with(script)
        end, closed = os.pipe()
        os.close(end)
        try:
            answer = self.ask(client, "--no-daemon", self.good, promised=10.0, stderr=closed)
            self.assertEqual(answer.status, 0, answer)
        finally:
            os.close(closed)

    def test_a_program_that_does_not_start(self):
        """Neither of them can be executed, which is no reason to wait."""
        client = self.client_with("")
        (self.base / "bin/tsuku-dltestd").write_bytes(b"\x7fELF no program")
        start = time.monotonic()
        answer = self.run_client("--timeout", "0.2", self.good, client=client)
        self.assertEqual(answer.status, 3, answer)
        self.assertLess(time.monotonic() - start, MORE)


if __name__ == "__main__":
    harness.main()
