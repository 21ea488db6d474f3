# SPDX-License-Identifier: MIT
"""Libraries of both C libraries, each loaded by the loader that fits it. musl's are compiled here, by musl-gcc."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import dltest_harness as harness

MUSL_LOADER = harness.LOADER.with_name("tsuku-dltest-loader-musl")
MUSL = "/lib/ld-musl-"
GLIBC = "/libc.so.6"


class LibcsCase(harness.TestCase):
    """A home with libraries of either."""

    def setUp(self) -> None:
        super().setUp()
        harness.needs(shutil.which("musl-gcc") and MUSL_LOADER.exists(),
                      "there is no musl-gcc, or gcc did not compile this")

    def compile(self, name: str, code: str = "int nothing;", *flags: str, compiler: str = "musl-gcc") -> str:
        """A library of musl; its path."""
        source = self.base / "source.c"
        source.write_text(code)
        library = self.home.package() / name
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, f"-Wl,-soname,{name}",
                        "-Wl,--no-as-needed", *flags], check=True)
        return str(library)

    def beside(self, needed: str) -> list[str]:
        """Flags of what needs a library that is beside it."""
        return ["-nostdlib", f"-L{self.home.package()}", f"-l:{needed}", "-Wl,-rpath,$ORIGIN"]

    def compile_glibc(self) -> str:
        """A library of glibc; its path."""
        return self.compile("libofglibc.so", "int puts(const char *); int f(void) { return puts(\"\"); }", compiler="gcc")

    def loaded(self, result: dict[str, Any]) -> str:
        """Which C library a result was had with."""
        libcs = [name for name, mark in (("musl", MUSL), ("glibc", GLIBC))
                 if any(mark in path for path in result["objects"])]
        self.assertEqual(len(libcs), 1, result)
        return libcs[0]


class Chosen(LibcsCase):
    """Which loader it is."""

    def test_both_in_one_call(self):
        musls = self.compile("libofmusl.so")
        glibcs = self.compile_glibc()
        for paths in ((musls, glibcs), (glibcs, musls, glibcs), (musls,)):
            results = self.verify("--details", *paths, status=0).results
            self.assertEqual([self.loaded(result) for result in results],
                             ["musl" if path == musls else "glibc" for path in paths])

    def test_what_says_nothing_is_loaded_by_this_machines_own(self):
        path = self.compile("libneither.so", "int x;", "-nostdlib")
        self.assertEqual(self.loaded(self.verify_one(path, "--details")), "glibc")
        self.assertEqual(self.loaded(self.verify_one(path, "--details", "--libc", "musl")), "musl")

    def test_what_says_nothing_goes_by_what_it_needs(self):
        self.compile("libofmusl.so")
        path = self.compile("libbehind.so", "int x;", *self.beside("libofmusl.so"))
        self.assertEqual(self.loaded(self.verify_one(path, "--details")), "musl")
        self.assertEqual(self.verify_one(path, "--libc", "glibc")["reason"], "missing_dependency")

    def test_with_preloads_of_the_same(self):
        first, path = self.compile("libfirst.so", "int first;"), self.compile(
            "libwants.so", "extern int first; int *f(void) { return &first; }", "-Wl,-z,undefs")
        self.assertEqual(self.verify_one(path)["symbols"], ["first"])
        self.assertTrue(self.verify_one(path, "--with", first)["ok"])
        self.assertIn("given with --with", self.verify_one(path, "--with", self.compile_glibc())["error"])

    def test_dry_run(self):
        self.assertTrue(self.verify_one(self.compile("libofmusl.so"), "--dry-run")["ok"])


class Refused(LibcsCase):
    """What is for another C library than the one that loads it."""

    def expect(self, path: str, platform: str, words: str, *options: str) -> None:
        """Of a file that is for another one."""
        result = self.verify_one(path, *options)
        self.assertEqual((result.get("reason"), result.get("platform")), ("wrong_platform", platform), result)
        self.assertIn(words, result["error"])

    def test_musl_never_says_ok_of_what_is_glibcs(self):
        self.expect(self.compile_glibc(), "glibc", "is for the C library glibc", "--libc", "musl")
        for path in ("/usr/lib/x86_64-linux-gnu/libz.so.1", "/usr/lib/aarch64-linux-gnu/libz.so.1"):
            if Path(path).exists():
                self.expect(path, "glibc", "is for the C library glibc", "--libc", "musl")

    def test_nor_of_what_needs_that(self):
        self.compile_glibc()
        path = self.compile("libbehind.so", "int x;", *self.beside("libofglibc.so"))
        self.expect(path, "glibc", "libofglibc.so needs libc.so.6", "--libc", "musl")
        self.assertTrue(self.verify_one(path)["ok"])

    def test_glibc_insisted_on(self):
        self.expect(self.compile("libofmusl.so"), "musl", "is for the C library musl", "--libc", "glibc")

    def other_programs(self) -> Path:
        """The programs once more, without a loader for musl; the client."""
        folder = self.base / "programs"
        folder.mkdir()
        for program in (harness.CLIENT, harness.DAEMON, harness.LOADER,
                        harness.LOADER.with_name("tsuku-dltest-standin.so")):
            shutil.copy(program, folder)
        return folder / harness.CLIENT.name

    def test_without_a_loader_for_it(self):
        client, path = self.other_programs(), self.compile("libofmusl.so")
        answer = self.verify("--no-daemon", path, client=client, status=1)
        self.assertIn("is for musl, and there is no loader for that here", answer.results[0]["error"])

    def test_without_that_c_library(self):
        client, path = self.other_programs(), self.compile("libofmusl.so")
        loader = Path(shutil.copy(MUSL_LOADER, client.parent))
        subprocess.run(["patchelf", "--set-interpreter", "/lib/ld-musl-gone.so.1", loader], check=True)
        answer = self.verify("--no-daemon", path, self.compile_glibc(), client=client, status=1)
        self.assertEqual([result["ok"] for result in answer.results], [False, True])
        self.assertIn("is for musl, which this machine does not have", answer.results[0]["error"])
        answer = self.verify("--no-daemon", "--libc", "musl", path, client=client, status=3)
        self.assertIn("does not have the C library", answer.results[0]["error"])

    def test_a_c_library_that_comes_and_goes_while_the_daemon_runs(self):
        client, path = self.other_programs(), self.compile("libofmusl.so")
        linker = self.base / "ld-musl-later.so.1"
        loader = Path(shutil.copy(MUSL_LOADER, client.parent))
        subprocess.run(["patchelf", "--set-interpreter", linker, loader], check=True)
        self.start_daemon(daemon=client.with_name(harness.DAEMON.name))
        gone = "is for musl, which this machine does not have"
        self.assertIn(gone, self.verify_one(path)["error"])
        linker.symlink_to(next(Path("/lib").glob("ld-musl-*.so.1")))
        for options in ((), ("--libc", "musl")):
            self.assertTrue(self.verify_one(path, *options)["ok"])
        linker.unlink()
        self.assertIn(gone, self.verify_one(path, "--fresh")["error"])
        self.assertTrue(self.verify_one(self.compile_glibc())["ok"])

    def test_where_there_is_musl_alone(self):
        self.start_daemon("--loader", MUSL_LOADER)
        glibcs, musls = self.compile_glibc(), self.compile("libofmusl.so")
        answer = self.verify(glibcs, musls, status=1)
        self.assertTrue(answer.results[1]["ok"])
        self.assertEqual(answer.results[0]["reason"], "wrong_platform")
        self.assertIn("is for glibc, and there is no loader for that here", answer.results[0]["error"])


class Verdicts(LibcsCase):
    """musl's libraries are judged as well as others."""

    def judge(self, name: str, code: str, *flags: str, **expected: Any) -> dict[str, Any]:
        """Compiles and judges one; the result."""
        result = self.verify_one(self.compile(name, code, *flags), "--details")
        for key, value in expected.items():
            self.assertEqual(result.get(key), value, result)
        return result

    def test_what_is_missing_is_all_told(self):
        for name in ("libone.so", "libtwo.so"):
            self.compile(name)
        flags = [f"-L{self.home.package()}", "-l:libone.so", "-l:libtwo.so"]
        path = self.compile("libneeds.so", "int x;", *flags)
        for name in ("libone.so", "libtwo.so"):
            (self.home.package() / name).unlink()
        result = self.verify_one(path)
        self.assertEqual((result["reason"], sorted(result["missing"])),
                         ("missing_dependency", ["libone.so", "libtwo.so"]), result)

    def test_symbols_are_all_told(self):
        result = self.judge("libundefined.so", "int one(void), two(void); int f(void) { return one() + two(); }",
                            reason="undefined_symbol")
        self.assertEqual(sorted(result["symbols"]), ["one", "two"])

    def test_a_crash_and_whose_code_it_was(self):
        result = self.judge("libcrash.so", """
            __attribute__((constructor)) static void crash(void) { *(volatile int *)8 = 1; }""",
                            reason="crashed", signal="SIGSEGV")
        self.assertEqual(Path(result["culprit"]["object"]).name, "libcrash.so")

    def test_an_exit_after_a_refusal(self):
        self.judge("libexit.so", """
            #include <stdlib.h>
            #include <sys/socket.h>
            __attribute__((constructor)) static void leave(void) {
                if (socket(AF_INET, SOCK_STREAM, 0) < 0) exit(3);
            }""", reason="exited", exit_status=3, refused=["socket AF_INET"], denied=["socket AF_INET"])

    def test_a_hang(self):
        path = self.compile("libhang.so", """
            #include <unistd.h>
            __attribute__((constructor)) static void hang(void) { for (;;) pause(); }""")
        self.assertEqual(self.verify_one(path, "--timeout", "500ms")["reason"], "timed_out")

    def test_the_package_around_it(self):
        (self.home.package().parent / "plugins").mkdir()
        self.compile("libhelper.so")
        path = self.compile("libplugin.so", "int x;", f"-L{self.home.package()}", "-l:libhelper.so")
        plugin = self.home.package().parent / "plugins/libplugin.so"
        Path(path).rename(plugin)
        self.assertEqual(self.verify_one(plugin)["context"], [str(self.home.package())])


