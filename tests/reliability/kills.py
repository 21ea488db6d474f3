#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills and stops at random moments, of clients, daemons, zygotes and load children, while clients
ask: whoever lives has every path once and no verdict that is wrong, or says that there is none
(exit status 3); afterwards nothing is left, and the next answer is right.

    kills.py --seed 1 --kills 10000            # the long form
    kills.py --seed 1 --first 120 --kills 100  # one round of it: moments are chance all the same
"""

from __future__ import annotations

import collections
import contextlib
import heapq
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

import rig
from rig import harness

OPTIONS = rig.options(__doc__, first=0, kills=100)
ROUND = 100
CLIENTS = 5
# What can come of a load when nobody does anything; None: it loads.
EXPECT: dict[str, str | None] = {
    "good.so": None, "needs_dep.so": None, "thread.so": None, "print.so": None,
    "crash_segv.so": "crashed", "exit_1.so": "exited", "close_crash.so": "crashed",
    "needs_missing.so": "missing_dependency", "undefined_both.so": "undefined_symbol",
    "object.o": "not_a_library", "not_there.so": "not_found", "sleep_20ms.so": None,
    "sleep_a_little.so": None,
}
KINDS = ("load", "load", "load", "load", "zygote", "zygote", "daemon", "client")
SIGNALS = (signal.SIGKILL,) * 5 + (signal.SIGSTOP,) * 3 + (signal.SIGTERM, signal.SIGSEGV)
# For how long something is stopped; None: until the round is over.
STOPS = (0.001, 0.01, 0.05, 0.05, 0.2, 0.2, 0.5, 1.0, 3.0, None)
# Seconds in which a client ends, whatever was done: silence, other daemons, and a busy machine.
PATIENCE = 150.0


class Program(NamedTuple):
    """A process of the project's."""

    pid: int
    kind: str


def programs() -> list[Program]:
    """Those below this process, by what they are."""
    found, todo = [], [(os.getpid(), "")]
    while todo:
        parent, parents_kind = todo.pop()
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
            for pid in map(int, text.split()):
                kind = kind_of(pid, parents_kind)
                todo.append((pid, kind))
                if kind:
                    found.append(Program(pid, kind))
    return found


