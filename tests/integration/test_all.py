#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--all: what it finds below $TSUKU_HOME/libs, what of that is skipped, and how that is told."""

import os
import shutil
import socket
import struct
import subprocess
import unittest
from pathlib import Path

import dltest_harness as harness
from dltest_harness import make

# Of another machine in any case, and without anything that tells of a system.
MACHO = b"\xcf\xfa\xed\xfe" + struct.pack("<III", 0x0100000C, 0, 8) + bytes(64)


def dll(is_assembly: bool = False) -> bytes:
    """The headers of a PE file for x86_64."""
    directories = bytes(14 * 8) + struct.pack("<IIII", 0x2008 if is_assembly else 0, 72, 0, 0)
    optional = struct.pack("<H", 0x20B) + bytes(106) + struct.pack("<I", 16) + directories
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack(
        "<HHIIIHH", 0x8664, 0, 0, 0, 0, len(optional), 0x2022) + optional


class AllCase(harness.TestCase):
    """A home with files."""

    def put(self, name: str, content: bytes) -> str:
        """A file in the package; its path."""
        path = self.home.package() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return str(path)

    def fixture(self, name: str = "good.so") -> bytes:
        """What is in a fixture."""
        return (harness.FIXTURES / name).read_bytes()

    def all(self, *options: str, status: int, err: bytes = b"") -> dict[str, dict]:
        """The results by path, each of which is whole."""
        answer = self.run_client("--all", *options)
        self.assertEqual((answer.status, answer.err), (status, err), answer)
        paths = [result["path"] for result in answer.results]
        self.assertEqual(paths, sorted(paths, key=os.fsencode))
        for result in answer.results:
            self.check_result(result)
        return answer.by_path()

    def found(self) -> list[str]:
        """The names of what is found in the package."""
        answer = self.run_client("--all", "--dry-run")
        self.assertNotEqual(answer.status, 3, answer)
        return [os.path.relpath(path, self.home.package()) for path in answer.by_path()]


