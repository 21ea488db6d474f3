#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is not what a library lacks, and like it, is said: people look for that next."""

import os
import subprocess

import dltest_harness as harness
from dltest_harness import make
from second_look_case import DEP, SecondLook

SYMBOL = "dltest_no_such_function"


class Nearby(SecondLook):
    """Other versions, names that were cut, paths of another machine, who has a symbol."""

    def lacking(self, name, where="p-1/lib"):
        """A library that needs one of this name."""
        path = self.home.libs / where / "needs.so"
        path.parent.mkdir(parents=True, exist_ok=True)
        make.needing(harness.FIXTURES / "needs_placeholder.so", path, os.fsencode(name))
        return str(path)

    def check(self, name, near, words):
        self.place("good.so", "p-1/lib", near)
        result = self.verify_one(self.lacking(name))
        self.assertEqual((result["reason"], result["missing"]), ("missing_dependency", [name]))
        self.assertTrue(result["error"].endswith(f" ({self.home.libs}/p-1/lib/{near} {words})"),
                        result)

    def test_another_version(self):
        self.check("libnear.so.2", "libnear.so.3", "is there, which is another version")

    def test_a_name_that_was_cut(self):
        self.check("ibssl-9.so.3", "libssl-9.so.3", "is there, which has almost that name")
        self.check("libodd_typo.so", "libodd_tipo.so", "is there, which has almost that name")

    def test_a_path_of_another_machine(self):
        self.check("/build/x/libabs.so", "libabs.so",
                   "is there; it is needed by a path alone, as that of the machine that it was "
                   "built on")

    def test_what_is_unlike_is_not_mentioned(self):
        for name, other in (("libab.so.1", "libxy.so.1"), ("liblong_name.so.1", "liblong.so.1"),
                            ("libfoo.so.1", "libfoobar.so.1")):
            self.place("good.so", "p-1/lib", other)
            result = self.verify_one(self.lacking(name))
            self.assertNotIn("is there", result["error"])

    def test_the_systems(self):
        """A version that this system does not have, of a library that it has."""
        result = self.verify_one(self.lacking("libz.so.0"))
        self.assertRegex(result["error"], r"\(/\S*/libz\.so\.1\S* is there, which is another version\)$")

    def test_who_has_a_symbol(self):
        path = self.place("undefined_function.so", "p-1/lib")
        self.assertNotIn("is not among", self.verify_one(path, "--fresh")["error"])
        other = self.place("defines_function.so", "p-1/lib", "libother.so")
        result = self.verify_one(path, "--fresh")
        self.assertEqual(result["reason"], "undefined_symbol")
        self.assertTrue(result["error"].endswith(
            f" ({other} has {SYMBOL}, and is not among what it needs)"), result)

    def test_a_stale_variant(self):
        """For better processors, it hides the file that was replaced."""
        new = self.place("defines_function.so", "p-1/lib", DEP)
        path = self.place("undefined_function.so", "p-1/lib", "uses.so")
        subprocess.run(["patchelf", "--add-needed", DEP, path], check=True)
        subprocess.run(["patchelf", "--set-rpath", "$ORIGIN", path], check=True)
        self.assertTrue(self.verify_one(path)["ok"])
        old = self.place(DEP, "p-1/lib/glibc-hwcaps/x86-64-v2", DEP)
        result = self.verify_one(path)
        if result["ok"]:
            self.skipTest("no variants are searched on this machine")
        self.assertIn(f"({old} was taken, and not {new})", result["error"])
        self.assertNotIn("is not among", result["error"])


if __name__ == "__main__":
    harness.main()
