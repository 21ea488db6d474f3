#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tsuku-dltestd --check: what it says of a sandbox, whole and in parts, and that it does no harm."""

import os
import subprocess
from pathlib import Path

import dltest_harness as harness


class Check(harness.TestCase):
    """The acts of the self-check."""

    def check(self, *options: str) -> tuple[int, str, str]:
        """Its exit status, its last line, and all that it says."""
        answer = subprocess.run([harness.DAEMON, "--check", *options], check=False, text=True,
                                env=self.home.environment(), stdout=subprocess.PIPE, timeout=60)
        return answer.returncode, answer.stdout.splitlines()[-1], answer.stdout

    def test_a_whole_sandbox(self) -> None:
        status, last, text = self.check()
        harness.needs("Landlock:           ABI" in text, "this kernel has no Landlock")
        self.assertEqual((status, last), (0, "The sandbox holds."), text)
        self.assertNotIn("POSSIBLE", text)

    def test_what_does_not_hold_is_said_at_last(self) -> None:
        status, last, text = self.check("--pretend", "landlock=0")
        self.assertEqual(status, 1, text)
        self.assertEqual(last, "The sandbox does not hold. "
                               "A library could read a file that is no library.")

    def test_acts_that_succeed_hurt_nothing(self) -> None:
        devices = [Path("/dev") / name for name in ("null", "zero", "urandom")]

        def world() -> list[object]:
            return [(path.stat().st_mode, path.stat().st_uid) for path in devices] + [
                Path("/etc/passwd").read_bytes(), sorted(os.listdir(self.home.path))]
        before = world()
        status, last, text = self.check("--pretend", "no-seccomp,landlock=0")
        self.assertEqual(status, 1, text)
        for act in ("open a file for writing", "change a file's mode", "trace another process",
                    "make a namespace", "use io_uring", "start a process"):
            with self.subTest(act):
                self.assertRegex(text, rf"(?m)^  {act} +(POSSIBLE|refused)")
        self.assertIn("change a file's mode; ", last)
        self.assertIn("trace another process; ", last)
        self.assertEqual(world(), before)


if __name__ == "__main__":
    harness.main()
