# SPDX-License-Identifier: MIT
"""Those who are compared: each is given the same paths and is timed in the same way.

Every process is started with posix_spawn() and waited for by its pidfd, so that what the driver
adds is little and the same for all. The environment is the same for all, too: all search
$TSUKU_HOME/libs first, as tsuku has it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import Sequence

import machine

# As many paths as tsuku gives to its helper at a time, and as long as it waits for them.
BATCH = 50
BATCH_SECONDS = 5.0
PATIENCE = 900.0
LDD, XARGS = "/usr/bin/ldd", "/usr/bin/xargs"


class Ended:
    """How a process ended."""

    def __init__(self, wait_status: int, cpu: float):
        self.status = os.waitstatus_to_exitcode(wait_status)
        self.cpu = cpu


class Lab:
    """The directory, the environment and the programs of one run of the benchmark."""

    def __init__(self, directory: Path, client: str, daemon: str, helpers: Path):
        self.directory, self.client, self.daemon_program = directory, client, daemon
        self.helpers = helpers
        self.home = directory / "tsuku"
        (self.home / "libs").mkdir(parents=True)
        self.home.chmod(0o700)
        self.out = directory / "out"
        self.daemon = 0

    def environment(self, home: Path | None = None) -> dict[str, str]:
        """What every process gets."""
        home = home or self.home
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.directory), "TSUKU_HOME": str(home),
                "LD_LIBRARY_PATH": str(home / "libs"), "LC_ALL": "C"}

    def run(self, argv: Sequence[str], stdin: str = "/dev/null", out: str | None = None,
            home: Path | None = None, seconds: float = PATIENCE) -> Ended:
        """Runs a program to its end; it is killed when the time is over."""
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, out or str(self.out), os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
             0o600),
            (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0),
        ]
        pid = os.posix_spawn(argv[0], argv, self.environment(home), file_actions=actions)
        pidfd = os.pidfd_open(pid)
        try:
            poll = select.poll()
            poll.register(pidfd, select.POLLIN)
            if not poll.poll(seconds * 1000):
                os.kill(pid, signal.SIGKILL)
            _, wait_status, usage = os.wait4(pid, 0)
        finally:
            os.close(pidfd)
        return Ended(wait_status, usage.ru_utime + usage.ru_stime)

    def output(self) -> str:
        """What the last run printed."""
        return self.out.read_text(encoding="utf-8", errors="replace")

    def call(self, *arguments: str) -> str:
        """Asks the client for something that is not measured."""
        return subprocess.run([self.client, *arguments], env=self.environment(), check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout.decode()

    def status(self) -> dict[str, object]:
        """The daemon's own figures; empty if there is none."""
        text = self.call("--status")
        return json.loads(text) if text else {}

    def start_daemon(self) -> None:
        """Starts the daemon that the runs go through."""
        with open(self.directory / "log", "wb") as log:
            process = subprocess.Popen([self.daemon_program, "--idle-timeout", "10m"],
                                       env=self.environment(), stderr=log)
        deadline = time.monotonic() + 30
        while not self.status():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.directory / "log").read_text(errors="replace"))
            time.sleep(0.01)
        self.daemon = process.pid

    def stop_daemon(self) -> None:
        """Ends it and waits."""
        if self.daemon:
            os.kill(self.daemon, signal.SIGTERM)
            os.waitpid(self.daemon, 0)
            self.daemon = 0


class Contender:
    """One way to find out what loads. 'verdicts' are those of the last run: path to bool."""

    def __init__(self, lab: Lab, name: str):
        self.lab, self.name = lab, name
        self.verdicts: dict[str, bool] | None = None
        self.paths: list[str] = []
        self.listing = ""

    def prepare(self, paths: list[str]) -> None:
        """What is not part of the measurement."""
        self.paths = paths
        self.listing = str(self.lab.directory / "paths")
        Path(self.listing).write_bytes(b"".join(os.fsencode(path) + b"\0" for path in paths))

    def go(self) -> float:
        """The measured part; returns seconds of processor time."""
        raise NotImplementedError

    def look(self) -> None:
        """Reads the verdicts after the measurement."""

    def measure(self) -> tuple[float, float]:
        """Seconds on the wall and on processors."""
        start = time.perf_counter()
        cpu = self.go()
        seconds = time.perf_counter() - start
        self.look()
        return seconds, cpu


