# SPDX-License-Identifier: MIT
"""Drives tsuku-dltest-loader as the daemon does, without a sandbox: for what the daemon has no
request for, and to see reports as they are. The records are those of daemon/abi/loader_abi.h;
test_loader_driver.py compares them."""

from __future__ import annotations

import array
import os
import re
import socket
import struct
import tempfile
from typing import Sequence

import dltest_harness as harness


def _version() -> int:
    header = (harness.SOURCE_DIR / "daemon/abi/loader_abi.h").read_text()
    match = re.search(r"LOADER_ABI_VERSION\s+(\d+)", header)
    assert match
    return int(match[1])


VERSION = _version()
MAGIC_SETUP, MAGIC_HELLO = 0x64747331, 0x64746831
MAGIC_JOB, MAGIC_REPORT = 0x64746A31, 0x64747231
SETUP, COMMAND, EVENT = struct.Struct("=4I4Q10IQ"), struct.Struct("=2IiI"), struct.Struct("=3Ii")
JOB, HELLO, REPORT = struct.Struct("=6I"), struct.Struct("=Ii"), struct.Struct("=6IQ")
LAZY, FACTS, LATENT, SOFT_NEED, SURVEY = 1, 4, 8, 16, 64
CHECKED, OPENED, CLOSED = 1, 2, 3
EXIT_REPORTED = 64
COMMAND_FORK = 1
EVENT_READY, EVENT_NOT_FORKED, EVENT_EXITED = 1, 2, 3


class Report:
    """One report of a load child."""

    def __init__(self, stage: int, reason: int, text: str, facts: list[str]):
        self.stage, self.reason, self.text, self.facts = stage, reason, text, facts

    def tagged(self, tag: str) -> list[str]:
        """The facts of one kind."""
        return [fact[1:] for fact in self.facts if fact[:1] == tag]

    def __repr__(self) -> str:
        return f"Report({self.stage}, {self.reason}, {self.text!r}, {self.facts})"


class Loader:
    """A zygote; a context manager that ends it."""

    def __init__(self, roots: Sequence[str], libs: str | None = None, search: str = ""):
        texts = [os.path.realpath(root) for root in roots]
        number = texts.index(os.path.realpath(libs)) + 1 if libs else 0
        blob = b"".join(os.fsencode(text) + b"\0" for text in texts)
        head = SETUP.pack(MAGIC_SETUP, VERSION, os.getpid(), 100, 0, 0, 0, 0,
                          0, 0, 0, 0, 0, 0, len(texts), len(blob), number, 0, 0)
        with tempfile.TemporaryFile() as setup:
            setup.write(head + blob)
            setup.seek(0)
            self.control, theirs = socket.socketpair()
            high = [60, 61]
            os.dup2(theirs.fileno(), high[0])
            os.dup2(setup.fileno(), high[1])
            theirs.close()
            self.process = harness.popen(
                ["/bin/bash", "-c", 'exec 3<&60 4<&61 60<&- 61<&-; exec "$0" --zygote',
                 harness.LOADER], env={"LD_LIBRARY_PATH": search} if search else {},
                pass_fds=high, cwd="/")
            for fd in high:
                os.close(fd)
        self.control.settimeout(harness.PATIENCE)
        kind, _, _, _ = self._event()
        assert kind == EVENT_READY

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, *_: object) -> None:
        self.control.close()
        self.process.wait(harness.PATIENCE)

    def _event(self) -> tuple[int, int, int, int]:
        data = b""
        while len(data) < EVENT.size:
            part = self.control.recv(EVENT.size - len(data))
            if not part:
                raise AssertionError("the loader has ended")
            data += part
        return EVENT.unpack(data)

    def load(self, flags: int, path: str, *further: str,
             companions: int = 0) -> tuple[list[Report], int]:
        """Has a child do a job; its reports and its wait status."""
        channel, theirs = socket.socketpair()
        null = os.open("/dev/null", os.O_WRONLY)
        descriptors = array.array("i", [theirs.fileno(), null])
        self.control.sendmsg([COMMAND.pack(COMMAND_FORK, 7, -1, 0)],
                             [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
        theirs.close()
        os.close(null)
        text = b"".join(os.fsencode(item) + b"\0" for item in (path, *further))
        channel.sendall(JOB.pack(MAGIC_JOB, flags, len(further), len(text), companions, 0) + text)
        channel.settimeout(harness.PATIENCE)
        data = b""
        while part := channel.recv(65536):
            data += part
        channel.close()
        kind, _, _, status = self._event()
        assert kind == EVENT_EXITED
        magic, pid = HELLO.unpack_from(data)
        assert magic == MAGIC_HELLO and pid > 1
        return self._reports(data[HELLO.size:]), status

    @staticmethod
    def _reports(data: bytes) -> list[Report]:
        reports = []
        while data:
            magic, stage, reason, text, facts, _, _ = REPORT.unpack_from(data)
            assert magic == MAGIC_REPORT
            data = data[REPORT.size:]
            reports.append(Report(stage, reason, os.fsdecode(data[:text]),
                                  [os.fsdecode(fact) for fact
                                   in data[text:text + facts].split(b"\0")[:-1]]))
            data = data[text + facts:]
        return reports
