#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What --text prints: tables of fixed results, to the byte; terminals; hints that are true."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import shlex
import struct
import termios
import threading
import time
import unicodedata
from typing import Any

import dltest_harness as harness
from dltest_harness import make

UTF8 = {"LC_ALL": "C.UTF-8"}
OK = {"ok": True, "duration_us": 512}


def bad(reason: str, error: str = "it is bad", **more: Any) -> dict[str, Any]:
    """A result without its path."""
    return {"ok": False, "error": error, "reason": reason, "duration_us": 1234, **more}


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

    def fake(self, results: dict[str, dict[str, Any]], **options: Any) -> Fake:
        """The daemon of this home until the test ends."""
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
            [harness.CLIENT, *args], stdout=slave, stderr=slave, stdin=slave, cwd=self.base,
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

TABLE = """\
✓ /t/lib/libgood.so.1   0.51 ms
✓ /t/lib/libplugin.so   0.51 ms  with its package
✓ /t/lib/libnoisy.so    12.3 ms  2 warnings
✗ /t/lib/liba.so        1.23 ms  missing_dependency
    error      libfoo.so.1: cannot open shared object file: No such file or directory
    missing    libfoo.so.1, needed by it
               libbar.so.2, needed by /t/lib/libmiddle.so
    hint       put the directories that have them on LD_LIBRARY_PATH, or install the packages \
that bring them
✗ /t/lib/libm_less.so   1.23 ms  undefined_symbol
    error      undefined symbol: cos, version GLIBC_2.2.5
    undefined  cos, version GLIBC_2.2.5, needed by it
    hint       needs libm.so.6 and does not say so: relink it with -lm; --with /usr/lib/libm.so.6 \
loads it
✗ /t/lib/libnew.so      1.23 ms  missing_version
    error      /lib/libz.so.1: version `ZLIB_9' not found (required by x)
    missing    ZLIB_9 of /lib/libz.so.1, needed by it
    hint       install a newer libz.so.1; this one has ZLIB_1.2.9 at most
✗ /t/lib/libcrash.so    1.23 ms  crashed
    error      crashed with SIGSEGV while it was being loaded
    hint       --details shows what it printed and tried
✗ /t/lib/libslow.so      3.00 s  timed_out
    error      was still being loaded after 3 s
    hint       --timeout SECONDS gives it more time
? /t/lib/libodd.so      1.23 ms  no_verdict
    error      the process to load it in could not be confined
    hint       not the library's fault: try again, or with --no-daemon for a daemon of its own; \
the log is HOME/logs/dltestd.log
✗ /t/lib/libb.so        1.23 ms  missing_dependency
    error      libfoo.so.1: cannot open shared object file: No such file or directory
    missing    libfoo.so.1
    hint       put the directory that has it on LD_LIBRARY_PATH, or install the package that \
brings it
✗ /t/lib/libc.so        1.23 ms  missing_dependency
    error      libfoo.so.1: cannot open shared object file: No such file or directory
    missing    libfoo.so.1

3 ok, 7 not: 2 missing libfoo.so.1, 1 missing libfoo.so.1 and libbar.so.2, 1 not linked with \
libm.so.6, 1 without version ZLIB_9 of libz.so.1, 1 crashed, 1 timed out; 1 without a verdict
"""

DETAILED = {
    "/t/full.so": {
        "ok": True, "duration_us": 1500, "cached": True, "context": ["/t/private"],
        "warnings": ["one", "two"], "denied": ["socket AF_INET", "open for writing: /tmp/x"],
        "output": "hello\n\tworld\x1b[31m\r\nno end", "objects": ["/lib/libc.so.6", "/t/full.so"],
        "sandbox": {"seccomp": True, "landlock": 7, "denials": True}},
    "/t/blind.so": {
        **bad("exited", "ended the process with exit status 3 while it was being loaded",
              exit_status=3), "output": "", "objects": [],
        "sandbox": {"seccomp": True, "landlock": 0, "denials": False}},
}

