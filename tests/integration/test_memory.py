#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Remembered verdicts: given again while nothing has changed, and never after a file has."""

import os
import time
import unittest
from pathlib import Path

import dltest_harness as harness
from dltest_harness import make
from memory_case import OLD, Case, copy, overwrite


class Asking(Case):
    """Who is told what from memory."""

    def test_cached_and_fresh(self):
        path = self.home.add("good.so")
        self.remember(path)
        answer = self.run_client("--details", path).results[0]
        self.assertIs(answer["cached"], True)
        self.assertIs(self.run_client("--details", "--fresh", path).results[0]["cached"], False)
        self.assertNotIn("cached", self.run_client(path).results[0])
        status = self.peer.call(f"{harness.INTERFACE}.Status")["parameters"]
        self.assertEqual(status["remembered"], 1)

    def test_details_after_a_load_without(self):
        path = self.home.add("print.so")
        for _ in range(3):
            self.assertNotIn("output", self.ask(path, details=False))
            time.sleep(0.02)
        first = self.ask(path)
        self.assertTrue(first["output"])
        self.assertFalse(first["cached"], "the output was not taken in the earlier loads")
        answer = self.remember(path)
        self.assertEqual(answer["output"], first["output"])
        self.assertEqual(answer["objects"], first["objects"])
        self.assertNotIn("output", self.ask(path, details=False))

    def test_settings_are_told_apart(self):
        path = self.home.add("undefined_function.so")
        self.assertEqual(self.remember(path)["reason"], "undefined_symbol")
        self.expect(path, lazy=True)
        self.remember(path, lazy=True)
        self.expect(path, "undefined_symbol", bare=True)
        self.expect(path, "undefined_symbol", library_path=[str(self.base)])
        self.expect(path, "undefined_symbol", roots=[str(self.lib)])
        self.assertTrue(self.ask(path)["cached"])
        dry = self.ask(path, dry_run=True)
        self.assertEqual((dry["ok"], dry["cached"]), (True, False))

    def test_what_is_never_kept(self):
        self.never(self.home.add("sleep_forever.so"), "timed_out", 2, timeout_ms=100)
        self.never(self.lib / "nothing.so", "not_found")
        self.never(self.lib, "not_a_file")
        self.never("/etc/passwd", "outside_roots")
        status = self.peer.call(f"{harness.INTERFACE}.Status")["parameters"]
        self.assertEqual(status["remembered"], 0)

    def test_ends_are_kept_when_they_come_again(self):
        """How a process ended may have many causes: once is not enough."""
        for fixture, reason in (("crash_segv.so", "crashed"), ("exit_1.so", "exited"),
                                ("close_crash.so", "crashed"), ("close_exit.so", "exited")):
            with self.subTest(fixture):
                for number in range(20):
                    path = self.home.add(fixture, f"{number}-{fixture}")
                    time.sleep(0.05)
                    results = [self.ask(path) for _ in range(3)]
                    self.assertEqual([result["cached"] for result in results[:2]], [False, False])
                    for result in results:
                        self.assertEqual(result["reason"], reason)
                        self.assertEqual(result["phase"], results[0]["phase"])
                        self.assertEqual(result.get("signal"), results[0].get("signal"))
                        self.assertEqual(result.get("exit_status"), results[0].get("exit_status"))
                    # Unless somebody mounts something in one of the loads, or, where the loader
                    # is below /tmp, makes a file there.
                    if results[2]["cached"]:
                        break
                self.assertTrue(results[2]["cached"])
                # And not when the file has changed between the two.
                overwrite(path, (harness.FIXTURES / "good.so").read_bytes())
                self.assertTrue(self.ask(path)["ok"])

    def test_failure_that_ran_out_of_time(self):
        """The second look had no time: the next one may have some."""
        path = self.home.add("needs_missing.so")
        time.sleep(0.05)
        for _ in range(40):
            result = self.ask(path, timeout_ms=20)
            if not result["ok"] and "needs" not in result:
                self.assertFalse(result["cached"], result)