class Remembered(LibcsCase):
    """musl does not tell where it searches; it is known."""

    def test_until_something_changes(self):
        for options in (["--libc", "musl"], []):
            with self.subTest(options=options):
                def ask() -> dict[str, Any]:
                    return self.verify_one(path, "--details", *options)

                self.compile("libhelper.so")
                path = self.compile("libuser.so", "int x;", *self.beside("libhelper.so")[1:])
                self.assertFalse(ask()["cached"])
                harness.wait_until(lambda: ask()["cached"], "it is remembered")
                self.assertEqual(self.loaded(ask()), "musl")
                (self.home.package() / "libhelper.so").unlink()
                self.assertEqual(ask()["reason"], "missing_dependency")

    def test_until_it_is_for_the_other(self):
        path = self.compile("libuser.so")
        for _ in range(2):
            harness.wait_until(lambda: self.verify_one(path, "--details")["cached"], "it is remembered")
            Path(self.compile_glibc()).rename(path)
            self.assertEqual(self.loaded(self.verify_one(path, "--details")), "glibc")
            self.compile("libuser.so")
            self.assertEqual(self.loaded(self.verify_one(path, "--details")), "musl")

    def test_not_what_only_something_else_is_for(self):
        self.compile("libhelper.so")
        path = self.compile("libuser.so", "int x;", *self.beside("libhelper.so"))
        for _ in range(3):
            result = self.verify_one(path, "--details")
            self.assertEqual((self.loaded(result), result["cached"]), ("musl", False))

    def test_until_another_is_found_first(self):
        self.compile("libhelper.so")
        path = self.compile("libuser.so", "int x;", "-nostdlib", f"-L{self.home.package()}", "-l:libhelper.so")
        shutil.move(self.home.package() / "libhelper.so", self.home.path / "elsewhere.so")
        found = self.base / "found"
        found.mkdir()
        options = {"env": {"LD_LIBRARY_PATH": f"{self.base / 'before'}:{found}"}}
        (self.base / "before").mkdir()
        shutil.copy(self.home.path / "elsewhere.so", found / "libhelper.so")

        def ask() -> dict[str, Any]:
            return self.verify_one(path, "--details", "--libc", "musl", **options)

        harness.wait_until(lambda: ask()["cached"], "it is remembered")
        (self.base / "before/libhelper.so").write_bytes(b"\x7fELF")
        self.assertFalse(ask().get("cached"))


if __name__ == "__main__":
    harness.main()