DETAILS = r"""✓ /t/full.so    1.50 ms  2 warnings
    time       1500 microseconds, remembered from an earlier load
    context    /t/private
    warning    one
               two
    tried      socket AF_INET
               open for writing: /tmp/x
    printed    hello
               \tworld\x1b[31m\r
               no end
    mapped     /lib/libc.so.6
               /t/full.so
✗ /t/blind.so   1.23 ms  exited
    error      ended the process with exit status 3 while it was being loaded
    time       1234 microseconds
    tried      (not known: refused calls cannot be recorded here)

1 ok, 1 not: 1 exited
"""


class Table(TextCase):
    """The table in a file or pipe, to the byte."""

    def test_table(self):
        fake = self.fake(FIXED)
        text = self.text(*FIXED, status=3)
        self.assertEqual(text.replace(str(self.home.path), "HOME"), TABLE)
        self.assertIs(fake.requests[0]["parameters"]["details"], True)

    def test_ascii(self):
        self.fake({"/t/a.so": OK, "/t/\u00fc.so": bad("truncated", "is cut off \u2013 here"),
                   "/t/odd.so": bad("no_verdict")})
        text = self.text("/t/a.so", "/t/\u00fc.so", "/t/odd.so", env={"LC_ALL": "C"})
        self.assertEqual(text.splitlines()[:4], [
            "ok /t/a.so        0.51 ms",
            "NO /t/\\u00fc.so   1.23 ms  truncated",
            "    error      is cut off \\u2013 here",
            "    hint       the file is incomplete: install it again"])
        self.assertIn("\n?? /t/odd.so      1.23 ms  no_verdict\n", text)
        self.assertTrue(text.isascii())

    def test_locales(self):
        self.fake({"/t/a.so": OK})
        for variables, mark in (
                ({"LC_ALL": "de_DE.UTF-8"}, "✓"), ({"LC_ALL": "de_DE.utf8@euro"}, "✓"),
                ({"LC_ALL": "UTF-8"}, "✓"), ({"LC_ALL": "de_DE.ISO-8859-1"}, "ok"),
                ({"LC_ALL": "de_DE"}, "ok"), ({"LC_ALL": "POSIX", "LANG": "C.UTF-8"}, "ok"),
                ({"LC_ALL": "", "LC_CTYPE": "C.UTF-8", "LANG": "C"}, "✓"),
                ({"LC_ALL": None, "LC_CTYPE": "C", "LANG": "C.UTF-8"}, "ok"),
                ({"LC_ALL": None, "LANG": "C.utf8"}, "✓"), ({"LC_ALL": None}, "ok"),
                ({"LC_ALL": "de_DE.UTF-80"}, "ok")):
            with self.subTest(variables=variables):
                self.assertEqual(self.text("/t/a.so", env=variables),
                                 f"{mark} /t/a.so   0.51 ms\n\n1 ok\n")

    def test_details(self):
        self.fake(DETAILED)
        self.assertEqual(self.text("--details", *DETAILED, status=1), DETAILS)

    def test_long_lists_are_cut_without_details(self):
        symbols = [f"sym_{i}" for i in range(12)]
        self.fake({"/t/a.so": bad("undefined_symbol", symbols=symbols,
                                  needs=[{"name": name} for name in symbols])})
        text = self.text("/t/a.so")
        self.assertIn("undefined  sym_0\n               sym_1\n", text)
        self.assertIn("               sym_4\n               and 7 more, which --details lists\n",
                      text)
        self.assertIn("1 without symbol sym_0 and 11 more\n", text)
        self.assertIn("               sym_11\n", self.text("--details", "/t/a.so"))

    def test_many_causes(self):
        results = {f"/t/{i}.so": bad("missing_dependency", missing=[f"lib{i}.so"])
                   for i in range(12)}
        results |= {f"/t/x{i}.so": bad("crashed", signal="SIGBUS") for i in range(3)}
        self.fake(results)
        last = self.text(*results).splitlines()[-1]
        self.assertTrue(last.startswith("0 ok, 15 not: 3 crashed, 1 missing lib0.so, "), last)
        self.assertTrue(last.endswith(", 1 missing lib6.so, 5 others"), last)
        last = self.text(*list(results)[:9]).splitlines()[-1]
        self.assertTrue(last.endswith(", 1 missing lib7.so, 1 other"), last)

    def test_long_names_in_a_pipe(self):
        long = "/t/" + "x" * 150 + ".so"
        self.fake({long: OK, "/t/a.so": OK})
        self.assertEqual(self.text(long, "/t/a.so"),
                         f"✓ {long}   0.51 ms\n✓ /t/a.so{' ' * 93}   0.51 ms\n\n2 ok\n")

    def test_unknown_words_and_odd_types(self):
        self.fake({"/t/a.so": {"ok": False, "error": "x", "reason": "of_the_future"},
                   "/t/b.so": {"ok": True, "duration_us": "long", "context": 3, "warnings": [1, {}],
                               "needs": {"x": []}, "sandbox": True, "objects": None},
                   "/t/c.so": {"ok": False}, "/t/d.so": bad("missing_dependency", needs=[{}, []])})
        text = self.text("--details", "/t/a.so", "/t/b.so", "/t/c.so", "/t/d.so", status=1)
        self.assertIn("✗ /t/a.so            load_error\n", text)
        self.assertIn("✓ /t/b.so\n", text)
        self.assertIn("    error      (none was given)\n", text)

    def test_empty(self):
        self.assertEqual(self.text("--all", status=0), "0 ok\n")
        self.assertIn("✗ ''                     invalid_path\n", self.text("", "/t/nonexist"))

    def test_usage(self):
        answer = self.run_client("--jsonl", "--text", "x")
        self.assertEqual((answer.status, answer.out), (2, b""))
        self.assertIn(b"--jsonl and --text exclude one another\n", answer.err)

    def test_json_stays_as_it_is(self):
        fake = self.fake(FIXED)
        want = json.dumps([{"path": path, **result} for path, result in FIXED.items()],
                          ensure_ascii=False)
        answer = self.run_client(*FIXED)
        self.assertEqual(json.loads(answer.out), json.loads(want))
        self.assertTrue(answer.out.startswith(b'[{"path":"/t/lib/libgood.so.1","ok":true'))
        self.assertNotIn("details", fake.requests[0]["parameters"])


