# SPDX-License-Identifier: MIT
"""One run with a fault in it, and what must hold of it: in bounded time an answer for each path,
none that is wrong, none that is remembered though it is, and nothing left."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from faultrig import FAULTER, compact_json, connect_unix, home, tested

# Seconds in which answers are asked for, what a call may take beyond that, and what a daemon may
# take to end: the 20 that it promises, and ten more.
WITHIN, CALL_MORE, END_MAX = 30.0, 10.0, 30.0
# What a result says of a library; the rest tells how it was found out.
_SAYS = ("ok", "reason", "missing", "symbols", "signal", "exit_status", "phase", "context",
         "loads_with")
_FIXTURES = ("good.so", "needs_missing.so", "crash_segv.so", "needs_dep.so")
# Reasons that blame nobody, or pass on what the kernel said.
_NO_BLAME = {"no_verdict", "out_of_memory"}
_PASSED_ON = {"load_error", "permission_denied", "not_a_library"}
# What a second look says that could not do its work.
_REMARK = re.compile(r"could not be (tried|looked|loaded)")
# What the dynamic linker says without the cause, which is a want of memory here.
_NO_CAUSE = re.compile(r"failed to map segment from shared object|cannot map zero-fill pages")
_EXPECTED_LEFT = {"dltest.sock.lock", "logs/dltestd.log", "logs/dltestd.log.1",
                  "cache/dltest/verdicts"}


class Target(NamedTuple):
    """Which processes are hit: the program that is started, and how far from it they are."""
    program: str  # "daemon", "client" (without a daemon), "private" (a client's --no-daemon)
    stage: int


TARGETS = {
    "daemon": Target("daemon", 0),    # the daemon
    "spawn": Target("daemon", 1),     # what it forks, until that executes the loader
    "zygote": Target("daemon", 2),    # the loader
    "child": Target("daemon", 3),     # what that forks
    "trace": Target("daemon", 4),     # the dynamic linker that is executed there
    "client": Target("client", 0),    # the client
    "launch": Target("client", 1),    # what it forks, until that executes the daemon
    "private": Target("private", 0),  # the client whose daemon serves it alone
    "private-launch": Target("private", 1),
    "activated": Target("private", 2),  # a daemon that a client started
}


class Case(NamedTuple):
    """One fault: in the process-th of the target's (0: in each), the calls first to last (0: all
    from there) fail with this errno."""
    target: str
    call: str
    error: int
    process: int
    first: int
    last: int

    def __str__(self) -> str:
        return "/".join(str(part) for part in self)


class Outcome:
    """What came of a run."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.kinds: list[str] = []  # of the answers while the fault could happen
        self.seconds = 0.0          # of the slowest call
        self.hits = 0
        self.text = ""              # logs, for people

    def fault(self, text: str) -> None:
        """Something that must not be."""
        self.faults.append(text)


def kind_of(result: dict[str, Any], right: dict[str, Any], case: Case | None) -> str:
    """How an answer compares with the right one: "same", another that is allowed, or "WRONG: …"."""
    if all(result.get(key) == right.get(key) for key in _SAYS):
        return "same"
    reason, error = result.get("reason"), result.get("error", "")
    if case is None:
        return f"WRONG: {result} instead of {right}"
    if reason in _NO_BLAME:
        return str(reason)
    if reason == right.get("reason") and not result["ok"] and not right["ok"]:
        # A failure is a failure; the look at it may have found less. And the dynamic linker, when it
        # traces, calls a library missing that it could not open, whatever for.
        missing, all_missing = set(result.get("missing", [])), set(right.get("missing", []))
        if missing <= all_missing or case.target == "trace" and missing >= all_missing:
            return "less" if missing <= all_missing else "more"
    if right["ok"] and "context" in right and not result["ok"] and _REMARK.search(error):
        return "remark"
    if (os.strerror(case.error) in error or _NO_CAUSE.search(error)) and reason in _PASSED_ON:
        return "passed on"
    return f"WRONG: {result} instead of {right}"


def is_said(case: Case, answer: subprocess.CompletedProcess[bytes]) -> bool:
    """Whether a client that printed nothing says why: standard output could not be written, or it
    had no memory for what to write."""
    return answer.stderr != b"" and answer.stdout == b"" and (
        (case.call in ("write", "writev") and answer.returncode == 2) or
        (case.error == errno.ENOMEM and answer.returncode == 3))


