# SPDX-License-Identifier: MIT
"""The processes of a test: whatever descends from it can be found, waited for and counted.

The test process is a subreaper (PR_SET_CHILD_SUBREAPER): every daemon that a client starts becomes
its child when its starter ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any, Callable, Iterable, Sequence

# Seconds after which something that should happen at once is taken for never. Generous, because
# the machine may be slow; no test passes by reaching it.
PATIENCE = 30.0

_TICKS = os.sysconf("SC_CLK_TCK")
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)
if _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
    raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")

_popens: list[subprocess.Popen[bytes]] = []


def wait_until(condition: Callable[[], Any], what: str, patience: float = PATIENCE,
               instead: Callable[[], str] = lambda: "") -> Any:
    """Looks again and again, for what gives no event; answers with the condition's value. What is there
    instead is told if that was in vain."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:.0f} s in vain until {what}" + instead())
        time.sleep(0.01)


def wait_readable(stream: Any, patience: float = PATIENCE) -> bool:
    """Whether there is something to read before patience ends."""
    return bool(select.select([stream], [], [], patience)[0])


def _own_seconds() -> float:
    """Processor time of this process and all below it, those included that have ended."""
    total = sum(os.times()[:4])
    for pid in descendants(os.getpid()):
        with contextlib.suppress(OSError, ValueError, IndexError):
            stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
            total += sum(map(int, stat[stat.rindex(")") + 2:].split()[11:15])) / _TICKS
    return total


def _busy_seconds() -> float:
    """Processor time of the whole machine."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, irq, softirq, steal = map(int, fields[:8])
    return (user + nice + system + irq + softirq + steal) / _TICKS


class Rivals:
    """Who else used the processors since this was made."""

    def __init__(self) -> None:
        self.start, self.busy, self.own = time.monotonic(), _busy_seconds(), _own_seconds()

    def share(self) -> float:
        """What others have used of one processor; of two idle ones it is next to nothing."""
        others = _busy_seconds() - self.busy - (_own_seconds() - self.own)
        return max(others, 0.0) / max(time.monotonic() - self.start, 0.001)


def process_table() -> dict[int, tuple[int, str, str]]:
    """pid: (parent, state, name) of every process."""
    table = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            stat = Path(f"/proc/{entry}/stat").read_text(errors="replace")
        except OSError:
            continue
        name = stat[stat.index("(") + 1:stat.rindex(")")]
        fields = stat[stat.rindex(")") + 2:].split()
        table[int(entry)] = (int(fields[1]), fields[0], name)
    return table


def descendants(root: int | None = None) -> dict[int, str]:
    """pid: name of the living processes below one of ours; the dead are not counted."""
    table = process_table()
    found: dict[int, str] = {}
    todo = [root or os.getpid()]
    while todo:
        parent = todo.pop()
        for pid, (ppid, state, name) in table.items():
            if ppid == parent and pid not in found:
                todo.append(pid)
                if state not in "ZX":
                    found[pid] = name
    return found


def describe(pids: Iterable[int]) -> str:
    """What there is to see of processes, one a line, for who looks for what is left of something."""
    lines = []
    for pid in pids:
        with contextlib.suppress(OSError):
            folder = Path(f"/proc/{pid}")
            status = dict(line.split(":\t", 1) for line in (folder / "status").read_text(errors="replace").splitlines()
                          if ":\t" in line)
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            lines.append(f"{pid} of {status['PPid']}: {status['State']}, {status.get('VmRSS', 'no memory').strip()}, "
                         f"in {(folder / 'wchan').read_text()}: {command or status['Name']}")
    return "\n".join(lines)


def _is_looker(pid: int) -> bool:
    with contextlib.suppress(OSError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        return b"\0--look-" in command or b"\0--find-hosts" in command
    return False


def _living_children(parent: int) -> list[int]:
    return [pid for pid, (ppid, state, _) in process_table().items()
            if ppid == parent and state not in "ZX"]


def children(parent: int) -> list[int]:
    """The living children of a process, but for lookers."""
    return [pid for pid in _living_children(parent) if not _is_looker(pid)]


def lookers(daemon: int) -> list[int]:
    """The processes that look for a daemon where it may not wait; each has a descriptor of it."""
    return [pid for pid in _living_children(daemon) if _is_looker(pid)]


def _reap_orphans() -> None:
    tracked = {popen.pid for popen in _popens}
    for pid, (parent, state, _) in process_table().items():
        if parent == os.getpid() and state == "Z" and pid not in tracked:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def _ours(names: tuple[str, ...]) -> dict[int, str]:
    return {pid: name for pid, name in descendants().items() if name.startswith(names)}


def programs_running() -> dict[int, str]:
    """The daemons, zygotes, load children and clients that descend from this test."""
    return _ours(("tsuku-dltest",))


def daemons_running() -> list[int]:
    """Daemons: whose executable is the daemon's, wherever it was installed."""
    found = []
    for pid in programs_running():
        try:
            exe = os.readlink(f"/proc/{pid}/exe")
        except OSError:
            continue
        if exe.removesuffix(" (deleted)").endswith("/tsuku-dltestd"):
            found.append(pid)
    # A fork of the daemon that has not yet executed the loader is no daemon of its own.
    table = process_table()
    return [pid for pid in found if pid in table and table[pid][0] not in found]


def fd_count(pid: int) -> int:
    """Open descriptors of a process."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def popen(args: Sequence[Any], **options: Any) -> subprocess.Popen[bytes]:
    """Starts a process that the test's end checks on."""
    process = subprocess.Popen([os.fspath(arg) for arg in args], **options)
    _popens.append(process)
    return process


def end_started() -> None:
    """Ends what popen() started and closes its streams; buries what else became a child of ours."""
    for process in _popens:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()
    _popens.clear()
    _reap_orphans()
