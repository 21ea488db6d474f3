#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What --text prints in a file or a pipe: tables of fixed results, to the byte."""

from __future__ import annotations

import json
import os

import dltest_harness as harness
from text_case import FIXED, OK, TextCase, bad

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

    def test_where_many_run(self):
        """On what all of them need; it is no trouble by itself, and nothing that failed counts."""
        results = {f"/t/{i}.so": {**OK, "warnings": list(warnings)} for i, warnings in enumerate((
            ["needs glibc 2.4 or later, for openat"], ["needs glibc 2.31 or later"],
            ["needs glibc 2.3.4 or later, for x and 2 more", "one"], []))}
        results["/t/bad.so"] = bad("crashed", warnings=["needs glibc 2.36 or later"])
        machine = {"x86_64": "x86-64"}.get(os.uname().machine, os.uname().machine)
        self.fake(results)
        lines = self.text(*results, status=1).splitlines()
        self.assertEqual(lines[0], "✓ /t/0.so     0.51 ms")
        self.assertEqual(lines[2], "✓ /t/2.so     0.51 ms  1 warning")
        self.assertEqual(lines[-2:],
                         ["4 ok, 1 not: 1 crashed", f"runs on glibc ≥ 2.31 and {machine}"])
        self.assertEqual(self.text("/t/0.so").splitlines()[-1], "1 ok")
        self.assertEqual(self.text("/t/0.so", "/t/3.so", env={"LC_ALL": "C"}).splitlines()[-1],
                         f"runs on glibc >= 2.4 and {machine}")
        self.assertEqual(self.text("/t/3.so", "/t/3.so").splitlines()[-1], "2 ok")

    def test_processors_where_many_run(self):
        self.fake({"/t/a.so": {**OK, "warnings": ["needs a processor of x86-64-v3"]},
                   "/t/b.so": {**OK, "warnings": ["needs a processor of x86-64-v2"]},
                   "/t/c.so": {**OK, "warnings": ["needs glibc 2.35 or later, for hypot"]}})
        self.assertEqual(self.text("/t/b.so", "/t/a.so").splitlines()[-1], "runs on x86-64-v3")
        self.assertEqual(self.text("/t/b.so", "/t/c.so").splitlines()[-1],
                         "runs on glibc ≥ 2.35 and x86-64-v2")

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

    def test_no_results(self):
        self.assertEqual(self.text("--files-from", "/dev/null", status=0), "0 ok\n")
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


class Real(TextCase):
    """The real daemon."""

    def test_rows_of_real_libraries(self):
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

    def test_printed_output_of_real_libraries(self):
        text = self.text("--details", self.home.add("print.so"), self.home.add("print_lots.so"))
        self.assertIn('    printed    [{"path":"/forged","ok":true}]\n               {"par', text)
        self.assertIn("               (what came after that was not kept)\n", text)

    def test_relative_paths(self):
        self.home.add("good.so")
        text = self.text("good.so", "./nope.so", cwd=self.home.package(), status=1)
        self.assertIn("✓ good.so     ", text)
        # Here the error says what the path stands for.
        self.assertIn(f"    error      {self.home.package()}/./nope.so: No such", text)

    def test_thousands_of_rows(self):
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

    def test_fixed_status(self):
        fake = self.fake({}, status=STATUS)
        self.assertEqual(self.text("--status", status=0), STATUS_TEXT)
        for ms, words in ((59999, "59 s"), (60000, "1 min 0 s"), (90061000, "1 d 1 h")):
            fake.status = {**STATUS, "uptime_ms": ms}
            self.assertIn(f"\nup       {words}\n", self.text("--status"))
        fake.status = {"version": "\x1b[31m\u202e"}
        self.assertTrue(self.text("--status").startswith("version  \\x1b[31m\\u202e\n"))

    def test_status_of_the_real_daemon(self):
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
