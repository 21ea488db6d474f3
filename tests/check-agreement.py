#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What has to be said in several places is said in all of them: the words of the interface file in
the sources and the documents, options in the manual pages, warnings and steps in DIAGNOSIS.md."""

from __future__ import annotations

import os
import re
import unittest
from pathlib import Path

SOURCE_DIR = Path(os.environ["DLTEST_SOURCE_DIR"])


def text_of(file: str) -> str:
    """What is in a file of the source tree."""
    return (SOURCE_DIR / file).read_text(encoding="utf-8")


def found(pattern: str, text: str) -> list[str]:
    """What the group of the pattern is, each time; something is."""
    words = re.findall(pattern, text, re.M)
    assert words, pattern
    return words


def section(file: str, heading: str) -> str:
    """The text below a heading, up to the next one of the same rank or a higher one."""
    text = text_of(file)
    start = text.index(f"\n{heading}\n") + len(heading) + 2
    if heading.startswith("#"):
        end = re.compile(r"^#{1,%d} " % len(heading.split()[0]), re.M)
    else:
        end = re.compile(r"^\.S[hs] " if heading.startswith(".Ss") else r"^\.Sh ", re.M)
    following = end.search(text, start)
    return text[start:following.start() if following else len(text)]


def first_column(file: str, heading: str) -> list[str]:
    """The code in the first column of the table below a heading."""
    rows = found(r"^\| (`.*?) \|", section(file, heading))
    return [code for row in rows for code in re.findall(r"`([^`]+)`", row)]


def declared(pattern: str) -> str:
    """What is in brackets behind the pattern in the interface file, without comments."""
    text = re.sub(r"#.*", "", text_of("include/dltest/dev.tsuku.DlTest.varlink"))
    match = re.search(pattern + r" ?\((.*?)\n\)", text, re.S)
    assert match, pattern
    return match[1]


REASONS = found(r"([a-z_]+)", declared("type Reason"))
PARAMETERS = found(r"^ *(\w+):", declared("method Verify"))
FIELDS = found(r"^ *(\w+):", declared("type Verdict"))
METHODS = found(r"^method (\w+)", text_of("include/dltest/dev.tsuku.DlTest.varlink"))
ERRORS = found(r"^error (\w+)", text_of("include/dltest/dev.tsuku.DlTest.varlink"))


class Agreement(unittest.TestCase):
    """Each compares two lists, in any order."""

    def same(self, one: list[str], other: list[str]) -> None:
        """Nothing is in one alone, and nothing is there twice."""
        self.assertEqual(sorted(one), sorted(other))

    def test_reasons_are_documented(self):
        self.same(first_column("docs/PROTOCOL.md", "### Reasons"), REASONS)
        self.same(found(r"^\.It Li (\w+)", section("docs/tsuku-dltest.1", ".Ss Reasons")), REASONS)

    def test_longest_reason_fits_its_column(self):
        width = found(r"^#define REASON_WIDTH +(\d+)$", text_of("client/text/table.c"))
        self.assertEqual(int(width[0]), max(len(reason) for reason in REASONS))

    def test_what_is_done_about_a_reason_is_documented(self):
        """As its class has it: the rest are 'all others'."""
        classes = dict(re.findall(r"^\tX\(\w+, (\w+), (\w+)\)",
                                  text_of("include/dltest/reasons.h"), re.M))
        self.same(list(classes), REASONS)
        for file, heading, named in (
                ("docs/MEMORY.md", "## What is kept", {"FORM", "LINKER", "PROCESS"}),
                ("docs/DIAGNOSIS.md", "### When", {"LINKER", "PROCESS"})):
            with self.subTest(heading):
                told = [word for word in first_column(file, heading) if word in classes]
                self.same(told, [word for word in REASONS if classes[word] in named])

    def test_parameters(self):
        known = found(r'^\t\{"(\w+)", KIND_', text_of("daemon/wire/parameters.c"))
        asked = found(r'(?:put_list|put_flag|put_number|put_word|jsontext_strings)\(text, "(\w+)"',
                      text_of("client/asking/request.c"))
        self.same(known, PARAMETERS)
        self.same(asked + ["paths"], PARAMETERS)
        self.same(first_column("docs/PROTOCOL.md", "### Verify") + ["paths"], PARAMETERS)
        self.same(found(r"^\.It Li (\w+)", section("docs/dev.tsuku.DlTest.7", ".Ss Verify")),
                  PARAMETERS)

    def test_fields_of_a_result(self):
        """Those of the wire, and what the client adds."""
        fields = sorted(FIELDS + ["skipped", "hint"])
        self.same(first_column("docs/PROTOCOL.md", "### Fields of a result"), fields)
        page = section("docs/tsuku-dltest.1", ".Sh OUTPUT").split(".Ss Reasons")[0]
        self.same(found(r"^\.It Li (\w+)", page), fields)

    def test_methods(self):
        self.same(found(r'METHOD_\w+\s+DLTEST_INTERFACE "\.(\w+)"',
                        text_of("include/dltest/protocol.h")), METHODS)
        self.same(found(r"^### ([A-Z]\w+)$", section("docs/PROTOCOL.md", "## Methods")), METHODS)
        self.same(found(r"^\.Ss (\w+)$",
                        text_of("docs/dev.tsuku.DlTest.7").replace(".Ss Errors\n", "")), METHODS)

    def test_errors(self):
        self.same(found(r'ERROR_\w+\s+DLTEST_INTERFACE "\.(\w+)"',
                        text_of("include/dltest/protocol.h")), ERRORS)
        self.same(found(r"^\| `dev\.tsuku\.DlTest\.(\w+)`", section("docs/PROTOCOL.md", "## Errors")),
                  ERRORS)
        self.same(found(r"^\.It Li (\w+)", section("docs/dev.tsuku.DlTest.7", ".Ss Errors")), ERRORS)

    def test_options(self):
        """In the manual pages; of --help and the completions integration.completions takes care."""
        for program, room in (("tsuku-dltest", "client/command"),
                              ("tsuku-dltestd", "daemon/lifecycle")):
            with self.subTest(program):
                self.same(found(r"^\.It .*\bFl Fl ([a-z-]+)", text_of(f"docs/{program}.1")),
                          found(r'^\t+\{"([a-z-]+)", (?:no|required)_argument',
                                text_of(f"{room}/options.c")))

    def test_warnings(self):
        """Each that the loader gives begins as a row of the table says, and none is there besides;
        but for what is said of libraries that the daemon has tried."""
        source = "".join(text_of(f"daemon/loader/{name}.c")
                         for name in ("latent", "latent_forecast", "latent_needs"))
        calls = re.findall(r'latent_warn\([\w>-]+,\s*((?:"(?:[^"\\]|\\.)*"\s*)+)', source)
        self.assertEqual(len(calls), len(re.findall(r"latent_warn\(", source)))
        patterns = ["".join(re.findall(r'"((?:[^"\\]|\\.)*)"', call)) for call in calls]
        rows = [row for row in first_column("docs/DIAGNOSIS.md", "## Warnings")
                if not row.startswith("wants libfoo.so.1 ")]
        told = {row: [pattern for pattern in patterns if begins(pattern, row)] for row in rows}
        self.assertEqual([row for row, of in told.items() if not of], [])
        self.same(sorted({pattern for of in told.values() for pattern in of}), patterns)

    def test_what_is_inherited(self):
        """Each row of the table names its tests, and those are there."""
        tests = text_of("tests/integration/test_standing.py")
        known = set()
        for name, body in re.findall(r"^class (\w+)\(.*?$(.*?)(?=^class |\Z)", tests, re.M | re.S):
            known |= {f"{name}.{test}" for test in re.findall(r"^    def (test_\w+)", body, re.M)}
        text = text_of("docs/INHERITANCE.md")
        rows = found(r"^\| .* \| (?:usual|same|reset|nothing) \| .* \| (.+) \|$", text)
        self.assertEqual(len(rows), len(found(r"^\| ((?!---).*) \|$", text)) - 1)
        named = {test for row in rows for test in re.findall(r"`(\w+\.test_\w+)`", row)}
        self.assertEqual(named, known)

    def test_steps_of_the_second_look(self):
        """A row each, but for one that goes on with the step before, or does the same in company."""
        steps = set(found(r"^\t\{SECONDLOOK_\w+, (?:failurelook_)?plan_(\w+),",
                          text_of("daemon/judge/failurelook.c")))
        rows = found(r"^\| (\w+) \|", section("docs/DIAGNOSIS.md", "### In which order"))
        self.same([row for row in rows if row != "step"],
                  [step for step in steps
                   if not step.startswith("one_") and not step.endswith("_in_company")])


def begins(pattern: str, text: str) -> bool:
    """A text that is printed by the pattern, with a word for each conversion, may begin so."""
    if not text:
        return True
    conversion = re.match(r"%(\.\d+)?[lz]?[sux]", pattern)
    if conversion:
        word = re.match(r"\S*", text)
        return any(begins(pattern[conversion.end():], text[at:]) for at in range(word.end() + 1))
    return pattern[:1] == text[0] and begins(pattern[1:], text[1:])


if __name__ == "__main__":
    unittest.main()
