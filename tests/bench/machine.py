# SPDX-License-Identifier: MIT
"""What the machine is, and what /proc says of the processes that are measured."""

from __future__ import annotations

import os
import platform
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")


def _field(path: str, name: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return "?"


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "?")
    except OSError:
        return "?"


def describe() -> dict[str, str]:
    """The figures without which the others say little."""
    uname = os.uname()
    memory = int(_field("/proc/meminfo", "MemTotal").split()[0]) / 1024 / 1024
    return {
        "processor": _field("/proc/cpuinfo", "model name"),
        "processors": str(len(os.sched_getaffinity(0))),
        "kernel": f"{uname.sysname} {uname.release} {uname.machine}",
        "system": _distribution(),
        "libc": " ".join(platform.libc_ver()),
        "memory": f"{memory:.1f} GiB",
        "load average": f"{os.getloadavg()[0]:.2f} at the start",
    }


def children(pid: int) -> list[int]:
    """The processes started by this one."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in text.split()]


def zygotes(daemon: int) -> list[int]:
    """The daemon's loaders."""
    return children(daemon)


def cpu_seconds(daemon: int) -> float:
    """Processor time of the daemon, its zygotes, and all load children that have ended."""
    total = 0.0
    for pid in [daemon, *zygotes(daemon)]:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        fields = text[text.rindex(")") + 2:].split()
        # utime, stime, and for a zygote cutime and cstime (proc(5)). The daemon's own children
        # are the zygotes, which are counted as long as they live.
        used = fields[11:13] if pid == daemon else fields[11:15]
        total += sum(int(ticks) for ticks in used) * TICK
    return total


class Watch:
    """How much of the machine others had while something was measured: what makes figures of one
    and the same thing differ most."""

    def __init__(self) -> None:
        self._busy, self._all = self._read()
        self._own = self._own_seconds()

    @staticmethod
    def _read() -> tuple[float, float]:
        fields = [int(ticks) * TICK for ticks in
                  Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]
        return sum(fields) - fields[3] - fields[4], sum(fields)

    @staticmethod
    def _own_seconds() -> float:
        times = os.times()
        return times.user + times.system

    def others(self, measured: float) -> float:
        """The share of all processors' time that was used, but neither by the driver nor by
        what it measured (seconds)."""
        busy, everything = self._read()
        foreign = busy - self._busy - measured - (self._own_seconds() - self._own)
        return max(foreign / max(everything - self._all, TICK), 0.0)


def memory(pid: int) -> dict[str, int]:
    """KiB: resident, its proportional share, and what no other process has."""
    figures = {}
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    for line in text.splitlines()[1:]:
        key, value = line.split(":")
        figures[key] = int(value.split()[0])
    return {"rss": figures["Rss"], "pss": figures["Pss"],
            "private": figures["Private_Clean"] + figures["Private_Dirty"]}
