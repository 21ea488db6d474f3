#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What --text prints on a terminal: colours, widths, progress, and nothing that does harm."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
import unicodedata

import dltest_harness as harness
from dltest_harness import make
from text_case import FIXED, OK, UTF8, TextCase, bad, columns


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

    def test_evil_text_in_every_field(self):
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

    def test_json_on_a_terminal(self):
        """It means the same, and a pipe gets the bytes as they are."""
        evil = "".join(self.EVIL) + "\u3164\uffa0\u0e01\u0e33\U0001f600"
        results = {"/t/evil.so": bad("load_error", f"error {evil} end"), "/t/ok.so": OK}
        self.fake(results)
        for form in ((), ("--jsonl",)):
            shown, status = self.on_terminal(*form, *results)
            self.assertEqual(status, 1)
            self.assert_harmless(shown)
            self.assertNotIn("\u3164", shown)
            self.assertIn("\U0001f600", shown)
            values = [json.loads(line) for line in shown.splitlines()]
            found = values if form else values[0]
            self.assertIn(f"error {evil} end", [result.get("error") for result in found])
            self.assertIn("\u3164", self.run_client(*form, *results).out.decode())

    def test_bytes_that_are_not_utf8(self):
        answer = self.run_client("--text", b"/t/a\xff\xc3(\xed\xa0\x80.so", env=UTF8)
        self.assertIn("/t/a\\xff\\xc3(\\xed\\xa0\\x80.so", answer.out.decode())

    def test_evil_names_of_real_libraries(self):
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
                                env=self.home.environment(**UTF8), stdout=subprocess.PIPE)
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


if __name__ == "__main__":
    harness.main()
