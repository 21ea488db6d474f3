#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every reason that there is, each with a real file or path that causes it; every file of the
corpus of messages, through the daemon; and a library that is cut and changed in hundreds of ways,
none of which may end in SIGBUS."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Any, Callable

import dltest_harness as harness
from dltest_harness import SOURCE_DIR, make

sys.path.insert(0, str(SOURCE_DIR / "tests/corpus"))
import elffile  # noqa: E402  pylint: disable=wrong-import-position
import provoke  # noqa: E402  pylint: disable=wrong-import-position
from elffile import ElfFile  # noqa: E402  pylint: disable=wrong-import-position
from maker import Maker  # noqa: E402  pylint: disable=wrong-import-position

LIBZ = Path("/lib/x86_64-linux-gnu/libz.so.1")

# Maps all addresses that the process may have, then takes what the allocator still holds.
EAT_MEMORY = """
#include <stdlib.h>
#include <sys/mman.h>
__attribute__((constructor)) static void eat(void) {
	for (size_t size = 1ul << 40; size >= 4096; size /= 2)
		while (mmap(0, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
			;
	for (size_t size = 1 << 20; size >= 16; size /= 2)
		while (malloc(size))
			;
}
"""

# Gives back the reference that belongs to whoever opened it. That libholder.so needs this library
# keeps it in memory all the same, so that the close to come has nothing to close.
CLOSE_ITSELF = """
#include <dlfcn.h>
#include <stdlib.h>
__attribute__((constructor)) static void unload(void) {
	if (!dlopen("libholder.so", RTLD_NOW))
		abort();
	void *self = dlopen("libself.so", RTLD_NOW | RTLD_NOLOAD);
	if (!self || dlclose(self) || dlclose(self))
		abort();
}
"""


def glibc_version() -> tuple[int, ...]:
    """(2, 36)"""
    return tuple(int(part) for part in (os.confstr("CS_GNU_LIBC_VERSION") or "").split()[1]
                 .split("."))


class TestCase(harness.TestCase):
    """Patient: on a machine with much else to do, a library may take longer than the default."""

    def verify_one(self, path: Any, *options: Any, **named: Any) -> dict[str, Any]:
        """The result for one path."""
        if "--timeout" not in options:
            options += ("--timeout", "50")
        return super().verify_one(path, *options, **named)


class Reasons(TestCase):
    """The contract's list, whole."""

    def maker(self, package: str = "corpus") -> Maker:
        """Makes files in a package."""
        return Maker(self.home.package(package))

    def make_outside(self) -> Path:
        """A good library where none may be."""
        path = self.base / "outside.so"
        make.put(harness.FIXTURES / "good.so", path)
        return path

    def ask_for_memory(self) -> dict[str, Any]:
        """A library for which there is no memory left, since another has taken it all."""
        eater = self.maker().library("eat.so", "-lc", source=EAT_MEMORY)
        return self.verify_one(self.home.add("good.so"), "--with", eater)

    def ask_to_close(self) -> dict[str, Any]:
        """A library of which nothing is left to close."""
        maker = self.maker()
        stub = maker.library("libself.so", "-Wl,-soname,libself.so")
        maker.library("libholder.so", "-Wl,--no-as-needed", stub)
        path = maker.library("libself.so", "-Wl,-soname,libself.so", "-lc", source=CLOSE_ITSELF)
        return self.verify_one(path, env={"LD_LIBRARY_PATH": str(maker.directory)})

    def ask_for_stack(self) -> dict[str, Any]:
        """A library that wants an executable stack."""
        return self.verify_one(self.maker().library("libstack.so", "-Wl,-z,execstack"))

    def test_each_reason(self) -> None:
        """No reason without a file that has it, no reason that the contract does not know."""
        def case(name: str) -> Callable[[], dict[str, Any]]:
            return lambda: self.verify_one(provoke.CASES[name](self.maker(f"case_{name}")))

        def fixture(name: str, *options: str) -> Callable[[], dict[str, Any]]:
            return lambda: self.verify_one(self.home.add(name), *options)

        causes: dict[str, Callable[[], dict[str, Any]]] = {
            "invalid_path": case("link_loop"),
            "not_found": case("gone"),
            # Root has no privilege where libraries are loaded, so this holds for every user.
            "permission_denied": case("not_permitted"),
            "not_a_file": case("directory"),
            "outside_roots": lambda: self.verify_one(self.make_outside()),
            "not_a_library": case("text"),
            "truncated": case("cut_in_program_headers"),
            "wrong_architecture": case("other_machine"),
            "wrong_platform": fixture("for_alpine.so", "--libc", "glibc"),
            "missing_dependency": case("dependency_gone"),
            "undefined_symbol": case("undefined_function"),
            "needs_host": fixture("plugin_calls.so", "--host", "/nowhere"),
            "missing_version": fixture("missing_version.so"),
            "no_static_tls": case("static_tls"),
            "load_error": case("no_open"),
            "crashed": fixture("crash_segv.so"),
            "exited": fixture("exit_1.so"),
            "timed_out": fixture("sleep_forever.so", "--timeout", "0.3"),
            "out_of_memory": self.ask_for_memory,
            "close_failed": self.ask_to_close,
        }
        self.home.add("libdltest_versioned.so")
        # glibc refuses an executable stack from 2.41 on. Before, such a library loads, and the
        # message is known from the corpus alone.
        if glibc_version() >= (2, 41):
            causes["executable_stack"] = self.ask_for_stack
        else:
            self.assertTrue(self.ask_for_stack()["ok"])
        # Never a library's doing.
        others = {"no_verdict", "executable_stack"}
        self.assertEqual(harness.REASONS - others, causes.keys() - others)
        for reason, cause in causes.items():
            with self.subTest(reason):
                result = cause()
                self.assertEqual(result.get("reason"), reason, result)
                self.assertNotIn("\n", result["error"])

    def test_close_failed(self) -> None:
        """What dlerror() said of it, and when."""
        result = self.ask_to_close()
        self.assertEqual((result["reason"], result["phase"]), ("close_failed", "close"), result)
        self.assertIn("shared object not open", result["error"])

    def test_killed_by_the_kernel(self) -> None:
        """What the system kills, it kills for want of memory."""
        path = self.maker().library("kill.so", "-lc", source="""#include <signal.h>
            __attribute__((constructor)) static void die(void) { raise(SIGKILL); }""")
        self.assertEqual(self.verify_one(path).get("reason"), "out_of_memory")


