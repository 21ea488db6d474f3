# SPDX-License-Identifier: MIT
"""What the tests of --text share: a daemon that answers with fixed results, and the client in a pipe
and on a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import shutil
import struct
import termios
import threading
import unicodedata
from typing import Any

import dltest_harness as harness

UTF8 = {"LC_ALL": "C.UTF-8"}
OK = {"ok": True, "duration_us": 512}


def bad(reason: str, error: str = "it is bad", **more: Any) -> dict[str, Any]:
    """A result without its path."""
    return {"ok": False, "error": error, "reason": reason, "duration_us": 1234, **more}


FIXED = {
    "/t/lib/libgood.so.1": OK,
    "/t/lib/libplugin.so": {**OK, "context": ["/t/lib/private", "/t/lib"]},
    "/t/lib/libnoisy.so": {**OK, "duration_us": 12345, "warnings": ["found liba.so.1 in two places",
                                                                    "has an executable stack"]},
    "/t/lib/liba.so": bad(
        "missing_dependency", "libfoo.so.1: cannot open shared object file: No such file or directory",
        missing=["libfoo.so.1", "libbar.so.2"], needs=[
            {"name": "libfoo.so.1", "needed_by": "/t/lib/liba.so"},
            {"name": "libbar.so.2", "needed_by": "/t/lib/libmiddle.so"}]),
    "/t/lib/libm_less.so": bad(
        "undefined_symbol", "/t/lib/libm_less.so: undefined symbol: cos, version GLIBC_2.2.5",
        symbols=["cos, version GLIBC_2.2.5"], loads_with=["/usr/lib/libm.so.6"], needs=[
            {"name": "cos", "version": "GLIBC_2.2.5", "needed_by": "/t/lib/libm_less.so"}]),
    "/t/lib/libnew.so": bad(
        "missing_version", "/lib/libz.so.1: version `ZLIB_9' not found (required by x)",
        symbols=["ZLIB_9 in /lib/libz.so.1"], needs=[
            {"name": "ZLIB_9", "needed_by": "/t/lib/libnew.so", "provider": "/lib/libz.so.1",
             "available": ["ZLIB_1.2.0", "ZLIB_1.2.9"]}]),
    "/t/lib/libcrash.so": bad("crashed", "crashed with SIGSEGV while it was being loaded",
                              signal="SIGSEGV", phase="open"),
    "/t/lib/libslow.so": bad("timed_out", "was still being loaded after 3 s", phase="open",
                             duration_us=3001234),
    "/t/lib/libodd.so": bad("no_verdict", "the process to load it in could not be confined"),
    "/t/lib/libb.so": bad(
        "missing_dependency", "libfoo.so.1: cannot open shared object file: No such file or directory",
        missing=["libfoo.so.1"]),
    "/t/lib/libc.so": bad(
        "missing_dependency", "libfoo.so.1: cannot open shared object file: No such file or directory",
        missing=["libfoo.so.1"]),
}


class Fake(threading.Thread):
    """A daemon that answers with fixed results, one a reply, in the order it was given."""

    def __init__(self, home: harness.Home, results: dict[str, dict[str, Any]],
                 status: dict[str, Any] | None = None):
        super().__init__(daemon=True)
        self.results, self.status = results, status
        self.requests: list[dict[str, Any]] = []
        self.pauses: dict[str, threading.Event] = {}  # waited for before that path's answer
        self.listener = harness.listen_unix(home.socket)

    def run(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with harness.Varlink(sock) as connection:
                try:
                    while True:
                        self.answer(connection)
                except harness.Closed:
                    pass

    def answer(self, connection: harness.Varlink) -> None:
        """One call."""
        request = harness.strict_json(connection.receive_raw())
        self.requests.append(request)
        if request["method"].endswith(".Status"):
            connection.send_raw(json.dumps({"parameters": self.status}).encode() + b"\0")
            return
        asked = request["parameters"]["paths"]
        paths = [path for path in self.results if path in asked]
        for path in paths:
            if path in self.pauses:
                self.pauses[path].wait(harness.PATIENCE)
            reply: dict[str, Any] = {
                "parameters": {"results": [{"path": path, **self.results[path]}]}}
            if path != paths[-1]:
                reply["continues"] = True
            connection.send_raw(json.dumps(
                reply, ensure_ascii=False, separators=(",", ":")).encode() + b"\0")

    def stop(self) -> None:
        """No more of it."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(2)
        self.listener.close()
        self.join(harness.PATIENCE)


def columns(line: str) -> int:
    """How wide a terminal shows it, by Python's tables and not by the client's."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF"
               else 1 for c in line)


class TextCase(harness.TestCase):
    """Runs the client against fixed results."""

    client = harness.CLIENT

    def run_client(self, *args: Any, **options: Any) -> harness.Answer:
        """As of every test, with the client that is asked here."""
        options.setdefault("client", self.client)
        return super().run_client(*args, **options)

    def fake(self, results: dict[str, dict[str, Any]], **options: Any) -> Fake:
        """The daemon of this home until the test ends, and the only one to be had: what has no
        verdict here has one nowhere."""
        self.client = self.base / "tsuku-dltest"
        shutil.copy(harness.CLIENT, self.client)
        fake = Fake(self.home, results, **options)
        fake.start()
        self.addCleanup(fake.stop)
        return fake

    def text(self, *args: Any, status: int | None = None, **options: Any) -> str:
        """What it prints in a pipe."""
        options.setdefault("env", UTF8)
        answer = self.run_client("--text", *args, **options)
        self.assertEqual(answer.err, b"", answer)
        if status is not None:
            self.assertEqual(answer.status, status, answer)
        return answer.out.decode()

    def on_terminal(self, *args: Any, width: int = 80, env: dict[str, str | None] | None = None,
                    ) -> tuple[str, int]:
        """What it prints on a terminal, without the carriage returns; its exit status."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        process = harness.popen(
            [self.client, *args], stdout=slave, stderr=slave, stdin=slave, cwd=self.base,
            env=self.home.environment(**{"TERM": "xterm", **UTF8, **(env or {})}))
        os.close(slave)
        shown = b""
        try:
            while chunk := os.read(master, 65536):
                shown += chunk
        except OSError:
            pass
        os.close(master)
        return shown.decode().replace("\r\n", "\n"), process.wait(harness.PATIENCE)
