# SPDX-License-Identifier: MIT
"""What the integration tests share: homes, the programs, a Varlink connection, and the certainty
that nothing is left running.

The test process is a subreaper (PR_SET_CHILD_SUBREAPER): every daemon that a client starts becomes
its child when its starter ends, so that all of them can be found, waited for and counted."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

CLIENT = Path(os.environ["DLTEST_CLIENT"])
DAEMON = Path(os.environ["DLTEST_DAEMON"])
LOADER = Path(os.environ["DLTEST_LOADER"])
FIXTURES = Path(os.environ["DLTEST_FIXTURES"]).resolve()
SOURCE_DIR = Path(os.environ["DLTEST_SOURCE_DIR"])
BUILD_DIR = Path(os.environ["DLTEST_BUILD_DIR"])
VERSION = os.environ["DLTEST_VERSION"]
SANITIZED = os.environ.get("DLTEST_SANITIZED") == "1"
WITH_SYSTEMD = os.environ.get("DLTEST_WITH_SYSTEMD") == "1"
MUST_WORK = os.environ.get("DLTEST_SANDBOX_MUST_WORK") == "1"

INTERFACE = "dev.tsuku.DlTest"
IDL = SOURCE_DIR / "include/dltest/dev.tsuku.DlTest.varlink"
REQUEST_MAX = 1024 * 1024

sys.path.insert(0, str(SOURCE_DIR / "tests/fixtures"))
import make  # noqa: E402  pylint: disable=wrong-import-position

# Seconds after which something that should happen at once is taken for never. Generous, because
# the machine may be slow; no test passes by reaching it.
PATIENCE = 30.0

_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)
if _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
    raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")

_popens: list[subprocess.Popen[bytes]] = []


# --- JSON, strictly ---------------------------------------------------------------------------

def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"key {key!r} twice")
        result[key] = value
    return result


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def strict_json(data: bytes) -> Any:
    """Parses what RFC 8259 and Varlink allow and nothing else."""
    text = data.decode("utf-8", "strict")
    if text.startswith("\ufeff"):
        raise ValueError("a byte order mark")
    value = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    json.dumps(value, ensure_ascii=False).encode("utf-8", "strict")  # refuses lone surrogates
    if re.search(r"\\u0000", text.replace("\\\\", "")):
        raise ValueError("\\u0000, which no Varlink peer takes")
    return value


def compact_json(data: bytes) -> Any:
    """The same for one line of output, which must have no blanks outside strings."""
    if not data.endswith(b"\n") or data.count(b"\n") != 1:
        raise ValueError(f"not exactly one line: {data[:200]!r}")
    bare = re.sub(rb'"(?:[^"\\]|\\.)*"', b'""', data[:-1])
    if re.search(rb"\s", bare):
        raise ValueError(f"a blank outside a string: {data[:200]!r}")
    return strict_json(data[:-1])


# --- Waiting ----------------------------------------------------------------------------------

def wait_until(condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Looks again and again, for what gives no event; answers with the condition's value."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:.0f} s in vain until {what}")
        time.sleep(0.01)


# --- Processes --------------------------------------------------------------------------------

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


def children(parent: int) -> list[int]:
    """The living children of a process."""
    return [pid for pid, (ppid, state, _) in process_table().items()
            if ppid == parent and state not in "ZX"]


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


# --- Homes ------------------------------------------------------------------------------------

class Home:
    """A $TSUKU_HOME in a directory of its own, with libs/<name>-<version>/lib below it."""

    def __init__(self, base: Path, path: Path | None = None):
        self.base = base
        self.path = path or base / "tsuku"
        self.path.mkdir(parents=True, mode=0o700, exist_ok=True)
        self.libs = self.path / "libs"
        self.libs.mkdir(mode=0o755, exist_ok=True)
        self.socket = self.path / "dltest.sock"
        self.lock = self.path / "dltest.sock.lock"

    def package(self, name: str = "demo", version: str = "1.0") -> Path:
        """The library directory of a package."""
        directory = self.libs / f"{name}-{version}/lib"
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def add(self, fixture: str, name: str | bytes | None = None, package: str = "demo") -> str:
        """Puts a copy of a fixture into a package; the path of it."""
        target = os.path.join(os.fsencode(self.package(package)), os.fsencode(name or fixture))
        return os.fsdecode(make.put(FIXTURES / fixture, target))

    def environment(self, **changes: str | None) -> dict[str, str]:
        """What the client is started with: little, so that nothing of the tester's leaks in."""
        env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.base),
            "TSUKU_HOME": str(self.path),
            "LC_ALL": "C.UTF-8",
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "detect_leaks=1"),
        }
        for name, value in changes.items():
            if value is None:
                env.pop(name, None)
            else:
                env[name] = value
        return env


