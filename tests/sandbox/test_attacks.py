#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every attack in every form, with the canaries watched from outside after each.

A form is when the code runs: as the library is opened, closed, from an atexit() handler, from a
thread of its own, or from a library that the tested one needs. The attack itself says what it tried
and how that went (attacks/attack.h); the canaries say whether it is true."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../integration"))
import canaries  # noqa: E402  pylint: disable=wrong-import-position
import dltest_harness as harness  # noqa: E402  pylint: disable=wrong-import-position
from dltest_harness import INTERFACE  # noqa: E402  pylint: disable=wrong-import-position
from expectations import APART, EXPECT, FILLERS, Expect  # noqa: E402  pylint: disable=wrong-import-position

ATTACKS = harness.FIXTURES / "attacks"
# An attempt that worked, or failed for a reason other than the sandbox.
ALARM = re.compile(r"^(?:WORKED|ODD|REACHED|READ|A CHILD RUNS|A PROGRAM RUNS|NO ).*$", re.M)


class Suite(harness.TestCase):
    """A daemon among canaries."""

    PRETEND: str | None = None

    def setUp(self) -> None:
        super().setUp()
        self.canaries = canaries.Canaries(self.base)
        self.addCleanup(self.canaries.close)
        self.start()
        self.package = self.home.package("hostile")
        (self.package / "attack.conf").write_text(
            self.canaries.conf(self.package, self.home.socket, harness.LOADER))
        (self.package / "secret").symlink_to(self.canaries.home / ".ssh/id_rsa")
        (self.package / "script").write_text("#!/bin/sh\necho A PROGRAM RUNS\n")
        (self.package / "script").chmod(0o755)
        self.good = self.home.add("good.so", "good.so", "hostile")
        self.other_good = self.home.add("good.so", "other_good.so", "hostile")
        self.assertTrue(self.peer.verify([self.good])[0]["ok"])

    def start(self) -> None:
        """The daemon, and a client whose libraries attack beside another one."""
        arguments = ["--pretend", self.PRETEND] if self.PRETEND else []
        self.daemon = self.start_daemon(*arguments, env={"HOME": str(self.canaries.home)})
        self.canaries.daemon = self.daemon.pid
        self.peer, self.other = self.connect(), self.connect()

    def put(self, form: str, attack: str) -> str:
        """The library that attacks in this form."""
        path = self.package / f"{form}.{attack}.so"
        if form == "dep":
            shutil.copy(ATTACKS / "attack_open.so", path)
            harness.make.needing(ATTACKS / "needs_placeholder.so", self.package / "x",
                                 path.name.encode())
            return str((self.package / "x").rename(self.package / f"by_{path.name}"))
        if form == "audit":
            shutil.copy(ATTACKS / "attack_audit.so", path)
            harness.make.needing(ATTACKS / "audited_placeholder.so", self.package / "x",
                                 path.name.encode())
            return str((self.package / "x").rename(self.package / f"by_{path.name}"))
        shutil.copy(ATTACKS / f"attack_{form}.so", path)
        return str(path)

    def count(self) -> tuple[int, int]:
        """Processes below the daemon, and its descriptors, but for lookers."""
        lookers = len(harness.lookers(self.daemon.pid))
        return (len(harness.descendants(self.daemon.pid)) - lookers,
                harness.fd_count(self.daemon.pid) - lookers)

    def get_ready(self) -> None:
        """Everything is warm: each loader has a child that waits for a job, which has another
        descriptor when the next job wants to know what is printed."""
        def loaders() -> list[int]:
            return harness.children(self.daemon.pid)
        harness.wait_until(lambda: loaders() and all(map(harness.children, loaders())),
                           "each loader had a child")
        processes, descriptors = self.count()
        self.ready = processes, descriptors + len(loaders())

    def is_tidy(self) -> bool:
        """Whether the daemon has no more of either than it had before the attacks."""
        return all(now <= before for now, before in zip(self.count(), self.ready))

    def wait_until_tidy(self) -> None:
        """Until nothing of an attack is left."""
        def left() -> str:
            return (f", but processes and descriptors are {self.count()} and were {self.ready}:\n"
                    + harness.describe(harness.descendants(self.daemon.pid)))
        # To give gigabytes back takes a second of processor time, which is long in coming where ten
        # others want it.
        harness.wait_until(self.is_tidy, "nothing of the attack was left", 4 * harness.PATIENCE, left)

    def attack_beside_good(self, path: str, **options: Any) -> dict:
        """The result of an attack. Another client's library is loaded meanwhile."""
        self.peer.send(f"{INTERFACE}.Verify", {"paths": [path], "details": True, **options})
        good, = self.other.verify([self.good], fresh=True, timeout_ms=60000)
        self.assertTrue(good["ok"], good)
        result, = self.peer.receive()["parameters"]["results"]
        self.check_result(result)
        return result

    def run_attacks(self, form: str, reads: bool = True) -> int:
        """Every attack, one by one; how many there were."""
        paths = {name: self.put(form, name) for name in EXPECT}
        # To have everything warm, and to know how many processes that means: a loader for libraries
        # alone, and one for those in the company of their package.
        self.home.add_private("libdltest_dep.so", package="hostile")
        company = self.home.add("needs_dep.so", package="hostile")
        self.assertTrue(self.peer.verify([company])[0]["context"])
        self.peer.verify([self.good] * 3)
        self.get_ready()
        self.canaries.watch(self.package)
        for name, path in paths.items():
            expect = EXPECT[name]
            if expect.reads and not reads:
                continue
            # Each takes seconds, and looks at the same count whenever it runs.
            if name in FILLERS and form != "open":
                continue
            # dlopen() in a thread waits for the constructor that waits for the thread.
            if name == "open_many" and form == "thread":
                continue
            with self.subTest(attack=name, form=form, pretend=self.PRETEND):
                self.attack(path, expect)
        return len(paths)

    def attack(self, path: str, expect: Expect) -> None:
        """One attack and what must be true after it."""
        result = self.attack_beside_good(path, timeout_ms=expect.timeout_ms)
        output = result.get("output", "")
        self.assertIn(result.get("reason"), expect.reasons, result)
        if expect.signal:
            self.assertEqual(result.get("signal"), expect.signal, result)
        self.assertEqual(ALARM.findall(output), [], output)
        self.assertNotIn(canaries.SECRET, output)
        if expect.tells:
            self.assertRegex(output, r"(?m)^TRIED [1-9]")
        self.check_denied(result, expect)
        self.assertEqual(self.canaries.harm(), [])
        self.wait_until_tidy()

    def check_denied(self, result: dict, expect: Expect) -> None:
        """What was refused was recorded, and within bounds."""
        denied = result.get("denied", [])
        if self.PRETEND and "no-notify" in self.PRETEND:
            self.assertEqual(denied, [])
            return
        self.assertLessEqual(len(denied), 33)
        for pattern in expect.denied:
            if len(denied) < 32 or any(re.match(pattern, text) for text in denied):
                self.assertTrue(any(re.match(pattern, text) for text in denied),
                                f"{pattern!r} is not in {denied}")


