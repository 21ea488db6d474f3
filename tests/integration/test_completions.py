#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Completions for bash, zsh and fish: they know the options of --help, and no others."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

import dltest_harness as harness

COMPLETIONS = harness.SOURCE_DIR / "packaging/completions"
PROGRAMS = {"tsuku-dltest": harness.CLIENT, "tsuku-dltestd": harness.DAEMON}

# Within a completion compopt(1) says what bash does by itself; here it only is to be heard of.
BASH = r"""
source "$1" && shift
compopt() { printf 'compopt %s\n' "$*"; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
"_${1//-/_}"
printf '%s\n' "${COMPREPLY[@]}"
"""


def options_of(program: str) -> dict[str, tuple[str | None, bool]]:
    """--option: (-o, whether it takes a value), as --help has it."""
    help_text = subprocess.run([PROGRAMS[program], "--help"], check=True, capture_output=True,
                               text=True).stdout
    found = re.findall(r"^  (?:(-\w), |    )(--[a-z-]+)( [A-Z]+)?  ", help_text, re.M)
    return {long: (short or None, bool(value)) for short, long, value in found}


ALL = {program: options_of(program) for program in PROGRAMS}


class Completions(unittest.TestCase):
    """One method for each shell, and one for what is common."""

    def bash(self, *words: str) -> list[str]:
        """What the function for bash answers when the last of these words is being typed."""
        run = subprocess.run(
            ["bash", "--norc", "-c", BASH, "bash", COMPLETIONS / f"{words[0]}.bash", *words],
            check=True, capture_output=True, text=True)
        self.assertEqual(run.stderr, "")
        return [line for line in run.stdout.split("\n") if line]

    def syntax(self, *command: str, file: Path):
        """The shell takes the file, where there is such a shell."""
        if not shutil.which(command[0]):
            return
        run = subprocess.run([*command, file], capture_output=True, text=True, check=False)
        self.assertEqual((run.returncode, run.stdout + run.stderr), (0, ""), file)

    def test_help_is_understood(self):
        self.assertEqual(ALL["tsuku-dltest"]["--root"], (None, True))
        self.assertEqual(ALL["tsuku-dltest"]["--null"], ("-0", False))
        self.assertEqual(ALL["tsuku-dltestd"]["--jobs"], (None, True))
        for program, room in (("tsuku-dltest", "client/command"),
                              ("tsuku-dltestd", "daemon/lifecycle")):
            source = (harness.SOURCE_DIR / room / "options.c").read_text()
            known = re.findall(r'^\t+\{"([a-z-]+)", (no|required)_argument,', source, re.M)
            self.assertGreater(len(known), 10)
            self.assertEqual({long: value for long, (_, value) in ALL[program].items()},
                             {f"--{name}": value == "required" for name, value in known})

    def test_bash(self):
        for program, options in ALL.items():
            known = set(options) | {short for short, _ in options.values() if short}
            offered = [word for word in self.bash(program, "-") if word.startswith("-")]
            self.assertEqual(sorted(offered), sorted(known))
            self.syntax("bash", "-n", file=COMPLETIONS / f"{program}.bash")
            self.syntax("shellcheck", file=COMPLETIONS / f"{program}.bash")

    def test_bash_answers(self):
        for words, answers in (
                (("tsuku-dltest", "--te"), ["--text"]),
                (("tsuku-dltest", "x.so", "--no"), ["--no-daemon"]),
                (("tsuku-dltest", "x"), []),
                (("tsuku-dltest", "--", "--te"), []),
                (("tsuku-dltest", "--with", "-"), []),
                (("tsuku-dltest", "--files-from", ""), []),
                (("tsuku-dltest", "--timeout", ""), ["compopt +o default +o bashdefault"]),
                (("tsuku-dltest", "--root", "/t"),
                 ["compopt -o dirnames +o default +o bashdefault"]),
                (("tsuku-dltest", "--root", "=", "/t"),
                 ["compopt -o dirnames +o default +o bashdefault"]),
                (("tsuku-dltest", "--root", "="),
                 ["compopt -o dirnames +o default +o bashdefault"]),
                (("tsuku-dltestd", "--log-level", "=", "w"),
                 ["compopt +o default +o bashdefault", "warn"]),
                (("tsuku-dltestd", "--pretend", "no-s"),
                 ["compopt +o default +o bashdefault", "no-seccomp"]),
                (("tsuku-dltestd", "--loader", "/"), [])):
            with self.subTest(words=words):
                self.assertEqual(self.bash(*words), answers)

    def test_zsh(self):
        for program, options in ALL.items():
            file = COMPLETIONS / f"_{program}"
            text = file.read_text()
            self.assertTrue(text.startswith(f"#compdef {program}\n"))
            specs = re.findall(r"^\t['\"]?(?:\([^)]*\))?['\"]?(?:[*])?"
                               r"(?:\{(-\w),(--[a-z-]+)\}'|(--[a-z-]+))(=?)\[", text, re.M)
            offered = {long or pair: (short or None, bool(value))
                       for short, pair, long, value in specs}
            self.assertEqual(offered, options)
            self.syntax("zsh", "-fn", file=file)

    def test_fish(self):
        for program, options in ALL.items():
            file = COMPLETIONS / f"{program}.fish"
            specs = re.findall(rf"^complete -c {program} (?:-s (\w) )?-l ([a-z-]+)( -[xr])?\b",
                               file.read_text(), re.M)
            offered = {f"--{long}": (f"-{short}" if short else None, bool(value))
                       for short, long, value in specs}
            self.assertEqual(offered, options)
            self.syntax("fish", "-n", file=file)

    def test_installed(self):
        rules = (harness.BUILD_DIR / "packaging/completions/cmake_install.cmake").read_text()
        for program in PROGRAMS:
            for place in (f"share/bash-completion/completions\" TYPE FILE RENAME \"{program}\"",
                          "share/zsh/site-functions\" TYPE FILE",
                          "share/fish/vendor_completions.d\" TYPE FILE"):
                self.assertIn(place, rules)
            for file in (f"{program}.bash", f"_{program}", f"{program}.fish"):
                self.assertIn(os.fspath(COMPLETIONS / file), rules)


if __name__ == "__main__":
    harness.main()