class Answer:
    """How a run of the client went."""

    def __init__(self, status: int, out: bytes, err: bytes, seconds: float):
        self.status, self.out, self.err, self.seconds = status, out, err, seconds

    @property
    def results(self) -> list[dict[str, Any]]:
        """The array on standard output."""
        value = compact_json(self.out)
        if not isinstance(value, list):
            raise ValueError(f"not an array: {self.out[:200]!r}")
        return value

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The objects that --jsonl printed."""
        return [compact_json(line) for line in self.out.splitlines(keepends=True)]

    def by_path(self) -> dict[str, dict[str, Any]]:
        """The results by their paths."""
        return {result["path"]: result for result in self.results}

    def __repr__(self) -> str:
        return (f"exit status {self.status} after {self.seconds:.2f} s\n"
                f"stdout: {self.out[:3000]!r}\nstderr: {self.err[:3000]!r}")


# --- Varlink ----------------------------------------------------------------------------------

class Closed(Exception):
    """The other side closed the connection."""


def connect_unix(path: Path | str) -> socket.socket:
    """Connects, however long the path is."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path = Path(path)
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        sock.connect(f"/proc/self/fd/{directory}/{path.name}")
    except BaseException:
        sock.close()
        raise
    finally:
        os.close(directory)
    return sock


def listen_unix(path: Path | str) -> socket.socket:
    """A listening socket at a path of any length."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path = Path(path)
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    saved = os.umask(0o177)
    try:
        sock.bind(f"/proc/self/fd/{directory}/{path.name}")
    finally:
        os.umask(saved)
        os.close(directory)
    sock.listen(128)
    return sock


class Varlink:
    """One connection, byte by byte."""

    def __init__(self, where: Path | str | socket.socket):
        self.socket = where if isinstance(where, socket.socket) else connect_unix(where)
        self.socket.settimeout(PATIENCE)
        self._buffer = b""

    def __enter__(self) -> Varlink:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Closes our end."""
        self.socket.close()

    def send_raw(self, data: bytes) -> None:
        """Sends bytes as they are."""
        self.socket.sendall(data)

    def send(self, method: str, parameters: Any = None, **members: Any) -> None:
        """Sends a call without waiting for its reply."""
        message: dict[str, Any] = {"method": method, **members}
        if parameters is not None:
            message["parameters"] = parameters
        self.send_raw(json.dumps(message).encode() + b"\0")

    def receive_raw(self, patience: float = PATIENCE) -> bytes:
        """The bytes of the next message, without its NUL; Closed at the end."""
        deadline = time.monotonic() + patience
        while b"\0" not in self._buffer:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            except TimeoutError:
                raise AssertionError(f"no message within {patience:.0f} s") from None
            if not data:
                if self._buffer:
                    raise AssertionError(f"cut off within a message: {self._buffer[:200]!r}")
                raise Closed()
            self._buffer += data
        message, self._buffer = self._buffer.split(b"\0", 1)
        return message

    def receive(self, patience: float = PATIENCE) -> dict[str, Any]:
        """The next message: a strictly valid reply."""
        raw = self.receive_raw(patience)
        bare = re.sub(rb'"(?:[^"\\]|\\.)*"', b'""', raw)
        if re.search(rb"\s", bare):
            raise AssertionError(f"white space outside strings: {raw[:200]!r}")
        reply = strict_json(raw)
        if not isinstance(reply, dict) or not set(reply) <= {"parameters", "continues", "error"}:
            raise AssertionError(f"not a Varlink reply: {raw[:200]!r}")
        if "parameters" in reply and not isinstance(reply["parameters"], dict):
            raise AssertionError(f"parameters is no object: {raw[:200]!r}")
        if "continues" in reply and reply["continues"] is not True:
            raise AssertionError(f"continues is not true: {raw[:200]!r}")
        if "error" in reply and "continues" in reply:
            raise AssertionError(f"an error that continues: {raw[:200]!r}")
        return reply

    def call(self, method: str, parameters: Any = None, **members: Any) -> dict[str, Any]:
        """A call and its one reply."""
        self.send(method, parameters, **members)
        reply = self.receive()
        if "continues" in reply:
            raise AssertionError("continues without having been asked for")
        return reply

    def stream(self, method: str, parameters: Any = None) -> Iterator[dict[str, Any]]:
        """A call with 'more' and all its replies."""
        self.send(method, parameters, more=True)
        while True:
            reply = self.receive()
            yield reply
            if "continues" not in reply:
                return

    def verify(self, paths: Sequence[str], **options: Any) -> list[dict[str, Any]]:
        """The results of one Verify."""
        reply = self.call(f"{INTERFACE}.Verify", {"paths": list(paths), **options})
        if "error" in reply:
            raise AssertionError(f"Verify failed: {reply}")
        return reply["parameters"]["results"]

    def is_closed(self, patience: float = PATIENCE) -> bool:
        """Whether the other side closes, without another message, before patience ends."""
        try:
            self.receive_raw(patience)
        except Closed:
            return True
        except AssertionError:
            return False
        return False

    def alive(self) -> bool:
        """Whether a call is answered on this connection."""
        return "parameters" in self.call("org.varlink.service.GetInfo")


