#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Remembered verdicts: given again while nothing has changed, and never after."""

import os
import shutil
import subprocess
import time
import unittest
from pathlib import Path

import dltest_harness as harness
from dltest_harness import make
from memory_case import OLD, Case, copy, overwrite, repoint

HWCAPS = "glibc-hwcaps/x86-64-v2"


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

    def test_details_after_none(self):
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

    def test_never_kept(self):
        self.never(self.home.add("sleep_forever.so"), "timed_out", 2, timeout_ms=100)
        self.never(self.lib / "nothing.so", "not_found")
        self.never(self.lib, "not_a_file")
        self.never("/etc/passwd", "outside_roots")
        status = self.peer.call(f"{harness.INTERFACE}.Status")["parameters"]
        self.assertEqual(status["remembered"], 0)

    def test_kept_when_it_comes_out_the_same_again(self):
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

    def test_mode(self):
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


class Searching(Case):
    """Changes where is searched."""

    def search(self, *names):
        """Directories to be searched in this order."""
        found = [self.base / name for name in names]
        for directory in found:
            directory.mkdir(exist_ok=True)
        return [str(directory) for directory in found], found

    def test_missing_library_appears_anywhere(self):
        names, dirs = self.search("one", "two")
        for fixture in ("away_enable-new.so", "away_disable-new.so"):
            path = self.home.add(fixture)
            places = [*dirs, self.home.libs, self.lib / "../first", self.lib / "../second",
                      self.lib, self.lib.parent, self.lib.parent / "lib64"]
            for directory in places:
                with self.subTest(fixture=fixture, directory=directory):
                    existed = directory.is_dir()
                    self.assertEqual(self.remember(path, library_path=names)["missing"],
                                     ["libdltest_gone.so"])
                    directory.mkdir(exist_ok=True)
                    copy("poses_as_missing.so", directory / "libdltest_gone.so")
                    self.expect(path, library_path=names)
                    self.remember(path, library_path=names)
                    os.unlink(directory / "libdltest_gone.so")
                    if not existed:
                        directory.rmdir()
                    self.expect(path, "missing_dependency", library_path=names)

    def test_no_directory_of_the_search_path_exists(self):
        """glibc then forgets about all of them."""
        later = self.base / "later"
        self.home.libs.rename(self.base / "libs")
        root = self.base / "libs/demo-1.0/lib"
        copy("needs_missing.so", root / "it.so")
        options = {"library_path": [str(later)], "roots": [str(self.base / "libs")]}
        self.remember(root / "it.so", **options)
        later.mkdir()
        copy("poses_as_missing.so", later / "libdltest_gone.so")
        self.expect(root / "it.so", **options)
        self.remember(root / "it.so", **options)

    def test_earlier_in_the_search_path(self):
        names, (one, two) = self.search("one", "two")
        path = self.home.add("needs_dep.so")
        copy("libdltest_dep.so", two / "libdltest_dep.so")
        self.remember(path, library_path=names)
        make.truncated(harness.FIXTURES / "libdltest_dep.so", one / "libdltest_dep.so", 1000)
        self.assertFalse(self.ask(path, library_path=names)["ok"])
        copy("libdltest_dep.so", one / "libdltest_dep.so")
        self.assertIn(str(one / "libdltest_dep.so"),
                      self.expect(path, library_path=names)["objects"])

    def test_dangling_symlink_comes_true(self):
        names, (one, two, away) = self.search("one", "two", "away")
        os.symlink(away / "there", one / "libdltest_dep.so")
        path = self.home.add("needs_dep.so")
        options = {"library_path": names[:2], "roots": [names[2]]}
        with self.subTest("missing everywhere"):
            self.remember(path, **options)
            copy("libdltest_dep.so", away / "there")
            self.expect(path, **options)
            os.unlink(away / "there")
        with self.subTest("earlier than the one that is found"):
            copy("libdltest_dep.so", two / "libdltest_dep.so")
            self.assertIn(str(two / "libdltest_dep.so"), self.remember(path, **options)["objects"])
            copy("libdltest_dep.so", away / "there")
            self.assertIn(str(one / "libdltest_dep.so"), self.expect(path, **options)["objects"])
            os.unlink(away / "there")
        with self.subTest("a failure for another reason"):
            copy("needs_missing.so", two / "libdltest_dep.so")
            self.assertEqual(self.remember(path, **options)["missing"], ["libdltest_gone.so"])
            copy("libdltest_dep.so", away / "there")
            self.expect(path, **options)

    def test_wrong_architecture_passed_over(self):
        """Of the wanted name, in an earlier directory; replaced without a trace in that."""
        names, (one, two) = self.search("one", "two")
        path = self.home.add("needs_dep.so")
        copy("libdltest_dep.so", two / "libdltest_dep.so")
        make.wrong_class(harness.FIXTURES / "libdltest_dep.so", one / "libdltest_dep.so")
        self.assertIn(names[1] + "/libdltest_dep.so",
                      self.remember(path, library_path=names)["objects"])
        overwrite(one / "libdltest_dep.so", (harness.FIXTURES / "libdltest_dep.so").read_bytes())
        self.assertIn(names[0] + "/libdltest_dep.so",
                      self.expect(path, library_path=names)["objects"])

    @unittest.skipUnless(os.uname().machine == "x86_64", "the names are of x86-64")
    def test_special_hardware(self):
        names, (one, two) = self.search("one", "two")
        path = self.home.add("needs_dep.so")
        copy("libdltest_dep.so", one / "libdltest_dep.so")
        special = one / HWCAPS
        options = {"library_path": names, "roots": [names[1]]}
        self.remember(path, **options)
        special.parent.mkdir()
        self.expect(path, **options)
        self.remember(path, **options)
        special.mkdir()
        self.expect(path, **options)
        self.remember(path, **options)
        copy("libdltest_dep.so", special / "libdltest_dep.so")
        self.assertIn(str(special / "libdltest_dep.so"), self.expect(path, **options)["objects"])
        self.remember(path, **options)
        os.unlink(special / "libdltest_dep.so")
        os.symlink(two / "nowhere", special / "libdltest_dep.so")
        self.expect(path, **options)
        self.remember(path, **options)
        copy("libdltest_dep.so", two / "nowhere")
        self.assertIn(str(special / "libdltest_dep.so"), self.expect(path, **options)["objects"])

    def test_what_was_only_looked_at_for_the_explanation(self):
        """The linker has no use for this RUNPATH, but the words about what is missing have."""
        names, (one,) = self.search("one")
        options = {"library_path": names, "bare": True}
        path = self.home.add("away_between.so")
        copy("libdltest_between.so", one / "libdltest_between.so", OLD)
        self.assertNotIn("second", self.remember(path, **options)["error"])
        second = self.lib.parent / "second"
        second.mkdir()
        (second / "libdltest_gone.so").write_text("text\n")
        answer = self.expect(path, "missing_dependency", **options)
        self.assertIn(f"{self.lib}/../second/libdltest_gone.so: ", answer["error"])
        self.remember(path, **options)
        os.unlink(second / "libdltest_gone.so")
        self.assertNotIn(
            "second", self.expect(path, "missing_dependency", **options)["error"])

    def test_library_path_of_the_caller(self):
        names, (one,) = self.search("one")
        path = self.home.add("needs_dep.so")
        copy("libdltest_dep.so", one / "libdltest_dep.so")
        self.remember(path)
        env = {"LD_LIBRARY_PATH": names[0]}
        self.assertTrue(self.run_client("--details", path, env=env).results[0]["ok"])
        answer = self.run_client("--details", path).results[0]
        self.assertEqual((answer["reason"], answer["cached"]), ("missing_dependency", True))

    def test_directory_symlink_repointed(self):
        _, (one, two) = self.search("one", "two")
        link = self.base / "link"
        link.symlink_to("one")
        path = self.home.add("needs_dep.so")
        copy("libdltest_dep.so", one / "libdltest_dep.so", OLD)
        os.utime(one, ns=OLD)
        os.utime(two, ns=OLD)
        self.remember(path, library_path=[str(link)])
        repoint(link, "two")
        self.expect(path, "missing_dependency", library_path=[str(link)])
        self.remember(path, library_path=[str(link)])
        repoint(link, "one")
        self.expect(path, library_path=[str(link)])

    def test_preloads(self):
        plugin, host = self.home.add("plugin.so"), self.home.add("host.so", package="host")
        self.remember(plugin)
        self.expect(plugin, preload=[host])
        self.remember(plugin, preload=[host])
        copy("good.so", host, OLD)
        self.expect(plugin, "undefined_symbol", preload=[host])
        self.assertTrue(self.ask(plugin)["cached"])


