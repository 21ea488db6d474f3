#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many clients at once that ask for all sorts of libraries in all sorts of ways and leave when they
like, while the daemon's children are killed and stopped. Every path gets one answer that can be,
and when all is over nothing is left.

DLTEST_STRESS_SECONDS is how long each part goes on, DLTEST_STRESS_SEED what decides the rest."""

from __future__ import annotations

import collections
import contextlib
import os
import random
import shutil
import signal
import socket
import threading
import time
from typing import Any

import dltest_harness as harness
from dltest_harness import INTERFACE

SECONDS = float(os.environ.get("DLTEST_STRESS_SECONDS", "3"))
SEED = int(os.environ.get("DLTEST_STRESS_SEED", "1"))
CLIENTS = 8

# What can come of a load; None: it loads.
EXPECT: dict[str, set[str | None]] = {
    "good.so": {None},
    "needs_dep.so": {None},
    "print_lots.so": {None},
    "thread.so": {None},
    "crash_segv.so": {"crashed"},
    "ask_and_crash.so": {"crashed"},
    "exit_1.so": {"exited"},
    "close_crash.so": {"crashed"},
    "needs_missing.so": {"missing_dependency"},
    "needs_two_missing.so": {"missing_dependency"},
    "undefined_both.so": {"undefined_symbol"},
    "many_symbols.so": {"undefined_symbol"},
    "missing_version.so": {"undefined_symbol", "missing_version"},
    "say_ok_and_die.so": {"crashed"},
    "object.o": {"not_a_library"},
    "not_there.so": {"not_found"},
    # On a busy machine it may have asked too often before its time is over.
    "ask_forever.so": {"timed_out", "crashed"},
}
HANG = ("spin.so", "sleep_forever.so", "stop_itself.so", "ask_forever.so", "close_spin.so")
LAZY = {"undefined_both.so", "many_symbols.so"}
# What comes of a child, or of a loader, that somebody killed.
KILLED = {"out_of_memory", "no_verdict", "timed_out"}


class Client(threading.Thread):
    """Connects, asks, and reads to the end or leaves, until it is told to stop."""

    def __init__(self, test: Stress, seed: int, killing: bool, deadline: float):
        super().__init__(daemon=True)
        self.test, self.killing, self.deadline = test, killing, deadline
        self.random = random.Random(seed)
        self.failure: BaseException | None = None
        self.answers = self.left = 0

    def run(self) -> None:
        try:
            while time.monotonic() < self.deadline:
                self.session()
        except BaseException as error:  # pylint: disable=broad-except
            self.failure = error

    def options(self, hanging: bool) -> dict[str, Any]:
        """A way to ask; few enough that several clients ask in the same one."""
        chance = self.random.random
        # What has been stopped is given up at the deadline alone.
        patient = 1000 if self.killing else 30000
        options: dict[str, Any] = {"timeout_ms": self.random.choice((50, 60, 120, 300))
                                   if hanging else patient}
        for name in ("lazy", "bare", "details", "fresh"):
            if chance() < 0.25:
                options[name] = True
        if chance() < 0.3:
            number = self.random.randrange(12)
            options["library_path"] = [str(self.test.base / f"searched-{number}")]
        if chance() < 0.1:
            options["preload"] = [self.test.paths["good.so"]]
        return options

    def session(self) -> None:
        """One connection with one or a few calls."""
        with harness.Varlink(self.test.home.socket) as peer:
            calls = []
            for _ in range(self.random.choice((1, 1, 1, 3))):
                hanging = self.random.random() < 0.4
                names = self.random.choices(tuple(EXPECT), k=self.random.choice((0, 1, 2, 12, 90)))
                if hanging:
                    names += self.random.choices(HANG, k=self.random.choice((1, 3, 9)))
                self.random.shuffle(names)
                options = self.options(hanging)
                more = self.random.random() < 0.5
                peer.send(f"{INTERFACE}.Verify",
                          {"paths": [self.test.paths[name] for name in names], **options},
                          more=more)
                calls.append((names, options, more))
            if self.random.random() < 0.3:
                self.leave(peer)
                return
            if self.random.random() < 0.2:
                peer.socket.shutdown(socket.SHUT_WR)
            for names, options, more in calls:
                self.read(peer, names, options, more)

    def leave(self, peer: harness.Varlink) -> None:
        """Goes away at some moment."""
        self.left += 1
        peer.socket.settimeout(self.random.choice((0.001, 0.02, 0.06, 0.2)))
        with contextlib.suppress(TimeoutError):
            peer.socket.recv(self.random.choice((1, 1000, 100000)))

    def read(self, peer: harness.Varlink, names: list[str], options: dict[str, Any],
             more: bool) -> None:
        """All replies to one call: each path once, and no other."""
        results, reply = [], {"continues": True}
        while "continues" in reply:
            reply = peer.receive(60.0)
            if reply.get("error") == f"{INTERFACE}.Busy":
                return
            results += reply["parameters"]["results"]
        asked = [self.test.paths[name] for name in names]
        answered = [result["path"] for result in results]
        if more:
            self.test.assertEqual(collections.Counter(answered), collections.Counter(asked))
        else:
            self.test.assertEqual(answered, asked)
        for result in results:
            self.check(result, options)
        self.answers += len(results)

    def check(self, result: dict[str, Any], options: dict[str, Any]) -> None:
        """Whether this can be."""
        name = os.path.basename(result["path"])
        reason = result.get("reason")
        self.test.check_result(result)
        possible = set(EXPECT.get(name, {"timed_out"}))
        if options["timeout_ms"] < 1000:
            possible.add("timed_out")
        if options.get("lazy") and name in LAZY:
            possible |= {None, "undefined_symbol"}
        if options.get("bare") and name == "needs_dep.so":
            possible = possible - {None} | {"missing_dependency"}
        if name == "needs_dep.so" and (self.killing or options["timeout_ms"] < 1000):
            possible.add("missing_dependency")  # there was no time for its company, or no child
        if self.killing:
            possible |= KILLED
        self.test.assertIn(reason, possible, (result, options))


class Stress(harness.TestCase):
    """One daemon that is asked for everything at once."""

    def setUp(self) -> None:
        super().setUp()
        self.paths = {}
        self.home.add_private("libdltest_dep.so")
        for name in (*EXPECT, *HANG, "libdltest_versioned.so"):
            self.paths[name] = str(self.home.package() / name)
            if name != "not_there.so":
                self.home.add(name)
        for number in range(12):
            directory = self.base / f"searched-{number}"
            directory.mkdir()
            if number % 2:
                shutil.copy(harness.FIXTURES / "poses_as_missing.so", directory / "libother.so")
        self.daemon = self.start_daemon()

    def status(self) -> dict[str, Any]:
        """What the daemon says of itself."""
        with harness.Varlink(self.home.socket) as peer:
            return peer.call(f"{INTERFACE}.Status")["parameters"]

    def is_quiet(self) -> bool:
        """Whether nothing runs and nobody waits."""
        status = self.status()
        return not (status["running"] or status["waiting"] or status["calls"]) and \
            status["clients"] == 1

    def work(self, killing: bool) -> None:
        """A time of it, and what must hold afterwards."""
        deadline = time.monotonic() + SECONDS
        clients = [Client(self, SEED * 1000 + number, killing, deadline)
                   for number in range(CLIENTS)]
        for client in clients:
            client.start()
        chance = random.Random(SEED)
        while killing and time.monotonic() < deadline:
            self.hurt(chance)
            time.sleep(chance.choice((0.001, 0.02, 0.1)))
        for client in clients:
            client.join(SECONDS + 90.0)
            self.assertFalse(client.is_alive(), f"no answer comes: {self.status()}\n"
                             f"{self.daemon.log_text()[-3000:]}")
        for client in clients:
            if client.failure:
                raise client.failure
        self.assertGreater(sum(client.answers for client in clients), 100)
        self.assertGreater(sum(client.left for client in clients), 3)

    def hurt(self, chance: random.Random) -> None:
        """Does something bad to one of the daemon's processes."""
        below = sorted(harness.descendants(self.daemon.pid))
        if below:
            number = signal.SIGSTOP if chance.random() < 0.05 else signal.SIGKILL
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(below), number)

    def settle(self) -> None:
        """Nothing runs in the end, and what is asked for is answered as ever."""
        harness.wait_until(self.is_quiet, f"it was quiet: {self.status()}")
        with harness.Varlink(self.home.socket) as peer:
            # Loaders that cannot be started are left alone for a while.
            harness.wait_until(lambda: peer.verify([self.paths["good.so"]], fresh=True)[0]["ok"],
                               "loads went well again")
            for number in range(12):
                library_path = [str(self.base / f"searched-{number}")]
                harness.wait_until(
                    lambda path=library_path: peer.verify([self.paths["good.so"]], fresh=True,
                                                          library_path=path)[0]["ok"],
                    f"loads went well with {library_path}")
        harness.wait_until(self.is_quiet, "it was quiet again")
        # Eight environments of one loader, each with a child or two in reserve, and no more.
        harness.wait_until(lambda: len(harness.descendants(self.daemon.pid)) <= 8 * 4,
                           "processes had ended")
        self.assertLess(harness.fd_count(self.daemon.pid), 120)

    def end(self) -> None:
        """It ends well, by itself."""
        self.assertEqual(self.daemon.terminate(), 0, self.daemon.log_text()[-3000:])

    def test_clients_come_and_go(self) -> None:
        self.work(killing=False)
        self.settle()
        self.end()

    def test_children_are_killed(self) -> None:
        self.work(killing=True)
        self.settle()
        self.end()

    def test_all_in_reserve_are_dead(self) -> None:
        """Children that died without notice are passed over, and no job fails for it."""
        self.assertEqual(self.daemon.terminate(), 0)
        self.daemon = self.start_daemon("--jobs", "4")
        good = self.paths["good.so"]
        with harness.Varlink(self.home.socket) as peer:
            peer.verify([good] * 40, fresh=True)
            zygote, = harness.children(self.daemon.pid)
            harness.wait_until(lambda: harness.children(zygote), "there is a reserve")
            os.kill(zygote, signal.SIGSTOP)
            reserve = harness.children(zygote)
            for pid in reserve:
                os.kill(pid, signal.SIGKILL)
            harness.wait_until(lambda: not harness.children(zygote), "they were dead")
            peer.send(f"{INTERFACE}.Verify", {"paths": [good], "fresh": True})
            time.sleep(0.2)
            os.kill(zygote, signal.SIGCONT)
            result, = peer.receive()["parameters"]["results"]
            self.assertTrue(result["ok"], (result, reserve))

    def ask_and_crash(self, deadline: float, odd: list[dict[str, Any]]) -> None:
        """Has libraries crash while a thread of theirs waits for the daemon."""
        paths = [self.paths["ask_and_crash.so"], self.paths["good.so"]] * 16
        with harness.Varlink(self.home.socket) as peer:
            while time.monotonic() < deadline and not odd:
                odd += [result for result in peer.verify(paths, bare=True, fresh=True)
                        if result.get("reason") not in (None, "crashed")]

    def test_askers_die(self) -> None:
        deadline, odd = time.monotonic() + SECONDS, []
        threads = [threading.Thread(target=self.ask_and_crash, args=(deadline, odd))
                   for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(odd, [])
        self.assertNotIn("replacing the loader", self.daemon.log_text())

    def test_the_daemon_ends_amidst_all(self) -> None:
        with harness.Varlink(self.home.socket) as peer:
            paths = [self.paths[name] for name in (*EXPECT, *HANG) * 20]
            peer.send(f"{INTERFACE}.Verify", {"paths": paths, "timeout_ms": 500}, more=True)
            peer.receive()
            self.daemon.process.send_signal(signal.SIGTERM)
            # Where the machine is busy, its 20 s are over before all have their answers.
            with contextlib.suppress(harness.Closed, harness.CutOff):
                while "continues" in peer.receive(60.0):
                    pass
        self.assertEqual(self.daemon.wait(), 0, self.daemon.log_text()[-3000:])


if __name__ == "__main__":
    harness.main()