class Forms(Suite):
    """With all that the kernel has."""

    def test_a_flood_is_ended(self) -> None:
        self.canaries.watch(self.package)
        result = self.peer.verify([self.put("open", "flood")], timeout_ms=10000, details=True)[0]
        self.assertEqual((result["reason"], result["signal"]), ("crashed", "SIGKILL"))
        self.assertLess(result["duration_us"], 5000000)

    def test_what_is_open_already_is_each_loads_own(self) -> None:
        path = self.put("open", "set_flags")
        for _ in range(5):
            for details in (True, False):
                result, = self.peer.verify([path], details=details, fresh=True)
                self.assertEqual(ALARM.findall(result.get("output", "")), [])

    def test_nobody_is_blamed_by_who_comes_later(self) -> None:
        for form in ("open", "close", "exit", "thread", "dep"):
            path = self.put(form, "blame_others")
            for first in ([self.good], [self.good, self.other_good]):
                with self.subTest(form=form, first=first):
                    result, = self.peer.verify([path], preload=first, bare=True)
                    self.assertEqual((result["reason"], result["signal"]), ("crashed", "SIGSEGV"))
                    self.assertNotIn("--with", result["error"])
                    for library in first:
                        self.assertNotIn(library, result["error"])

    def test_a_lie_is_about_its_own_process(self) -> None:
        """A dependency speaks for who needs it, before that one's lack is found out; for nobody
        else, and no longer than it is there."""
        dependency = self.package / "dep.forge_success.so"
        crashing = harness.make.needing(ATTACKS / "crashing_placeholder.so",
                                        self.package / "crashing.so", dependency.name.encode())

        def is_ok() -> bool:
            result, = self.peer.verify([str(crashing)])
            self.assertIn(result.get("reason"), (None, "crashed"))
            return result["ok"]

        shutil.copy(harness.FIXTURES / "good.so", dependency)
        self.assertFalse(is_ok())
        self.put("dep", "forge_success")
        self.assertTrue(is_ok())
        self.assertTrue(self.peer.verify([self.good], fresh=True)[0]["ok"])
        dependency.unlink()
        shutil.copy(harness.FIXTURES / "good.so", dependency)
        self.assertFalse(is_ok(), "nobody remembers it")

    def test_a_flood_of_signals_is_ended(self) -> None:
        self.canaries.watch(self.package)
        result = self.peer.verify([self.put("open", "signal_itself_forever")], timeout_ms=10000)[0]
        self.assertEqual((result["reason"], result["signal"]), ("crashed", "SIGKILL"))

    def test_attacks_while_the_library_is_opened(self) -> None:
        self.run_attacks("open")

    def test_attacks_while_the_library_is_closed(self) -> None:
        self.run_attacks("close")

    def test_attacks_at_exit(self) -> None:
        self.run_attacks("exit")

    def test_attacks_from_a_thread(self) -> None:
        self.run_attacks("thread")

    def test_attacks_in_a_dependency(self) -> None:
        self.run_attacks("dep")


