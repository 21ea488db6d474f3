#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trouble that does not show: warnings of libraries that load, and what they would like to open."""

import os
import random
import re
import unittest
from pathlib import Path

import dltest_harness as harness
import loader_driver as driver
from dltest_harness import make

GLIBC = tuple(int(part) for part in os.confstr("CS_GNU_LIBC_VERSION").split()[1].split("."))
MACHINE = os.uname().machine


class Case(harness.TestCase):
    """Looks at warnings."""

    def warnings(self, path, *options, **environment):
        """The warnings of a library that loads; without details there are none."""
        result = self.verify_one(path, "--details", *options, env=environment)
        self.assertTrue(result["ok"], result)
        plain = self.verify_one(path, *options, env=environment)
        self.assertTrue(plain["ok"], plain)
        self.assertNotIn("warnings", plain)
        for warning in result.get("warnings", []):
            self.assertNotRegex(warning, r"[\x00-\x1f\x7f]")
        return result.get("warnings", [])

    def match(self, left, *patterns):
        """One for each pattern, in any order, and no other."""
        for pattern in patterns:
            found = [warning for warning in left if re.search(pattern, warning)]
            self.assertEqual(len(found), 1, f"{pattern}: {left}")
            left.remove(found[0])
        self.assertEqual(left, [])

    def expect(self, path, *patterns, options=(), **environment):
        """One warning for each pattern, and no other that speaks of trouble."""
        self.match(harness.troubles(self.warnings(path, *options, **environment)), *patterns)

    def forecast(self, path, *patterns):
        """One warning for each pattern, and no other at all."""
        self.match(self.warnings(path), *patterns)


class Form(Case):
    """What the file says of itself."""

    def test_nothing_is_said_of_a_good_library(self):
        self.expect(self.home.add("good.so"))

    @unittest.skipIf(GLIBC >= (2, 41), "it does not load any more")
    def test_executable_stack(self):
        self.expect(self.home.add("exec_stack.so"), "^wants an executable stack.*2.41")

    @unittest.skipIf(GLIBC >= (2, 41), "it does not load any more")
    @unittest.skipUnless(MACHINE == "x86_64", "silence means no there")
    def test_silence_about_the_stack(self):
        target = self.home.package() / "silent.so"
        make.without_stack_header(harness.FIXTURES / "good.so", target)
        self.expect(str(target), "no PT_GNU_STACK.*2.41")

    def test_a_second_c_library(self):
        self.home.add("libdltest_of_musl.so")
        self.home.add("stubs/systems/libc.musl-x86_64.so.1", "libc.musl-x86_64.so.1")
        path = self.home.add("needs_of_musl.so")
        self.expect(path, "^brings a second C library, /.*/libc.musl-x86_64.so.1, into",
                    LD_LIBRARY_PATH=str(self.home.package()))

    def test_text_relocations(self):
        self.expect(self.home.add("text_relocation.so"), "^has text relocations")

    def test_what_hides_its_headers(self):
        """A fault in the look at it is not the library's, and its signals are as they were."""
        self.expect(self.home.add("hidden_headers.so"))


