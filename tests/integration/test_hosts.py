#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plugins, tried with the program that they are for: none of its code is run."""

import os
import shutil
from pathlib import Path

import dltest_harness as harness
from second_look_case import DEP, SecondLook

HOST = harness.FIXTURES / "host/bin/dltest-host"
FIXED = harness.FIXTURES / "host/bin/dltest-host-fixed"
BAD = harness.FIXTURES / "badhost/bin/dltest-host"
TIME = ("--timeout", "20")


class Hosts(SecondLook):
    def with_host(self, fixture, *options, host=HOST, where="plugin-1.0/lib"):
        path = self.place(fixture, where)
        return self.verify_one(path, "--host", host, *options)

    def cached(self, *arguments):
        result = self.verify_one(*arguments)
        return result if result["cached"] else None

    def check_loads(self, result, symbols=None, **more):
        self.assertTrue(result["ok"], result)
        host = result["host"]
        self.assertEqual((host["name"], host["program"]), (HOST.name, os.fspath(HOST)))
        if symbols is not None:
            self.assertEqual(host["symbols"], symbols, host)
        for key in ("called", "then", "after", "lacks", "unchecked"):
            self.assertEqual(host.get(key), more.get(key), host)

    def test_alone_it_lacks_its_host(self):
        path = self.place("plugin_calls.so", "plugin-1.0/lib")
        self.check_bad(self.verify_one(path), "undefined_symbol",
                       symbols=["dltest_host_function", "dltest_host_pointer"])

    def test_its_functions_answer_nothing_and_the_library_goes_on(self):
        result = self.with_host("plugin_calls.so", "--details")
        self.check_loads(result, 2, called="dltest_host_function")
        self.assertEqual(result["output"], "went on\n")
        self.assertEqual(harness.troubles(result.get("warnings", [])), [])
        self.assertNotIn("standin", "".join(result["objects"]))

    def test_in_a_thread(self):
        result = self.with_host("plugin_calls_in_thread.so", "--details")
        self.check_loads(result, 2, called="dltest_host_function")
        self.assertEqual(result["output"], "went on\n")

    def test_its_data_are_zeros(self):
        self.check_loads(self.with_host("plugin_uses_data.so"), 3)

    def test_it_gets_at_nothing_of_the_program(self):
        result = self.with_host("plugin_looks_for_host.so", "--details")
        self.check_loads(result)
        self.assertEqual(result["output"], "looked\n")

    def test_a_program_at_a_fixed_address(self):
        result = self.with_host("plugin_uses_data.so", host=FIXED)
        self.assertTrue(result["ok"], result)
        self.assertEqual(result["host"]["program"], os.fspath(FIXED))

    def test_what_happens_after_a_call_is_not_the_librarys_fault_alone(self):
        for fixture, called, then in (
                ("plugin_crashes_after_call.so", "dltest_host_pointer", "crashed"),
                ("plugin_exits_after_call.so", "dltest_host_function", "exited"),
                ("plugin_reads_code.so", "dltest_host_function", "crashed")):
            with self.subTest(fixture):
                result = self.with_host(fixture, "--details")
                self.check_loads(result, called=called, then=then)
                self.assertTrue(any(called in line for line in result["warnings"]), result)
                for key in ("error", "reason", "signal", "exit_status", "phase"):
                    self.assertNotIn(key, result)

    def test_a_hang_after_a_call(self):
        result = self.with_host("plugin_hangs_after_call.so", "--timeout", "1")
        self.check_loads(result, called="dltest_host_function", then="timed_out")

    def test_a_crash_without_a_call_is_the_librarys(self):
        result = self.with_host("plugin_crashes.so")
        self.check_bad(result, "crashed")
        self.assertEqual(result["signal"], "SIGSEGV")
        self.assertIn(f"(with {HOST})", result["error"])

    def test_what_is_left_is_named_alone(self):
        result = self.with_host("plugin_lacks.so")
        self.check_bad(result, "undefined_symbol", symbols=["dltest_nobody_has"])
        self.assertEqual([need["name"] for need in result["needs"]], ["dltest_nobody_has"])
        self.assertEqual(result["host"]["lacks"], 1)
        self.assertIn(f"undefined symbol: dltest_nobody_has (with {HOST})", result["error"])

    def test_what_its_libraries_have(self):
        path = self.place("plugin_wants_private.so", "plugin-1.0/lib")
        arguments = ("--root", harness.FIXTURES / "host", "--host", HOST)
        self.check_loads(self.verify_one(path, *arguments))

    def test_a_host_whose_library_crashes_says_nothing(self):
        path = self.place("plugin_wants_private.so", "plugin-1.0/lib")
        result = self.verify_one(path, "--root", harness.FIXTURES / "badhost", "--host", BAD)
        self.check_bad(result, "needs_host")
        self.assertIn("what it needs crashed with SIGSEGV", result["error"])

    def test_a_plugin_beside_it_is_loaded_first(self):
        sibling = self.place("plugin_sibling.so", "plugin-1.0/lib")
        result = self.with_host("plugin_wants_sibling.so", *TIME)
        self.check_loads(result, after=[sibling])

    def test_siblings_further_down_and_one_up(self):
        for where in ("plugin-1.0/lib/plugins/net", "plugin-1.0/lib"):
            with self.subTest(where):
                sibling = self.place("plugin_sibling.so", where)
                result = self.with_host("plugin_wants_sibling.so", "--fresh", *TIME,
                                        where="plugin-1.0/lib/plugins")
                self.check_loads(result, after=[sibling])
                os.unlink(sibling)

    def test_a_sibling_that_is_not_there(self):
        result = self.with_host("plugin_wants_sibling.so", *TIME)
        self.check_bad(result, "undefined_symbol", symbols=["dltest_sibling"])

    def test_what_its_package_has_and_the_host_is_to_bring(self):
        self.place(DEP, "plugin-1.0/lib")
        result = self.with_host("plugin_needs_dep.so", where="plugin-1.0/lib/plugins")
        self.check_loads(result, called="dltest_host_function")
        self.check_context(result, "plugin-1.0/lib")

    def test_what_lies_beside_it_no_host_brings(self):
        self.place(DEP, "plugin-1.0/lib")
        result = self.with_host("plugin_needs_dep.so")
        self.check_bad(result, "missing_dependency", missing=[DEP])
        self.assertIn(f"{DEP} is beside it: its RUNPATH lacks $ORIGIN", result["error"])
        self.assertNotIn("host", result)

    def test_several_hosts_are_tried_in_turn(self):
        path = self.place("plugin_uses_data.so", "plugin-1.0/lib")
        result = self.verify_one(path, "--host", "/usr/bin/true", "--host", HOST)
        self.check_loads(result)

    def test_what_is_no_host(self):
        script = self.home.libs / "script"
        script.write_text("#!/bin/sh\n")
        fifo = self.home.libs / "fifo"
        os.mkfifo(fifo)
        path = self.place("plugin_calls.so", "plugin-1.0/lib")
        for program, words in ((script, "is no program"), (fifo, "is no program"),
                               ("/nowhere", "No such file"), ("/usr", "is no program")):
            with self.subTest(program):
                result = self.verify_one(path, "--host", program)
                self.check_bad(result, "needs_host")
                self.assertIn(words, result["error"])
                self.assertEqual(sorted(result["host"]["unchecked"]),
                                 ["dltest_host_function", "dltest_host_pointer"])

    def test_a_missing_host_is_a_failure_unless_it_may_be(self):
        path = self.place("plugin_calls.so", "plugin-1.0/lib")
        arguments = (path, "--host", "/nowhere")
        self.assertEqual(self.run_client(*arguments).status, 1)
        self.assertEqual(self.run_client(*arguments, "--allow-missing-host").status, 0)
        answer = self.run_client(
            *arguments, self.home.add("crash_segv.so"), "--allow-missing-host")
        self.assertEqual(answer.status, 1)

    def test_a_library_of_a_package_of_python_is_pythons(self):
        path = self.place("hosts/python_library.so", "p-1.0/lib/p")
        self.check_bad(self.verify_one(path), "undefined_symbol", symbols=["Py_IsInitialized"])
        (self.home.libs / "p-1.0/lib/p/__init__.py").touch()
        result = self.verify_one(path)
        self.assertTrue(result["ok"], result)
        self.assertEqual((result["host"]["name"], result["host"]["symbols"]), ("Python", 1))

    def test_never_alone_or_without_loading(self):
        self.check_bad(self.with_host("plugin_calls.so", "--bare"), "undefined_symbol")
        self.assertNotIn("host", self.with_host("plugin_calls.so", "--dry-run"))

    def test_a_library_that_loads_has_no_host(self):
        self.assertNotIn("host", self.verify_one(self.home.add("good.so"), "--host", HOST))

    def test_never_for_a_missing_library(self):
        result = self.verify_one(self.home.add("needs_missing.so"), "--host", HOST)
        self.check_bad(result, "missing_dependency")
        self.assertNotIn("host", result)

    def test_remembered_until_the_host_changes(self):
        program = Path(shutil.copy2(HOST, self.home.path / "program"))
        path = self.place("plugin_calls.so", "plugin-1.0/lib")
        arguments = (path, "--host", program, "--details")
        self.verify_one(*arguments)
        again = harness.wait_until(lambda: self.cached(*arguments), "it was remembered")
        self.assertEqual(again["host"], {"name": "program", "program": os.fspath(program),
                                         "symbols": 2, "called": "dltest_host_function"})
        shutil.copy2("/usr/bin/true", program)
        other = self.verify_one(*arguments)
        self.check_bad(other, "undefined_symbol")
        self.assertFalse(other["cached"])


if __name__ == "__main__":
    harness.main()
