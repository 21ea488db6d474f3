#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The corpus is real: each message of it that can be had here is provoked, and is what it says.

test_messages.py --print prints what the dynamic linkers say, to compare it with the corpus or to
extend that: case, dynamic linker, message."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import provoke

HERE = Path(__file__).parent
LINKERS = {"glibc": "gcc", "musl": "musl-gcc"}
MUST_WORK = os.environ.get("DLTEST_SANDBOX_MUST_WORK") == "1"


def corpus(linker: str) -> dict[str, str]:
    """The messages of the cases."""
    found: dict[str, str] = {}
    for line in (HERE / f"{linker}.tsv").read_text().splitlines():
        if line.startswith("#"):
            continue
        name, _, _, _, _, message = line.split("\t")
        if name == "-":
            continue
        if name in found:
            raise ValueError(f"{linker}: {name} twice")
        for escape, plain in (("\\n", "\n"), ("\\t", "\t"), ("\\\\", "\\")):
            message = message.replace(escape, plain)
        found[name] = message
    return found


class Provoked(unittest.TestCase):
    """One test a dynamic linker."""

    def setUp(self) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="dlt-corpus-", dir="/tmp"))
        self.base.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.base)

    def provoke(self, linker: str) -> dict[str, str]:
        """What it says of all cases."""
        compiler = LINKERS[linker]
        if not shutil.which(compiler):
            if MUST_WORK:
                self.fail(f"there is no {compiler}")
            self.skipTest(f"there is no {compiler}")
        opener = provoke.build_opener(compiler, self.base)
        said = {}
        for name in provoke.CASES:
            directory = self.base / name
            directory.mkdir(mode=0o755)
            message = provoke.message_of(opener, name, directory)
            if message is not None:
                said[name] = message
        return said

    def check(self, linker: str) -> None:
        """Compares with the corpus, in both directions."""
        said, expected = self.provoke(linker), corpus(linker)
        for name in sorted(said.keys() | expected.keys()):
            with self.subTest(name):
                self.assertEqual(said.get(name), expected.get(name))

    def test_glibc(self) -> None:
        self.check("glibc")

    def test_musl(self) -> None:
        self.check("musl")


def print_all() -> None:
    """Prints what there is to compare."""
    test = Provoked()
    test.setUp()
    for linker in LINKERS:
        for name, message in test.provoke(linker).items():
            print(name, linker, message.replace("\n", "\\n"), sep="\t")
    test.doCleanups()


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        print_all()
    else:
        unittest.main()
