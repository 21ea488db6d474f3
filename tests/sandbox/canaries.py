# SPDX-License-Identifier: MIT
"""What hostile libraries would like to reach, set up outside the sandbox and looked at from there:
files, sockets, another process of the same user, System V objects, and the daemon itself."""

from __future__ import annotations

import ctypes
import hashlib
import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SECRET = "do-not-read-this-4711"
# A name that every file an attack makes has in it.
MARK = "dltest-attack"
KEY = 0x646c7431

_libc = ctypes.CDLL(None, use_errno=True)

# Notes every signal that can be noted, and keeps bytes in memory at a place that it tells.
_BYSTANDER = """
import ctypes, os, signal, sys
def note(number, frame):
    os.write(1, b"signal %d\\n" % number)
for number in range(1, 65):
    try:
        signal.signal(number, note)
    except (OSError, ValueError):
        pass
memory = ctypes.create_string_buffer(b"untouched memory")
os.write(1, b"%d\\n" % ctypes.addressof(memory))
while True:
    signal.pause()
"""


def _syscall(name: str, *args: Any) -> int:
    result = getattr(_libc, name)(*args)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def _tree(root: Path) -> dict[str, tuple]:
    """Everything about every file below a directory but the time it was last read."""
    found = {}
    for directory, _, names in os.walk(root):
        for path in [Path(directory), *(Path(directory, name) for name in names)]:
            info = path.lstat()
            content: Any = None
            if stat.S_ISREG(info.st_mode):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            elif stat.S_ISLNK(info.st_mode):
                content = os.readlink(path)
            attributes = sorted(os.listxattr(path, follow_symlinks=False))
            found[str(path)] = (info.st_mode, info.st_uid, info.st_gid, info.st_size, info.st_nlink,
                                info.st_ino, info.st_mtime_ns, info.st_ctime_ns, attributes, content)
    return found


def _difference(before: Any, after: Any) -> str:
    if isinstance(before, dict) and isinstance(after, dict):
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        before, after = ({key: state.get(key) for key in changed} for state in (before, after))
    return f"{before!r} became {after!r}"


def _marks() -> list[str]:
    return [f"{place}/{name}" for place in ("/tmp", "/var/tmp", "/dev/shm") if os.path.isdir(place)
            for name in os.listdir(place) if MARK in name]


def _process(pid: int) -> tuple:
    """What attacks would like to change about a process."""
    limits = [resource.prlimit(pid, which) for which in range(16)]
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    started, group, session = fields[19], fields[2], fields[3]
    return (limits, os.getpriority(os.PRIO_PROCESS, pid), sorted(os.sched_getaffinity(pid)),
            os.sched_getscheduler(pid), started, group, session,
            _libc.syscall(_SYS_IOPRIO_GET, 1, pid))


_SYS_IOPRIO_GET = 252 if os.uname().machine == "x86_64" else 31