class Forecast(Case):
    """Where it will not load."""

    def test_nothing_is_said_of_what_runs_everywhere(self):
        self.forecast(self.home.add("libdltest_dlopen.so"))

    @unittest.skipUnless(MACHINE == "x86_64", "others have no such levels")
    def test_processor(self):
        flags = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text("ascii"), re.M)
        harness.needs("sse4_2" in flags[1].split(), "the processor has less")
        self.expect(self.home.add("needs_processor.so"))
        self.assertIn("needs a processor of x86-64-v2",
                      self.warnings(self.home.add("needs_processor.so")))
        self.assertNotIn("processor", str(self.warnings(self.home.add("good.so"))))

    def test_newest_version(self):
        """Of numbers: 2.4 is older than 2.25."""
        for name in ("needs_glibc.so", "needs_glibc_old_hash.so"):
            with self.subTest(name):
                self.forecast(self.home.add(name), r"^needs glibc 2\.25 or later, "
                              r"for (getrandom|explicit_bzero) and 1 more$")

    def test_weak_version(self):
        """It loads without."""
        target = self.home.package() / "weakly.so"
        make.needing_weakly(harness.FIXTURES / "needs_glibc.so", target, b"GLIBC_2.25")
        self.forecast(str(target), *(
            [r"^needs glibc 2\.4 or later, for openat$"] if MACHINE == "x86_64" else []))

    @unittest.skipIf(GLIBC < (2, 36), "it does not load")
    @unittest.skipUnless(MACHINE == "x86_64", "linkers pack it here alone")
    def test_packed_relocations(self):
        self.forecast(self.home.add("packed.so"),
                      r"^needs glibc 2\.36 or later, for its packed relocations \(DT_RELR\)$")

    @unittest.skipIf(GLIBC < (2, 34), "it does not load")
    def test_luck(self):
        """Symbols without a version; those of a library that is needed are no luck."""
        luck = [r"^uses dl(open|sym) and 1 more without a version and without needing libdl\.so\.2 ",
                r"^uses pthread_create without a version and without needing libpthread\.so\.0 "]
        self.forecast(self.home.add("lucky_declared.so"), *luck)
        self.forecast(self.home.add("lucky.so"), *luck,
                      r"^uses __res_search without a version and without needing libresolv\.so\.2 ")

    @unittest.skipIf(GLIBC < (2, 34), "it does not load")
    def test_luck_that_another_library_makes(self):
        """A dependency has a dlopen() that an older C library would leave to it."""
        self.home.add("libdltest_dlopen.so")
        self.home.add("libdltest_needing_dlopen.so")
        self.forecast(self.home.add("lucky_by_another.so"), "^uses dlsym without", "^uses pthread",
                      "^uses __res_search")

    @unittest.skipIf(GLIBC < (2, 35), "it does not load")
    def test_alignment(self):
        target = self.home.package() / "misaligned.so"
        make.misaligned(harness.FIXTURES / "good.so", target)
        self.expect(str(target), "^its segment at 0x[0-9a-f]+ is elsewhere .* of 0x200000 allows, ")


class SearchPath(Case):
    """RPATH and RUNPATH."""

    def check(self, name, *patterns):
        for tags, word in (("new", "RUNPATH"), ("old", "RPATH")):
            with self.subTest(word):
                self.expect(self.home.add(f"path_{name}_{tags}.so"),
                            *(f"^its {word} {pattern}" for pattern in patterns))

    def test_good_directory(self):
        self.home.package("other")
        self.check("good")

    def test_relative_directory(self):
        self.check("relative", "has 'some/lib', .* current directory")

    def test_empty_element(self):
        self.check("empty", "has an empty element, .* current directory")

    def test_directory_that_is_not_there(self):
        self.check("build", "has /dltest-build/lib, which is not there")

    def test_directory_that_others_may_write_to(self):
        self.check("writable", "has /tmp, a directory that every user may write to")

    def test_directory_that_leads_out_of_tsuku(self):
        away = self.base / "away"
        self.check("away", f"leads out of tsuku, to {away}, which is not there")
        away.mkdir()
        self.check("away", f"leads out of tsuku, to {away};")

    def test_library_that_is_not_of_tsuku(self):
        """What is not tsuku's is not told to stay there."""
        elsewhere = self.base / "a/b/c/d"
        elsewhere.mkdir(parents=True)
        (self.base / "away").mkdir()
        path = make.put(harness.FIXTURES / "path_away_new.so", elsewhere / "x.so")
        self.expect(os.fsdecode(path), options=("--root", elsewhere))


