#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Remembered verdicts: given again while nothing has changed, and never after."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import dltest_harness as harness
from dltest_harness import make

HWCAPS = "glibc-hwcaps/x86-64-v2"
OLD = (10**18, 10**18)


def copy(fixture, target, times=None):
    """A copy of a fixture put in place by a rename, with its times or those given."""
    new = Path(f"{target}.new")
    make.put(harness.FIXTURES / fixture, new)
    if times:
        os.utime(new, ns=times)
    os.rename(new, target)


def overwrite(target, content):
    """Other content in the same file, with the times of before."""
    status = os.stat(target)
    with open(target, "r+b") as file:
        file.write(content)
        file.truncate()
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def repoint(link, target):
    """Has a symlink lead elsewhere."""
    new = f"{link}.new"
    os.symlink(target, new)
    os.rename(new, link)


class Case(harness.TestCase):
    """A daemon, and what it says."""

    def setUp(self):
        super().setUp()
        self.start_daemon(*self.daemon_options())
        self.peer = self.connect()
        self.lib = self.home.package()

    def daemon_options(self):
        """Arguments for the daemon."""
        return ()

    def ask(self, path, **options):
        """One answer, with details."""
        return self.peer.verify([str(path)], **{"details": True, **options})[0]

    def verdict(self, result):
        """What does not differ between an answer and the same one remembered."""
        return {key: value for key, value in result.items() if key != "cached"}

    def remember(self, path, **options):
        """Asks until it is remembered: what has only just been made is not at once."""
        fresh = self.ask(path, fresh=True, **options)
        self.assertFalse(fresh["cached"])
        answer = harness.wait_until(
            lambda: (lambda result: result if result["cached"] else None)(
                self.ask(path, **options)), f"{path} was remembered: {fresh}")
        for key in set(fresh) - {"cached", "duration_us"}:
            self.assertEqual(fresh[key], answer[key], key)
        # And again the same, with the duration of the load itself.
        self.assertEqual(self.ask(path, **options), answer)
        return answer

    def expect(self, path, reason=None, **options):
        """The answer after a change: not remembered, and this one."""
        result = self.ask(path, **options)
        self.assertFalse(result["cached"], result)
        self.assertEqual(result.get("reason"), reason, result)
        self.assertEqual(result["ok"], reason is None, result)
        return result

    def never(self, path, reason, times=3, **options):
        """A verdict that is not kept, however often it is asked for."""
        time.sleep(0.05)
        for _ in range(times):
            result = self.ask(path, **options)
            self.assertEqual(result.get("reason"), reason, result)
            self.assertFalse(result["cached"], result)


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


