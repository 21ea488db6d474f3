#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random system calls from inside, canaries watched from outside.

DLTEST_FUZZ_LOADS loads (40 unless told) of 3,000 calls each, from seed DLTEST_FUZZ_SEED on (1). A
load whose calls were refused a thousand times is ended by the daemon, so long runs are many loads:
DLTEST_FUZZ_LOADS=100000 is an evening."""

import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../integration"))
sys.path.insert(0, os.path.dirname(__file__))
import dltest_harness as harness  # noqa: E402  pylint: disable=wrong-import-position
from test_attacks import ATTACKS, Suite  # noqa: E402  pylint: disable=wrong-import-position

LOADS = int(os.environ.get("DLTEST_FUZZ_LOADS", "40"))
SEED = int(os.environ.get("DLTEST_FUZZ_SEED", "1"))


class Fuzz(Suite):
    """With the notifications, and few enough calls to come to an end."""

    CALLS = 1200

    def test_random_calls(self) -> None:
        finished = 0
        paths = {}
        for seed in range(SEED, SEED + LOADS):
            path = self.package / f"fuzz.{seed}.{self.CALLS}.so"
            os.link(self.library, path)
            paths[seed] = str(path)
        # watch() reads every file: one copy with many names, and a directory of its own.
        self.canaries.watch()
        for seed, path in paths.items():
            with self.subTest(seed=seed):
                result, good = self.peer.verify([path, self.good], timeout_ms=2000, details=True)
                self.check_result(result)
                self.assertTrue(good["ok"], good)
                self.assertEqual(self.canaries.harm(), [], f"seed {seed}")
                finished += "FUZZED" in result.get("output", "")
        print(f"{LOADS} loads of {self.CALLS} calls, {finished} came to their end", file=sys.stderr)

    def setUp(self) -> None:
        super().setUp()
        self.library = self.package / "fuzz.so"
        shutil.copy(ATTACKS / "fuzz.so", self.library)


class FuzzWithoutNotify(Fuzz):
    """Without: nothing ends a load early, so that all calls are made."""

    PRETEND = "no-notify"
    CALLS = 3000


class FuzzWithoutLandlock(Fuzz):
    """By the filter alone."""

    PRETEND = "no-notify,landlock=0"
    CALLS = 3000


if __name__ == "__main__":
    harness.main()