class Needs(Case):
    """DT_NEEDED and symbols."""

    def test_undeclared_need(self):
        for name in ("undeclared.so", "undeclared_old_hash.so"):
            with self.subTest(name):
                self.home.add("libdltest_low.so")
                self.home.add("libdltest_middle_rpath.so", "libdltest_middle.so")
                self.expect(self.home.add(name),
                            r"^uses dltest_low(er)? and 1 more of libdltest_low\.so without")

    def test_declared_need(self):
        for name in ("declared.so", "declared_old_hash.so"):
            with self.subTest(name):
                self.home.add("libdltest_low.so")
                self.home.add("libdltest_middle_rpath.so", "libdltest_middle.so")
                self.expect(self.home.add(name))

    def test_need_that_is_found_by_luck(self):
        """libdltest_middle.so has no search path, and gets libdltest_low.so all the same."""
        self.home.add("libdltest_low.so")
        middle = self.home.add("libdltest_middle.so")
        self.expect(self.home.add("declared.so"),
                    rf"^{middle}, which it needs, finds its own libdltest_low\.so only by luck")
        self.assertEqual(self.verify_one(middle, "--bare")["reason"], "missing_dependency")

    def test_need_that_the_callers_path_leads_to(self):
        """LD_LIBRARY_PATH leads there."""
        self.home.add("libdltest_low.so")
        middle = self.home.add("libdltest_middle.so")
        self.expect(self.home.add("declared.so"),
                    LD_LIBRARY_PATH=os.path.dirname(middle))

    def test_need_that_is_found_outside_tsuku(self):
        outside = next((path for path in (f"/lib/{MACHINE}-linux-gnu/libcrypt.so.1",
                                          "/usr/lib64/libcrypt.so.1")
                        if os.path.exists(path)), None)
        harness.needs(outside, "there is no libcrypt.so.1")
        target = self.home.package() / "user.so"
        make.needing(harness.FIXTURES / "needs_placeholder.so", target, b"libcrypt.so.1")
        self.expect(str(target), r"^needs libcrypt\.so\.1, which was found outside tsuku \(/")
        self.expect(str(target), LD_LIBRARY_PATH=os.path.dirname(outside))

    def test_needed_by_path(self):
        other = self.base / "x.so"
        make.put(harness.FIXTURES / "good.so", other)
        target = self.home.package() / "user.so"
        make.needing(harness.FIXTURES / "needs_placeholder.so", target, os.fsencode(other))
        self.expect(str(target), f"^needs {other} by this path", options=("--root", self.base))


