#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each way of not loading gets its reason, and the fields that go with it."""

import os

import dltest_harness as harness
from dltest_harness import make


class Path(harness.TestCase):
    """Reasons that are about the path."""

    def check(self, path, reason):
        result = self.verify_one(path)
        self.assertEqual(result.get("reason"), reason, result)
        self.assertFalse(result["ok"])
        return result

    def test_not_found(self):
        self.check(str(self.home.package() / "none.so"), "not_found")

    def test_below_a_file(self):
        self.check(self.home.add("good.so") + "/none.so", "not_found")

    def test_dangling_link(self):
        link = self.home.package() / "link.so"
        link.symlink_to("none.so")
        result = self.check(str(link), "not_found")
        self.assertEqual(result["error"],
                         f"{link}: is a symbolic link to none.so, which is not there")

    def test_link_to_itself(self):
        link = self.home.package() / "loop.so"
        link.symlink_to("loop.so")
        self.check(str(link), "invalid_path")

    def test_directory(self):
        self.check(str(self.home.package() / "."), "not_a_file")

    def test_fifo(self):
        path = self.home.package() / "fifo.so"
        os.mkfifo(path)
        self.check(str(path), "not_a_file")

    def test_outside_the_roots(self):
        outside = self.base / "outside.so"
        make.put(harness.FIXTURES / "trace.so", outside)
        self.check(str(outside), "outside_roots")

    def test_neighbour_with_a_longer_name(self):
        evil = self.home.path / "libs-evil"
        evil.mkdir()
        make.put(harness.FIXTURES / "good.so", evil / "x.so")
        self.check(str(evil / "x.so"), "outside_roots")

    def test_link_to_the_outside(self):
        outside = self.base / "outside.so"
        make.put(harness.FIXTURES / "good.so", outside)
        link = self.home.package() / "inside.so"
        link.symlink_to(outside)
        self.check(str(link), "outside_roots")
        self.assertTrue(self.verify_one(str(link), "--root", str(self.base))["ok"])

    def test_unreadable(self):
        path = self.home.add("good.so")
        os.chmod(path, 0)
        # Root has no capabilities where libraries are loaded.
        self.check(path, "permission_denied")

    def test_empty_path(self):
        self.check("", "invalid_path")

    def test_path_too_long(self):
        self.check("/" + "x/" * 2500 + "y.so", "invalid_path")

    def test_name_too_long(self):
        self.check(str(self.home.package() / ("x" * 300)), "invalid_path")

    def test_device(self):
        self.check("/dev/zero", "outside_roots")


class Roots(harness.TestCase):
    """What may be read, whatever that is: the sandbox holds as far as it was told to."""

    def test_roots_that_the_self_test_would_read(self):
        path = self.home.add("good.so")
        outside = self.base / "outside.so"
        make.put(harness.FIXTURES / "good.so", outside)
        link = self.base / "link"
        link.symlink_to("/etc")
        for root in ("/", "/etc", "/etc/..", str(link)):
            result = self.verify_one(path, "--root", root)
            self.assertEqual(result, {"path": path, "ok": True}, root)
        self.assertTrue(self.verify_one(str(outside), "--root", "/")["ok"])
        self.assertEqual(self.verify_one(str(outside), "--root", "/etc")["reason"], "outside_roots")

    def test_library_path(self):
        path = self.home.add("good.so")
        for directory in ("/etc", "/"):
            result = self.verify_one(path, env={"LD_LIBRARY_PATH": directory})
            self.assertTrue(result["ok"], result)


