# SPDX-License-Identifier: MIT
"""Makes libraries, and spoils them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Callable

from elffile import ElfFile


class Maker:
    """Makes files in a directory of a case, with more flags for each library."""

    def __init__(self, directory: Path, *flags: str):
        self.directory = directory
        self.flags = flags

    def path(self, name: str) -> Path:
        """A path in the directory."""
        return self.directory / name

    def library(self, name: str, *flags: str, source: str = "int f(void) { return 1; }",
                mode: str = "-shared") -> Path:
        """Compiles a file that needs nothing unless flags say so."""
        path = self.path(name)
        path.parent.mkdir(exist_ok=True, parents=True)
        subprocess.run(["gcc", "-O1", "-w", "-fPIC", "-nostdlib", *([mode] if mode else []), "-x",
                        "c", "-", "-x", "none", "-o", path, *(str(flag) for flag in flags),
                        *self.flags],
                       input=source.encode(), check=True)
        return path

    def library_needing(self, dependency: str, name: str = "libx.so", **options: str) -> Path:
        """A library that needs another, which is not where the linker put it."""
        # Commas and '=' are not for options of the linker.
        stub = self.library("stub/libstub.so", "-Xlinker", "-soname", "-Xlinker", dependency,
                            **options)
        return self.library(name, "-Wl,--no-as-needed", stub)

    def changed(self, change: Callable[[ElfFile], None], *flags: str, name: str = "libx.so",
                **options: str) -> Path:
        """A library with something in it changed."""
        elf = ElfFile(self.library(name, *flags, **options))
        change(elf)
        return elf.save()

    def cut(self, name: str, size: int) -> Path:
        """The first bytes of a library."""
        elf = ElfFile(self.library(name))
        elf.data = elf.data[:size]
        return elf.save()