def living() -> dict[int, str]:
    """pid: name of the programs of the project that descend from this process and have not ended.
    By /proc/PID/task/*/children, since there may be a thousand processes that are others'."""
    found: dict[int, str] = {}
    todo = [os.getpid()]
    while todo:
        directory = Path(f"/proc/{todo.pop()}")
        with contextlib.suppress(OSError):
            for task in (directory / "task").iterdir():
                todo += map(int, (task / "children").read_text().split())
        with contextlib.suppress(OSError):
            name, state = (directory / "stat").read_text().split("(", 1)[1].rsplit(") ", 1)
            if name.startswith(("tsuku-dltest", "faulter")) and state[0] not in "ZX":
                found[int(directory.name)] = name
    return found


def bury() -> None:
    """Takes note of the end of whoever became a child of this process."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0] > 0:
            continue


class World:
    """A home with libraries, for one run."""

    def __init__(self, within: float) -> None:
        self.within = within  # of the call that is disturbed
        self.base = Path(tempfile.mkdtemp(prefix="dlt-fault-")).resolve()
        self.home = home.Home(self.base)
        self.paths = [self.home.add(name) for name in _FIXTURES]
        self.paths.append(self.home.add_private("libdltest_dep.so"))
        self.paths.insert(3, str(self.home.package() / "none.so"))
        self.report = self.base / "report"
        self.log = self.base / "log"
        self.outcome = Outcome()

    def remove(self) -> None:
        """Takes all of it away."""
        shutil.rmtree(self.base, ignore_errors=True)

    # Starting.

    def faulter(self, stage: int, case: Case | None) -> list[str]:
        """The beginning of a command line: which calls are to fail, or with None a list."""
        do = ["list"] if case is None else [
            "fail", case.call, str(case.error), str(case.process), str(case.first),
            str(case.last)]
        return [str(FAULTER), str(self.report), str(stage), *do]

    def run(self, what: str, *arguments: str, before: list[str] | None = None,
            ) -> subprocess.CompletedProcess[bytes] | None:
        """Runs the client; None if it takes too long."""
        start = time.monotonic()
        call_max = WITHIN + CALL_MORE
        command = [*(before or []), str(tested.CLIENT), *arguments]
        process = subprocess.Popen(command, env=self.home.environment(), cwd=self.base,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=call_max)
        except subprocess.TimeoutExpired:
            self.outcome.fault(f"{what}: not over after {call_max:.0f} s: {living()}")
            process.kill()
            process.communicate()
            return None
        finally:
            seconds = time.monotonic() - start
            self.outcome.seconds = max(self.outcome.seconds, seconds)
        self.outcome.text += f"{what}: exit status {process.returncode}, {seconds:.2f} s\n" \
                             f"{out.decode(errors='replace')}{err.decode(errors='replace')}"
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def ask(self, what: str, *options: str, before: list[str] | None = None,
            within: float = WITHIN) -> subprocess.CompletedProcess[bytes] | None:
        """Asks about all libraries. A child that waits for the faulter seems to take its own time,
        and that is no verdict about a library."""
        return self.run(what, "--details", "--timeout", "120", "--within", str(within), *options,
                        *self.paths, before=before)

    def start_daemon(self, before: list[str]) -> subprocess.Popen[bytes]:
        """Starts the daemon, and waits until it listens or has ended."""
        with open(self.log, "wb") as log:
            process = subprocess.Popen(
                [*before, str(tested.DAEMON), "--jobs", "1", "--log-level", "debug"],
                env=self.home.environment(), cwd="/", stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and process.poll() is None and not self.listens():
            time.sleep(0.003)
        return process

    def listens(self) -> bool:
        """Whether there is a socket that somebody listens to."""
        with contextlib.suppress(OSError):
            connect_unix(self.home.socket).close()
            return True
        return False

    def end(self, process: subprocess.Popen[bytes], told: bool) -> None:
        """Ends the daemon, which has been told to, unless it cannot be told any more."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_MAX if told else 0)
            return
        if told:
            self.outcome.fault("the daemon says that it ends, and does not")
        for number in (signal.SIGTERM, signal.SIGKILL):
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_MAX)
                return
            self.outcome.fault(f"the daemon has not ended {END_MAX:.0f} s after SIGTERM")
        process.wait()

    # Judging.

    def hits(self) -> int:
        """How many calls have failed."""
        try:
            return len(self.report.read_text().splitlines())
        except OSError:
            return 0

    def results_of(self, what: str, answer: subprocess.CompletedProcess[bytes] | None,
                   case: Case | None) -> list[dict[str, Any]]:
        """The results of an answer, of which there must be one for each path."""
        if answer is None:
            return []
        try:
            results = compact_json(answer.stdout)
            assert [result["path"] for result in results] == self.paths, "other paths"
        except (ValueError, AssertionError, TypeError, KeyError) as error:
            if case and is_said(case, answer):
                return []
            self.outcome.fault(f"{what}: no answer ({error!r}): exit status {answer.returncode} "
                               f"{answer.stdout[:300]!r} {answer.stderr[:300]!r}")
            return []
        expected = 0 if all(result["ok"] for result in results) else 1
        if any(result.get("reason") == "no_verdict" for result in results):
            expected = 3
        if answer.returncode != expected:
            self.outcome.fault(f"{what}: exit status {answer.returncode} instead of {expected}")
        return list(results)

    def judge(self, what: str, answer: subprocess.CompletedProcess[bytes] | None,
              right: list[dict[str, Any]] | None, case: Case | None) -> list[dict[str, Any]]:
        """Compares an answer with the right one; with a case, as one that it may have changed."""
        results = self.results_of(what, answer, case)
        for index, result in enumerate(results):
            said = kind_of(result, self.here(right[index]), case) if right else "same"
            if case:
                self.outcome.kinds.append(said.split(":")[0])
            if said.startswith("WRONG"):
                self.outcome.fault(f"{what}: {said}")
        return results

    def here(self, result: dict[str, Any]) -> dict[str, Any]:
        """A result of another world, as it would be in this one."""
        text = {key: value for key, value in result.items() if key in _SAYS}
        if "context" in text:
            text["context"] = [str(self.home.package().parent)]
        return text

    def nothing_left(self, case: Case | None) -> None:
        """No processes, and no files but those that stay."""
        deadline = time.monotonic() + END_MAX
        left: Any = living()
        while left and time.monotonic() < deadline:
            time.sleep(0.01)
            left = living()
        if left:
            self.outcome.fault(f"left running: {left}")
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        found = {str(path.relative_to(self.home.path)) for path in self.home.path.rglob("*")
                 if not path.is_dir() and path.relative_to(self.home.path).parts[0] != "libs"}
        left = found - _EXPECTED_LEFT
        if left and not (case and case.call.startswith("unlink")):
            self.outcome.fault(f"left behind: {sorted(left)}")