class WhileLoading(Case):
    """What changes while a load runs is not remembered."""

    def setUp(self):
        super().setUp()
        self.path = Path(self.home.add("slow_needs_dep.so"))
        self.dep = self.lib / "libdltest_dep.so"
        copy("libdltest_dep.so", self.dep, OLD)

    def daemon_options(self):
        """A loader that is not below /tmp, where others make files all the time: nothing would be
        remembered anyway."""
        place = tempfile.mkdtemp(prefix="dlt-", dir="/var/tmp")
        self.addCleanup(shutil.rmtree, place)
        return "--loader", shutil.copy(harness.LOADER, place)

    def is_loading(self, pid):
        """Whether a process has the dependency mapped; not if it has ended."""
        with contextlib.suppress(OSError):
            return str(self.dep) in Path(f"/proc/{pid}/maps").read_text(errors="replace")
        return False

    def stop(self, pid):
        """Has a process stand still if it is loading; whether it does."""
        if not self.is_loading(pid):
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            harness.wait_until(
                lambda: harness.process_table().get(pid, (0, "X", ""))[1] in "TZX",
                f"{pid} had stopped")
            # Only now it can no longer end of itself.
            if self.is_loading(pid):
                return True
            os.kill(pid, signal.SIGCONT)
        return False

    def stop_load(self, asking):
        """Stops the child that loads for 'asking'; None if that was over before it was seen."""
        while asking.is_alive():
            for pid in harness.programs_running():
                if self.stop(pid):
                    return pid
            time.sleep(0.01)
        return None

    def load_with(self, change):
        """Has it loaded and makes the change meanwhile; whether the load was seen in time."""
        # Another file each time, so that nothing is remembered of an earlier load.
        copy("libdltest_dep.so", self.dep, OLD)
        time.sleep(0.05)
        answers = []
        peer = self.connect()
        asking = threading.Thread(target=lambda: answers.extend(peer.verify(
            [str(self.path)], details=True, fresh=True, timeout_ms=30000)))
        asking.start()
        pid = self.stop_load(asking)
        if pid:
            try:
                change()
            finally:
                os.kill(pid, signal.SIGCONT)
        asking.join()
        self.assertEqual([answer["ok"] for answer in answers], [True], answers)
        return pid is not None

    def during(self, change):
        """Makes the change while it is being loaded; the verdict must be asked for anew."""
        self.assertTrue(any(self.load_with(change) for _ in range(20)), "never seen in time")
        self.assertFalse(self.ask(self.path)["cached"], "it changed while it was being loaded")

    def test_nothing(self):
        """So that the others mean something."""
        def is_remembered():
            try:
                self.during(lambda: None)
            except AssertionError as error:
                return "it changed" in str(error)
            return False  # somebody else has mounted something meanwhile, for one
        harness.wait_until(is_remembered, "a load was remembered in which nothing changed")

    def test_library(self):
        self.during(lambda: copy("slow_needs_dep.so", self.path, OLD))

    def test_library_in_place(self):
        content = self.path.read_bytes()
        self.during(lambda: overwrite(self.path, content))

    def test_dependency(self):
        self.during(lambda: copy("libdltest_dep.so", self.dep, OLD))

    def test_dependency_in_place(self):
        content = self.dep.read_bytes()
        self.during(lambda: overwrite(self.dep, content))

    def test_searched_directory(self):
        """One that is not there yet, and comes before."""
        def appear():
            (self.lib.parent / "first").mkdir()
            copy("libdltest_dep.so", self.lib.parent / "first/libdltest_dep.so")
        self.during(appear)

    def test_file_in_a_searched_directory(self):
        self.during(lambda: os.utime(self.home.add("good.so"), ns=OLD))

    def test_package_away_and_back(self):
        package = self.lib.parent

        def swap():
            os.rename(package, self.base / "away")
            os.rename(self.base / "away", package)
        self.during(swap)

    def test_passed_over(self):
        """A symlink that leads nowhere when the dynamic linker looks, and somewhere afterwards."""
        first = self.lib.parent / "first"
        first.mkdir()
        os.symlink(self.base / "target", first / self.dep.name)
        time.sleep(0.05)
        self.during(lambda: copy("libdltest_dep.so", self.base / "target", OLD))


