#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Attacks on what is around a load: its end, the daemon that watches, the loader itself, the places
that libraries are read from."""

from __future__ import annotations

import ctypes
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../integration"))
sys.path.insert(0, os.path.dirname(__file__))
import dltest_harness as harness  # noqa: E402  pylint: disable=wrong-import-position
from dltest_harness import INTERFACE  # noqa: E402  pylint: disable=wrong-import-position
from test_attacks import ATTACKS, Suite  # noqa: E402  pylint: disable=wrong-import-position

# What the issue names: a second after the daemon is gone, everything is.
GONE_WITHIN = 1.0


@harness.timed
class Killed(Suite):
    """SIGKILL to the daemon while loads do their worst."""

    def kill_in_mid_load(self, *paths: str) -> None:
        self.within(GONE_WITHIN, lambda: self.seconds_until_gone(*paths))

    def seconds_until_gone(self, *paths: str) -> float:
        if self.daemon.process.poll() is not None:
            self.start()
        self.peer.send(f"{INTERFACE}.Verify", {"paths": list(paths), "timeout_ms": 30000})
        harness.wait_until(
            lambda: len(harness.descendants(self.daemon.pid)) > len(paths), "the loads ran")
        time.sleep(0.2)
        below = harness.descendants(self.daemon.pid)
        self.assertGreater(len(below), len(paths))
        os.kill(self.daemon.pid, signal.SIGKILL)
        self.daemon.process.wait(harness.PATIENCE)
        start = time.monotonic()
        harness.wait_until(lambda: not harness.programs_running(), "all had gone")
        return time.monotonic() - start

    def test_killed_while_loads_sleep_and_stop(self) -> None:
        self.kill_in_mid_load(*(self.home.add(f"{name}.so") for name in
                                ("sleep_forever", "stop_itself", "spin")))

    def test_killed_while_loads_flood(self) -> None:
        self.kill_in_mid_load(self.put("open", "drip"), self.put("thread", "drip"))

    def test_killed_while_loads_make_threads(self) -> None:
        self.kill_in_mid_load(self.put("open", "thread_bomb"))


class Zygote(Suite):
    """The loader dies under its children."""

    def test_killed_while_a_refusal_is_pending(self) -> None:
        drip = self.put("open", "drip")
        for _ in range(2):
            self.peer.send(f"{INTERFACE}.Verify", {"paths": [drip], "timeout_ms": 30000})
            harness.wait_until(lambda: self.status()["running"] == 1, "it runs")
            time.sleep(0.05)
            for pid in self.zygotes():
                os.kill(pid, signal.SIGKILL)
            result = self.peer.receive()["parameters"]["results"][0]
            self.assertFalse(result["ok"])
            self.assertIn(result["reason"], ("no_verdict", "crashed", "timed_out"), result)
            self.assertTrue(self.peer.verify([self.good])[0]["ok"])
        self.assertTrue(self.connect().alive())

    def status(self) -> dict:
        if not hasattr(self, "second"):
            self.second = self.connect()
        return self.second.call(f"{INTERFACE}.Status")["parameters"]

    def zygotes(self) -> list[int]:
        return harness.children(self.daemon.pid)


class Neighbours(Suite):
    """Other clients while somebody's library does its worst."""

    def check_answers(self, *attacks: str, seconds: float = 2.0) -> None:
        self.within(1.0, lambda: self.slowest_answer(*attacks, seconds=seconds))

    def slowest_answer(self, *attacks: str, seconds: float) -> float:
        other = self.connect()
        paths = [self.put("open", attack) for attack in attacks] * 4
        self.peer.send(f"{INTERFACE}.Verify", {"paths": paths, "timeout_ms": 2000})
        slowest, end = 0.0, time.monotonic() + seconds
        while time.monotonic() < end:
            start = time.monotonic()
            self.assertTrue(other.verify([self.good])[0]["ok"])
            slowest = max(slowest, time.monotonic() - start)
        # What spins has a whole timeout of processor time where others want the processors, too.
        self.peer.receive(patience=150)
        return slowest

    @harness.timed
    def test_neighbours_of_a_flood(self) -> None:
        self.check_answers("flood")

    @harness.timed
    def test_neighbours_of_busy_threads(self) -> None:
        self.check_answers("busy_threads")

    WORST = ("flood", "thread_bomb", "memory_bomb", "fault_loop", "drip", "flood_reports")

    @harness.timed
    def test_everything_at_once(self) -> None:
        self.check_answers(*self.WORST, "busy_threads")

    @harness.timed
    def test_everything_at_once_beside_others(self) -> None:
        """Processes in the daemon's own session want the processor, which can be the end of
        whatever else waits for it there (ARCHITECTURE.md, "Deadlines")."""
        self.keep_busy(3)
        self.check_answers(*self.WORST, seconds=3.0)

    def test_the_daemon_stays_small(self) -> None:
        def resident() -> int:
            text = Path(f"/proc/{self.daemon.pid}/smaps_rollup").read_text()
            match = re.search(r"^Private_Dirty:\s+(\d+)", text, re.M)
            return int(match[1]) if match else 0
        paths = [self.put("open", name) for name in ("flood_reports", "garbage_reports", "flood")]
        self.peer.verify(paths, timeout_ms=300)
        before = resident()
        for _ in range(10):
            self.peer.verify(paths, timeout_ms=300)
        if not harness.SANITIZED:
            self.assertLess(resident() - before, 512)