def kind_of(pid: int, parents_kind: str) -> str:
    """What a process is, by its name and its parent's kind; "" for none of the project's, and for
    the dead, who are buried where they are ours."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    name, state = stat[stat.index("(") + 1:stat.rindex(")")], stat[stat.rindex(")") + 2]
    if state in "ZX":
        if not parents_kind and name != "tsuku-dltest":
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        return ""
    if parents_kind in ("zygote", "load"):
        return "load"
    if parents_kind == "daemon" and name.startswith("tsuku-dltest-"):
        return "zygote"
    return {"tsuku-dltest": "client", "tsuku-dltestd": "daemon"}.get(name, "")


class Client:
    """One run of the client, whose answer is judged at its end."""

    def __init__(self, case: Kills, number: int, paths: list[str], options: list[str]):
        self.paths, self.options = paths, options
        self.out = case.base / f"client-{number}"
        self.began = time.monotonic()
        with open(self.out, "wb") as stream:
            self.process = subprocess.Popen(
                [os.fspath(harness.CLIENT), *options, *paths], env=case.home.environment(),
                cwd=case.base, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.DEVNULL)


class Kills(rig.Case):
    """A home in which nobody is safe."""

    def setUp(self) -> None:
        super().setUp()
        self.home.add_private("libdltest_dep.so")
        self.paths = {name: str(self.home.package() / name) for name in EXPECT}
        for name in EXPECT:
            if name != "not_there.so":
                self.home.add(name)
        self.chance = random.Random()
        self.stopped: list[tuple[float, int]] = []  # when it goes on, and its pidfd
        self.hit: set[int] = set()
        self.done: collections.Counter[str] = collections.Counter()
        self.loads_hurt: collections.Counter[int] = collections.Counter()
        self.started = 0

    def start_client(self) -> Client:
        """Some of the libraries, asked about in some way."""
        names = self.chance.choices(tuple(EXPECT), k=self.chance.choice((1, 2, 5, 13, 40)))
        options = ["--timeout", "5"]
        for option in ("--fresh", "--details", "--lazy"):
            if self.chance.random() < 0.3:
                options.append(option)
        self.started += 1
        # Each path once, so that none can be lost behind another.
        return Client(self, self.started, sorted({self.paths[name] for name in names}), options)

    def hurt(self) -> bool:
        """Does something to somebody, if there is one of the kind that chance wants."""
        kind, number = self.chance.choice(KINDS), self.chance.choice(SIGNALS)
        those = [program for program in programs() if program.kind == kind]
        if not those:
            return False
        victim = self.chance.choice(those)
        try:
            pidfd = os.pidfd_open(victim.pid)
        except ProcessLookupError:
            return False
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, number)
        if number == signal.SIGSTOP:
            pause = self.chance.choice(STOPS)
            heapq.heappush(self.stopped, (time.monotonic() + (pause or 3600.0), pidfd))
        else:
            os.close(pidfd)
        if kind == "client" and number != signal.SIGSTOP:
            self.hit.add(victim.pid)
        if kind == "load":
            self.loads_hurt[number] += 1
        self.done[f"{number.name} to {kind}"] += 1
        return True

    def let_go_on(self, deadline: float) -> None:
        """Continues what was stopped until now."""
        while self.stopped and self.stopped[0][0] <= deadline:
            _, pidfd = heapq.heappop(self.stopped)
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(pidfd, signal.SIGCONT)
            os.close(pidfd)

    def allowed(self, name: str) -> set[str | None]:
        """What may be said of a library, after what has been done to children."""
        possible = {EXPECT[name], "no_verdict"}
        if self.loads_hurt[signal.SIGKILL]:
            possible.add("out_of_memory")
        if self.loads_hurt[signal.SIGSTOP]:
            possible.add("timed_out")
        if self.loads_hurt[signal.SIGSEGV] or self.loads_hurt[signal.SIGTERM]:
            possible.add("crashed")
        if name == "needs_dep.so" and self.loads_hurt:
            possible.add("missing_dependency")  # the load in its company is what was hurt
        return possible

    def judge(self, client: Client) -> None:
        """What came of a client that nobody has ended."""
        status = client.process.returncode
        if client.process.pid in self.hit and status < 0:
            return
        out = client.out.read_bytes()
        where = f"{client.options} {client.paths}: {status}, {out!r}"
        self.assertIn(status, (0, 1, 3), where)
        results = harness.compact_json(out)
        self.assertEqual([result["path"] for result in results], client.paths, where)
        for result in results:
            self.check_result(result)
            name = os.path.basename(result["path"])
            expected = self.allowed(name)
            if "--lazy" in client.options and name == "undefined_both.so":
                expected.add(None)
            self.assertIn(result.get("reason"), expected, (result, self.loads_hurt))
            self.done[f"answer: {result.get('reason', 'ok')}"] += 1
        reasons = {result.get("reason") for result in results}
        self.assertEqual(status, 3 if "no_verdict" in reasons else 0 if reasons == {None} else 1)

    def collect(self, clients: list[Client]) -> None:
        """Judges those that have ended."""
        for client in list(clients):
            if client.process.poll() is not None:
                clients.remove(client)
                self.judge(client)
                client.out.unlink()
            elif time.monotonic() - client.began > PATIENCE:
                self.fail(f"a client does not end: {client.options} {client.paths}\n"
                          f"{programs()}\n{self.daemon_log()}")

    def round(self, number: int) -> None:
        """So many acts, and what must hold after them."""
        self.chance.seed(f"{OPTIONS.seed}:{number}")
        clients: list[Client] = []
        acts = 0
        while acts < ROUND:
            while len(clients) < CLIENTS:
                clients.append(self.start_client())
            time.sleep(self.chance.choice((0, 0.001, 0.003, 0.01, 0.03)))
            acts += self.hurt()
            self.let_go_on(time.monotonic())
            self.collect(clients)
        self.let_go_on(float("inf"))
        harness.wait_until(lambda: self.collect(clients) or not clients, "all clients had ended",
                           PATIENCE)
        self.settle()

    def settle(self) -> None:
        """One daemon at most, which answers as ever; what it remembers is right."""
        harness.wait_until(lambda: sum(one.kind == "daemon" for one in programs()) <= 1,
                           "private daemons had ended")
        for options in (["--fresh"], []):
            answer = self.run_client("--timeout", "60", *options, *self.paths.values())
            for result in answer.results:
                expected = {EXPECT[os.path.basename(result["path"])]}
                if not options and max(self.loads_hurt[signal.SIGSEGV],
                                       self.loads_hurt[signal.SIGTERM]) > 1:
                    expected.add("crashed")  # twice in a row the same, and so remembered
                self.assertIn(result.get("reason"), expected, f"{answer}\n{self.daemon_log()}")
        self.hit.clear()
        self.loads_hurt.clear()
        self.run_client("--stop")
        self.wait_for_no_daemon()
        rig.bury()
        verdicts = self.home.path / "cache/dltest/verdicts"
        self.assertEqual(os.listdir(verdicts.parent), [verdicts.name])
        verdicts.unlink()
        self.assertLessEqual(set(os.listdir(self.home.path)),
                             {"libs", "cache", "logs", "dltest.sock.lock"})

    def test_kills(self) -> None:
        rounds = (OPTIONS.kills + ROUND - 1) // ROUND
        for number in range(OPTIONS.first, OPTIONS.first + rounds):
            with self.subTest(round=number):
                self.round(number)
            if (number + 1) % 5 == 0:
                self.say(f"round {number}: {self.summary()}")
        self.say(f"{rounds * ROUND} acts, {self.started} clients: {self.summary()}")

    def summary(self) -> str:
        """What was done, and what was answered."""
        return ", ".join(f"{count} {what}" for what, count in sorted(self.done.items()))

    def run_client(self, *args: Any, **options: Any) -> harness.Answer:
        """As ever, but for as long as a machine may take that others use, too."""
        return super().run_client(*args, **{"timeout": PATIENCE} | options)


if __name__ == "__main__":
    harness.main()