def corpus() -> dict[str, tuple[str, str, str]]:
    """Case: reason, missing, symbols, of what glibc says."""
    found = {}
    for line in (SOURCE_DIR / "tests/corpus/glibc.tsv").read_text().splitlines():
        if not line.startswith(("#", "-")):
            name, _, reason, missing, symbols, _ = line.split("\t")
            found[name] = (reason, missing, symbols)
    return found


class Files(TestCase):
    """The corpus's files."""

    # What is judged before the dynamic linker can say something worse.
    BETTER = {
        "other_machine": ("wrong_architecture", "is for aarch64, this machine is x86_64"),
        "32_bit": ("wrong_architecture", "is for i386, this machine is x86_64"),
        "x32": ("wrong_architecture", "is for x32, this machine is x86_64"),
        "byte_order": ("wrong_architecture", "big-endian machine"),
        "offset_too_large": ("truncated", "the file is cut off"),
        "empty": ("truncated", "the file is empty"),
        "cut_in_header": ("truncated", "cut off within its ELF header"),
        "cut_in_program_headers": ("truncated", "cut off within its program headers"),
        "cut_in_segment": ("truncated", "its segments need"),
        "page_to_zero_is_not_there": ("truncated", "its segments need"),
        "text": ("not_a_library", "linker script"),
        "archive": ("not_a_library", "static archive"),
        "object": ("not_a_library", "object file"),
        "core": ("not_a_library", "core file"),
        "executable": ("not_a_library", "executable"),
        "dynamic_executable": ("not_a_library", "executable"),
        "pie": ("not_a_library", "executable"),
        "debug_file": ("not_a_library", "debugging information"),
        "no_dynamic": ("not_a_library", "without a dynamic section"),
        "no_segments": ("not_a_library", "nothing to load"),
        "directory": ("not_a_file", "is a directory"),
    }
    # They are about the process, which the daemon gives enough of everything.
    NO_FAULT = {"no_descriptors", "no_memory_to_map", "dependency_no_memory_to_map"}

    def ask(self, name: str, *options: str) -> tuple[dict[str, Any], str]:
        """The result for a case, and where its files are."""
        directory = str(self.home.package(name))
        path = provoke.CASES[name](Maker(Path(directory)))
        return self.verify_one(path, *options, env={"LD_LIBRARY_PATH": directory}), directory

    def test_all_cases(self) -> None:
        """Each has the reason and the names of the corpus, or better ones."""
        for name, (reason, missing, symbols) in corpus().items():
            with self.subTest(name):
                result, directory = self.ask(name)
                if name in self.NO_FAULT:
                    self.assertTrue(result["ok"], result)
                    continue
                self.assertFalse(result["ok"], result)
                reason, words = self.BETTER.get(name, (reason, ""))
                self.assertEqual(result["reason"], reason, result)
                self.assertIn(words, result["error"])
                found = {key: [text.replace(directory, "/l") for text in result.get(key, [])]
                         for key in ("missing", "symbols")}
                self.assertEqual(found["missing"], [missing] if missing else [], result)
                # The trace tells of more than the one that the dynamic linker stopped at.
                if symbols:
                    self.assertIn(symbols, found["symbols"], result)

    def test_all_cases_in_a_dry_run(self) -> None:
        """The form of a file is judged without loading it."""
        for name, (reason, words) in self.BETTER.items():
            with self.subTest(name):
                result, _ = self.ask(name, "--dry-run")
                self.assertEqual(result.get("reason"), reason, result)
                self.assertIn(words, result["error"])

    # What is said of a dependency in the end, whatever the dynamic linker said.
    BROKEN = {
        "dependency_gone": "libgone.so.1: cannot open shared object file: No such file or directory",
        "dependency_not_permitted": "liby.so: cannot be read: Permission denied)",
        "dependency_directory": "liby.so: is not a regular file)",
        "dependency_link_loop": "liby.so: cannot be read: Too many levels of symbolic links)",
        "dependency_empty": "liby.so: the file is empty)",
        "dependency_text": "liby.so: is a linker script (text), not a shared library)",
        "dependency_cut": "liby.so: the file is cut off within its program headers)",
        # Which would be SIGBUS, and nobody would know whose fault it was.
        "dependency_cut_in_segment": "the file is cut off: it has 4096 bytes, its segments need",
        "dependency_32_bit": "liby.so: is for i386, this machine is x86_64)",
        "dependency_other_machine": "liby.so: is for aarch64, this machine is x86_64)",
        "dependency_byte_order": "big-endian machine",
        "dependency_object": "liby.so: is an object file, not a shared library)",
        "dependency_pie": "liby.so: is an executable (position-independent), not a shared library)",
    }

    def check_broken(self, result: dict[str, Any], words: str) -> None:
        """It is missing_dependency, and the dependency is named and described."""
        self.assertEqual(result["reason"], "missing_dependency", result)
        self.assertEqual(len(result["missing"]), 1)
        self.assertNotIn("libx.so", result["missing"][0])
        self.assertIn(result["missing"][0], result["error"])
        self.assertIn(words, result["error"])
        self.assertNotIn("\n", result["error"])

    def test_broken_dependency(self) -> None:
        """A library is not to blame for what its dependency is."""
        for name, words in self.BROKEN.items():
            with self.subTest(name):
                self.check_broken(self.ask(name)[0], words)

    def test_broken_dependency_by_runpath(self) -> None:
        """The same if the library says itself where its dependencies are."""
        for name, words in self.BROKEN.items():
            for tags, where in (("--enable-new-dtags", "$ORIGIN"), ("--disable-new-dtags", "$ORIGIN"),
                                ("--enable-new-dtags", "/nowhere:/${ORIGIN}/.")):
                with self.subTest(f"{name} {tags} {where}"):
                    directory = self.home.package(f"{name}{tags}{len(where)}")
                    maker = Maker(directory, f"-Wl,-rpath,{where}", f"-Wl,{tags}")
                    self.check_broken(self.verify_one(provoke.CASES[name](maker)), words)

    def test_broken_dependency_of_a_hostile_name(self) -> None:
        """What the loader adds to the text cannot be faked by a name."""
        for name in ("x\n(y).so", "x\n(y", "x: file too short\n(y: is for z)", "x\ny"):
            with self.subTest(name):
                maker = Maker(self.home.package("hostile"), "-Wl,-rpath,$ORIGIN")
                path = maker.library_needing(name)
                for content in (None, b"", b"not a library"):
                    if content is not None:
                        maker.path(name).write_bytes(content)
                    result = self.verify_one(path)
                    self.assertEqual(result["reason"], "missing_dependency", result)
                    self.assertEqual([missing.removeprefix(f"{maker.directory}/")
                                      for missing in result["missing"]], [name.replace("\n", "?")])

    def test_bus_error_of_its_own(self) -> None:
        """A SIGBUS that has nothing to do with libraries is the library's."""
        for name, body in (("sent", "raise(SIGBUS);"),
                           ("blocked", "sigset_t all; sigfillset(&all); "
                            "sigprocmask(SIG_SETMASK, &all, 0); kill(getpid(), SIGBUS); "
                            "sigprocmask(SIG_UNBLOCK, &all, 0);"),
                           ("own_file", "int fd = open(\"/etc/ld.so.cache\", O_RDONLY); "
                            "volatile char *m = mmap(0, 1 << 30, PROT_READ, MAP_PRIVATE, fd, 0); "
                            "m[(1 << 30) - 1];")):
            with self.subTest(name):
                path = Maker(self.home.package(name)).library(
                    "libx.so", "-lc", source="""
                    #include <fcntl.h>
                    #include <signal.h>
                    #include <sys/mman.h>
                    #include <unistd.h>
                    __attribute__((constructor)) static void die(void) { %s }""" % body)
                result = self.verify_one(path)
                self.assertEqual((result.get("reason"), result.get("signal")),
                                 ("crashed", "SIGBUS"), result)


