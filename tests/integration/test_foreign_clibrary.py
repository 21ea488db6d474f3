#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A C library that is not this system's, where libraries are searched: nobody meets it who does not
need it, and who fails is told of it."""

import os
import shutil
import unittest
from pathlib import Path

import dltest_harness as harness
from second_look_case import DEP, GONE, SYSTEM, SecondLook

NAME = "libc.so.6"
OWN = SYSTEM / NAME
PARTS = ("ld-linux-x86-64.so.2", "libdl.so.2", "libm.so.6", "libpthread.so.0", "libresolv.so.2",
         "librt.so.1")


@unittest.skipUnless(OWN.exists(), "this system has another C library")
class Foreign(SecondLook):
    """On the caller's library path, and in a package."""

    def setUp(self):
        super().setUp()
        self.elsewhere = self.base / "elsewhere"
        self.elsewhere.mkdir()

    @property
    def env(self):
        """For a client that asks with a library path."""
        if harness.SANITIZED:
            self.skipTest("a client with sanitizers loads its own C library by that path")
        return {"LD_LIBRARY_PATH": str(self.elsewhere)}

    def kinds(self):
        """Each kind of foreign C library, as bytes."""
        own = bytearray(OWN.read_bytes())
        yield b"no library at all\n"
        yield b""
        yield bytes(own[:1000])
        own[15] = 1  # which nobody looks at
        yield bytes(own)
        own[18] = 8  # EM_MIPS
        yield bytes(own)
        yield (harness.FIXTURES / "stubs/future" / NAME).read_bytes()
        musl = Path("/usr/lib/x86_64-linux-musl/libc.so")
        if musl.exists():
            yield musl.read_bytes()

    def check_named(self, result, *paths):
        for path in paths:
            self.assertIn(f"{path} is not this system's C library", result["error"])
        self.assertEqual(result["error"].count("is not this system's"), len(paths), result)

    def test_on_the_library_path(self):
        good, bad = self.home.add("good.so"), self.home.add("needs_two_missing.so")
        expected, = self.verify(bad).results
        for content in self.kinds():
            (self.elsewhere / NAME).write_bytes(content)
            answer = self.verify(good, bad, "--details", env=self.env, status=1)
            self.assertTrue(answer.results[0]["ok"], answer)
            self.assertIn(str(OWN), map(os.path.realpath, answer.results[0]["objects"]))
            self.assertNotIn(str(self.elsewhere / NAME), answer.results[0]["objects"])
            result = answer.results[1]
            self.check_bad(result, "missing_dependency", [GONE, "libdltest_gone2.so"])
            self.assertEqual(result["needs"], expected["needs"])
            self.check_named(result, self.elsewhere / NAME)

    def test_in_a_package(self):
        path = self.place("needs_dep.so", "p-1/lib/plugins")
        foreign = self.home.libs / "p-1/lib" / NAME
        dep = self.place(DEP, "p-1/lib")
        for content in self.kinds():
            foreign.write_bytes(content)
            self.check_context(self.verify_one(path, "--fresh"), "p-1/lib")
        os.unlink(dep)
        result = self.verify_one(path)
        self.check_bad(result, "missing_dependency", [DEP])
        self.check_named(result, foreign)

    def test_in_a_directory_for_special_processors(self):
        below = self.elsewhere / "glibc-hwcaps/x86-64-v2"
        below.mkdir(parents=True)
        (below / NAME).write_bytes(b"no library at all\n")
        self.assertTrue(self.verify_one(self.home.add("good.so"), env=self.env)["ok"])
        self.check_named(self.verify_one(self.home.add("needs_missing.so"), env=self.env),
                         below / NAME)

    def test_a_library_that_needs_it(self):
        shutil.copy(harness.FIXTURES / "stubs/future" / NAME, self.elsewhere)
        result = self.verify_one(self.home.add("of_the_future.so"), env=self.env)
        self.check_bad(result, "missing_version")
        self.check_named(result, self.elsewhere / NAME)
        self.assertEqual(result["needs"][0]["name"], "GLIBC_2.99")

    def test_this_systems_own_by_another_name(self):
        os.symlink(OWN, self.elsewhere / NAME)
        result = self.verify_one(self.home.add("needs_missing.so"), env=self.env)
        self.check_bad(result, "missing_dependency", [GONE])
        self.check_named(result)

    def test_parts_that_nobody_needs(self):
        path = self.place("needs_dep.so", "p-1/lib/plugins")
        self.place(DEP, "p-1/lib")
        for part in PARTS:
            (self.home.libs / "p-1/lib" / part).write_bytes(b"no library at all\n")
        self.check_context(self.verify_one(path), "p-1/lib")

    def test_a_part_that_is_needed(self):
        path = self.home.add("uses_libm.so")
        part = self.elsewhere / "libm.so.6"
        self.assertTrue(self.verify_one(path, env=self.env)["ok"])
        for fixture, reason in (("good.so", "undefined_symbol"), (None, "missing_dependency"),
                                ("crash_segv.so", "undefined_symbol")):
            part.write_bytes((harness.FIXTURES / fixture).read_bytes() if fixture else b"no library")
            result = self.verify_one(path, env=self.env)
            self.check_bad(result, reason)
            self.check_named(result, part)

    def test_it_comes_and_goes(self):
        good, bad = self.home.add("good.so"), self.home.add("needs_missing.so")
        for _ in range(3):
            self.check_named(self.verify_one(bad, env=self.env))
            (self.elsewhere / NAME).write_bytes(b"no library at all\n")
            self.assertTrue(self.verify_one(good, env=self.env)["ok"])
            self.check_named(self.verify_one(bad, env=self.env), self.elsewhere / NAME)
            os.unlink(self.elsewhere / NAME)

    def test_beside_what_is_loaded_first(self):
        # A trace is told of both by one variable.
        (self.elsewhere / NAME).write_bytes(b"no library at all\n")
        host, other = self.home.add("host.so"), self.home.add("poses_as_missing.so")
        path = self.home.add("demanding_plugin.so")
        result = self.verify_one(path, "--with", host, "--with", other, env=self.env)
        self.check_bad(result, "undefined_symbol", symbols=["dltest_no_such_data"])


if __name__ == "__main__":
    harness.main()