class File(harness.TestCase):
    """Reasons that are about the file."""

    def check(self, path, reason, words):
        result = self.verify_one(path)
        self.assertEqual(result.get("reason"), reason, result)
        self.assertIn(words, result["error"])

    def made(self, name):
        return self.home.package() / name

    def test_text_file(self):
        path = self.made("text.so")
        path.write_text("not a library\n")
        self.check(str(path), "not_a_library", "text file")

    def test_linker_script(self):
        path = self.made("script.so")
        make.linker_script(path)
        self.check(str(path), "not_a_library", "linker script")

    def test_archive(self):
        self.check(self.home.add("archive.a"), "not_a_library", "archive")

    def test_object_file(self):
        self.check(self.home.add("object.o"), "not_a_library", "object file")

    def test_executables(self):
        self.check(self.home.add("executable_fixed"), "not_a_library", "executable")
        self.check(self.home.add("executable_pie"), "not_a_library", "executable")

    def test_empty_file(self):
        path = self.made("empty.so")
        path.touch()
        self.check(str(path), "truncated", "empty")

    def test_file_that_is_cut_off(self):
        good = harness.FIXTURES / "good.so"
        for size in (30, 100, 5000):
            path = self.made(f"cut-{size}.so")
            make.truncated(good, path, size)
            self.check(str(path), "truncated", "cut off")

    def test_wrong_machine(self):
        good = harness.FIXTURES / "good.so"
        make.wrong_machine(good, self.made("machine.so"))
        self.check(str(self.made("machine.so")), "wrong_architecture", "this machine is")
        make.wrong_class(good, self.made("class.so"))
        self.check(str(self.made("class.so")), "wrong_architecture", "this machine")
        make.big_endian(good, self.made("endian.so"))
        self.check(str(self.made("endian.so")), "wrong_architecture", "big-endian")


    def expect_platform(self, path: str, reason: str, platform: str, words: str) -> None:
        """Also from memory. By glibc's loader: musl may be here, too, and so is its loader."""
        for _ in range(2):
            result = self.verify_one(path, "--libc", "glibc")
            self.assertEqual((result["reason"], result.get("platform")), (reason, platform), result)
            self.assertIn(words, result["error"])

    def test_other_systems(self):
        for name, platform, words in (
                ("for_alpine.so", "musl", "the C library musl"),
                ("for_musl.so", "musl", "this system is Linux with glibc"),
                ("for_freebsd.so", "freebsd", "FreeBSD"), ("for_bionic.so", "android", "Android"),
                ("note_of_Android.so", "android", "Android"),
                ("note_of_OpenBSD.so", "openbsd", "OpenBSD")):
            with self.subTest(name):
                self.expect_platform(self.home.add(name), "wrong_platform", platform, words)

    def test_other_systems_by_their_headers(self):
        good = (harness.FIXTURES / "good.so").read_bytes()
        for osabi, platform in ((2, "netbsd"), (6, "solaris"), (9, "freebsd"), (12, "openbsd")):
            path = self.made(f"osabi-{osabi}.so")
            path.write_bytes(good[:7] + bytes([osabi]) + good[8:])
            self.expect_platform(str(path), "wrong_platform", platform, "is for ")
        path = self.made("osabi-200.so")
        path.write_bytes(good[:7] + bytes([200]) + good[8:])
        self.check(str(path), "wrong_platform", "ELF file OS ABI invalid")

    def test_other_forms_of_file(self):
        fat = b"\xca\xfe\xba\xbf\0\0\0\2" + b"\1\0\0\7" + bytes(28) + b"\1\0\0\x0c" + bytes(28)
        pe = b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0\x64\x86" + bytes(100)
        for name, content, platform, words in (
                ("thin.dylib", b"\xcf\xfa\xed\xfe\x0c\0\0\1" + bytes(64), "macos", "aarch64"),
                ("fat.dylib", fat, "macos", "x86_64 and aarch64"),
                ("some.dll", pe, "windows", "x86_64")):
            path = self.made(name)
            path.write_bytes(content)
            self.expect_platform(str(path), "wrong_platform", platform, words)

    def test_another_machine_is_named(self):
        path = self.made("machine.so")
        good = (harness.FIXTURES / "good.so").read_bytes()
        path.write_bytes(good[:18] + b"\xb7\0" + good[20:])
        self.expect_platform(str(path), "wrong_architecture", "aarch64", "is for aarch64")

    def test_a_processor_that_is_not_new_enough(self):
        path = self.home.add("future_processor.so")
        self.expect_platform(path, "wrong_architecture", "x86-64-v5", "needs x86-64-v5")

    def test_no_machine(self):
        good = (harness.FIXTURES / "good.so").read_bytes()
        path = self.made("none.so")
        path.write_bytes(good[:18] + b"\0\0" + good[20:])
        self.check(str(path), "not_a_library", "for no machine")

    def test_what_has_this_systems_c_library_is_for_it(self):
        self.home.add("stubs/systems/libc.so", "libc.so")
        path = self.home.add("both_c_libraries.so")
        self.assertNotEqual(self.verify_one(path).get("reason"), "wrong_platform")