# --- The test case ----------------------------------------------------------------------------

class Running:
    """A daemon that a test started itself."""

    def __init__(self, process: subprocess.Popen[bytes], home: Home, log: Path):
        self.process, self.home, self.log = process, home, log
        self.pid = process.pid

    def log_text(self) -> str:
        """What it wrote on standard error."""
        return self.log.read_text(errors="replace")

    def wait(self, patience: float = PATIENCE) -> int:
        """Waits for its end; the exit status."""
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"the daemon did not end within {patience:.0f} s:\n{self.log_text()}") from None

    def terminate(self) -> int:
        """SIGTERM and wait."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()


class TestCase(unittest.TestCase):
    """Cleans up behind every test, and fails it if something was left."""

    maxDiff = 4000

    def setUp(self) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="dlt-", dir="/tmp")).resolve()
        self.addCleanup(self._remove_base)
        self.home = Home(self.base)
        self._daemons: list[Running] = []
        self.addCleanup(self._nothing_left)

    def _remove_base(self) -> None:
        def make_writable(function: Any, path: str, _: Any) -> None:
            with contextlib.suppress(OSError):
                os.chmod(os.path.dirname(path), 0o700)
                os.chmod(path, 0o700)
                function(path)
        shutil.rmtree(os.fsencode(self.base), onerror=make_writable)

    def _nothing_left(self) -> None:
        """Stops what runs, and fails if it does not stop, or if a loader outlives its daemon."""
        for pid in daemons_running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        try:
            wait_until(lambda: not programs_running(), "all programs had ended", 15.0)
        except AssertionError:
            left = programs_running()
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            logs = "".join(daemon.log_text() for daemon in self._daemons)
            log = self.home.path / "logs/dltestd.log"
            if log.exists():
                logs += log.read_text(errors="replace")
            self.fail(f"left running: {left}\n{logs[-4000:]}")
        finally:
            for process in _popens:
                if process.poll() is None:
                    process.kill()
                process.wait(PATIENCE)
                for stream in (process.stdin, process.stdout, process.stderr):
                    if stream:
                        stream.close()
            _popens.clear()
            _reap_orphans()
        for daemon in self._daemons:
            self.assertNotRegex(daemon.log_text(), "AddressSanitizer|LeakSanitizer|runtime error:")
        log = self.home.path / "logs/dltestd.log"
        if log.exists():
            self.assertNotRegex(log.read_text(errors="replace"),
                                "AddressSanitizer|LeakSanitizer|runtime error:")

    # Homes.

    def long_home(self) -> Home:
        """A home whose socket's path does not fit into a sockaddr_un."""
        path = self.base
        for number in range(4):
            path = path / f"directory-{number}-{'x' * 50}"
        return Home(self.base, path / "tsuku")

    # The client.

    def run_client(self, *args: Any, home: Home | None = None, stdin: bytes | None = None,
                   timeout: float = 60.0, client: Path = CLIENT, cwd: Path | None = None,
                   env: dict[str, str | None] | None = None, **options: Any) -> Answer:
        """Runs the client to its end, which must not come by the time limit."""
        home = home or self.home
        start = time.monotonic()
        process = popen([client, *args], env=home.environment(**(env or {})), cwd=cwd or self.base,
                        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                        stdout=options.pop("stdout", subprocess.PIPE),
                        stderr=options.pop("stderr", subprocess.PIPE), **options)
        try:
            out, err = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.fail(f"the client did not end within {timeout:.0f} s: {args}\n"
                      f"stdout: {out[:2000]!r}\nstderr: {err[:2000]!r}\n{self.daemon_log(home)}")
        answer = Answer(process.returncode, out or b"", err or b"", time.monotonic() - start)
        self.assertNotRegex(answer.err, b"AddressSanitizer|LeakSanitizer|runtime error:")
        return answer

    def daemon_log(self, home: Home | None = None) -> str:
        """The log of a daemon that the client started."""
        log = (home or self.home).path / "logs/dltestd.log"
        return f"dltestd.log:\n{log.read_text(errors='replace')[-4000:]}" if log.exists() else ""

    def verify(self, *paths: Any, status: int | None = None, **options: Any) -> Answer:
        """Runs the client on paths and checks what holds for every answer."""
        answer = self.run_client(*paths, **options)
        results = answer.results
        asked = [os.fsdecode(path) for path in paths if not os.fsdecode(path).startswith("-")]
        if len(asked) == len(paths):
            self.assertEqual(len(results), len(asked), answer)
        for result in results:
            self.check_result(result)
        expected = 0 if all(result["ok"] for result in results) else 1
        if any(result.get("reason") == "no_verdict" for result in results):
            expected = 3
        self.assertEqual(answer.status, expected, f"{answer}\n{self.daemon_log()}")
        if status is not None:
            self.assertEqual(answer.status, status, f"{answer}\n{self.daemon_log()}")
        return answer

    def verify_one(self, path: Any, *options: Any, **named: Any) -> dict[str, Any]:
        """The result for one path."""
        results = self.verify(*options, path, **named).results
        self.assertEqual(len(results), 1)
        return results[0]

    def check_result(self, result: dict[str, Any]) -> None:
        """What contract section 3 says of every result."""
        self.assertIsInstance(result["path"], str)
        self.assertIsInstance(result["ok"], bool)
        known = {"path", "ok", "error", "reason", "missing", "symbols", "signal", "exit_status",
                 "phase", "context", "loads_with", "duration_us", "cached", "objects", "denied",
                 "output", "needs", "warnings", "sandbox"}
        self.assertLessEqual(set(result), known)
        self.assertNotIn(None, result.values(), f"null is said by silence: {result}")
        if result["ok"]:
            self.assertFalse(set(result) & {"error", "reason", "missing", "symbols", "signal",
                                            "exit_status", "phase", "loads_with"}, result)
            return
        self.assertIsInstance(result["error"], str)
        self.assertTrue(result["error"], result)
        self.assertIn(result["reason"], REASONS)
        if "signal" in result:
            self.assertRegex(result["signal"], r"^SIG[A-Z0-9+]+$")
            self.assertEqual(result["reason"], "crashed")
        if "exit_status" in result:
            self.assertIsInstance(result["exit_status"], int)
            self.assertEqual(result["reason"], "exited")
        if "phase" in result:
            self.assertIn(result["phase"], ("open", "close"))
        for key in ("missing", "symbols", "loads_with"):
            if key in result:
                self.assertTrue(result[key] and all(isinstance(x, str) for x in result[key]))

    def within(self, limit: float, ask: Callable[[], float], tries: int = 3) -> float:
        """Asks until that takes less than 'limit' seconds. What is slow of itself is slow each
        time; a machine that others keep busy is not. ask() asserts what must hold each time, and
        answers how long it took."""
        times: list[float] = []
        while len(times) < tries:
            times.append(ask())
            if times[-1] < limit:
                return times[-1]
        self.fail(f"{limit} s are the limit, and it took {times}")

    # Daemons that the test starts.

    def start_daemon(self, *args: Any, home: Home | None = None, fds: dict[str, int] | None = None,
                     env: dict[str, str | None] | None = None, daemon: Path = DAEMON,
                     wait: bool = True) -> Running:
        """Starts the daemon in the foreground; with fds, by inherited descriptors (name: fd)."""
        home = home or self.home
        environment = home.environment(**(env or {}))
        log = self.base / f"daemon-{len(self._daemons)}.log"
        argv = [os.fspath(daemon), *(os.fspath(arg) for arg in args)]
        passed: list[int] = []
        if fds:
            names = ":".join(fds)
            environment |= {"LISTEN_FDS": str(len(fds)), "LISTEN_FDNAMES": names}
            # The shell puts them at 3, 4, … and knows its own process id. All copies are made
            # out of the way first, so that none is overwritten before it is copied.
            copies = [os.dup(fd) for fd in fds.values()]
            high = [50 + index for index in range(len(copies))]
            for copy, target in zip(copies, high):
                os.dup2(copy, target)
                os.close(copy)
            moves = " ".join(f"{3 + i}<&{fd} {fd}<&-" for i, fd in enumerate(high))
            argv = ["/bin/bash", "-c", f'exec {moves}; LISTEN_PID=$$ exec "$@"', "bash", *argv]
            passed = high
        with open(log, "wb") as stream:
            process = popen(argv, env=environment, pass_fds=passed, cwd="/",
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stream)
        for fd in passed:
            os.close(fd)
        running = Running(process, home, log)
        self._daemons.append(running)
        if wait and not fds:
            self.wait_for_socket(running)
        return running

    def wait_for_socket(self, running: Running) -> None:
        """Waits until the daemon accepts connections."""
        def ready() -> bool:
            if running.process.poll() is not None:
                self.fail(f"the daemon ended with {running.process.returncode}:\n"
                          f"{running.log_text()}")
            try:
                connect_unix(running.home.socket).close()
            except OSError:
                return False
            return True
        wait_until(ready, "the daemon listened")

    def connect(self, home: Home | None = None) -> Varlink:
        """A connection to the home's daemon, closed at the test's end."""
        connection = Varlink((home or self.home).socket)
        self.addCleanup(connection.close)
        return connection

    def keep_busy(self, count: int, **options: Any) -> None:
        """Starts processes that want the processor until the test's end, with options of popen."""
        for _ in range(count):
            busy = popen([sys.executable, "-c", "while True: pass"], **options)
            self.addCleanup(busy.wait)
            self.addCleanup(busy.kill)

    def the_daemon(self) -> int:
        """The one daemon that runs, by its process id."""
        daemons = daemons_running()
        self.assertEqual(len(daemons), 1, f"{programs_running()}")
        return daemons[0]

    def wait_for_no_daemon(self, patience: float = PATIENCE) -> None:
        """Waits until no program of the project is left below this test."""
        wait_until(lambda: not programs_running(), "the daemon and its loaders had ended", patience)


def _reasons() -> frozenset[str]:
    text = IDL.read_text()
    body = re.search(r"^type Reason \(\n(.*?)^\)", text, re.S | re.M)
    assert body
    return frozenset(re.findall(r"[a-z_]+", body[1]))


REASONS = _reasons()


def needs(condition: Any, why: str) -> None:
    """Skips the test when it cannot run here; fails it where everything must work."""
    if condition:
        return
    if MUST_WORK:
        raise AssertionError(f"cannot run, and DLTEST_SANDBOX_MUST_WORK is set: {why}")
    raise unittest.SkipTest(why)


def needs_root(why: str = "it needs root to be somebody else") -> None:
    """As needs(), but as an ordinary user it is right to skip: root's run has it."""
    if os.geteuid() != 0:
        raise unittest.SkipTest(why)


def wait_readable(stream: Any, patience: float = PATIENCE) -> bool:
    """Whether there is something to read before patience ends."""
    return bool(select.select([stream], [], [], patience)[0])


def main() -> None:
    """Runs the file's tests."""
    unittest.main(verbosity=2, warnings="error", catchbreak=False)