class Harmless(TextCase):
    """Nothing foreign reaches the terminal as it is."""

    EVIL = ("\x1b[31m", "\x1b]0;title\x07", "\r", "\b", "\x7f", "\u009b31m", "\u202e", "\u2066",
            "\u2069", "\u202a", "\u200f", "\u200b", "\ufeff", "\u2028", "\u00ad", "\U000e0041",
            "\x0e", "\t", "\n")

    def assert_harmless(self, shown: str):
        """Only printable characters and line feeds."""
        for character in shown.replace("\n", ""):
            self.assertNotIn(unicodedata.category(character), ("Cc", "Cf", "Zl", "Zp", "Cs"),
                             (character, shown))

    def test_everywhere(self):
        evil = "".join(self.EVIL)
        path = f"/t/{evil.replace('/', '')}.so"
        result = bad("missing_dependency", f"error {evil} end", missing=[f"lib{evil}.so"],
                     needs=[{"name": f"n{evil}", "version": evil, "needed_by": evil,
                             "provider": evil, "available": [evil]}],
                     objects=[evil], denied=[f"open {evil}"], output=f"out {evil} end",
                     warnings=[evil], signal=evil)
        more = {f"/t/{reason}": {**result, "reason": reason, "symbols": [evil],
                                 "loads_with": [f"lib{evil}.so"]}
                for reason in ("undefined_symbol", "missing_version", "crashed")}
        self.fake({path: result, **more,
                   "/t/ok": {"ok": True, "context": [evil], "warnings": [evil], "output": evil}})
        for env in (UTF8, {"LC_ALL": "C"}):
            text = self.text("--details", path, *more, "/t/ok", env=env)
            self.assert_harmless(text)
            for shown in ("\\x1b[31m", "\\x1b]0;title\\x07", "\\r\\x08\\x7f\\u009b31m\\u202e\\u2066",
                          "\\u2069", "\\u202a", "\\u2028", "\\ufeff", "\\U000e0041\\x0e\\t\\n"):
                self.assertIn(shown, text)
        shown, _ = self.on_terminal("--text", "--details", path, env={"NO_COLOR": "1"})
        self.assert_harmless(shown)

    def test_bytes_that_are_not_utf8(self):
        answer = self.run_client("--text", b"/t/a\xff\xc3(\xed\xa0\x80.so", env=UTF8)
        self.assertIn("/t/a\\xff\\xc3(\\xed\\xa0\\x80.so", answer.out.decode())

    def test_real_libraries(self):
        odd = b"lib\nnew\"line\\\xff\x1b[31m.so"
        path = self.home.package() / "odd\x1b[2J\u202e.so"
        make.needing(harness.FIXTURES / "needs_placeholder.so", path, odd)
        text = self.text("--details", path, self.home.add("say_ok_and_die.so"), status=1)
        self.assert_harmless(text)
        self.assertIn("odd\\x1b[2J\\u202e.so", text)
        self.assertIn("missing_dependency", text)