class Linker(harness.TestCase):
    """Reasons that the dynamic linker gives."""

    def test_missing_dependency(self):
        result = self.verify_one(self.home.add("needs_missing.so"))
        self.assertEqual(result["reason"], "missing_dependency")
        self.assertIn("libdltest_gone.so", result["missing"])

    def test_undefined_symbol(self):
        for name in ("undefined_function.so", "undefined_data.so"):
            result = self.verify_one(self.home.add(name))
            self.assertEqual(result["reason"], "undefined_symbol", result)
            self.assertTrue(result["symbols"])

    def test_lazy(self):
        path = self.home.add("undefined_function.so")
        self.assertTrue(self.verify_one(path, "--lazy")["ok"])
        self.assertFalse(self.verify_one(self.home.add("undefined_data.so"), "--lazy")["ok"])

    def test_huge_symbol(self):
        result = self.verify_one(self.home.add("huge_symbol.so"))
        self.assertEqual(result["reason"], "undefined_symbol")

    def test_missing_version(self):
        self.home.add("libdltest_versioned.so")
        result = self.verify_one(self.home.add("missing_version.so"))
        self.assertEqual(result["reason"], "missing_version", result)
        self.assertIn("DLTEST_2", result["symbols"][0])

    def test_static_tls(self):
        result = self.verify_one(self.home.add("static_tls.so"))
        self.assertEqual(result["reason"], "no_static_tls", result)

    def test_origin(self):
        self.home.add("libdltest_dep.so")
        self.assertTrue(self.verify_one(self.home.add("origin_rpath.so"))["ok"])
        self.assertTrue(self.verify_one(self.home.add("origin_runpath.so"))["ok"])

    def test_library_path(self):
        self.home.add("libdltest_dep.so", package="other")
        path = self.home.add("needs_dep.so")
        self.assertEqual(self.verify_one(path)["reason"], "missing_dependency")
        other = str(self.home.package("other"))
        env = {"LD_LIBRARY_PATH": f":{other}:"}
        self.assertTrue(self.verify_one(path, env=env)["ok"])

    def test_tokens_in_the_path(self):
        """glibc replaces them in what it is to load, where there is such a file, too."""
        for name, token in (("$ORIGIN.so", "$ORIGIN"), ("x${LIB}.so", "${LIB}"),
                            ("$PLATFORM", "$PLATFORM"), ("$FOO-$LIB-2.so", "$LIB")):
            path = self.home.add("good.so", name)
            for options in ((), ("--dry-run",)):
                result = self.verify_one(path, *options)
                self.assertEqual(result.get("reason"), "load_error", result)
                self.assertEqual(result["error"], f"{path}: cannot be loaded by this path: "
                                 f"the dynamic linker replaces {token} in it")
            good = self.verify_one(self.home.add("good.so"), "--with", path)
            self.assertEqual(good.get("reason"), "load_error", good)
        for name in ("$ORIGINAL.so", "$LIB_.so", "${ORIGIN.so", "$FOO.so", "$"):
            self.assertTrue(self.verify_one(self.home.add("good.so", name))["ok"], name)

    def test_tokens_in_a_directory(self):
        home = harness.Home(self.base, self.base / "$ORIGIN")
        result = self.verify_one(home.add("good.so"), home=home)
        self.assertEqual(result.get("reason"), "load_error", result)
        self.assertIn("replaces $ORIGIN in it", result["error"])

    def test_preloaded_host(self):
        path = self.home.add("plugin.so")
        self.assertEqual(self.verify_one(path)["reason"], "undefined_symbol")
        self.assertTrue(self.verify_one(path, "--with", self.home.add("host.so"))["ok"])


class With(harness.TestCase):
    """What a library given with --with has done is not put down to the one that was asked about."""

    def setUp(self):
        super().setUp()
        self.plugin = self.home.add("plugin.so")

    def check(self, first, reason, words, *options, **fields):
        result = self.verify_one(self.plugin, "--with", first, *options)
        self.assertEqual(result.get("reason"), reason, result)
        self.assertTrue(result["error"].startswith(f"{first} (given with --with): {words}"), result)
        for key, value in fields.items():
            self.assertEqual(result.get(key), value, result)
        return result

    def test_preload_with_a_bad_path_or_file(self):
        """The path asked about exists; what is missing is the other."""
        missing = str(self.home.package() / "nope.so")
        outside, text = self.base / "outside.so", self.home.package() / "text.so"
        make.put(harness.FIXTURES / "good.so", outside)
        text.write_text("not a library\n")
        for first, words in ((missing, "No such file or directory"), (str(outside), "not below"),
                             (str(text), "is a text file"), (str(text.parent), "is a directory")):
            for options in ((), ("--dry-run",)):
                self.check(first, "missing_dependency", words, *options, missing=[first])

    def test_preload_in_a_dry_run(self):
        self.assertTrue(self.verify_one(self.plugin, "--dry-run", "--with",
                                        self.home.add("crash_segv.so"))["ok"])

    def test_preload_that_the_linker_refuses(self):
        """As with a dependency: what it lacks is what is lacking."""
        self.check(self.home.add("needs_missing.so"), "missing_dependency", "libdltest_gone.so",
                   missing=["libdltest_gone.so"])
        self.check(self.home.add("undefined_data.so"), "undefined_symbol", "undefined symbol: ")

    def test_preload_that_ends_the_process(self):
        self.check(self.home.add("crash_segv.so"), "crashed", "crashed with SIGSEGV",
                   signal="SIGSEGV", phase="open")
        self.check(self.home.add("exit_1.so"), "exited", "ended the process", exit_status=1)
        self.check(self.home.add("sleep_forever.so"), "timed_out", "was still being loaded",
                   "--timeout", "0.3")

    def test_second_of_two_preloads(self):
        host = self.home.add("host.so")
        result = self.verify_one(self.plugin, "--with", host, "--with", self.home.add("exit_1.so"))
        self.assertIn("exit_1.so (given with --with)", result["error"])

    def test_failure_of_the_library_is_not_its_preloads(self):
        host = self.home.add("host.so")
        for fixture, reason in (("crash_segv.so", "crashed"), ("close_crash.so", "crashed"),
                                ("needs_missing.so", "missing_dependency")):
            result = self.verify_one(self.home.add(fixture), "--with", host)
            self.assertEqual(result["reason"], reason)
            self.assertNotIn("--with", result["error"])


