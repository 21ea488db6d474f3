# SPDX-License-Identifier: MIT
"""What the sweeps rest on: ways to load a library for real."""

import glob
import os
import sys
import tempfile
import unittest

from oracle import Oracle, loads

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


if __name__ == "__main__":
    unittest.main()