def run_case(target: Target, case: Case | None, right: list[dict[str, Any]] | None,
             within: float = WITHIN) -> tuple[Outcome, list[str], list[dict[str, Any]]]:
    """One run: with a case, its fault; without, a list of what is called. The call that it can
    disturb asks for its answers within so many seconds. Returns what came of it, the lines of the
    report, and the results of that call."""
    world = World(within)
    try:
        run = _run_daemon if target.program == "daemon" else _run_client
        results = run(world, target, case, right)
        world.nothing_left(case)
        world.outcome.hits = world.hits() if case else 0
        for log in (world.log, world.home.path / "logs/dltestd.log"):
            if log.exists():
                world.outcome.text += log.read_text(errors="replace")
        report = world.report.read_text().splitlines() if world.report.exists() else []
        return world.outcome, report, results
    finally:
        bury()
        world.remove()


def _run_daemon(world: World, target: Target, case: Case | None,
                right: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    daemon = world.start_daemon(world.faulter(target.stage, case))
    results = world.judge("first call", world.ask("first call", within=world.within), right, case)
    # What has failed once is over; from now on nothing may be other than it is.
    over = case is not None and case.last > 0 and case.process > 0 and world.hits() > 0
    if case is None or case.last > 0:
        world.judge("second call", world.ask("second call"), right, None if over else case)
    told = world.run("stop", "--stop")
    world.end(daemon, over and told is not None and told.returncode == 0)
    _ask_undisturbed(world, right)
    return results


def _run_client(world: World, target: Target, case: Case | None,
                right: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    options = ("--no-daemon",) if target.program == "private" else ()
    answer = world.ask("first call", *options, within=world.within,
                       before=world.faulter(target.stage, case))
    results = world.judge("first call", answer, right, case)
    _ask_undisturbed(world, right)
    return results


def _ask_undisturbed(world: World, right: list[dict[str, Any]] | None) -> None:
    world.judge("last call", world.ask("last call"), right, None)
    stopped = world.run("last stop", "--stop")
    if stopped is not None and stopped.returncode != 0:
        world.outcome.fault(f"--stop ends with {stopped.returncode}: {stopped.stderr!r}")