class Files(Case):
    """Changes of the library itself and of what it needs."""

    def test_content_with_mtime_put_back(self):
        path = self.home.add("good.so")
        self.remember(path)
        overwrite(path, (harness.FIXTURES / "undefined_data.so").read_bytes())
        self.expect(path, "undefined_symbol")
        self.remember(path)
        overwrite(path, (harness.FIXTURES / "good.so").read_bytes())
        self.expect(path)

    def test_same_size_with_mtime_put_back(self):
        path = Path(self.home.add("good.so"))
        self.remember(path)
        content = bytearray(path.read_bytes())
        content[make.E_MACHINE] ^= 0xff
        overwrite(path, bytes(content))
        self.expect(path, "wrong_architecture")
        self.remember(path)

    def test_replaced_by_rename_with_old_times(self):
        path = self.lib / "it.so"
        copy("good.so", path, OLD)
        self.remember(path)
        copy("undefined_data.so", path, OLD)
        self.expect(path, "undefined_symbol")

    def test_hard_link_as_replacement(self):
        path, other = self.lib / "it.so", self.lib / "other.so"
        copy("good.so", path)
        copy("undefined_data.so", other)
        self.remember(path)
        os.link(other, f"{path}.new")
        os.rename(f"{path}.new", path)
        self.expect(path, "undefined_symbol")

    def test_written_through_another_hard_link(self):
        path, other = self.lib / "it.so", self.base / "other.so"
        copy("good.so", path)
        os.link(path, other)
        self.remember(path)
        overwrite(other, b"")
        self.expect(path, "truncated")

    def test_dependency_replaced(self):
        path, dep = self.home.add("origin_runpath.so"), self.lib / "libdltest_dep.so"
        copy("libdltest_dep.so", dep, OLD)
        self.remember(path)
        make.truncated(harness.FIXTURES / "libdltest_dep.so", self.lib / "new", 1000)
        os.utime(self.lib / "new", ns=OLD)
        os.rename(self.lib / "new", dep)
        self.assertFalse(self.ask(path)["ok"])
        copy("libdltest_dep.so", dep, OLD)
        self.assertTrue(self.ask(path)["ok"])

    def test_dependency_that_is_no_library(self):
        """Its reason is one that for the library itself rests on nothing else."""
        path, dep = self.home.add("origin_runpath.so"), self.lib / "libdltest_dep.so"
        for content in (b"", b"x" * 1000):
            with self.subTest(len(content)):
                dep.write_bytes(content)
                time.sleep(0.05)
                for _ in range(3):
                    self.assertEqual(self.ask(path)["reason"], "missing_dependency")
                overwrite(dep, (harness.FIXTURES / "libdltest_dep.so").read_bytes())
                self.assertTrue(self.ask(path)["ok"])

    def test_dependency_of_a_dependency_removed(self):
        for fixture in ("declared.so", "libdltest_middle_rpath.so", "libdltest_low.so"):
            self.home.add(fixture, fixture.replace("_rpath", ""))
        path = self.lib / "declared.so"
        self.remember(path)
        os.unlink(self.lib / "libdltest_low.so")
        self.assertEqual(self.expect(path, "missing_dependency")["missing"],
                         ["libdltest_low.so"])
        self.remember(path)
        self.home.add("libdltest_low.so")
        self.expect(path)

    def test_mode_of_the_library_and_of_a_dependency(self):
        path, dep = self.home.add("origin_runpath.so"), self.lib / "libdltest_dep.so"
        copy("libdltest_dep.so", dep)
        self.remember(path)
        os.chmod(dep, 0)
        self.expect(path, "missing_dependency")
        self.remember(path)
        os.chmod(dep, 0o644)
        self.expect(path)
        self.remember(path)
        os.chmod(path, 0)
        self.expect(path, "permission_denied")
        os.chmod(path, 0o644)
        self.assertTrue(self.ask(path)["ok"])

    def test_mode_of_a_directory_above(self):
        if os.geteuid() == 0:
            raise unittest.SkipTest("root may enter every directory")
        path = self.home.add("origin_runpath.so")
        dep = self.home.package("dep") / "libdltest_dep.so"
        copy("libdltest_dep.so", dep)
        os.symlink(dep, self.lib / "libdltest_dep.so")
        self.remember(path)
        package = dep.parent.parent
        os.chmod(package, 0o600)
        self.expect(path, "missing_dependency")
        self.remember(path)
        os.chmod(package, 0o700)
        self.expect(path)
        self.remember(path)
        os.chmod(self.lib, 0)
        self.expect(path, "permission_denied")
        os.chmod(self.lib, 0o755)


if __name__ == "__main__":
    harness.main()
