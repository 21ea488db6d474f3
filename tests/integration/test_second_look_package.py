#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a library lacks and its whole package has: what a host brings, and what is at fault."""

import os
import shutil
import subprocess
from pathlib import Path

import dltest_harness as harness
from dltest_harness import make
from second_look_case import DEP, GONE, SYSTEM, SecondLook, needs_file

BESIDE = "is beside it: its RUNPATH lacks $ORIGIN"
UNREADABLE = "is there, and may not be read here: --root "


def patch(path, *options):
    """Changes a library as packagers do; patchelf takes the RPATH by itself alone."""
    at = next((i for i, option in enumerate(options) if "rpath" in option), len(options))
    for part in (options[:at], options[at:]):
        if part:
            subprocess.run(["patchelf", *part, path], check=True)
    return path


class Whole(SecondLook):
    """All directories of a package, and what the files in them call themselves."""

    def test_below_its_own_directory(self):
        # As the JDK's lib/server.
        self.place(DEP, "jdk-1/lib/server")
        path = self.place("needs_dep.so", "jdk-1/lib")
        self.check_context(self.verify_one(path), "jdk-1/lib/server")

    def test_in_any_directory_of_it(self):
        for place in ("p-1/other", "p-1/share/deep/er/lib", "p-1/lib/a"):
            self.place(DEP, place)
            path = self.place("needs_dep.so", "p-1/lib/b")
            self.check_context(self.verify_one(path, "--fresh"), place)
            os.unlink(self.home.libs / place / DEP)

    def test_the_nearest_is_taken(self):
        for place in ("p-1/far", "p-1/lib/plugins/near"):
            self.place(DEP, place)
        path = self.place("needs_dep.so", "p-1/lib/plugins")
        self.check_context(self.verify_one(path), "p-1/lib/plugins/near")

    def test_under_another_name(self):
        # Its SONAME is the name that is needed: as libonnxruntime.so beside its JNI library.
        other = self.place(DEP, "p-1/lib", "libother.so")
        path = self.place("needs_dep.so", "p-1/lib")
        result = self.verify_one(path, "--details")
        self.check_context(result, "p-1/lib")
        self.assertIn(other, result["objects"])
        self.assertIn(f"needs {DEP}, which its package has as {other}: whoever loads it has to "
                      "load that first", result["warnings"])

    def test_all_that_it_lacks_in_turn(self):
        # From one directory to the next, and by another name.
        self.place("libdltest_between.so", "p-1/one", "libx.so")
        self.place("poses_as_missing.so", "p-1/two", "liby.so")
        path = patch(self.place("good.so", "p-1/lib"), "--add-needed", "libdltest_between.so")
        patch(self.home.libs / "p-1/one/libx.so", "--set-soname", "libdltest_between.so")
        self.check_context(self.verify_one(path), "p-1/one", "p-1/two")

    def test_what_is_found_anyway_is_not_taken_from_there(self):
        # A C library's part that a package happens to have.
        self.place(DEP, "p-1/other")
        self.place("good.so", "p-1/more", "libm.so.6")
        path = self.place("needs_dep.so", "p-1/lib")
        patch(self.home.libs / "p-1/other" / DEP, "--add-needed", "libm.so.6")
        self.check_context(self.verify_one(path), "p-1/other")

    def test_stubs_are_there_to_be_linked_with(self):
        self.place(DEP, "p-1/lib/stubs")
        path = self.place("needs_dep.so", "p-1/lib")
        self.check_bad(self.verify_one(path), "missing_dependency", [DEP])

    def test_never_another_package(self):
        self.place(DEP, "p-2/lib")
        self.place(DEP, "p-2/lib", "libother.so")
        os.symlink("../p-2/lib", self.home.libs / "p-2/lib64")
        path = self.place("needs_dep.so", "p-1/lib")
        os.symlink("../p-2/lib", self.home.libs / "p-1/far")
        self.check_bad(self.verify_one(path), "missing_dependency", [DEP])

    def test_bounds_are_told(self):
        path = self.place("needs_dep.so", "p-1/lib")
        for number in range(2100):
            (self.home.libs / f"p-1/many/{number}").mkdir(parents=True)
        result = self.verify_one(path, "--details")
        self.check_bad(result, "missing_dependency", [DEP])
        self.assertTrue(any("in a part of its package only: 2048 directories" in warning
                            for warning in result["warnings"]), result)

    def test_odd_files(self):
        # None of it keeps anybody waiting, or is taken.
        lib = self.home.libs / "p-1/lib"
        path = self.place("needs_dep.so", "p-1/lib")
        os.mkfifo(lib / "fifo.so")
        os.symlink("loop.so", lib / "loop.so")
        (lib / "directory.so").mkdir()
        (lib / "text.so").write_text("text")
        make.truncated(harness.FIXTURES / DEP, lib / "cut.so", 200)
        make.wrong_class(harness.FIXTURES / DEP, lib / "other.so")
        self.check_bad(self.verify_one(path), "missing_dependency", [DEP])

    def test_companions_that_fail_are_told(self):
        other = self.place("undefined_data.so", "p-1/lib", "libother.so")
        patch(other, "--set-soname", DEP)
        result = self.verify_one(self.place("needs_dep.so", "p-1/lib"))
        self.check_bad(result, "undefined_symbol", symbols=["dltest_no_such_data"])
        self.assertIn(f"in the company of its own package: {other}: undefined symbol: "
                      "dltest_no_such_data", result["error"])
        self.assertIn(f"(alone it does not find {DEP}, which is in {other})", result["error"])