class Processor(Suite):
    """Each load has one processor."""

    def test_a_load_has_one_processor(self) -> None:
        harness.needs(len(os.sched_getaffinity(0)) > 1, "this machine has one processor")
        path = self.home.add("sleep_forever.so")
        self.peer.send(f"{INTERFACE}.Verify", {"paths": [path], "timeout_ms": 30000})

        def allowed() -> set[int] | None:
            for pid in harness.descendants(self.daemon.pid):
                try:
                    if "sleep_forever" in Path(f"/proc/{pid}/maps").read_text():
                        return os.sched_getaffinity(pid)
                except OSError:
                    pass
            return None
        self.assertEqual(len(harness.wait_until(allowed, "it was loaded")), 1)


class ForeignLinker(Suite):
    """A C library, a dynamic linker and a thread library on the caller's LD_LIBRARY_PATH."""

    def setUp(self) -> None:
        super().setUp()
        self.hostile = self.base / "search"
        self.hostile.mkdir(mode=0o755)
        self.canaries.watch(self.package)

    def ask(self, *paths: str) -> list[dict]:
        return self.peer.verify(paths, library_path=[str(self.hostile)], details=True,
                                timeout_ms=2000)

    def all_is_well(self) -> None:
        self.assertEqual(self.canaries.harm(), [])
        self.assertFalse(list(Path("/tmp/dltest-canaries").glob("*")))
        self.assertTrue(self.peer.verify([self.good])[0]["ok"])

    def test_c_library(self) -> None:
        # It would be the first code to run in the loader, which gets this system's instead.
        for name in ("hostile_libc.so.6", "garbage_libc.so.6"):
            shutil.copy(ATTACKS / name, self.hostile / "libc.so.6")
            result = self.ask(self.good)[0]
            self.assertTrue(result["ok"], result)
            self.assertEqual((result["output"], result["denied"]), ("", []))
            self.all_is_well()

    def test_dynamic_linker(self) -> None:
        for name in ("ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"):
            shutil.copy(ATTACKS / "attack_open.so", self.hostile / name)
        self.assertTrue(self.ask(self.good)[0]["ok"])
        self.all_is_well()

    def test_thread_library(self) -> None:
        needing = self.package / "needs_threads.so"
        harness.make.needing(ATTACKS / "needs_placeholder.so", needing, b"libpthread.so.0")
        shutil.copy(ATTACKS / "attack_open.so", self.hostile / "libpthread.so.0")
        (self.hostile / "attack.conf").write_text(
            (self.package / "attack.conf").read_text() + "attack=execute\n")
        self.canaries.watch(self.package)
        result = self.ask(str(needing))[0]
        self.assertRegex(result["output"], r"^TRIED \d+\n$")
        self.assertIn("execve /bin/sh", result["denied"])
        self.all_is_well()


class ForeignLoader(Suite):
    """A C library that is the first code to run in the loader, however it came there: here by the
    loader's own RUNPATH, where loads may read the directory that this leads to."""

    def setUp(self) -> None:
        super().setUp()
        self.canaries.watch(self.package)

    def start(self) -> None:
        self.hostile = self.base / "hostile"
        self.hostile.mkdir(mode=0o755)
        self.loader = self.base / "loader"
        shutil.copy(harness.LOADER, self.loader)
        subprocess.run(["patchelf", "--set-rpath", self.hostile, self.loader], check=True)
        self.daemon = self.start_daemon("--loader", self.loader,
                                        env={"HOME": str(self.canaries.home)})
        self.canaries.daemon = self.daemon.pid
        self.peer, self.other = self.connect(), self.connect()

    def all_is_well(self) -> None:
        self.assertEqual(self.canaries.harm(), [])
        self.assertFalse(list(Path("/tmp/dltest-canaries").glob("*")))
        self.assertTrue(self.peer.verify([self.good])[0]["ok"])

    def attack_by_c_library(self, name: str) -> str:
        """What is said of the loader that met this libc.so.6."""
        shutil.copy(ATTACKS / name, self.hostile / "libc.so.6")
        # It is complete: the dynamic linker would start the loader with it.
        trace = subprocess.run([self.loader], check=False, capture_output=True, env={
            "LD_TRACE_LOADED_OBJECTS": "1", "LD_BIND_NOW": "1", "LD_WARN": "1"})
        self.assertIn(os.fsencode(self.hostile / "libc.so.6"), trace.stdout)
        self.assertNotRegex(trace.stdout + trace.stderr, b"not found|undefined|not defined")
        os.makedirs("/tmp/dltest-canaries", exist_ok=True)
        self.addCleanup(shutil.rmtree, "/tmp/dltest-canaries", ignore_errors=True)
        result = self.peer.verify([self.good], roots=[str(self.hostile)], timeout_ms=2000)[0]
        self.assertFalse(result["ok"], result)
        self.assertEqual(result["reason"], "no_verdict")
        self.all_is_well()
        harness.wait_until(lambda: len(harness.descendants(self.daemon.pid)) < 8,
                           "nothing of it was left")
        return result["error"]

    def test_c_library(self) -> None:
        # Its own word that it ran, and how much of what it tried worked: nothing. That its
        # connection has ended may be seen before its status is; then no loader is tried for 2 s.
        for _ in range(20):
            error = self.attack_by_c_library("hostile_libc.so.6")
            if error != "the loader ended unexpectedly":
                break
            time.sleep(2.1)
        self.assertEqual(error, "the loader ended with status 100")

    def test_c_library_that_talks_to_the_daemon(self) -> None:
        self.assertEqual(self.attack_by_c_library("garbage_libc.so.6"),
                         "said something that makes no sense")


