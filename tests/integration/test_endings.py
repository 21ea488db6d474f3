#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How a process ended: whose code it was, what it had been refused, what it said; and that nothing is
refused that honest constructors need."""

import os
import re
import subprocess

import dltest_harness as harness

HANG = ("--timeout", "0.5")


class Ending(harness.TestCase):
    """What ends a process, or keeps it from ending."""

    def ending(self, name, *options, dependency=True):
        """The result for a library with this ending, or that needs one with it."""
        path = self.home.add(f"ending_{name}.so")
        if dependency:
            path = self.home.add(f"ending_{name}_user.so")
        return self.verify_one(path, *options)

    def check(self, name, error, role, *options, **more):
        """Error begins with 'error' and then tells whose code it was, as 'culprit' does."""
        for dependency in (False, True):
            result = self.ending(name, *options, dependency=dependency)
            self.assertRegex(result["error"], error, result)
            where = rf", in ending_{name}\.so\+0x[0-9a-f]+" + (f", {role}" if role else "")
            self.assertRegex(result["error"], where, result)
            self.assertEqual(os.path.basename(result["culprit"]["object"]), f"ending_{name}.so")
            self.assertRegex(result["culprit"]["place"], rf"^\+0x[0-9a-f]+(, {role})?$")
            self.assertEqual(result.get("refused"), more.get("refused"), result)
        return result

    def test_constructors(self):
        result = self.check("print_and_abort", "^crashed with SIGABRT while", "a constructor")
        self.assertEqual(result["signal"], "SIGABRT")
        self.check("leave", "^ended the process with exit status 3 while", "a constructor")

    def test_a_destructor(self):
        result = self.check("close", "^crashed with SIG.* while it was being unloaded", "a destructor")
        self.assertEqual(result["phase"], "close")

    def test_a_thread(self):
        self.check("abort_in_thread", "^crashed with SIGABRT", "a thread")

    def test_a_resolver(self):
        self.check("resolver", "^crashed with SIG", "an IFUNC resolver")

    def test_an_instruction(self):
        result = self.check("trap", "^crashed with SIG", "a constructor")
        if result["signal"] == "SIGILL":
            self.assertIn("an instruction that no processor has", result["error"])

    def test_hangs(self):
        result = self.check("deadlock", "^was still being loaded after 0.5 s, all its threads waiting",
                            "a constructor", *HANG)
        self.assertEqual(result["reason"], "timed_out")
        result = self.check("spin", "^was still being loaded after 0.5 s, in ", "a constructor", *HANG)
        self.assertNotIn("waiting", result["error"])

    def test_the_daemons_question_is_nobody_elses(self):
        result = self.ending("raise_own", dependency=False)
        self.assertEqual((result["reason"], result["signal"]), ("crashed", "SIG62"))

    def test_the_librarys_own_verdict_stays_the_first_ones(self):
        """The load that explains is no vote: crashed and exited are what they were."""
        for status in (0, 1):
            result = self.verify_one(self.home.add(f"exit_{status}.so"))
            self.assertEqual((result["reason"], result["exit_status"]), ("exited", status))
        result = self.verify_one(self.home.add("stack_overflow.so"))
        self.assertEqual((result["reason"], result["signal"]), ("crashed", "SIGSEGV"))
        self.assertEqual(os.path.basename(result["culprit"]["object"]), "stack_overflow.so")

    # What was refused.

    def test_what_was_refused_last_is_said(self):
        for name, refused in (
                ("lack_socket", ["socket AF_INET"]),
                ("lack_file", ["open for reading: /etc/debian_version"]),
                ("lack_shared_memory", ["open for writing: /dev/shm/dltest"]),
                ("lack_file_then_socket", ["open for reading: /etc/debian_version", "socket AF_INET"]),
                ("lack_socket_then_file", ["socket AF_INET", "open for reading: /etc/debian_version"])):
            with self.subTest(name=name):
                result = self.check(name, "^crashed with SIGABRT", "a constructor", refused=refused)
                self.assertTrue(result["error"].endswith(f", after it was refused {refused[-1]}"),
                                result)

    def test_an_exit_and_a_hang_for_what_was_refused(self):
        refused = ["open for reading: /etc/debian_version"]
        self.check("lack_file_and_leave", "^ended the process with exit status 9", "a constructor",
                   refused=refused)
        self.check("lack_file_and_wait", "^was still being loaded", "a constructor", *HANG,
                   refused=refused)

    def test_details_have_it_with_the_rest(self):
        result = self.ending("lack_socket_then_file", "--details", dependency=False)
        self.assertEqual(result["denied"], ["socket AF_INET", "open for reading: /etc/debian_version"])

    def test_remembered_as_it_was(self):
        path = self.home.add("ending_lack_socket.so")
        first = self.verify_one(path)
        for _ in range(3):
            again = self.verify_one(path)
            for key in ("error", "culprit", "refused"):
                self.assertEqual(again[key], first[key])

    # What honest constructors need.

    def test_an_honest_constructors_world(self):
        for name in ("need_pair", "need_anonymous_file", "need_null", "need_self", "need_system"):
            with self.subTest(name=name):
                result = self.ending(name, "--details")
                self.assertTrue(result["ok"], result)
                self.assertEqual([act for act in result["denied"]
                                  if not re.match("socket AF_UNIX", act)], [], result)

    # What was said.

    def test_what_was_printed_is_not_lost(self):
        result = self.ending("print_and_abort", "--details", dependency=False)
        self.assertEqual(result["output"], "no such device: the printer is on fire")
        result = self.ending("print_and_return", "--details", dependency=False)
        self.assertEqual((result["ok"], result["output"]), (True, "not flushed"))

    def test_the_dynamic_linkers_assertion(self):
        # As a tool leaves it that takes a need out, and not the versions that are wanted of it.
        path = self.home.add("uses_libm.so")
        subprocess.run(["patchelf", "--remove-needed", "libm.so.6", path], check=True)
        result = self.verify_one(path)
        self.assertEqual((result["reason"], result["exit_status"]), ("exited", 127))
        self.assertRegex(result["error"], r": Inconsistency detected by ld\.so: .*Assertion .* failed!$")

    def test_a_function_that_is_missing_when_it_is_called(self):
        path = self.home.add("ending_call_missing.so")
        result = self.verify_one(path, "--lazy")
        self.assertEqual((result["reason"], result["exit_status"]), ("exited", 127))
        self.assertIn("undefined symbol: dltest_missing_function", result["error"])
        self.assertEqual(result["symbols"], ["dltest_missing_function"])


if __name__ == "__main__":
    harness.main()