class Roots(SecondLook):
    """Packages below --root."""

    def put(self, name, fixture):
        path = self.base / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.fsdecode(make.put(harness.FIXTURES / fixture, path))

    def verify_below(self, path, root="root"):
        return self.verify_one(path, "--fresh", "--root", str(self.base / root))

    def test_a_prefix_is_a_package(self):
        self.put(f"lib/private/{DEP}", DEP)
        path = self.put("plugins/needs_dep.so", "needs_dep.so")
        result = self.verify_below(path)
        self.assertEqual(result.get("context"), [str(self.base / "root/lib/private")], result)

    def test_what_holds_lib_is_a_package(self):
        self.put(f"one/share/{DEP}", DEP)
        self.assertTrue(self.verify_below(self.put("one/lib/x.so", "needs_dep.so"))["ok"])
        self.assertFalse(self.verify_below(self.put("two/lib/x.so", "needs_dep.so"))["ok"])

    def test_directories_of_python_are_none(self):
        self.put(f"lib/python3/site-packages/one/deep/{DEP}", DEP)
        self.assertTrue(self.verify_below(
            self.put("lib/python3/site-packages/one/sub/x.so", "needs_dep.so"))["ok"])
        self.assertFalse(self.verify_below(
            self.put("lib/python3/site-packages/two/sub/x.so", "needs_dep.so"))["ok"])

    def test_a_wheel_brings_what_is_beside_it(self):
        # As auditwheel leaves it: an extension has a DT_RPATH to libraries that have none.
        site = "site-packages"
        dep = self.put(f"{site}/the_wheel.libs/{DEP}", DEP)
        path = self.put(f"{site}/the_wheel.libs/needs_dep.so", "needs_dep.so")
        extension = self.put(f"{site}/imported/sub/extension.so", "good.so")
        self.assertIn(BESIDE, self.verify_below(path)["error"])
        patch(extension, "--add-needed", "needs_dep.so", "--force-rpath",
              "--set-rpath", "$ORIGIN/../../the_wheel.libs")
        self.assertIn(BESIDE, self.verify_below(path)["error"])
        info = self.base / "root" / site / "the_wheel-1.0.dist-info"
        info.mkdir()
        (info / "RECORD").write_text("imported/__init__.py,sha256=x,0\n"
                                     "imported/sub/extension.so,sha256=x,1\n"
                                     f"the_wheel.libs/{DEP},sha256=x,1\n")
        result = self.verify_below(path)
        self.assertEqual(result.get("context"), [os.path.dirname(dep)], result)
        # A DT_RUNPATH holds for nobody else.
        patch(extension, "--remove-rpath")
        patch(extension, "--set-rpath", "$ORIGIN/../../the_wheel.libs")
        self.assertIn(BESIDE, self.verify_below(path)["error"])


