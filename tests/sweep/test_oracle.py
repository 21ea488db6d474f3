# SPDX-License-Identifier: MIT
"""What the sweeps rest on: ways to load a library for real, and broken copies of libraries."""

import glob
import os
import sys
import tempfile
import unittest

import mutations
from elffile import ElfFile, interpreter_of, is_program
from oracle import Oracle, loads
from verdicts import (BROKEN, FALSE_ALARM, FALSE_OK, NEEDS_HOST, NO_ANSWER, NO_ORIGIN,
                      NOT_INSTALLED, OK_ALONE, OK_CONTEXT, OK_HOST, SKIPPED, TOO_EARLY,
                      UNDERLINKED, Truth, classify)

FIXTURES = os.path.realpath(os.environ["DLTEST_FIXTURES"])
NO_HOST = "/bin/true"


def fixture(name):
    return os.path.join(FIXTURES, name)


class Loading(unittest.TestCase):
    def setUp(self):
        self.oracle = Oracle()

    def test_a_library_loads_alone_and_in_a_host(self):
        path = fixture("good.so")
        self.assertEqual(self.oracle.alone([path]), {path: "ok"})
        self.assertEqual(self.oracle.by_host(NO_HOST, path), "ok")

    def test_a_host_tells_what_a_plugin_lacks(self):
        self.assertRegex(self.oracle.by_host(NO_HOST, fixture("undefined_data.so")),
                         "undefined symbol: dltest_no_such_data")

    def test_an_extension_loads_in_its_python(self):
        path, = glob.glob("/usr/lib/python3.*/lib-dynload/_bz2.*.so")
        self.assertFalse(loads(self.oracle.alone([path])[path]))
        self.assertEqual(self.oracle.by_host("/usr/bin/python3", path), "ok")

    def test_a_sibling_gives_what_a_plugin_lacks(self):
        path = fixture("plugin.so")
        self.assertFalse(loads(self.oracle.by_host(NO_HOST, path)))
        self.assertEqual(self.oracle.in_company(NO_HOST, path), ("ok", [fixture("host.so")]))

    def test_a_library_is_found_in_the_company_that_is_named_and_no_other(self):
        path = fixture("needs_dep.so")
        self.assertFalse(loads(self.oracle.in_company(NO_HOST, path)[0]))
        self.assertEqual(self.oracle.in_company(NO_HOST, path, [FIXTURES]),
                         ("ok", [fixture("libdltest_dep.so")]))

    def test_a_crash_of_a_plugin_is_no_load(self):
        self.assertEqual(self.oracle.by_host(NO_HOST, fixture("crash_segv.so")),
                         "ended with status -11")

    def test_a_process_that_does_not_end_is_ended(self):
        self.oracle.seconds = 0.2
        self.assertEqual(self.oracle.by_host(NO_HOST, fixture("spin.so")), "not ready in time")

    def test_an_import_loads_what_is_in_a_package(self):
        self.assertEqual(self.oracle.by_import(sys.executable, FIXTURES, fixture("good.so")), "ok")
        self.assertRegex(
            self.oracle.by_import(sys.executable, FIXTURES, fixture("undefined_data.so")),
            "dltest_no_such_data")

    def test_an_answer_is_kept_for_the_next_run(self):
        with tempfile.NamedTemporaryFile() as file:
            text = Oracle(file.name).by_host(NO_HOST, fixture("undefined_data.so"))
            again = Oracle(file.name)
            again.shim = "/nonexistent"
            self.assertEqual(again.by_host(NO_HOST, fixture("undefined_data.so")), text)


class Mutations(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.copy = os.path.join(directory.name, "copy.so")

    def load(self, elf):
        elf.save(self.copy)
        return Oracle().alone([self.copy])[self.copy]

    def test_a_changed_name_is_what_is_missing(self):
        elf = ElfFile(fixture("plugin.so"))
        symbol = next(symbol for symbol in elf.symbols() if symbol.name.startswith("dltest_host")
                      and not symbol.is_defined)
        changed = mutations.rename_symbol(elf, symbol, "Q")
        self.assertEqual(changed, {symbol.name[:-1] + "Q"})
        self.assertRegex(self.load(elf), f"undefined symbol: {symbol.name[:-1]}Q$")

    def test_a_library_that_is_not_needed_any_more_is_not_searched(self):
        elf = ElfFile(fixture("needs_dep.so"))
        self.assertIn("libdltest_dep.so", elf.needed)
        mutations.drop_need(elf, "libdltest_dep.so")
        self.assertEqual(self.load(elf), "ok")
        self.assertNotIn("libdltest_dep.so", ElfFile(self.copy).needed)

    def test_versions_go_with_the_library_that_has_them(self):
        for path in (fixture("good.so"), glob.glob("/usr/lib/*-linux-gnu/libm.so.6")[0]):
            elf = ElfFile(path)
            wanted = elf.wanted()
            mutations.drop_need(elf, "libc.so.6")
            elf.save(self.copy)
            left = ElfFile(self.copy)
            versions = [file for _, file, _ in left.version_needs()]
            self.assertNotIn("libc.so.6", left.needed + versions)
            self.assertEqual(left.wanted(), wanted)

    def test_programs_are_told_from_libraries(self):
        self.assertTrue(is_program(NO_HOST))
        self.assertTrue(os.path.exists(interpreter_of(NO_HOST)))
        self.assertFalse(is_program(fixture("good.so")))
        self.assertFalse(is_program("/etc/passwd"))


class Classes(unittest.TestCase):
    def check(self, name, result, loaded=False, alone=False, why=""):
        self.assertEqual(classify(result, Truth(loaded, alone, why)), name)

    def test_what_is_ok_is_so_if_it_loads(self):
        self.check(OK_ALONE, {"ok": True}, True, True)
        self.check(OK_CONTEXT, {"ok": True, "context": ["/x"]}, True)
        self.check(OK_HOST, {"ok": True, "host": {"program": "/x"}}, True)
        self.check(FALSE_OK, {"ok": True, "host": {"program": "/x"}})

    def test_what_is_not_ok_is_an_alarm_if_it_loads(self):
        result = {"ok": False, "reason": "undefined_symbol"}
        self.check(FALSE_ALARM, result, True)
        self.check(BROKEN, result, why="undefined symbol: x")
        self.check(NOT_INSTALLED, result, why="libx.so: cannot open shared object file")
        self.check(NEEDS_HOST, {"ok": False, "reason": "needs_host"}, True)
        self.check(SKIPPED, {"ok": False, "reason": "wrong_platform"}, True)
        self.check(SKIPPED, {"ok": False, "reason": "not_a_library", "skipped": True})

    def test_a_need_that_is_lacking_is_no_alarm_unless_it_loads_alone(self):
        result = {"ok": False, "reason": "crashed", "loads_with": ["libm.so.6"]}
        self.check(UNDERLINKED, result, True)
        self.check(FALSE_ALARM, result, True, True)
        result = {"ok": False, "reason": "missing_dependency",
                  "error": "libb.so is beside it: its RUNPATH lacks $ORIGIN"}
        self.check(NO_ORIGIN, result, True)
        self.check(FALSE_ALARM, result, True, True)

    def test_a_crash_for_want_of_a_host_that_has_begun_is_no_alarm(self):
        self.check(TOO_EARLY, {"ok": False, "reason": "crashed"}, True, why="linked: signal 11")

    def test_no_answer_is_not_forgotten(self):
        self.check(NO_ANSWER, None, True, True)
        self.check(NO_ANSWER, {"ok": False, "reason": "no_verdict"}, True, True)


if __name__ == "__main__":
    unittest.main()