class Found(AllCase):
    """What is asked about."""

    def test_whatever_its_name(self):
        names = ["accept", "addon.node", "caml.cmxs", "header.h", "libLLVM.so.14.0git",
                 "libcrypto.so.1.1.1k", "liba.so", "libx.so.1.2", "mod_wsgi.so-3.11", "octave.oct",
                 "x.debug", "x.py", ".hidden"]
        paths = [self.put(name, self.fixture()) for name in names]
        paths.append(self.home.add("good.so", "b.so", package="other"))
        results = self.all(status=0)
        self.assertEqual(sorted(results), sorted(paths))
        self.assertTrue(all(result["ok"] for result in results.values()), results)

    def test_no_libraries(self):
        for name in ("executable_pie", "executable_fixed"):
            self.put(name, self.fixture(name))
        shutil.copy(harness.CLIENT, self.home.package() / "static")
        good = self.fixture()
        # What Guile compiles is an ELF file for no machine.
        self.put("guile.go", good[:18] + b"\0\0" + good[20:])
        self.put("object.o", good[:16] + b"\1\0" + good[18:])
        self.put("archive.a", b"!<arch>\n" + bytes(100))
        self.put("libm.a", b"/* GNU ld script */ GROUP ( libm-2.36.a )")
        self.put("System.dll", dll(is_assembly=True))
        self.put("Main.class", b"\xca\xfe\xba\xbe\0\0\0\x3d" + bytes(100))
        self.put("empty", b"")
        self.put("x.py", b"import this\n")
        self.put("x.so.txt", b"text\n")
        self.assertEqual(self.found(), [])

    def test_libraries_that_can_be_run(self):
        """libc.so.6 names a dynamic linker as programs do; that is a library without."""
        libc = next(path for path in subprocess.run(
            ["ldd", "/bin/true"], stdout=subprocess.PIPE, check=True).stdout.decode().split()
            if path.startswith("/") and "libc.so.6" in path)
        ld = "/lib64/ld-linux-x86-64.so.2"
        if os.uname().machine != "x86_64" or not Path(ld).exists():
            harness.needs(f"there is no {ld} here")
        shutil.copy(libc, self.home.package() / "run-me")
        shutil.copy(ld, self.home.package() / "load-me")
        self.assertEqual(self.found(), ["load-me", "run-me"])

    def test_a_name_is_enough(self):
        """What has become of a library is told, whatever that is."""
        wanted = {
            self.put("libcut.so.1", self.fixture()[:3000]): "truncated",
            self.put("libcut.so.2", self.fixture()[:30]): "truncated",
            self.put("libempty.so", b""): "truncated",
            self.put("libhtml.so.1", b"<html>404 Not Found</html>"): "not_a_library",
            self.put("liblink.so", b"liblink.so.1.2.3"): "not_a_library",
            self.put("libarchive.so", b"!<arch>\n" + bytes(100)): "not_a_library",
            self.put("program.so", self.fixture("executable_pie")): "not_a_library",
            self.put("cut.node", self.fixture()[:3000]): "truncated",
        }
        results = self.all(status=1)
        self.assertEqual({path: result["reason"] for path, result in results.items()}, wanted)
        self.assertFalse([result for result in results.values() if "skipped" in result])

    def test_links(self):
        """Each name of a file is asked about, and no link."""
        first = self.put("a.so", self.fixture())
        os.link(first, self.home.package() / "plugin.node")
        (self.home.package() / "link.so").symlink_to("a.so")
        (self.home.package() / "gone.so").symlink_to("nowhere.so")
        (self.home.package() / "directory").symlink_to(".")
        self.assertEqual(self.found(), ["a.so", "plugin.node"])

    def test_what_is_being_installed(self):
        staging = self.home.libs / ".demo-2.0.staging"
        staging.mkdir()
        make.put(harness.FIXTURES / "good.so", staging / "s.so")
        self.put(".debug/a.so", self.fixture())
        self.assertEqual(self.found(), [".debug/a.so"])

    def test_what_is_no_file(self):
        """Nobody waits for who may write into a FIFO."""
        directory = self.home.package()
        for name in ("fifo", "fifo.so"):
            os.mkfifo(directory / name)
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(os.path.relpath(directory / "socket.so"))
        if os.geteuid() == 0:
            os.mknod(directory / "tty.so", 0o20600, os.makedev(5, 0))
        self.put("a.so", self.fixture())
        self.assertEqual(self.found(), ["a.so"])

    def test_name_that_is_not_utf8(self):
        target = os.fsencode(self.home.package()) + b"/in\xffvalid.node"
        make.put(harness.FIXTURES / "good.so", target)
        result, = self.all(status=1).values()
        self.assertEqual(result["reason"], "invalid_path")

    @unittest.skipIf(os.geteuid() == 0, "root may read anything; the user's run has it")
    def test_what_cannot_be_read(self):
        good = self.put("good.so", self.fixture())
        self.home.add("good.so", package="closed")
        self.home.package("closed").chmod(0)
        answer = self.run_client("--all")
        self.home.package("closed").chmod(0o755)
        self.assertEqual([result["path"] for result in answer.results], [good])
        self.assertEqual(answer.status, 3, "there may be one that does not load")
        self.assertIn(b"left out", answer.err)

    @unittest.skipIf(os.geteuid() == 0, "root may read anything; the user's run has it")
    def test_file_that_cannot_be_read(self):
        named = self.put("liba.so", self.fixture())
        os.chmod(named, 0)
        result, = self.all(status=1).values()
        self.assertEqual((result["path"], result["reason"]), (named, "permission_denied"))
        other = self.put("accept", self.fixture())
        os.chmod(other, 0)
        words = f"tsuku-dltest: {other}: Permission denied, left out\n"
        self.assertEqual(list(self.all(status=3, err=words.encode())), [named])