class EarlyCode(Suite):
    """Code before the constructors."""

    def test_attacks_in_a_resolver(self) -> None:
        path = self.package / "ifunc.so"
        shutil.copy(ATTACKS / "ifunc.so", path)
        self.canaries.watch(self.package)
        result = self.peer.verify([str(path)], details=True)[0]
        self.assertTrue(result["ok"], result)
        self.assertEqual(result["output"], "TRIED 3\n")
        self.assertEqual(result["denied"], ["socket AF_INET", "kill", "clone"])
        self.assertEqual(self.canaries.harm(), [])


class Terminal(Suite):
    """A daemon that was started from a terminal."""

    def test_nothing_is_typed(self) -> None:
        leader, follower = pty.openpty()
        self.addCleanup(os.close, leader)
        path = self.put("open", "terminal")

        def own_it() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        process = harness.popen(
            [harness.CLIENT, "--no-daemon", "--details", path], stdin=follower,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=own_it, cwd="/",
            env=self.home.environment(HOME=str(self.canaries.home)))
        out, _ = process.communicate(timeout=harness.PATIENCE)
        self.assertIn(b'"ok":true', out)
        self.assertIn(b"TRIED", out)
        typed, _, _ = select.select([follower, leader], [], [], 0.2)
        self.assertEqual(typed, [])
        os.close(follower)


class Places(Suite):
    """Files that are none, and file systems that do not answer."""

    @harness.timed
    def test_a_file_system_that_never_answers(self) -> None:
        harness.needs_root("mounting needs root")
        harness.needs(os.path.exists("/dev/fuse"), "this machine has no /dev/fuse")
        mount = self.home.package("silent")
        device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        libc = ctypes.CDLL(None, use_errno=True)
        options = f"fd={device},rootmode=40755,user_id=0,group_id=0".encode()
        harness.needs(libc.mount(b"fuse", os.fsencode(mount), b"fuse", 0, options) == 0,
                      f"mount: {os.strerror(ctypes.get_errno())}")

        def unmount() -> None:
            os.close(device)  # which ends every wait
            libc.umount2(os.fsencode(mount), 2)
        self.addCleanup(unmount)
        start = time.monotonic()
        silent, good = self.peer.verify([f"{mount}/lib.so", self.good], timeout_ms=500)
        self.assertFalse(silent["ok"])
        self.assertIn(silent["reason"], ("timed_out", "no_verdict"), silent)
        self.assertTrue(good["ok"])
        self.assertLess(time.monotonic() - start, 5.0)
        # The client resolves nothing, and so does not hang either.
        answers: list[harness.Answer] = []
        asking = threading.Thread(target=lambda: answers.append(
            self.run_client("--timeout", "0.5", f"{mount}/lib.so", timeout=20)))
        asking.start()
        asking.join()
        self.assertEqual(len(answers[0].results), 1)

    def test_odd_files(self) -> None:
        fifo = self.package / "fifo.so"
        os.mkfifo(fifo)
        sparse = self.package / "sparse.so"
        with open(sparse, "wb") as file:
            file.truncate(1 << 42)
        empty = self.package / "empty.so"
        empty.touch()
        elf = self.package / "huge.so"
        shutil.copy(harness.FIXTURES / "good.so", elf)
        with open(elf, "r+b") as file:
            file.truncate(1 << 42)
        expected = {
            fifo: "not_a_file", self.package: "not_a_file", sparse: "not_a_library",
            empty: ("truncated", "not_a_library"), Path("/proc/self/mem"): "outside_roots",
            Path("/dev/zero"): "outside_roots", self.package / "none.so": "not_found",
            self.package / "secret": "outside_roots",
        }
        results = self.peer.verify([str(path) for path in expected] + [str(elf)])
        for (path, reason), result in zip(expected.items(), results):
            with self.subTest(path=path):
                allowed = reason if isinstance(reason, tuple) else (reason,)
                self.assertIn(result["reason"], allowed, result)
        self.assertTrue(results[-1]["ok"], results[-1])


if __name__ == "__main__":
    harness.main()