class Terminal(TextCase):
    """What is for terminals only."""

    def test_colours(self):
        self.fake({"/t/a.so": OK, "/t/b.so": bad("truncated")})
        for env, coloured in (({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False),
                              ({"TERM": "dumb"}, False), ({"TERM": None}, False)):
            with self.subTest(env=env):
                shown, status = self.on_terminal("--text", "/t/a.so", "/t/b.so", env=env)
                self.assertEqual((status, "\x1b" in shown), (1, coloured), shown)
                bare = re.sub(r"\x1b\[\d*m", "", shown)
                self.assertEqual(bare, self.text("/t/a.so", "/t/b.so"))
        shown, _ = self.on_terminal("--text", "/t/a.so", "/t/b.so")
        self.assertIn("\x1b[32m✓\x1b[0m /t/a.so", shown)
        self.assertIn("\x1b[31m✗\x1b[0m /t/b.so", shown)
        self.assertNotIn("\x1b", self.text("/t/a.so", env={**UTF8, "TERM": "xterm"}))

    def test_width(self):
        long = "/t/" + "directory/" * 12 + "libm_less.so"
        wide = "/t/" + "\u4e2d" * 40 + "e\u0301" * 20 + ".so"
        results = {long: FIXED["/t/lib/libm_less.so"], wide: OK, **FIXED}
        self.fake(results)
        for width in (40, 60, 79, 80, 81, 120, 250):
            with self.subTest(width=width):
                shown, _ = self.on_terminal("--text", *results, width=width,
                                            env={"NO_COLOR": "1"})
                lines = shown.splitlines()
                for line in lines:
                    # A word that is too long for a line is not cut, and so are reasons.
                    if width >= 60 and not re.search(r"[^ ]{35}", line):
                        self.assertLessEqual(columns(line), width, line)
                rows = [line for line in lines if line[:1] in ("✓", "✗", "?")]
                self.assertEqual(len(rows), len(results))
                for line, path in zip(rows, results):
                    name = line[2:].split()[0]
                    self.assertTrue(path.endswith(name.removeprefix("…")), line)
                    if width >= 60:
                        self.assertLessEqual(columns(line), width)
                starts = {columns(line[:re.search(r" [\d.]+ m?s\b", line).end()])
                          for line in rows}
                self.assertEqual(len(starts), 1, shown)
                self.assertEqual(" ".join(shown.split()).count("relink it with -lm"), 1)

    def test_width_unknown(self):
        name = "/t/" + "x" * 100 + ".so"
        self.fake({name: OK})
        shown, _ = self.on_terminal("--text", name, width=0, env={"NO_COLOR": "1"})
        self.assertEqual(columns(shown.splitlines()[0]), 80 - 20)
        self.assertIn("…xxx", shown)
        shown, _ = self.on_terminal("--text", name, width=0, env={"LC_ALL": "C", "NO_COLOR": "1"})
        self.assertTrue(shown.startswith("ok ...xxx"), shown)

    def test_long_symbols(self):
        umlaut = "\u00fc"
        symbol = "_Z" + umlaut * 3000
        self.fake({"/t/a.so": bad("undefined_symbol", f"/t/a.so: undefined symbol: {symbol}",
                                  symbols=[symbol])})
        shown, _ = self.on_terminal("--text", "/t/a.so", env={"NO_COLOR": "1"})
        self.assertIn(f"    undefined  _Z{umlaut * 299}\u2026\n", shown)
        self.assertIn(f"0 ok, 1 not: 1 without symbol _Z{umlaut * 31}\u2026\n", shown)
        shown, _ = self.on_terminal("--text", "--details", "/t/a.so", env={"NO_COLOR": "1"})
        self.assertIn(f"    undefined  {symbol}\n", shown)
        self.assertEqual(self.text("/t/a.so").count(symbol), 3)

    def test_rows_come_when_they_are_known(self):
        fake = self.fake({"/t/b.so": OK, "/t/a.so": bad("truncated"), "/t/c.so": OK})
        fake.pauses = {"/t/a.so": threading.Event(), "/t/c.so": threading.Event()}
        process = harness.popen([harness.CLIENT, "--text", "/t/a.so", "/t/b.so", "/t/c.so"],
                                env=self.home.environment(**UTF8), stdout=harness.subprocess.PIPE)
        assert process.stdout
        harness.wait_until(lambda: fake.requests, "the client asked")
        # The second is known; the first is not, and goes first.
        self.assertFalse(harness.wait_readable(process.stdout, 0.2))
        fake.pauses["/t/a.so"].set()
        lines = [process.stdout.readline().decode() for _ in range(4)]
        self.assertEqual([lines[0][:9], lines[3][:9]], ["✗ /t/a.so", "✓ /t/b.so"])
        fake.pauses["/t/c.so"].set()
        self.assertEqual(process.stdout.read().decode(),
                         "✓ /t/c.so   0.51 ms\n\n2 ok, 1 not: 1 truncated\n")

    def test_progress(self):
        fake = self.fake({"/t/a.so": OK, "/t/b.so": OK, "/t/c.so": OK})
        pause = fake.pauses["/t/b.so"] = threading.Event()

        def hold_back() -> None:
            # The client counts from before it asks; it shows nothing in the first half second.
            harness.wait_until(lambda: fake.requests, "the client asked")
            time.sleep(0.7)
            pause.set()
        threading.Thread(target=hold_back, daemon=True).start()
        shown, _ = self.on_terminal("--text", "/t/c.so", "/t/a.so", "/t/b.so",
                                    env={"NO_COLOR": "1"})
        # The first two may be read together, and the line is not drawn anew for each.
        self.assertRegex(shown, "checked [12] of 3, 0 not loaded")
        self.assertTrue(shown.endswith(
            "\r\x1b[K✓ /t/c.so   0.51 ms\n✓ /t/a.so   0.51 ms\n✓ /t/b.so   0.51 ms\n\n3 ok\n"),
            repr(shown))

    def test_full_disk(self):
        self.fake({"/t/a.so": OK})
        with open("/dev/full", "wb") as full:
            answer = self.run_client("--text", "/t/a.so", stdout=full)
        self.assertEqual((answer.status, answer.err.count(b"No space left")), (2, 1))


class Hints(TextCase):
    """What to do, for each reason."""

    def hint(self, text: str) -> str:
        """The hint of a table that is not broken into lines."""
        found = re.findall(r"^    hint       (.*)$", text, re.M)
        self.assertLessEqual(len(found), 1, text)
        return found[0] if found else ""

    def test_each_reason(self):
        machine = os.uname().machine
        python = {"symbols": ["PyList_New"]}
        cases: list[tuple[str, dict[str, Any], str]] = [
            ("/t/x.so", bad("invalid_path"), ""),
            ("/t/x.so", bad("not_found"), "check how it is spelled; --all tries"),
            ("/t/x.so", bad("permission_denied"), "make the file readable"),
            ("/t/x.so", bad("not_a_library"), "name the shared library itself"),
            ("/t/x y/x.so", bad("outside_roots"), "--root '/t/x y' allows libraries below"),
            ("/t/it's/x.so", bad("outside_roots"), r"--root '/t/it'\''s' allows"),
            (str(self.base), bad("not_a_file"),
             f"for all that is in it: find {self.base} -type f -regex '.*\\.so[.0-9]*' | "
             "tsuku-dltest --text --files-from -"),
            ("/t/x.so", bad("truncated"), "the file is incomplete: install it again"),
            ("/t/x.so", bad("wrong_architecture"),
             f"install the build for this machine, {machine}"),
            ("/t/x.so", bad("missing_dependency", missing=["libx.so"]),
             "put the directory that has it on LD_LIBRARY_PATH, or install the package that"),
            ("/t/x.so", bad("missing_dependency", missing=["/t/libx.so"]),
             "it is looked for at this path alone: put it there, or correct the path if"),
            ("/t/x.so", bad("undefined_symbol", loads_with=["libgone_m.so.6"]),
             "needs libgone_m.so.6 and does not say so: relink it with -lgone_m; "
             "--with PATH/libgone_m.so.6 loads it"),
            ("/t/x.so", bad("undefined_symbol", loads_with=["/l/libm.so.6", "/l/odd.so"]),
             "needs libm.so.6 and odd.so and does not say so: relink it with -lm odd.so; "
             "--with /l/libm.so.6 --with /l/odd.so load it"),
            ("/t/x.so", bad("undefined_symbol", **python),
             "a Python extension: try --with PATH/libpython3.X.so"),
            ("/t/x.cpython-399-x86_64-linux-gnu.so", bad("undefined_symbol", **python),
             "a Python extension: try --with PATH/libpython3.99.so"),
            ("/t/x.so", bad("undefined_symbol", needs=[{"name": "_Py_NoneStruct"}]),
             "a Python extension: try --with PATH/libpython3.X.so"),
            ("/t/x.so", bad("undefined_symbol", symbols=["Perl_croak"]), "a Perl module: "),
            ("/t/x.so", bad("undefined_symbol", symbols=["f"]), "if it is a plugin, --with LIB"),
            ("/t/x.so", bad("undefined_symbol", needs=[{"name": "f", "version": "V_2"}]),
             "it was built with another version of the library that has this symbol"),
            ("/t/x.so", bad("missing_version", needs=[
                {"name": "GLIBC_2.99", "provider": "/lib/libc.so.6",
                 "available": ["GLIBC_2.35", "GLIBC_2.36"]}]),
             "it was built for a newer system: install a build for this one; "
             "this one has GLIBC_2.36 at most"),
            ("/t/x.so", bad("missing_version", symbols=["V in /l/lib.so"]),
             "install a newer version of the library that lacks it"),
            ("/t/x.so", bad("no_static_tls"), "it can only be loaded at program start"),
            ("/t/x.so", bad("executable_stack"), "relink it with -z noexecstack"),
            ("/t/x.so", bad("load_error"), "--details shows what it printed and tried"),
            ("/t/x.so", bad("crashed"), "--details shows what it printed and tried"),
            ("/t/x.so", bad("exited"), "--details shows what it printed and tried"),
            ("/t/x.so", bad("timed_out"), "--timeout SECONDS gives it more time"),
            ("/t/x.so", bad("out_of_memory"), "free some memory"),
            ("/t/x.so", bad("close_failed"), "it loads: no defect for programs that keep it"),
            ("/t/x.so", bad("no_verdict"), "not the library's fault: try again, or with "
                                           "--no-daemon"),
        ]
        self.assertEqual({result["reason"] for _, result, _ in cases}, harness.REASONS)
        fake = self.fake({})
        for path, result, start in cases:
            with self.subTest(result=result):
                fake.results = {path: result}
                hint = self.hint(self.text(path))
                self.assertTrue(hint.startswith(start) if start else hint == "", hint)
        fake.results = {"/t/x.so": bad("missing_version", symbols=["V in /l/lib.so"])}
        self.assertIn("1 not: 1 without version V of lib.so\n", self.text("/t/x.so"))
        fake.results = {"/t/x.so": bad("crashed")}
        self.assertEqual(self.hint(self.text("--details", "/t/x.so")), "")

    def test_outside_roots_is_true(self):
        place = self.base / "a place"
        place.mkdir()
        make.put(harness.FIXTURES / "good.so", place / "good.so")
        link = self.base / "link.so"
        link.symlink_to(place / "good.so")
        hint = self.hint(self.text(link, status=1))
        self.assertEqual(hint, f"--root '{place}' allows libraries below that directory")
        self.text(*shlex.split(hint)[:2], link, status=0)

    def test_a_directory_is_true(self):
        self.home.add("good.so")
        make.put(harness.FIXTURES / "good.so", self.base / "good.so")
        for place in (self.home.package(), self.base):
            hint = self.hint(self.text(place, status=1))
            command = hint.removeprefix("for all that is in it: ")
            run = harness.subprocess.run(
                ["sh", "-c", command.replace("tsuku-dltest", shlex.quote(str(harness.CLIENT)))],
                env=self.home.environment(**UTF8), capture_output=True, check=False)
            self.assertEqual(run.returncode, 0, run)
            self.assertIn(" ok\n", run.stdout.decode())

    def test_package_is_true(self):
        path = self.home.add("needs_dep.so")
        for version in ("0.9", "1.0"):
            self.home.add("libdltest_dep.so", package=f"dep{version}")
        directory = self.home.package("dep1.0")
        hint = self.hint(self.text("--bare", path, status=1))
        self.assertEqual(hint, "libdltest_dep.so is in a directory that is not searched: "
                               f"try LD_LIBRARY_PATH={directory}")
        self.text("--bare", path, env={**UTF8, "LD_LIBRARY_PATH": str(directory)}, status=0)
        self.home.add("libdltest_dep.so")
        self.assertIn(f"LD_LIBRARY_PATH={self.home.package()}", self.text("--bare", path))

    def test_directories_near(self):
        path = self.home.add("needs_dep.so")
        for place in ("server", "..", "."):
            directory = self.home.package() / place
            directory.mkdir(exist_ok=True)
            make.put(harness.FIXTURES / "libdltest_dep.so", directory / "libdltest_dep.so")
            hint = self.hint(self.text("--bare", path, status=1))
            self.assertTrue(hint.endswith(f"LD_LIBRARY_PATH={os.path.normpath(directory)}"), hint)

    def test_loads_with_a_name_is_true(self):
        path = self.home.add("good.so")
        fake = self.fake({path: bad("undefined_symbol", loads_with=["libm.so.6"])})
        hint = self.hint(self.text(path))
        found = re.search(r" (--with) (/\S*/libm\.so\.6) loads it$", hint)
        self.assertTrue(found, hint)
        assert found
        fake.stop()
        self.home.socket.unlink()
        self.text(*found.groups(), path, status=0)

    def test_python_in_a_package(self):
        library = self.home.package("python") / "libpython3.99.so"
        library.write_bytes(b"")
        path = "/t/x.cpython-399-x86_64-linux-gnu.so"
        self.fake({path: bad("undefined_symbol", symbols=["PyList_New"])})
        self.assertEqual(self.hint(self.text(path)),
                         f"a Python extension: try --with {library}")


class Real(TextCase):
    """The real daemon."""

    def test_fixtures(self):
        names = ["good.so", "needs_missing.so", "crash_segv.so", "undefined_function.so"]
        paths = [self.home.add(name) for name in names]
        text = self.text(*paths, status=1)
        rows = [line.split() for line in text.splitlines() if line[:1] in ("✓", "✗")]
        self.assertEqual([row[:2] + row[4:] for row in rows], [
            ["✓", paths[0]], ["✗", paths[1], "missing_dependency"], ["✗", paths[2], "crashed"],
            ["✗", paths[3], "undefined_symbol"]])
        self.assertRegex(text, r"\n    missing    libdltest_gone\.so")
        self.assertRegex(text, r"\n    undefined  dltest_no_such_function")
        self.assertTrue(text.endswith("\n1 ok, 3 not: 1 missing libdltest_gone.so, 1 crashed, "
                                      "1 without symbol dltest_no_such_function\n"), text)

    def test_output(self):
        text = self.text("--details", self.home.add("print.so"), self.home.add("print_lots.so"))
        self.assertIn('    printed    [{"path":"/forged","ok":true}]\n               {"par', text)
        self.assertIn("               (what came after that was not kept)\n", text)

    def test_relative_paths(self):
        self.home.add("good.so")
        text = self.text("good.so", "./nope.so", cwd=self.home.package(), status=1)
        self.assertIn("✓ good.so     ", text)
        # Here the error says what the path stands for.
        self.assertIn(f"    error      {self.home.package()}/./nope.so: No such", text)

    def test_many(self):
        path = self.home.add("good.so")
        listing = "".join(f"{path}\n" for _ in range(3000)).encode()
        text = self.text("--dry-run", "--files-from", "-", stdin=listing, status=0)
        self.assertEqual(text.count(f"✓ {path}"), 3000)
        self.assertTrue(text.endswith("\n3000 ok\n"))


STATUS = {
    "version": "0.1.0", "pid": 4711, "uptime_ms": 3723456, "socket": "/home/u/.tsuku/dltest.sock",
    "done": 8, "running": 1, "waiting": 2, "parallel": 4, "calls": 1, "clients": 2, "zygotes": 1,
    "remembered": 0, "sandbox": {"seccomp": True, "landlock": 0, "denials": False, "lacks": [
        {"what": "landlock", "why": "Landlock was not enabled at boot",
         "remedy": "add landlock to the kernel parameter lsm="}]}}

STATUS_TEXT = """\
version  0.1.0
process  4711
up       1 h 2 min
socket   /home/u/.tsuku/dltest.sock
loads    1 running, 2 waiting, 8 done; 4 at a time
calls    1 call being answered, 2 clients
kept     1 environment kept ready, 0 verdicts remembered
sandbox  system calls filtered, reads not confined, refusals not recorded
lacking  landlock: Landlock was not enabled at boot; add landlock to the kernel parameter lsm=
"""


class Status(TextCase):
    """--status --text."""

    def test_fixed(self):
        fake = self.fake({}, status=STATUS)
        self.assertEqual(self.text("--status", status=0), STATUS_TEXT)
        for ms, words in ((59999, "59 s"), (60000, "1 min 0 s"), (90061000, "1 d 1 h")):
            fake.status = {**STATUS, "uptime_ms": ms}
            self.assertIn(f"\nup       {words}\n", self.text("--status"))
        fake.status = {"version": "\x1b[31m\u202e"}
        self.assertTrue(self.text("--status").startswith("version  \\x1b[31m\\u202e\n"))

    def test_real(self):
        answer = self.run_client("--text", "--status")
        self.assertEqual((answer.status, answer.out), (3, b""))
        self.text(self.home.add("good.so"), status=0)
        text = self.text("--status", status=0)
        self.assertIn(f"\nprocess  {self.the_daemon()}\n", text)
        self.assertIn(f"\nsocket   {self.home.socket}\n", text)
        self.assertIn("1 done; ", text)
        shown, status = self.on_terminal("--status", "--text", width=40)
        self.assertEqual(status, 0)
        self.assertIn("\x1b[2msandbox\x1b[0m  system", shown)


if __name__ == "__main__":
    harness.main()