class Canaries:
    """Set up once, watched many times."""

    def __init__(self, base: Path):
        self.base = base
        self.files = base / "canaries"
        self.home = base / "private-home"
        self.sockets: dict[str, socket.socket] = {}
        self.daemon = 0
        self._make_files()
        self._make_sockets()
        self._make_bystander()
        self.shm = _syscall("shmget", 0, 4096, 0o1600)
        self.sem = _syscall("semget", 0, 1, 0o1600)
        self.msg = _syscall("msgget", 0, 0o1600)
        self.before: dict[str, Any] = {}

    def _make_files(self) -> None:
        (self.files / "directory").mkdir(parents=True)
        (self.files / "file").write_text(f"canary {SECRET}\n")
        (self.files / "link").symlink_to("file")
        (self.home / ".ssh").mkdir(parents=True, mode=0o700)
        (self.home / ".ssh/id_rsa").write_text(SECRET)
        (self.home / "private.so").write_text(SECRET)
        (self.base / "secret.txt").write_text(SECRET)

    def _make_sockets(self) -> None:
        for name, family, kind, address in (
                ("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
                ("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
                ("tcp6", socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
                ("unix", socket.AF_UNIX, socket.SOCK_STREAM, str(self.base / "u")),
                ("unix_datagram", socket.AF_UNIX, socket.SOCK_DGRAM, str(self.base / "d")),
                ("abstract", socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.base.name}")):
            sock = socket.socket(family, kind)
            self.sockets[name] = sock
            try:
                sock.bind(address)
            except OSError:
                if family != socket.AF_INET6:  # a machine may do without
                    raise
                continue
            if kind == socket.SOCK_STREAM:
                sock.listen(8)
            sock.setblocking(False)

    def _make_bystander(self) -> None:
        # pylint: disable-next=consider-using-with
        self.bystander = subprocess.Popen([sys.executable, "-c", _BYSTANDER],
                                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self.bystander.stdout
        self.memory = int(self.bystander.stdout.readline())
        os.set_blocking(self.bystander.stdout.fileno(), False)

    def close(self) -> None:
        """Takes everything away again."""
        self.bystander.kill()
        self.bystander.wait()
        if self.bystander.stdout:
            self.bystander.stdout.close()
        for sock in self.sockets.values():
            sock.close()
        for name, args in (("shmctl", (self.shm, 0, None)), ("semctl", (self.sem, 0, 0)),
                           ("msgctl", (self.msg, 0, None))):
            getattr(_libc, name)(*args)

    def conf(self, libs: Path, daemon_socket: Path, loader: Path) -> str:
        """What the attacks read to find all this."""
        port = {name: self.sockets[name].getsockname()[1] for name in ("tcp", "udp", "tcp6")}
        values = {
            **port,
            "unix": self.base / "u", "unix_datagram": self.base / "d", "abstract": self.base.name,
            "socket": daemon_socket, "loader": loader,
            "interpreter": next(iter(Path("/lib64").glob("ld-linux*")), "/lib/ld-linux.so"),
            "canaries": self.files, "home": self.home, "libs": libs,
            "bystander": self.bystander.pid, "bystander_memory": self.memory,
            "daemon": self.daemon, "shm": self.shm, "sem": self.sem, "msg": self.msg,
        }
        return "".join(f"{key}={value}\n" for key, value in values.items())

    def watch(self, *trees: Path) -> None:
        """From now on nothing may change."""
        self.before = self._state(trees)

    def _state(self, trees: tuple[Path, ...]) -> dict[str, Any]:
        self._trees = trees
        state: dict[str, Any] = {
            f"files below {tree}": _tree(tree) for tree in (self.files, self.home, *trees)}
        state["files in public places"] = _marks()
        state["bystander"] = _process(self.bystander.pid)
        state["daemon"] = _process(self.daemon)
        state["names"] = (os.uname().nodename, Path("/proc/sys/kernel/domainname").read_text())
        with open(f"/proc/{self.bystander.pid}/mem", "rb") as memory:
            memory.seek(self.memory)
            state["memory"] = memory.read(16)
        state["System V"] = [
            Path(f"/proc/sysvipc/{kind}").read_text().count(f" {number} ")
            for kind, number in (("shm", self.shm), ("sem", self.sem), ("msg", self.msg))]
        state["System V keys"] = [
            str(KEY) in Path(f"/proc/sysvipc/{kind}").read_text() for kind in ("shm", "sem", "msg")]
        return state

    def harm(self) -> list[str]:
        """What was done to them since watch(), in words; empty is good."""
        found = []
        if self.bystander.poll() is not None:
            return [f"the bystander ended: {self.bystander.returncode}"]
        try:
            os.kill(self.daemon, 0)
        except ProcessLookupError:
            return ["the daemon ended"]
        now = self._state(self._trees)
        for name, value in self.before.items():
            if now[name] != value:
                found.append(f"{name}: {_difference(value, now[name])}"[:2000])
        assert self.bystander.stdout
        noted = self.bystander.stdout.read()
        if noted:
            found.append(f"the bystander noted {noted!r}")
        state = Path(f"/proc/{self.bystander.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        if state not in "SR":
            found.append(f"the bystander is in state {state}")
        found.extend(self._heard())
        return found

    def _heard(self) -> list[str]:
        found = []
        for name, sock in self.sockets.items():
            try:
                if sock.type == socket.SOCK_STREAM:
                    sock.accept()[0].close()
                    found.append(f"somebody connected to {name}")
                else:
                    found.append(f"{name} received {sock.recv(100)!r}")
            except (BlockingIOError, OSError):
                pass
        return found


def self_test(base: Path) -> None:
    """Fails if harm were not seen: an alarm that cannot ring proves nothing."""
    canaries = Canaries(base)
    try:
        canaries.daemon = os.getpid()
        canaries.watch()
        assert not canaries.harm(), canaries.harm()
        for harm in (lambda: (canaries.files / "file").write_text("x"),
                     lambda: os.chmod(canaries.files / "file", 0o777),
                     lambda: (Path("/tmp") / f"{MARK}-{os.getpid()}").touch(),
                     lambda: (Path("/tmp") / f"{MARK}-{os.getpid()}").unlink(),
                     lambda: os.kill(canaries.bystander.pid, signal.SIGUSR1),
                     lambda: resource.prlimit(canaries.bystander.pid, resource.RLIMIT_CORE, (0, 0)),
                     lambda: socket.create_connection(canaries.sockets["tcp"].getsockname()).close(),
                     lambda: os.sched_setscheduler(canaries.bystander.pid, os.SCHED_BATCH,
                                                   os.sched_param(0)),
                     lambda: os.kill(canaries.bystander.pid, signal.SIGSTOP)):
            harm()
            # A signal has done none before its process has had the processor.
            for _ in range(600):
                seen = canaries.harm()
                if seen:
                    break
                time.sleep(0.05)
            assert seen, "harm was done and not seen"
            canaries.watch()
    finally:
        canaries.close()