class Floor(Contender):
    """bench_floor: a fork and a dlopen() each, nothing else."""

    def go(self) -> float:
        program = str(self.lab.helpers / "bench_floor")
        few = self.paths if len(self.paths) <= BATCH else []
        ended = self.lab.run([program, *few], self.listing)
        if ended.status != 0:
            raise RuntimeError(f"bench_floor ended with {ended.status}")
        return ended.cpu

    def look(self) -> None:
        marks = self.lab.output().strip()
        self.verdicts = {path: mark == "1" for path, mark in zip(self.paths, marks)}


class Helper(Contender):
    """A helper that loads many libraries in one process, driven as tsuku drives it."""

    def __init__(self, lab: Lab, name: str, program: str):
        super().__init__(lab, name)
        self.program = program

    def _parse(self, status: int) -> list[dict[str, object]] | None:
        if status not in (0, 1, 2):
            return None
        try:
            results = json.loads(self.lab.output())
        except ValueError:
            return None
        return results if isinstance(results, list) else None

    def _batch(self, paths: list[str]) -> float:
        assert self.verdicts is not None
        start = time.monotonic()
        ended = self.lab.run([self.program, *paths], seconds=BATCH_SECONDS)
        results = self._parse(ended.status)
        if results is not None:
            self.verdicts.update((str(result["path"]), result["ok"] is True)
                                 for result in results)
            return ended.cpu
        # After its time a batch is given up; after a crash its halves are tried.
        if len(paths) == 1 or time.monotonic() - start >= BATCH_SECONDS:
            return ended.cpu
        half = len(paths) // 2
        return ended.cpu + self._batch(paths[:half]) + self._batch(paths[half:])

    def go(self) -> float:
        self.verdicts = {}
        return sum(self._batch(self.paths[i:i + BATCH])
                   for i in range(0, len(self.paths), BATCH))


class Ldd(Contender):
    """ldd -r, a run each, as many at once as there are processors."""

    def go(self) -> float:
        jobs = str(len(os.sched_getaffinity(0)))
        return self.lab.run([XARGS, "-0", "-n", "1", "-P", jobs, LDD, "-r"],
                            self.listing, out="/dev/null").cpu


class Ours(Contender):
    """The client and a running daemon."""

    def __init__(self, lab: Lab, name: str, *options: str):
        super().__init__(lab, name)
        self.options = options
        self.cached = 0
        self.results: list[dict[str, object]] = []

    def go(self) -> float:
        argv = [self.lab.client, *self.options]
        argv += self.paths if len(self.paths) <= BATCH else ["--files-from", self.listing, "-0"]
        return self.lab.run(argv).cpu

    def look(self) -> None:
        self.results = json.loads(self.lab.output())
        self.verdicts = {str(result["path"]): result["ok"] is True for result in self.results
                         if result.get("reason") != "no_verdict"}

    def measure(self) -> tuple[float, float]:
        before = machine.cpu_seconds(self.lab.daemon)
        seconds, cpu = super().measure()
        # The last children end a moment after their results; their time counts once reaped.
        return seconds, cpu + machine.cpu_seconds(self.lab.daemon) - before


class Remembered(Ours):
    """The same, of what was asked before."""

    def prepare(self, paths: list[str]) -> None:
        super().prepare(paths)
        # How much of it comes from memory, outside of the measurement. Only what was asked for with
        # details is given again with them.
        options, self.options = self.options, (*self.options, "--details")
        self.go()
        self.go()
        self.options = options
        self.look()
        self.cached = sum(result.get("cached") is True for result in self.results)