class Process(harness.TestCase):
    """Reasons that the end of the process gives."""

    def test_crashes(self):
        for name, signal in (("crash_segv", "SIGSEGV"), ("crash_abort", "SIGABRT"),
                             ("crash_fpe", "SIGFPE"), ("crash_ill", "SIGILL"),
                             ("stack_overflow", "SIGSEGV")):
            result = self.verify_one(self.home.add(f"{name}.so"))
            self.assertEqual((result["reason"], result["signal"], result["phase"]),
                             ("crashed", signal, "open"), result)

    def test_crash_while_it_is_closed(self):
        result = self.verify_one(self.home.add("close_crash.so"))
        self.assertEqual((result["reason"], result["signal"], result["phase"]),
                         ("crashed", "SIGSEGV", "close"))

    def test_exits(self):
        for name, status in (("exit_0", 0), ("exit_1", 1), ("quick_exit_0", 0)):
            result = self.verify_one(self.home.add(f"{name}.so"))
            self.assertEqual((result["reason"], result["exit_status"], result["phase"]),
                             ("exited", status, "open"), result)

    def test_exit_while_it_is_closed(self):
        result = self.verify_one(self.home.add("close_exit.so"))
        self.assertEqual((result["reason"], result["phase"]), ("exited", "close"))

    def test_exits_with_what_the_loader_says(self):
        for status in range(64, 72):
            exits = self.home.add(f"exit_{status}.so")
            needing = self.home.package() / f"needs_exit_{status}.so"
            make.needing(harness.FIXTURES / "needs_placeholder.so", needing,
                         os.path.basename(exits).encode())
            for path, phase in ((exits, "open"), (needing, "open"),
                                (self.home.add(f"close_exit_{status}.so"), "close")):
                with self.subTest(path=os.path.basename(path)):
                    result = self.verify_one(
                        path, env={"LD_LIBRARY_PATH": os.path.dirname(exits)})
                    self.assertEqual(
                        (result["reason"], result.get("exit_status"), result.get("phase")),
                        ("exited", status, phase), result)

    def test_library_that_prints(self):
        text = self.verify_one(self.home.add("print.so"), "--details")
        self.assertTrue(text["ok"] and text["output"])
        lots = self.verify_one(self.home.add("print_lots.so"), "--details")
        self.assertTrue(lots["ok"], lots)
        self.assertLessEqual(len(lots["output"].encode()), 4096)
        self.assertGreater(len(lots["output"]), 4000)

    def test_library_that_starts_a_thread(self):
        self.assertTrue(self.verify_one(self.home.add("thread.so"))["ok"])

    def test_dry_run_runs_nothing(self):
        path = self.home.add("crash_segv.so")
        self.assertTrue(self.verify_one(path, "--dry-run")["ok"])
        missing = self.verify_one(str(self.home.package() / "none"), "--dry-run")
        self.assertEqual(missing["reason"], "not_found")


class Details(harness.TestCase):
    """The fields of --details."""

    def test_fields_with_details(self):
        path = self.home.add("good.so")
        result = self.verify_one(path, "--details")
        self.assertGreater(result["duration_us"], 0)
        self.assertIs(result["cached"], False)
        self.assertIn(path, result["objects"])
        self.assertTrue(any("libc.so" in name for name in result["objects"]))
        self.assertEqual((result["output"], result["denied"]), ("", []))
        self.assertTrue(result["sandbox"]["seccomp"])
        failed = self.verify_one(self.home.add("crash_segv.so"), "--details")
        self.assertGreater(failed["duration_us"], 0)

    def test_no_fields_without_details(self):
        self.assertEqual(set(self.verify_one(self.home.add("good.so"))), {"path", "ok"})


if __name__ == "__main__":
    harness.main()
