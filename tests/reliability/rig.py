# SPDX-License-Identifier: MIT
"""What the storms share: the integration tests' world, found by itself where nobody has told it,
and numbers that a run is told on the command line and says at its end."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Any

import buildtree  # noqa: F401  pylint: disable=unused-import
import dltest_harness as harness

REFERENCE = Path(os.environ["DLTEST_REFERENCE"])
VICTIMS = harness.FIXTURES / "victims"
INTERFACE = harness.INTERFACE


def options(doc: str | None, **defaults: Any) -> argparse.Namespace:
    """The run's own numbers off the command line, --seed among them; what is left is unittest's."""
    parser = argparse.ArgumentParser(description=doc,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in ({"seed": 1} | defaults).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value,
                            help=f"{value} unless told")
    found, sys.argv[1:] = parser.parse_known_args()
    return found


def rss_kib(pid: int) -> int:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ProcessLookupError(pid)


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of them is."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def slope(points: list[tuple[float, float]]) -> float:
    """By least squares, how much is added for each step."""
    count = len(points)
    mean_x, mean_y = (sum(point[axis] for point in points) / count for axis in (0, 1))
    square = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / square if square else 0.0


def bury() -> None:
    """Takes leave of the dead that a daemon left when it was killed, and that are ours now:
    thousands of them make every look at the processes slow."""
    own = os.getpid()
    text = Path(f"/proc/{own}/task/{own}/children").read_text(encoding="ascii")
    for pid in map(int, text.split()):
        with contextlib.suppress(OSError):
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
            if "(tsuku-dltest-lo) Z" in stat:
                os.waitpid(pid, os.WNOHANG)


class Case(harness.TestCase):
    """A home, and what many of them do with it."""

    def setUp(self) -> None:
        super().setUp()
        self.began = time.monotonic()

    def say(self, text: str) -> None:
        """A line of the run's report."""
        print(f"{type(self).__name__}: {text} ({time.monotonic() - self.began:.0f} s)",
              flush=True)

    def status(self) -> dict[str, Any]:
        """What the home's daemon says of itself."""
        with harness.Varlink(self.home.socket) as peer:
            return peer.call(f"{INTERFACE}.Status")["parameters"]

    def wait_for_quiet(self, patience: float = harness.PATIENCE) -> None:
        """Waits until nothing runs and nobody waits."""
        def is_quiet() -> bool:
            status = self.status()
            return not (status["running"] or status["waiting"] or status["calls"]) and \
                status["clients"] == 1
        harness.wait_until(is_quiet, "it was quiet", patience)

    def end(self, daemon: harness.Running) -> None:
        """The daemon ends well, and nothing of it stays."""
        self.assertEqual(daemon.terminate(), 0, daemon.log_text()[-3000:])
        self.wait_for_no_daemon()