class Namespaces(harness.TestCase):
    """With mounts of a daemon's own: only root can do that."""

    def setUp(self):
        super().setUp()
        harness.needs_root("it needs root to mount something")

    def in_namespace(self, script, *more):
        """Runs the client several times in a mount namespace; the results in their order."""
        path = self.home.add("needs_dep.so")
        good = self.home.add("good.so")
        prelude = f"""
        set -eu
        mount --make-rprivate /
        ask() {{ sleep 0.05; {harness.CLIENT} --details "$@" || [ $? = 1 ]; }}
        # What comes of one load, and what is said of it afterwards; of the next one if somebody
        # has changed a directory above the loader meanwhile.
        twice() {{
            ask "$@"
            for _ in {{1..20}}; do
                again=$(ask "$@")
                [[ $again != *'"cached":true'* ]] || break
            done
            echo "$again"
        }}
        """
        process = subprocess.run(
            ["unshare", "-m", "bash", "-c", prelude + script, "bash", path, good, *more],
            env=self.home.environment(), cwd=self.base, capture_output=True, timeout=120,
            check=False)
        self.assertEqual(process.returncode, 0, process.stderr)
        return [harness.compact_json(line)[0] for line in process.stdout.splitlines(True)]

    def check(self, answers, *expected):
        """Compares whether it loads, and whether it was remembered."""
        self.assertEqual([(answer["ok"], answer["cached"]) for answer in answers],
                         list(expected), answers)

    def test_c_library_upgraded(self):
        libc = os.path.realpath(f"/lib/{os.uname().machine}-linux-gnu/libc.so.6")
        harness.needs(os.path.exists(libc), "no C library where Debian has it")
        answers = self.in_namespace(f"""
        twice "$2"
        cp {libc} libc.new
        touch -r {libc} libc.new
        mount --bind libc.new {libc}
        twice "$2"
        umount -l {libc}
        twice "$2"
        """)
        self.check(answers, (True, False), (True, True), (True, False), (True, True),
                   (True, False), (True, True))

    def test_c_library_overwritten_in_the_old_process(self):
        """The zygote runs on with the old one; what it says is not remembered."""
        libc = os.path.realpath(f"/lib/{os.uname().machine}-linux-gnu/libc.so.6")
        harness.needs(os.path.exists(libc), "no C library where Debian has it")
        answers = self.in_namespace(f"""
        cp -a {libc} libc.new
        mount --bind libc.new {libc}
        sleep 0.05
        twice "$2"; ask "$2"
        touch -r {libc} libc.new
        twice "$2"; ask "$2"
        """)
        self.check(answers, (True, False), (True, True), (True, True),
                   (True, False), (True, True), (True, True))

    def test_cache_of_the_dynamic_linker_rewritten(self):
        answers = self.in_namespace("""
        cp /etc/ld.so.cache cache; cp -a /etc/ld.so.conf conf
        mount --bind cache /etc/ld.so.cache
        mkdir custom; cp "$3" custom/libdltest_dep.so
        twice --root custom "$1"
        echo "$PWD/custom" > list
        /sbin/ldconfig -X -f list -C cache.new
        cat cache.new > cache
        twice --root custom "$1"
        """, str(harness.FIXTURES / "libdltest_dep.so"))
        self.check(answers, (False, False), (False, True), (True, False), (True, True))

    def test_another_file_system_comes_to_light(self):
        """A directory mounted over another has times of long ago."""
        answers = self.in_namespace("""
        mkdir one; mount -t tmpfs tmpfs one
        export LD_LIBRARY_PATH=$PWD/one
        twice "$1"
        mkdir two; cp "$3" two/libdltest_dep.so; touch -d 2001-01-01 two two/*
        mount --bind two one
        twice "$1"
        umount -l one
        twice "$1"
        cp "$3" one/libdltest_dep.so
        twice "$1"
        """, str(harness.FIXTURES / "libdltest_dep.so"))
        self.check(answers, (False, False), (False, True), (True, False), (True, True),
                   (False, False), (False, True), (True, False), (True, True))

    def test_two_namespaces(self):
        """A daemon answers nobody who sees other files; the client takes one of its own."""
        answers = self.in_namespace("""
        mkdir one; mount -t tmpfs tmpfs one; cp "$3" one/libdltest_dep.so
        export LD_LIBRARY_PATH=$PWD/one
        twice "$1"
        unshare -m bash -c 'umount "$0/one"; ls "$0/one" >&2; exec "$@"' "$PWD" \
            %s --details "$1" || true
        """ % harness.CLIENT, str(harness.FIXTURES / "libdltest_dep.so"))
        self.check(answers, (True, False), (True, True), (False, False))
        # And one outside sees no such directory.
        env = {"LD_LIBRARY_PATH": str(self.base / "one")}
        self.run_client("--stop")
        self.wait_for_no_daemon()
        answer = self.run_client("--details", str(self.home.package() / "needs_dep.so"), env=env)
        self.assertEqual(answer.results[0]["reason"], "missing_dependency")


class Loader(harness.TestCase):
    """The loader of an installed tree."""

    def test_loader_upgraded(self):
        prefix = self.base / "prefix"
        subprocess.run([os.environ["DLTEST_CMAKE"], "--install", harness.BUILD_DIR, "--prefix",
                        prefix], check=True, stdout=subprocess.DEVNULL) \
            if (harness.BUILD_DIR / "CMakeCache.txt").exists() else \
            shutil.copytree(harness.CLIENT.parent, prefix / "bin")
        client = prefix / "bin" / harness.CLIENT.name
        loader = next(iter(prefix.rglob(harness.LOADER.name)))
        path = self.home.add("good.so")

        def ask():
            time.sleep(0.05)
            return self.run_client("--details", path, client=client).results[0]
        def remember():
            """The loader is below /tmp, in which others may make changes at any moment: then it is
            not certain that it was the same all the time."""
            self.assertFalse(ask()["cached"])
            self.assertTrue(any(ask()["cached"] for _ in range(20)))

        remember()
        shutil.copy2(loader, f"{loader}.new")
        os.rename(f"{loader}.new", loader)
        remember()


if __name__ == "__main__":
    harness.main()