class Skipped(AllCase):
    """What is there for others. By glibc's loader: musl may be here, and so is its loader."""

    def run_client(self, *args, **options):
        return super().run_client("--libc", "glibc", *args, **options)

    def make_foreign(self) -> dict[str, tuple[str, str | None]]:
        """A file of each kind: path to reason and platform."""
        good = self.fixture()
        package = self.home.package()
        return {
            self.put("libc.so", make.linker_script(package / "libc.so").read_bytes()):
                ("not_a_library", None),
            self.put("libncurses.so", b"INPUT(libncurses.so.6 -ltinfo)\n"): ("not_a_library", None),
            self.put("prebuilds/darwin/addon.node", MACHO): ("wrong_platform", "macos"),
            self.put("libx.dylib", MACHO): ("wrong_platform", "macos"),
            self.put("x.dll", dll()): ("wrong_platform", "windows"),
            self.put("prebuilds/win32/addon.node", dll()): ("wrong_platform", "windows"),
            self.put("musl/addon.node", self.fixture("for_musl.so")): ("wrong_platform", "musl"),
            self.put("libandroid.so", self.fixture("for_bionic.so")): ("wrong_platform", "android"),
            self.put("libbsd.so.7", self.fixture("for_freebsd.so")): ("wrong_platform", "freebsd"),
            self.put("arm64/addon.node", good[:18] + b"\xb7\0" + good[20:]):
                ("wrong_architecture", "aarch64"),
            self.put("libbig.so", good[:5] + b"\2" + good[6:18] + b"\0\x16" + good[20:]):
                ("wrong_architecture", "s390x"),
        }

    def test_each_kind(self):
        wanted = self.make_foreign()
        good = self.put("good.so", self.fixture())
        for options in ((), ("--details",), ("--dry-run",)):
            results = self.all(*options, status=0)
            self.assertTrue(results.pop(good)["ok"])
            self.assertEqual({path: (result["reason"], result.get("platform"))
                              for path, result in results.items()}, wanted)
            for result in results.values():
                self.assertIs(result["skipped"], True)
                self.assertFalse(result["ok"])
                self.assertIn(" ", result["error"])

    def test_failures_beside(self):
        self.make_foreign()
        bad = self.home.add("exit_1.so")
        results = self.all(status=1)
        self.assertEqual([path for path, result in results.items() if "skipped" not in result],
                         [bad])

    def test_lines(self):
        wanted = self.make_foreign()
        answer = self.run_client("--all", "--jsonl")
        self.assertEqual((answer.status, len(answer.lines)), (0, len(wanted)), answer)
        self.assertTrue(all(result["skipped"] is True for result in answer.lines))

    def test_table(self):
        self.make_foreign()
        self.put("good.so", self.fixture())
        self.home.add("exit_1.so")
        answer = self.run_client("--all", "--text")
        self.assertEqual(answer.status, 1, answer)
        lines = answer.out.decode().splitlines()
        self.assertEqual(lines[-1], "1 ok, 1 not: 1 exited; 11 skipped: 7 for another system, 2 for "
                         "another machine, 2 no library")
        # Without a word on what is to be done about them.
        self.assertEqual(sum(line.startswith("- /") for line in lines), 11)
        self.assertEqual(sum("    error " in line for line in lines), 1)
        answer = self.run_client("--all", "--text", "--details", env={"LC_ALL": "C"})
        lines = answer.out.decode().splitlines()
        self.assertEqual(sum(line.startswith("-- /") for line in lines), 11)
        self.assertEqual(sum("    error " in line for line in lines), 12)

    def test_none_but_skipped(self):
        path = self.put("x.dll", dll())
        self.assertEqual(list(self.all(status=0)), [path])
        answer = self.run_client("--all", "--text")
        self.assertTrue(answer.out.endswith(b"\n0 ok; 1 skipped: 1 for another system\n"), answer)

    def test_what_is_named(self):
        for path, (reason, _) in self.make_foreign().items():
            result = self.verify_one(path)
            self.assertEqual((result["ok"], result["reason"]), (False, reason))
            self.assertNotIn("skipped", result)
        path = self.put("x.dll", dll())
        answer = self.run_client(path, "--all")
        self.assertEqual(answer.status, 1, "it was named as well")
        self.assertEqual([result.get("skipped") for result in answer.results
                          if result["path"] == path], [None, True])

    def test_a_newer_processor_is_not_another_machine(self):
        """But where the dynamic linker looks only if it is there."""
        bad = self.put("liba.so", self.fixture("future_processor.so"))
        variant = self.put("glibc-hwcaps/x86-64-v5/liba.so", self.fixture("future_processor.so"))
        results = self.all(status=1)
        self.assertEqual({path: (result["platform"], result.get("skipped"))
                          for path, result in results.items()},
                         {bad: ("x86-64-v5", None), variant: ("x86-64-v5", True)})

    def test_debugging_information(self):
        if not shutil.which("objcopy"):
            harness.needs("there is no objcopy")
        path = self.home.package() / "libx.so"
        subprocess.run(["objcopy", "--only-keep-debug", harness.FIXTURES / "good.so", path],
                       check=True)
        self.put("libx.so.debug", path.read_bytes())
        result, = self.all(status=0).values()
        self.assertEqual((result["path"], result["reason"], result.get("skipped")),
                         (str(path), "not_a_library", True))
        self.assertIn("debugging", result["error"])


class Nothing(AllCase):
    """Where no library is."""

    def check_nothing(self, libs: Path) -> None:
        """In every form of output."""
        words = f"tsuku-dltest: found no library below {libs}\n".encode()
        for options, out in (((), b"[]\n"), (("--jsonl",), b""), (("--text",), b"0 ok\n")):
            answer = self.run_client("--all", *options)
            self.assertEqual((answer.status, answer.out, answer.err), (0, out, words))

    def test_nothing_there(self):
        self.check_nothing(self.home.libs)

    def test_no_library_there(self):
        self.put("README", b"Nothing to load.\n")
        self.check_nothing(self.home.libs)

    def test_no_libs(self):
        self.home.libs.rmdir()
        self.check_nothing(self.home.libs)

    def test_what_was_named_is_not_found(self):
        path = self.base / "good.so"
        make.put(harness.FIXTURES / "good.so", path)
        answer = self.run_client("--root", self.base, "--all", path)
        self.assertEqual((answer.status, len(answer.results)), (0, 1), answer)
        self.assertIn(b"found no library", answer.err)


if __name__ == "__main__":
    harness.main()
