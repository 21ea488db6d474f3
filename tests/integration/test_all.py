#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--all: what it finds below $TSUKU_HOME/libs."""

import os
import shutil
import socket
import struct
import subprocess
import unittest
from pathlib import Path

import dltest_harness as harness
from dltest_harness import make

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


if __name__ == "__main__":
    harness.main()
