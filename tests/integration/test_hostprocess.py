#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The process that finds hosts, asked as the daemon asks it: that it is confined, what it answers
with real programs, and that files which change or never answer cost an answer at most."""

import os
import shutil
import socket
import struct
import subprocess
import threading
from pathlib import Path

import dltest_harness as harness

HEAD = struct.Struct("=8I")
PROGRAMS, SIBLINGS = 0, 1
NAMES = [f"dltest_api_{number}" for number in (10, 11, 12, 13)]


class HostProcess(harness.TestCase):
    """One process, and a world of programs, libraries and plugins."""

    def setUp(self) -> None:
        super().setUp()
        self.world = self.base.resolve() / "world"
        for name in ("bin", "lib", "plugins"):
            (self.world / name).mkdir(parents=True)
        self.plugin = self.add("plugin.so", "plugins/x.so")
        self.start()

    def start(self) -> None:
        """Starts the process as the daemon does: its socket is all that it has."""
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(self.socket.close)
        self.socket.settimeout(60)
        with theirs:
            self.process = subprocess.Popen(
                [harness.DAEMON, "--find-hosts"], stdin=theirs, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)

    def add(self, fixture: str, name: str) -> Path:
        """A copy of a fixture below the world."""
        return Path(shutil.copy(harness.FIXTURES / "hosts" / fixture, self.world / name))

    def send(self, number: int, kind: int = PROGRAMS, names: list[str] | None = None) -> None:
        """Asks about the plugin."""
        programs, libraries = [str(self.world / "bin")], [str(self.world / "lib")]
        lacked = NAMES if names is None else names
        texts = [str(self.plugin), *programs, *libraries, *lacked]
        head = HEAD.pack(number, kind, 1, 0, 0, len(programs), len(libraries), len(lacked))
        self.socket.send(head + b"".join(text.encode() + b"\0" for text in texts))

    def receive(self) -> tuple[int, bool, list[str]]:
        """The number, whether it is all, and programs and siblings."""
        answer = self.socket.recv(1 << 20)
        number, _, whole, _, _, candidates, siblings, _ = HEAD.unpack_from(answer)
        texts = answer[HEAD.size:].decode().split("\0")
        programs = [texts[4 * index + 1] for index in range(candidates)]
        return number, bool(whole), programs + texts[4 * candidates:4 * candidates + siblings]

    def ask(self, kind: int = PROGRAMS) -> list[str]:
        """Names of what was found, below the world."""
        self.send(7, kind)
        number, whole, paths = self.receive()
        self.assertEqual((number, whole), (7, True))
        return [str(Path(path).relative_to(self.world)) for path in paths]

    def test_finds_hosts_and_siblings(self) -> None:
        self.assertEqual(self.ask(), [])
        self.add("program", "bin/tracer")
        self.assertEqual(self.ask(), ["bin/tracer"])
        self.add("sibling_of_few.so", "plugins/few.so")
        self.assertEqual(self.ask(SIBLINGS), ["plugins/few.so"])

    def test_is_confined(self) -> None:
        self.ask()
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        self.assertIn("NoNewPrivs:\t1", status)
        harness.needs("\nSeccomp:\t2" in status, "there is no seccomp")

    def ends(self) -> None:
        """Of its own. What a sanitizer does besides, when a process ends, it may not."""
        status = self.process.wait(timeout=60)
        self.assertIn(status, (0, 1) if harness.SANITIZED else (0,))

    def test_ends_with_the_other_end(self) -> None:
        self.ask()
        self.socket.close()
        self.ends()

    def test_nonsense_ends_it(self) -> None:
        self.socket.send(b"nonsense")
        self.ends()

    def test_what_changes_while_it_is_mapped(self) -> None:
        program = self.add("program", "bin/tracer")
        self.assertEqual(self.ask(), ["bin/tracer"])
        for size in (0, 100, 4096, 8192):
            os.truncate(program, size)
            self.assertEqual(self.ask(), [])
        self.add("program", "bin/tracer")
        self.assertEqual(self.ask(), ["bin/tracer"])

    def test_what_is_cut_off_all_the_time(self) -> None:
        """It dies of that now and then, and then there is no answer; else there is the right one."""
        program, whole = self.world / "bin/tracer", (harness.FIXTURES / "hosts/program").read_bytes()
        done = threading.Event()

        def change() -> None:
            while not done.is_set():
                for size in range(0, len(whole), 1001):
                    program.write_bytes(whole[:size])
                program.write_bytes(whole)
        thread = threading.Thread(target=change)
        thread.start()
        try:
            for number in range(300):
                try:
                    self.send(number)
                    self.assertIn(self.receive()[2], ([], [str(program)]))
                except (ConnectionError, struct.error, BrokenPipeError):
                    self.assertNotEqual(self.process.wait(timeout=60), 0)
                    self.start()
        finally:
            done.set()
            thread.join()

    def test_what_would_keep_it_waiting(self) -> None:
        os.mkfifo(self.world / "bin/fifo")
        os.mkfifo(self.world / "plugins/fifo.so")
        with (self.world / "bin/huge").open("wb") as file:
            file.write((harness.FIXTURES / "hosts/program").read_bytes())
            file.truncate(1 << 40)
        self.assertEqual(self.ask(), [])
        self.assertEqual(self.ask(SIBLINGS), [])

    def test_many_names(self) -> None:
        self.add("program", "bin/tracer")
        self.send(1, names=[f"name_{number}" for number in range(9000)])
        self.assertEqual(self.receive(), (1, True, []))


if __name__ == "__main__":
    harness.main()