class Traced(Suite):
    """In the process that finds out what a library lacks: it runs audit libraries.

    What they print goes into the trace, so the canaries alone can tell."""

    def trace(self, path: str, timeout_ms: int = 10000) -> dict:
        """The verdict of a library that cannot be loaded, whose trace is attacked."""
        return self.attack_beside_good(path, timeout_ms=timeout_ms, bare=True,
                                       library_path=[str(self.package)])

    def run_in_trace(self, reads: bool = True) -> None:
        """Every attack, one by one."""
        paths = {name: self.put("audit", name) for name in EXPECT}
        self.trace(paths["unknown_numbers"])
        self.get_ready()
        self.canaries.watch(self.package)
        for name, path in paths.items():
            if EXPECT[name].reads and not reads:
                continue
            with self.subTest(attack=name, pretend=self.PRETEND):
                # Of those that do not end, only the trace hangs.
                hangs = "timed_out" in EXPECT[name].reasons
                result = self.trace(path, 600 if hangs else 10000)
                self.assertEqual(result["reason"], "undefined_symbol", result)
                self.assertNotIn(canaries.SECRET, str(result))
                self.assertEqual(self.canaries.harm(), [])
                self.wait_until_tidy()

    def test_attacks_in_a_trace(self) -> None:
        self.run_in_trace(reads=not self.PRETEND or "landlock=0" not in self.PRETEND)

    def test_audit_libraries_run(self) -> None:
        """Where nobody confines it, the attack is carried out: the tests above are of something."""
        path = self.put("audit", "socket_pair")
        linker = re.search(rb"/lib[^\0]*/ld-[^\0]*", harness.LOADER.read_bytes())
        assert linker
        output = subprocess.run(
            [linker[0], path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            timeout=30, env={"LD_TRACE_LOADED_OBJECTS": "1", "LD_WARN": "1", "LD_BIND_NOW": "1",
                             "LD_LIBRARY_PATH": str(self.package)}).stdout
        self.assertIn(b"WORKED", output)


class TracedWithoutNotify(Traced):
    """Where the second filter stands in."""

    PRETEND = "no-notify"


class TracedWithoutBoth(Traced):
    """With the filters alone."""

    PRETEND = "no-notify,landlock=0"


class WithoutNotify(Suite):
    """Where the kernel cannot ask the daemon: the second filter stands in."""

    PRETEND = "no-notify"

    def test_attacks_without_notifications(self) -> None:
        self.run_attacks("open")


class WithoutLandlock(Suite):
    """The filter alone holds everything but reading."""

    PRETEND = "landlock=0"

    def test_attacks_without_landlock(self) -> None:
        self.run_attacks("open", reads=False)

    def test_nobody_takes_what_others_print_or_trace(self) -> None:
        names = [self.home.add(name, package="victims") for name in
                 ("print.so", "needs_missing.so", "undefined_function.so")]
        before = [self.told(name) for name in names]
        thief = self.put("open", "take_pipes_for_a_while")
        self.canaries.watch(self.package)
        for _ in range(2):
            self.peer.send(f"{INTERFACE}.Verify",
                           {"paths": [thief], "details": True, "timeout_ms": 60000})
            for _ in range(5):
                self.assertEqual([self.told(name) for name in names], before)
            result, = self.peer.receive()["parameters"]["results"]
            self.assertTrue(result["ok"], result)
            self.assertEqual(ALARM.findall(result.get("output", "")), [])
        self.assertEqual(self.canaries.harm(), [])

    def told(self, path: str) -> tuple:
        """What comes through pipes: what was printed, and what a trace says."""
        result, = self.other.verify([path], details=True, fresh=True, timeout_ms=60000)
        return (result.get("output"), result.get("missing"), result.get("symbols"))

    def test_unconfined_reads_are_said(self) -> None:
        sandbox = self.peer.verify([self.good], details=True)[0]["sandbox"]
        self.assertEqual(sandbox["landlock"], 0)
        self.assertTrue(sandbox["lacks"])


class WithoutBoth(Suite):
    """Neither of the two."""

    PRETEND = "no-notify,landlock=0"

    def test_attacks_without_notifications_and_landlock(self) -> None:
        self.run_attacks("open", reads=False)


class Landlock(harness.TestCase):
    """Every ABI from none to the newest."""

    def test_every_abi(self) -> None:
        newest = None
        for abi in range(12):
            daemon = self.start_daemon("--pretend", f"landlock={abi}")
            peer = self.connect()
            path = self.home.add("good.so")
            result = peer.verify([path], details=True)[0]
            self.assertTrue(result["ok"], result)
            sandbox = peer.call(f"{INTERFACE}.Status")["parameters"]["sandbox"]
            self.assertEqual(result["sandbox"]["landlock"], sandbox["landlock"])
            self.assertLessEqual(sandbox["landlock"], abi)
            lacks = [lack["what"] for lack in sandbox.get("lacks", [])]
            if abi == 0:
                self.assertTrue("landlock" in lacks, lacks)
            for lack in sandbox.get("lacks", []):
                self.assertTrue(lack["why"] and lack["remedy"], lack)
            newest = sandbox["landlock"]
            peer.close()
            daemon.terminate()
        harness.needs(newest, "this kernel has no Landlock")


class Alarm(unittest.TestCase):
    """The canaries and the attacks are what they say."""

    def test_harm_is_seen(self) -> None:
        base = Path(tempfile.mkdtemp(prefix="dlt-", dir="/tmp")).resolve()
        self.addCleanup(shutil.rmtree, base)
        canaries.self_test(base)

    def test_attacks_work_unconfined(self) -> None:
        """Those that harm nothing but canaries, run without a sandbox."""
        base = Path(tempfile.mkdtemp(prefix="dlt-", dir="/tmp")).resolve()
        self.addCleanup(shutil.rmtree, base)
        prey = canaries.Canaries(base)
        self.addCleanup(prey.close)
        prey.daemon = prey.bystander.pid
        (base / "secret").symlink_to(prey.home / ".ssh/id_rsa")
        (base / "attack.conf").write_text(prey.conf(base, base / "u", harness.LOADER))
        for attack, alarm in {
                "socket_families": "WORKED", "socket_pair": "WORKED", "reach_listeners": "REACHED",
                "open_for_writing": "WORKED", "change_attributes": "WORKED",
                "lock_and_watch": "WORKED", "read_secrets": canaries.SECRET,
                "spawn_programs": "A PROGRAM RUNS", "execute": "A PROGRAM RUNS",
                "memory_tricks": "WORKED",
                "change_tree": "WORKED"}.items():
            with self.subTest(attack=attack):
                prey.watch()
                path = base / f"open.{attack}.so"
                shutil.copy(ATTACKS / "attack_open.so", path)
                run = subprocess.run([sys.executable, "-c",
                                      "import ctypes, sys; ctypes.CDLL(sys.argv[1])", path],
                                     check=False, capture_output=True, text=True, cwd=base,
                                     env={"PATH": "/usr/bin:/bin"}, errors="replace")
                self.assertIn(alarm, run.stdout)

    def test_every_attack_is_expected(self) -> None:
        names = set()
        for source in (harness.SOURCE_DIR / "tests/sandbox/attacks").glob("*.c"):
            lists = re.findall(r"^const struct attack \w+\[\] = \{\n(.*?)^\};", source.read_text(),
                               re.S | re.M)
            names |= {name for text in lists for name in re.findall(r'\{"(\w+)"', text)}
        self.assertEqual(names, set(EXPECT) | APART)


if __name__ == "__main__":
    harness.main()
