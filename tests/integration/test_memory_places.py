#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Remembered verdicts: never given after a change of where is searched, or of what leads there."""

import os
import shutil
import subprocess
import unittest
from pathlib import Path

import dltest_harness as harness
from dltest_harness import make
from memory_case import OLD, Case, copy, overwrite, repoint

HWCAPS = "glibc-hwcaps/x86-64-v2"


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
                      self.lib.parent, self.lib.parent / "lib64", self.lib / "deeper"]
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

    def test_company_appears_and_disappears(self):
        """Loads only with its package's directory; the verdict rests on that, too."""
        path = Path(self.home.add("needs_dep.so"))
        self.remember(path)
        for name in ("lib64", "lib/deeper"):
            place = self.lib.parent / name
            place.mkdir()
            self.ask(path)
            self.remember(path)
            copy("libdltest_dep.so", place / "libdltest_dep.so")
            self.assertEqual(self.expect(path)["context"], [str(place)])
            self.remember(path)
            os.rename(place / "libdltest_dep.so", self.base / "dep")
            self.expect(path, "missing_dependency")
            self.remember(path)
            os.rename(self.base / "dep", place / "libdltest_dep.so")
            self.expect(path)
            self.remember(path)
            shutil.rmtree(place)
            self.expect(path, "missing_dependency")
        # It loads alone now.
        copy("libdltest_dep.so", self.home.libs / "libdltest_dep.so")
        self.assertNotIn("context", self.expect(path))

    def test_what_its_package_calls_so_appears_and_disappears(self):
        """By what a file calls itself, which its directory does not show."""
        path = Path(self.home.add("needs_dep.so"))
        other = self.lib / "libother.so"
        copy("good.so", other)
        self.remember(path)
        overwrite(other, (harness.FIXTURES / "libdltest_dep.so").read_bytes())
        self.assertEqual(self.expect(path)["context"], [str(self.lib)])
        self.remember(path)
        overwrite(other, (harness.FIXTURES / "good.so").read_bytes())
        self.expect(path, "missing_dependency")

    def test_what_lies_beside_it(self):
        path = Path(self.home.add("needs_dep.so"))
        self.remember(path)
        copy("libdltest_dep.so", self.lib / "libdltest_dep.so")
        self.assertIn("is beside it", self.expect(path, "missing_dependency")["error"])
        self.remember(path)
        os.unlink(self.lib / "libdltest_dep.so")
        self.assertNotIn("is beside it", self.expect(path, "missing_dependency")["error"])

    def test_what_it_loads_with_comes_to_be_another(self):
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
