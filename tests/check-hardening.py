#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check-hardening.py RELEASE: what the programs of a release build are like, read from the programs
themselves: position-independent, nothing writable that need not be, no search path, and the compiler's
guards in the code of this project."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAMS = ("tsuku-dltestd", "tsuku-dltest", "tsuku-dltest-loader")
# How a function begins that may be called by a pointer, where the machine looks: endbr64, and bti c or
# paciasp.
LANDING = {"Advanced Micro Devices X86-64": (b"\xf3\x0f\x1e\xfa",),
           "AArch64": (b"\x5f\x24\x03\xd5", b"\x3f\x23\x03\xd5")}
# With level 3 alone is a size looked at that is known only when it runs.
FORTIFIED = """
#include <stdlib.h>
#include <string.h>
char *copy(const char *from, size_t size, size_t length);
char *copy(const char *from, size_t size, size_t length) {
	char *to = malloc(size);
	return to ? memcpy(to, from, length) : to;
}
int main(int argc, char **argv) { return !copy(argv[0], (size_t)argc, (size_t)argc); }
"""


def output(*words: str | Path) -> str:
    """What a command prints."""
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True,
                          env=os.environ | {"LC_ALL": "C"}).stdout


def readelf(what: str, path: Path) -> str:
    """A part of an ELF file as text."""
    return output("readelf", f"-W{what}", path)


class Program:
    """A program, and what it lacks."""

    def __init__(self, path: Path, files: list[Path]) -> None:
        self.path, self.files, self.lacks = path, files, []
        self.header, self.segments = readelf("h", path), readelf("l", path)
        self.dynamic, self.symbols = readelf("d", path), readelf("s", path)
        self.is_static = "INTERP" not in self.segments

    def expect(self, holds: bool | re.Match[str] | None, what: str) -> None:
        """Notes what does not hold."""
        if not holds:
            self.lacks.append(what)

    def check_layout(self) -> None:
        """Where it is in memory, and what can be written and executed there."""
        self.expect(re.search(r"Type:\s+DYN", self.header), "position independence")
        self.expect(re.search(r"GNU_RELRO", self.segments), "RELRO")
        stack = re.search(r"GNU_STACK.*", self.segments)
        self.expect(stack and "E" not in stack[0].split()[-2], "a stack that is not executable")
        loaded = re.findall(r"^\s+LOAD\s.*?\s([R ][W ][E ])\s+0x", self.segments, re.M)
        self.expect(len(loaded) > 1 and "RWE" not in loaded, "memory that is writable or executable")
        self.expect(not re.search(r"RPATH|RUNPATH|TEXTREL", self.dynamic), "no search path or TEXTREL")
        # A static program binds itself when it starts; nothing is left for later.
        self.expect(self.is_static or re.search(r"BIND_NOW|FLAGS_1.*NOW", self.dynamic), "BIND_NOW")

    def check_guards(self, fortified: bool) -> None:
        """What the compiler puts into functions."""
        # Not of the program: a static C library brings it along for itself.
        wanted = output("nm", "--undefined-only", *self.files)
        self.expect("__stack_chk_fail" in wanted, "a stack protector")
        if fortified:
            self.expect(re.search(r"__\w+_chk\b(?<!stack_chk)", self.symbols), "FORTIFY")
        machine = re.search(r"Machine:\s+(.*)", self.header)
        landing = LANDING.get(machine[1].strip() if machine else "")
        if landing:
            code = self.path.read_bytes()
            bare = [name for name, offset in self.functions()
                    if not code[offset:offset + 4].startswith(landing)]
            self.expect(not bare, f"landing pads: {', '.join(sorted(bare)[:10])}")

    def functions(self) -> list[tuple[str, int]]:
        """This project's own functions that can be called from elsewhere, and where they are in the
        file. What came from libraries is not ours to compile."""
        offsets, own = [], global_functions(self.files)
        for start, address, size in re.findall(
                r"^\s+LOAD\s+0x(\w+)\s+0x(\w+)\s+0x\w+\s+0x(\w+)\s+0x\w+\s+R.E", self.segments, re.M):
            offsets.append((int(start, 16), int(address, 16), int(size, 16)))
        found = []
        for value, name in re.findall(
                r"^\s+\d+: (\w+)\s+\d+ FUNC\s+(?:GLOBAL|LOCAL)\s+\w+\s+\d+ (\w+)$", self.symbols, re.M):
            for start, address, size in offsets:
                if name in own and address <= int(value, 16) < address + size:
                    found.append((name, start + int(value, 16) - address))
        self.expect(len(found) >= 10, "symbols by which to find its functions")
        return found


def commands(release: Path) -> dict[str, list[str]]:
    """How each source is compiled."""
    entries = json.loads((release / "compile_commands.json").read_text())
    return {entry["file"]: shlex.split(entry["command"]) for entry in entries}


def objects(release: Path, folder: str) -> list[Path]:
    """The object files of a folder of the sources."""
    return [path for path in (release / folder).rglob("*.c.o") if "_tested.dir" not in str(path)]


def global_functions(files: list[Path]) -> set[str]:
    """What they define for others."""
    text = output("nm", "--defined-only", "-g", *files)
    return set(re.findall(r"^\w+ T (\w+)$", text, re.M))


def check_level(release: Path) -> list[str]:
    """Whether the flags that the daemon is compiled with look at sizes that are known only later."""
    source = Path(__file__).resolve().parents[1] / "daemon/main.c"
    words = commands(release)[os.fspath(source)]
    compiler = next(i for i, word in enumerate(words) if word.startswith("-")) - 1
    flags = [word for word in words[compiler:words.index("-o")] if not word.startswith("-D_FILE")]
    with tempfile.TemporaryDirectory(prefix="dltest-hardening.") as folder:
        source, program = Path(folder) / "level.c", Path(folder) / "level.o"
        source.write_text(FORTIFIED)
        subprocess.run([*flags, "-c", source, "-o", program], check=True)
        return [] if "__memcpy_chk" in readelf("s", program) else ["FORTIFY of level 3"]


def main() -> None:
    """Looks at each program."""
    release = Path(sys.argv[1]).resolve()
    libc = re.search(r"^DLTEST_CLIENT_LIBC_CHOSEN:INTERNAL=(.*)$",
                     (release / "CMakeCache.txt").read_text(), re.M)
    folders = {"tsuku-dltestd": "daemon", "tsuku-dltest": "client", "tsuku-dltest-loader": "daemon/loader"}
    failed = False
    for name in PROGRAMS:
        program = Program(release / "bin" / name, objects(release, folders[name]))
        program.check_layout()
        # musl has no such functions.
        program.check_guards(fortified=name != "tsuku-dltest" or not libc or libc[1] != "musl")
        lacks = program.lacks + (check_level(release) if name == "tsuku-dltestd" else [])
        print(f"{name}: {'lacks ' + '; '.join(lacks) if lacks else 'has all of it'}")
        failed |= bool(lacks)
    sys.exit(1 if failed else 0)


main()