class Beside(SecondLook):
    """What lies beside a library is to be found by it."""

    def check_beside(self, result, name, needed_by):
        self.check_bad(result, "missing_dependency", [name], [])
        self.assertEqual(result["needs"], [{"name": name, "needed_by": needed_by}])
        self.assertIn(f"{name}: cannot open shared object file: No such file or directory (needed "
                      f"by {needed_by}; {os.path.dirname(needed_by)}/{name} {BESIDE}",
                      result["error"])

    def test_in_its_own_directory(self):
        self.place(DEP, "p-1/lib")
        path = self.place("needs_dep.so", "p-1/lib")
        self.check_beside(self.verify_one(path), DEP, path)
        # It is not the directory's name that counts.
        self.place(DEP, "p-2/plugins")
        self.check_beside(self.verify_one(self.place("needs_dep.so", "p-2/plugins")), DEP,
                          str(self.home.libs / "p-2/plugins/needs_dep.so"))
        # With the RUNPATH, or from a library path, it is not needed.
        self.assertTrue(self.verify_one(
            path, "--fresh", env={"LD_LIBRARY_PATH": os.path.dirname(path)})["ok"])
        patch(path, "--set-rpath", "$ORIGIN")
        self.assertEqual(self.verify_one(path), {"path": path, "ok": True})

    def test_another_runpath_does_not_help(self):
        self.place(DEP, "p-1/lib")
        path = patch(self.place("needs_dep.so", "p-1/lib"), "--set-rpath", "$ORIGIN/../lib64")
        self.check_beside(self.verify_one(path), DEP, path)
        patch(path, "--force-rpath", "--set-rpath", "$ORIGIN/../lib64")
        self.assertIn(BESIDE.replace("RUNPATH", "RPATH"), self.verify_one(path)["error"])

    def test_through_a_link(self):
        self.place(DEP, "p-1/lib")
        self.place("needs_dep.so", "p-1/lib")
        (self.home.libs / "p-1/links").mkdir()
        link = self.home.libs / "p-1/links/link.so"
        os.symlink("../lib/needs_dep.so", link)
        self.check_bad(self.verify_one(str(link)), "missing_dependency", [DEP])

    def test_a_plugin_in_a_directory_of_its_own(self):
        self.place(DEP, "p-1/lib")
        path = self.place("needs_dep.so", "p-1/lib/plugins")
        self.check_context(self.verify_one(path), "p-1/lib")

    def test_only_what_is_beside_it_is_named(self):
        self.place(DEP, "p-1/lib/plugins")
        self.place("poses_as_missing.so", "p-1/lib", GONE)
        path = self.place("needs_gone_and_dep.so", "p-1/lib/plugins")
        self.check_beside(self.verify_one(path), DEP, path)

    def test_of_a_dependency(self):
        # It finds that, which does not find what is beside it.
        self.place("poses_as_missing.so", "p-1/lib", GONE)
        between = self.place("libdltest_between.so", "p-1/lib")
        path = patch(self.place("needs_missing.so", "p-1/bin"), "--replace-needed", GONE,
                     "libdltest_between.so", "--set-rpath", "$ORIGIN/../lib")
        result = self.verify_one(path)
        self.check_bad(result, "missing_dependency", [GONE])
        self.assertEqual(result["needs"][0]["name"], GONE)
        self.assertEqual(os.path.realpath(result["needs"][0]["needed_by"]), between)
        self.assertIn(BESIDE, result["error"])

    def test_a_link_is_lacking(self):
        # It is looked for there, and has another name: what becomes of links in an archive.
        other = self.place(DEP, "p-1/lib", DEP + ".1.2")
        path = patch(self.place("needs_dep.so", "p-1/lib"), "--set-rpath", "$ORIGIN")
        result = self.verify_one(path)
        self.check_bad(result, "missing_dependency", [DEP])
        self.assertIn(f"; {other} calls itself so: the link with that name is lacking)",
                      result["error"])
        os.symlink(DEP + ".1.2", self.home.libs / "p-1/lib" / DEP)
        self.assertEqual(self.verify_one(path), {"path": path, "ok": True})


    def test_instead_of_another_of_that_name(self):
        # The system's, which lacks the version.
        needs_file(SYSTEM / "libcrypto.so.3")
        dep = self.place("crypto/libcrypto.so.3", "openssl-9.0.0/lib")
        path = self.place("engine.so", "openssl-9.0.0/lib")
        patch(path, "--remove-rpath")
        result = self.verify_one(path)
        self.check_bad(result, "missing_version")
        self.assertIn(f"({dep} {BESIDE})", result["error"])
        patch(path, "--set-rpath", "$ORIGIN")
        self.assertEqual(self.verify_one(path), {"path": path, "ok": True})