class Packages(Case):
    """Packages as tsuku has them: linked together, and exchanged as a whole."""

    def test_dependency_through_a_farm_of_symlinks(self):
        path = self.home.add("origin_runpath.so")
        dep = self.home.package("dep") / "libdltest_dep.so.1"
        copy("libdltest_dep.so", dep, OLD)
        os.symlink("../../dep-1.0/lib/libdltest_dep.so.1", self.lib / "libdltest_dep.so")
        self.remember(path)
        copy("good.so", self.home.package("dep", "2.0") / dep.name, OLD)
        shutil.rmtree(dep.parent.parent)
        self.expect(path, "missing_dependency")
        self.remember(path)
        repoint(self.lib / "libdltest_dep.so", "../../dep-2.0/lib/libdltest_dep.so.1")
        self.expect(path)

    def swap(self, old, new):
        """As tsuku installs over a package that is there."""
        os.rename(old, self.home.libs / ".old")
        os.rename(new, old)
        shutil.rmtree(self.home.libs / ".old")

    def test_package_exchanged_by_two_renames(self):
        package = self.lib.parent
        staging = self.home.libs / ".demo.staging"
        path = self.home.add("origin_runpath.so")
        copy("libdltest_dep.so", self.lib / "libdltest_dep.so", OLD)
        self.remember(path)
        shutil.copytree(package, staging)
        os.unlink(staging / "lib/libdltest_dep.so")
        for each in (staging / "lib", staging):
            os.utime(each, ns=OLD)
        self.swap(package, staging)
        self.expect(path, "missing_dependency")

    def test_directory_with_old_times_in_its_place(self):
        package = self.lib.parent
        path = self.home.add("origin_runpath.so")
        copy("libdltest_dep.so", self.lib / "libdltest_dep.so")
        self.remember(path)
        subprocess.run(["cp", "-a", package, f"{package}.new"], check=True)
        overwrite(f"{package}.new/lib/libdltest_dep.so", b"")
        shutil.copystat(self.lib, f"{package}.new/lib")
        shutil.copystat(package, f"{package}.new")
        self.swap(package, f"{package}.new")
        self.expect(path, "missing_dependency")

    def test_origin_by_a_symlink_to_the_package(self):
        self.home.add("origin_runpath.so", package="a")
        self.home.add("origin_runpath.so", package="b")
        copy("libdltest_dep.so", self.home.libs / "a-1.0/lib/libdltest_dep.so")
        current = self.home.libs / "current"
        current.symlink_to("a-1.0")
        path = current / "lib/origin_runpath.so"
        self.remember(path)
        repoint(current, "b-1.0")
        self.expect(path, "missing_dependency")
        self.remember(path)
        repoint(current, "a-1.0")
        self.expect(path)

    def test_the_same_file_by_another_way(self):
        """The file and all its times are the same, but it is elsewhere now."""
        path = Path(self.home.add("good.so"))
        self.remember(path)
        os.rename(self.lib, self.base / "moved")
        os.symlink(self.base / "moved", self.lib)
        self.expect(path, "outside_roots")

    def test_a_root_that_leads_elsewhere(self):
        for name in ("one", "two"):
            (self.base / name).mkdir()
        root = self.base / "root"
        root.symlink_to("one")
        path = self.base / "one/it.so"
        copy("good.so", path)
        self.remember(path, roots=[str(root)])
        repoint(root, "two")
        self.expect(path, "outside_roots", roots=[str(root)])

    def test_a_root_that_was_moved(self):
        """With a symlink left in its place it is the same directory by another way."""
        (self.base / "one").mkdir()
        root = self.base / "root"
        root.symlink_to("one")
        copy("good.so", self.base / "one/it.so")
        self.remember(root / "it.so", roots=[str(root)])
        os.rename(self.base / "one", self.base / "two")
        os.symlink("two", self.base / "one")
        self.expect(root / "it.so", roots=[str(root)])

    def test_company(self):
        """Loads only with its package's directory; the verdict rests on that, too."""
        path = Path(self.home.add("needs_dep.so"))
        self.remember(path)
        copy("libdltest_dep.so", self.lib / "libdltest_dep.so")
        self.assertEqual(self.expect(path)["context"], [str(self.lib)])
        self.remember(path)
        os.rename(self.lib / "libdltest_dep.so", self.base / "dep")
        self.expect(path, "missing_dependency")
        self.remember(path)
        os.rename(self.base / "dep", self.lib / "libdltest_dep.so")
        self.expect(path)
        self.remember(path)
        # It loads alone now.
        copy("libdltest_dep.so", self.home.libs / "libdltest_dep.so")
        self.assertNotIn("context", self.expect(path))

    def test_loads_with(self):
        path = self.home.add("uses_cosine.so")
        answer = self.remember(path)
        self.assertEqual((answer["reason"], answer.get("loads_with")),
                         ("undefined_symbol", ["libm.so.6"]))
        # Another one of that name that is found first.
        copy("good.so", self.home.libs / "libm.so.6")
        self.assertNotIn("loads_with", self.expect(path, "undefined_symbol"))

    def test_a_trace_that_stops(self):
        """It does not tell where what was mapped before comes from; a load in company tells enough
        besides to look as if all were known."""
        path = self.home.add("needs_gone_and_dep.so", "plugin.so", package="app")
        self.home.add("good.so", package="app")
        others = self.base / "others"
        others.mkdir()
        for name in ("libdltest_gone.so", "libdltest_dep.so"):
            copy("good.so", others / name)
            self.remember(path, library_path=[str(others)])
            whole = (others / name).read_bytes()
            (others / name).write_bytes(whole[:5] + b"\2" + whole[6:])  # of the other byte order
            self.never(path, "missing_dependency", library_path=[str(others)])
            (others / name).write_bytes(whole)


if __name__ == "__main__":
    harness.main()