class Damaged(harness.TestCase):
    """Copies with bytes changed where an ELF reader looks."""

    def test_warnings_change_no_verdict(self):
        self.home.add("libdltest_low.so")
        self.home.add("libdltest_middle_rpath.so", "libdltest_middle.so")
        self.home.add("libdltest_soft.so")
        chance = random.Random(1)
        paths = []
        for name in ("undeclared.so", "undeclared_old_hash.so", "wants_two_notes.so",
                     "path_away_new.so", "needs_glibc.so", "lucky.so"):
            content = (harness.FIXTURES / name).read_bytes()
            for number in range(150):
                mutant = bytearray(content)
                for _ in range(chance.randint(1, 4)):
                    # Headers, notes, hash tables, symbols and strings come first.
                    mutant[chance.randrange(64, 0x600)] = chance.randrange(256)
                target = self.home.package() / f"{number}-{name}"
                target.write_bytes(mutant)
                paths.append(str(target))
        options = ("--fresh", "--bare", "--timeout", "20")
        plain = self.verify(*options, *paths).by_path()
        detailed = self.verify("--details", *options, *paths).by_path()
        self.assertGreater(sum(result["ok"] for result in plain.values()), len(paths) // 10)
        for path in paths:
            for field in ("ok", "reason"):
                self.assertEqual(plain[path].get(field), detailed[path].get(field),
                                 f"{plain[path]}\n{detailed[path]}")


class SoftNeeds(harness.TestCase):
    """.note.dlopen, asked of the loader itself."""

    def loader(self):
        return driver.Loader([str(self.home.libs)], libs=str(self.home.libs),
                             search=str(self.home.libs))

    def told(self, name, flags=driver.FACTS):
        """The needs and the warnings of a library."""
        path = self.home.add(name)
        with self.loader() as loader:
            reports, status = loader.load(flags, path)
        self.assertEqual([report.stage for report in reports], [driver.OPENED, driver.CLOSED])
        self.assertEqual([report.reason for report in reports], [0, 0])
        self.assertEqual(os.WEXITSTATUS(status), driver.EXIT_REPORTED)
        return reports[0].tagged("s"), harness.troubles(reports[0].tagged("w"))

    def test_soft_needs_are_told(self):
        self.assertEqual(self.told("good.so"), ([], []))
        self.assertEqual(self.told("wants_one.so"),
                         (["suggested\tsound\tlibdltest_never.so\tlibdltest_soft.so"], []))
        self.assertEqual(self.told("wants_required.so"),
                         (["required\tits work\tlibdltest_never.so"], []))
        self.assertEqual(self.told("wants_two_notes.so", driver.FACTS | driver.LATENT),
                         (["recommended\ta\tlibdltest_soft.so",
                           "recommended\t\tlibdltest_never.so",
                           "suggested\tb\tlibdltest_soft_crash.so"], []))
        self.assertEqual(self.told("wants_one.so", 0), ([], []))

    def test_notes_of_nonsense(self):
        for name in ("wants_nonsense.so", "wants_deep.so", "wants_many.so"):
            with self.subTest(name):
                needs, warnings = self.told(name, driver.FACTS | driver.LATENT)
                self.assertLessEqual(len(needs), 32)
                self.assertEqual(len(warnings), 1)
                self.assertIn(".note.dlopen", warnings[0])
                self.assertEqual(self.told(name)[1], [])

    def attempt(self, library, *names, status=driver.EXIT_REPORTED):
        """Tries names for a library; the last report, or None after another end than that."""
        path = self.home.add(library)
        with self.loader() as loader:
            reports, wait_status = loader.load(driver.FACTS | driver.SOFT_NEED, path, *names)
        self.assertEqual(reports[0].stage, driver.OPENED)
        self.assertEqual(reports[0].reason, 0)
        self.assertIn(path, reports[0].tagged("o"))
        if status != driver.EXIT_REPORTED:
            self.assertEqual(wait_status, status)
            self.assertEqual(len(reports), 1)
            return None
        self.assertEqual(os.WEXITSTATUS(wait_status), status)
        self.assertEqual(reports[1].stage, driver.CLOSED)
        return reports[1]

    def test_present_need(self):
        """In the directory of its RUNPATH, which is not the loader's; the second name will do."""
        self.home.add("libdltest_soft.so")
        report = self.attempt("wants_one.so", "libdltest_never.so", "libdltest_soft.so")
        self.assertEqual(report.reason, 0, report)

    def test_need_that_is_present_for_others(self):
        """Not where this library searches."""
        self.home.add("libdltest_soft.so", package="other")
        report = self.attempt("wants_one.so", "libdltest_soft.so")
        self.assertTrue(report.text.startswith("libdltest_soft.so: cannot open"), report)

    def test_need_of_the_system(self):
        self.assertEqual(self.attempt("wants_one.so", "libc.so.6").reason, 0)

    def test_absent_need(self):
        report = self.attempt("wants_one.so", "libdltest_never.so", "libdltest_not.so")
        self.assertNotEqual(report.reason, 0)
        self.assertEqual(report.text, "libdltest_never.so: cannot open shared object file: "
                                      "No such file or directory")

    def test_broken_need(self):
        self.home.add("libdltest_soft_broken.so")
        report = self.attempt("wants_one.so", "libdltest_never.so", "libdltest_soft_broken.so")
        self.assertTrue(report.text.startswith("libdltest_gone.so: cannot open"), report)
        self.home.add("libdltest_soft.so")
        report = self.attempt("wants_one.so", "libdltest_soft_broken.so", "libdltest_soft.so")
        self.assertEqual(report.reason, 0, report)

    def test_need_that_crashes(self):
        self.home.add("libdltest_soft_crash.so")
        self.assertIsNone(self.attempt("wants_one.so", "libdltest_soft_crash.so", status=11))

    def test_need_of_a_library_that_does_not_load(self):
        path = self.home.add("needs_missing.so")
        with self.loader() as loader:
            reports, _ = loader.load(driver.FACTS | driver.SOFT_NEED, path, "libc.so.6")
        self.assertEqual([report.stage for report in reports], [driver.OPENED])
        self.assertEqual(reports[0].tagged("o"), [])


if __name__ == "__main__":
    harness.main()
