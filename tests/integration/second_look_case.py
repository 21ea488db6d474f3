# SPDX-License-Identifier: MIT
"""What the tests of the second look share: libraries where packages have them, and what is said of
them."""

import os
import time
from pathlib import Path

import dltest_harness as harness
from dltest_harness import make

SYSTEM = Path("/usr/lib/x86_64-linux-gnu")
DEP = "libdltest_dep.so"
GONE = "libdltest_gone.so"
# What a load that is given up takes longer than its timeout at most, on a busy machine.
SLACK = 1.0


def needs_file(path):
    harness.needs(path.exists(), f"{path} is not installed")
    return path


class SecondLook(harness.TestCase):
    """Puts libraries where packages have them."""

    def place(self, fixture, where, name=None):
        """A fixture, or any file, in a directory below libs."""
        directory = self.home.libs / where
        directory.mkdir(parents=True, exist_ok=True)
        source = harness.FIXTURES / fixture
        return os.fsdecode(make.put(source, directory / (name or source.name)))

    def verify_in_time(self, timeout, path, check):
        """Asks with this timeout, which all looks together must not exceed by more than SLACK.
        The time of the whole."""
        self.verify(self.home.add("good.so"), status=0)  # the daemon runs

        def ask():
            start = time.monotonic()
            check(self.verify_one(path, "--fresh", "--timeout", str(timeout)))
            return time.monotonic() - start
        return self.within(timeout + SLACK, ask)

    def check_context(self, result, *directories):
        self.assertTrue(result["ok"], result)
        self.assertEqual(result.get("context"), [str(self.home.libs / d) for d in directories])

    def check_bad(self, result, reason, missing=None, symbols=None):
        self.assertEqual(result.get("reason"), reason, result)
        if missing is not None:
            self.assertEqual(sorted(result.get("missing", [])), sorted(missing), result)
        if symbols is not None:
            self.assertEqual(sorted(result.get("symbols", [])), sorted(symbols), result)
        self.assertNotIn("context", result)
        self.assertEqual(len(result["error"].splitlines()), 1)
