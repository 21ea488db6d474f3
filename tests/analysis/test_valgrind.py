#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Client and daemon under valgrind, and nothing below the daemon: what they read that nobody wrote, what
they touch that is not theirs, and what a daemon that ends has lost."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../integration"))
import dltest_harness as harness  # noqa: E402  pylint: disable=wrong-import-position

VALGRIND = ("valgrind", "--quiet", "--trace-children=no", "--child-silent-after-fork=yes",
            "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect",
            "--show-leak-kinds=definite,indirect", "--num-callers=30")
# valgrind takes its time: so long a library has, and so long is waited.
TIMEOUT = ("--timeout", "20")
PATIENCE = 240.0


class Valgrind(harness.TestCase):
    """A daemon that is watched, and clients that are."""

    def setUp(self) -> None:
        super().setUp()
        self.logs = self.base / "valgrind"
        self.logs.mkdir()
        # valgrind knows neither filters of system calls nor Landlock, and answers for the kernel.
        self.daemon = self.start_daemon("--allow-unconfined", wait=False,
                                        daemon=self.watched(harness.DAEMON, "daemon"))
        harness.wait_until(self.home.socket.exists, "the daemon listened", PATIENCE)
        self.client = self.watched(harness.CLIENT, "client")
        self.good = self.home.add("good.so")

    def watched(self, program: Path, name: str) -> Path:
        """A program that runs another one under valgrind."""
        script = self.base / f"watched-{name}"
        log = self.logs / f"{name}.%p"
        words = " ".join(shlex.quote(word) for word in (*VALGRIND, f"--log-file={log}",
                                                        os.fspath(program)))
        script.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        script.chmod(0o755)
        return script

    def complaints(self) -> str:
        """What valgrind wrote, of whichever process. What it does not know of the kernel is answered as
        a kernel does that does not have it."""
        lines = []
        for log in sorted(self.logs.iterdir()):
            lines += [line for line in log.read_text().splitlines()
                      if line.partition("== ")[2].strip()]
        return "\n".join(lines)

    def ask(self, *arguments: str, status: int) -> harness.Answer:
        """Runs the client, which must have nothing to complain of either."""
        answer = self.run_client(*arguments, client=self.client, timeout=PATIENCE)
        self.assertEqual(answer.status, status, f"{answer}\n{self.complaints()}\n{self.daemon.log_text()}")
        return answer

    def status(self) -> dict[str, Any]:
        """What the daemon does."""
        return harness.strict_json(self.run_client("--status", timeout=PATIENCE).out)

    def end(self) -> None:
        """Has the daemon end by itself, and looks at what it lost."""
        self.ask("--stop", status=0)
        self.assertEqual(self.daemon.wait(PATIENCE), 0, self.complaints())
        self.assertEqual(self.complaints(), "")

    def test_what_loads_and_what_does_not(self) -> None:
        bad = [self.home.add(name) for name in ("needs_missing.so", "undefined_function.so",
                                                "crash_segv.so", "exit_1.so", "close_crash.so")]
        for options in ((), ("--fresh", "--details"), ("--jsonl",)):
            answer = self.ask(*TIMEOUT, *options, self.good, *bad, status=1)
            self.assertIn(b"missing_dependency", answer.out)
        self.ask("--all", *TIMEOUT, status=1)
        self.ask("--status", status=0)
        self.end()

    def test_second_look_and_memory(self) -> None:
        self.home.add("libdltest_dep.so", package="other")
        company = self.home.add("needs_dep.so", package="other/plugins")
        for _ in range(2):
            self.ask(*TIMEOUT, company, self.good, status=1)
        (self.home.libs / "other-1.0/lib/libdltest_dep.so").unlink(missing_ok=True)
        self.ask(*TIMEOUT, company, status=1)
        self.ask("--with", self.good, *TIMEOUT, self.good, status=0)
        self.end()

    def leave_amidst(self, path: str) -> None:
        """A client goes away while its library is being loaded. It is under valgrind, too: that lowers
        limits, and a caller with others is served by nobody else's daemon. A daemon that is too slow
        for it, on a busy machine, is not the one that serves it."""
        for _ in range(8):
            client = harness.popen([self.client, "--timeout", "60", path],
                                   env=self.home.environment(), stdout=subprocess.DEVNULL)
            try:
                harness.wait_until(lambda: self.status()["running"], "it is loaded", PATIENCE / 8)
                return
            except AssertionError:
                continue
            finally:
                client.kill()
        self.fail("it was loaded by the daemon that is watched")

    def test_what_hangs_and_who_goes_away(self) -> None:
        hung = self.home.add("sleep_forever.so")
        self.ask("--timeout", "1", hung, self.good, status=1)
        self.leave_amidst(hung)
        with self.connect() as peer:
            peer.send_raw(b'{"method": 5}\0')
        self.ask(self.good, status=0)
        self.end()

    def test_a_daemon_that_is_told_to_end(self) -> None:
        self.ask(*TIMEOUT, self.good, status=0)
        self.daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.daemon.wait(PATIENCE), 0, self.complaints())
        self.assertEqual(self.complaints(), "")


if __name__ == "__main__":
    harness.main()