class Unreadable(SecondLook):
    """What is there, and may not be read by a library that is tried."""

    def setUp(self):
        super().setUp()
        self.away = self.base / "away/lib"
        self.away.mkdir(parents=True)
        make.put(harness.FIXTURES / DEP, self.away / DEP)

    def test_by_runpath(self):
        path = patch(self.place("needs_dep.so", "p-1/lib"), "--set-rpath", str(self.away))
        result = self.verify_one(path)
        self.check_bad(result, "missing_dependency", [DEP])
        self.assertIn(f"({self.away}/{DEP} {UNREADABLE}{self.away})", result["error"])
        self.assertTrue(self.verify_one(path, "--root", str(self.away))["ok"])

    def test_behind_a_link(self):
        os.symlink(self.away, self.base / "link")
        path = patch(self.place("needs_dep.so", "p-1/lib"), "--set-rpath", str(self.base / "link"))
        result = self.verify_one(path)
        self.assertIn(f"({self.base}/link/{DEP} {UNREADABLE}{self.away})", result["error"])
        self.assertTrue(self.verify_one(path, "--root", str(self.away))["ok"])

    def test_by_the_runpath_of_a_dependency(self):
        patch(self.place("good.so", "p-1/lib", "libmiddle.so"), "--add-needed", DEP,
              "--set-rpath", str(self.away))
        path = patch(self.place("good.so", "p-1/lib"), "--add-needed", "libmiddle.so",
                     "--set-rpath", "$ORIGIN")
        result = self.verify_one(path)
        self.check_bad(result, "missing_dependency", [DEP])
        self.assertIn(f"({self.away}/{DEP} {UNREADABLE}{self.away})", result["error"])
        self.assertTrue(self.verify_one(path, "--root", str(self.away))["ok"])

    def test_by_its_path(self):
        path = patch(self.place("needs_dep.so", "p-1/lib"), "--replace-needed", DEP,
                     str(self.away / DEP))
        self.assertIn(UNREADABLE, self.verify_one(path)["error"])

    def test_what_nobody_may_read_says_so(self):
        os.chmod(self.away / DEP, 0)
        path = patch(self.place("needs_dep.so", "p-1/lib"), "--set-rpath", str(self.away))
        result = self.verify_one(path)
        self.check_bad(result, "missing_dependency", [DEP])
        # Root has no privilege where libraries are loaded.
        self.assertNotIn(UNREADABLE, result["error"])
        self.assertIn("cannot be read: Permission denied", result["error"])
        shutil.rmtree(Path(self.away))


if __name__ == "__main__":
    harness.main()