class Damage(TestCase):
    """A real library, damaged."""

    def setUp(self) -> None:
        super().setUp()
        self.assertTrue(LIBZ.exists(), f"{LIBZ} is missing")
        self.elf = ElfFile(LIBZ)

    def ask(self, contents: list[bytes], *options: str) -> list[dict[str, Any]]:
        """The results for libraries with these contents."""
        paths = []
        for number, content in enumerate(contents):
            path = self.home.package("damaged") / f"{number:04}.so"
            path.write_bytes(content)
            paths.append(path)
        results = self.verify(*options, *paths).results
        self.assertEqual([result["path"] for result in results], [str(path) for path in paths])
        return results

    def test_library_cut_at_any_length(self) -> None:
        """Wherever it is cut, it is truncated, or nothing is missing that is loaded."""
        size = len(self.elf.data)
        edges = {0, 1, 4, 16, 52, 63, 64, 65, size - 1, size, self.elf.get(elffile.E_SHOFF, "<Q")}
        needed = 0
        for phdr in self.elf.phdrs():
            edges |= {phdr["at"], phdr["at"] + 56, phdr["offset"], phdr["offset"] + phdr["filesz"]}
            if phdr["type"] == elffile.PT_LOAD:
                needed = max(needed, phdr["offset"] + phdr["filesz"])
        edges |= set(range(0, size, 4096))
        sizes = sorted({edge + near for edge in edges for near in (-1, 0, 1)
                        if 0 <= edge + near <= size})
        self.assertGreater(len(sizes), 100)
        self.assertTrue(any(cut >= needed for cut in sizes[:-1]), "section headers come last")
        for cut, result in zip(sizes, self.ask(
                [bytes(self.elf.data[:cut]) for cut in sizes], "--timeout", "50")):
            with self.subTest(cut):
                self.assertEqual(result.get("reason"), "truncated" if cut < needed else None,
                                 result)

    def test_mutations(self) -> None:
        """Anything may come of changed bytes, but no SIGBUS: what is mapped is there. The seed is
        always the same."""
        chance = random.Random(20240607)
        contents = []
        headers = self.elf.get(elffile.E_PHOFF, "<Q") + 56 * self.elf.get(elffile.E_PHNUM, "<H")
        for _ in range(400):
            data = bytearray(self.elf.data)
            for _ in range(chance.randint(1, 4)):
                # Mostly in the headers, then in the dynamic section, then anywhere.
                place = chance.random()
                if place < 0.6:
                    at = chance.randrange(16, headers)
                elif place < 0.8:
                    phdr = self.elf.first(elffile.PT_DYNAMIC)
                    at = chance.randrange(phdr["offset"], phdr["offset"] + phdr["filesz"])
                else:
                    at = chance.randrange(len(data))
                data[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
            if chance.random() < 0.3:
                del data[chance.randrange(len(data)):]
            contents.append(bytes(data))
        results = self.ask(contents, "--timeout", "1")
        for number, result in enumerate(results):
            with self.subTest(number):
                self.assertNotEqual(result.get("signal"), "SIGBUS", result)
                self.assertNotEqual(result.get("reason"), "no_verdict", result)
                # libz needs libc.so.6 alone, and that is there.
                for name in result.get("missing", []):
                    self.assertNotIn(result["path"], name)
        reasons = {result.get("reason", "ok") for result in results}
        self.assertGreater(len(reasons), 3, f"too tame: {reasons}")


if __name__ == "__main__":
    harness.main()
