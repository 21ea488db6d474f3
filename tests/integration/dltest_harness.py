# SPDX-License-Identifier: MIT
"""What the integration tests share, and the vocabulary that they are written in: a test case that
has a home, runs the client, starts daemons, and is certain that nothing is left running.

What is tested is told by tested.py, and a home, a connection, JSON and processes have files of
their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any, Callable, Iterator

# With what tests take from here as harness.NAME and this file has no use for.
from home import Home
from processes import (PATIENCE, Rivals, children, daemons_running, descendants, describe, end_started,
                       fd_count, lookers, popen, process_table, programs_running, wait_readable, wait_until)
from strictjson import compact_json, strict_json
from tested import (BUILD_DIR, CLIENT, DAEMON, FIXTURES, IDL, INTERFACE, LOADER, MUST_WORK, REASONS,
                    REQUEST_MAX, SANITIZED, SOURCE_DIR, VERSION, make, spell_out)
from varlinkpeer import Closed, CutOff, Varlink, connect_unix, listen_unix

# Of a processor, what others may have while a promise of time is judged.
RIVALS_MAX = 0.2

# Which of a file's tests run: those that judge times, the others, or all.
TIMED = os.environ.get("DLTEST_TIMED", "")


def timed(thing: Any) -> Any:
    """Marks a test, or a class of them, that has to be alone on the machine: it judges times, or takes
    gigabytes."""
    thing.judges_times = True
    return thing


def load_part(suite: unittest.TestSuite) -> unittest.TestSuite:
    """Of the tests of a file, the part that TIMED names."""
    part = unittest.TestSuite()
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            part.addTest(load_part(test))
            continue
        # pylint: disable-next=protected-access
        marked = any(getattr(thing, "judges_times", False)
                     for thing in (type(test), getattr(test, test._testMethodName, None)))
        if not TIMED or marked == (TIMED == "only"):
            part.addTest(test)
    return part


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
        return [spell_out(result) for result in value]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The objects that --jsonl printed."""
        return [spell_out(compact_json(line)) for line in self.out.splitlines(keepends=True)]

    def by_path(self) -> dict[str, dict[str, Any]]:
        """The results by their paths."""
        return {result["path"]: result for result in self.results}

    def __repr__(self) -> str:
        return (f"exit status {self.status} after {self.seconds:.2f} s\n"
                f"stdout: {self.out[:3000]!r}\nstderr: {self.err[:3000]!r}")


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
            end_started()
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
                 "output", "needs", "platform", "warnings", "sandbox", "host",
                 "skipped", "culprit", "refused", "hint"}
        self.assertLessEqual(set(result), known)
        self.assertNotIn(None, result.values(), f"null is said by silence: {result}")
        if "culprit" in result:
            self.assertEqual(set(result["culprit"]), {"object", "place"})
            self.assertIn(result["reason"], ("crashed", "exited", "timed_out"))
        if "host" in result:
            self.assertLessEqual(set(result["host"]), {
                "name", "program", "symbols", "lacks", "unchecked", "after", "called", "then"})
            self.assertTrue(result["host"]["name"], result)
        if result["ok"]:
            self.assertFalse(set(result) & {"error", "reason", "missing", "symbols", "signal",
                                            "exit_status", "phase", "platform", "loads_with"},
                             result)
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
        if "platform" in result:
            self.assertIn(result["reason"], ("wrong_platform", "wrong_architecture"))
            self.assertRegex(result["platform"], r"^[ -~]{1,64}$")
        if "phase" in result:
            self.assertIn(result["phase"], ("open", "close"))
        for key in ("missing", "symbols", "loads_with"):
            if key in result:
                self.assertTrue(result[key] and all(isinstance(x, str) for x in result[key]))

    def within(self, limit: float, ask: Callable[[], float], tries: int = 3) -> float:
        """Asks until that takes less than 'limit' seconds. A promise of time is about a machine
        that nobody else wants: what took longer while others had much of a processor is tried
        again, and tells nothing if it is never otherwise. ask() asserts what must hold each time,
        and answers how long it took."""
        self.assertNotEqual(TIMED, "not", "what judges times is marked with @harness.timed")
        tried: list[str] = []
        judged, seconds = False, 0.0
        for _ in range(tries):
            rivals = Rivals()
            seconds = ask()
            if seconds < limit:
                return seconds
            share = rivals.share()
            judged |= share < RIVALS_MAX
            tried.append(f"{seconds:.2f} s while others had {share:.2f} processors")
        self.assertFalse(judged, f"{limit} s are the limit, and it took {tried}")
        print(f"not judged, the machine is busy: {limit} s are the limit, and it took {tried}",
              flush=True)
        return seconds

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

    @staticmethod
    @contextlib.contextmanager
    def spinning(count: int, **options: Any) -> Iterator[None]:
        """So many processes that want the processor meanwhile, with options of popen."""
        spinners = [popen([sys.executable, "-c", "while True: pass"], **options)
                    for _ in range(count)]
        try:
            yield
        finally:
            for spinner in spinners:
                spinner.kill()
                spinner.wait()

    def keep_busy(self, count: int, **options: Any) -> None:
        """As spinning(), until the test's end."""
        self.enterContext(self.spinning(count, **options))

    def the_daemon(self) -> int:
        """The one daemon that runs, by its process id."""
        daemons = daemons_running()
        self.assertEqual(len(daemons), 1, f"{programs_running()}")
        return daemons[0]

    def wait_for_no_daemon(self, patience: float = PATIENCE) -> None:
        """Waits until no program of the project is left below this test."""
        wait_until(lambda: not programs_running(), "the daemon and its loaders had ended", patience)


def needs(condition: Any, why: str) -> None:
    """Skips the test when it cannot run here; fails it where everything must work."""
    if condition:
        return
    if MUST_WORK:
        raise AssertionError(f"cannot run, and DLTEST_SANDBOX_MUST_WORK is set: {why}")
    raise unittest.SkipTest(why)


def troubles(warnings: list[str]) -> list[str]:
    """Warnings without those that say on which systems a library runs: these depend on what the
    fixture was compiled with, and are no trouble by themselves."""
    return [warning for warning in warnings
            if not warning.startswith(("needs glibc ", "needs a processor of "))]


def needs_root(why: str = "it needs root to be somebody else") -> None:
    """As needs(), but as an ordinary user it is right to skip: root's run has it."""
    if os.geteuid() != 0:
        raise unittest.SkipTest(why)


class Loader(unittest.TestLoader):
    """Finds the part of a file that is to run now."""

    def loadTestsFromModule(self, *args: Any, **named: Any) -> unittest.TestSuite:
        return load_part(super().loadTestsFromModule(*args, **named))


def main() -> None:
    """Runs the file's tests."""
    unittest.main(verbosity=2, warnings="error", catchbreak=False, testLoader=Loader())
