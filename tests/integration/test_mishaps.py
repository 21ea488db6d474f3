#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What has happened to a file is told: to those who see no more than its error."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Callable

import dltest_harness as harness
from text_case import TextCase

DEP = "libdltest_dep.so"


class Mishaps(TextCase):
    """What they have in common."""

    def setUp(self):
        super().setUp()
        self.directory = self.home.package()

    def check(self, path: Path | str, reason: str, words: str) -> None:
        """Also of what it says when it is asked again, which may be from memory."""
        for _ in range(2):
            result = self.verify_one(str(path))
            self.assertEqual(result.get("reason"), reason, result)
            self.assertIn(words, result["error"])

    def hint(self, path: Path | str) -> str:
        """The hint, which is the last line but for the sums."""
        text = self.text(path, status=1)
        return text.split("    hint       ")[1].split("\n")[0]


class Links(Mishaps):
    """Symbolic links that lead nowhere, and those that an archive has lost."""

    def test_link_to_what_is_not_there(self):
        first, last = self.directory / "first.so", self.directory / "last.so"
        first.symlink_to("last.so")
        last.symlink_to("../x/none.so")
        told = "is a symbolic link to ../x/none.so, which is not there"
        self.check(last, "not_found", f"{last}: {told}")
        self.check(first, "not_found", f"{first}: leads to {last}, which {told}")
        self.assertEqual(self.hint(first), "correct that link, or install what it leads to")
        # It was only misspelled.
        self.assertIn("check how it is spelled", self.hint(self.directory / "lost.so"))

    def test_link_that_was_lost(self):
        lost = self.directory / "libx.so"
        lost.write_text("libx.so.1")
        words = "was a symbolic link to libx.so.1: its file has that name alone"
        self.check(lost, "not_a_library", f"{lost}: {words}")
        self.assertFalse(self.verify_one(str(lost))["error"].endswith("is there"))
        # It is noticed when that comes.
        self.home.add("good.so", "libx.so.1")
        self.check(lost, "not_a_library", f"{words}, and libx.so.1 is there")
        command = self.hint(lost).split(": ")[1]
        self.assertEqual(command, f"ln -sf libx.so.1 {lost}")
        subprocess.run(shlex.split(command), check=True)
        self.text(lost, status=0)

    def test_a_text_is_no_link(self):
        text = self.directory / "text.so"
        text.write_text("see libx.so.1\n")
        self.check(text, "not_a_library", "is a text file, not a shared library")

    def test_dependency(self):
        path = self.home.add("origin_runpath.so")
        dep = self.directory / DEP
        dep.write_text(f"{DEP}.1\n")
        told = f"({dep}: was a symbolic link to {DEP}.1: its file has that name alone)"
        self.check(path, "missing_dependency", told)
        self.assertTrue(self.hint(path).startswith("unpack its package again, with its links"))
        dep.unlink()
        dep.symlink_to(f"{DEP}.1")
        told = f"({dep}: is a symbolic link to {DEP}.1, which is not there)"
        self.check(path, "missing_dependency", told)
        self.assertEqual(self.hint(path), "correct that link, or install what it leads to")
        self.home.add(DEP, f"{DEP}.1")
        self.assertTrue(self.verify_one(path)["ok"])


class Damage(Mishaps):
    """What was not written completely, or taken for text."""

    LIBRARIES = (Path("/usr/lib/x86_64-linux-gnu/libz.so.1"), Path("/usr/lib/x86_64-linux-gnu/libutil.so.1"),
                 harness.FIXTURES / "good.so", harness.FIXTURES / "libdltest_dep.so")

    def check_changed(self, change: Callable[[bytes], bytes], reason: str, words: str, hint: str) -> None:
        """Of each library, what it is when it has been changed."""
        for library in self.LIBRARIES:
            with self.subTest(library.name):
                harness.needs(library.exists(), "no such library here")
                path = self.directory / f"{library.name}.changed.so"
                path.write_bytes(change(library.read_bytes()))
                self.check(path, reason, f"{path}: {words}")
                self.assertEqual(self.hint(path), hint)

    def test_taken_for_text(self):
        for change, words in (
                (lambda content: content.decode("utf-8", "replace").encode(),
                 "was converted from binary to UTF-8: its bytes are damaged"),
                (lambda content: content.decode("latin-1").encode(),
                 "was converted from Latin-1 to UTF-8: its bytes are damaged"),
                (lambda content: content.replace(b"\n", b"\r\n"),
                 "has a CR before each LF: it was transferred as text"),
                (lambda content: content.decode("latin-1").encode("utf-16"),
                 "was converted from binary to UTF-16: its bytes are damaged")):
            self.check_changed(change, "not_a_library", words,
                               "install it again, and transfer it as binary")

    def test_zeros(self):
        hint = "the file is incomplete: install it again"
        self.check_changed(lambda content: bytes(len(content)), "not_a_library",
                           "is all zeros: it was not written completely", hint)
        self.check_changed(lambda content: bytes(4096) + content[4096:], "not_a_library",
                           "has zeros in the place of its header: it was not written", hint)
        # All that is mapped to be written begins with what is read-only once it is relocated.
        self.check_changed(lambda content: content[:4096] + bytes(len(content) - 4096), "truncated",
                           "has zeros in the place of its dynamic section: it was not written", hint)

    def test_dependency(self):
        path = self.home.add("origin_runpath.so")
        dep = self.directory / DEP
        content = (harness.FIXTURES / DEP).read_bytes()
        dep.write_bytes(content.decode("utf-8", "replace").encode())
        result = self.verify_one(path)
        self.assertIn(f"({dep}: was converted from binary to UTF-8: its bytes are damaged)",
                      result["error"])

    def test_what_only_looks_like_it(self):
        # All of its text has CR before LF, and much of it is UTF-8.
        path = self.home.add("good.so", "longer.so")
        with open(path, "ab") as file:
            file.write("café\r\n".encode() * 1000)
        self.assertTrue(self.verify_one(path)["ok"])


class Mounts(Mishaps):
    """What lies where nothing may be mapped as code."""

    TOLD = "failed to map segment from shared object ({0}: is on a file system that is mounted noexec)"

    def setUp(self):
        super().setUp()
        harness.needs_root("it needs root to mount something")

    def ask(self, place: Path, names: list[str], *options: str, **env: str) -> str:
        """What the client says of a library, where 'place' is mounted noexec and has copies of
        these fixtures."""
        script = """
            place=$1; shift
            mount -t tmpfs -o noexec none "$place"
            while [ "$1" != -- ]; do cp "$1" "$place"; shift; done
            shift; exec "$@"
        """
        fixtures = [str(harness.FIXTURES / name) for name in names]
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script, "sh", str(place),
             *fixtures, "--", harness.CLIENT, "--no-daemon", *options],
            env=self.home.environment(**env), capture_output=True, timeout=harness.PATIENCE,
            check=False)
        self.assertEqual(done.returncode, 1, done)
        return done.stdout.decode()

    def test_library(self):
        path = self.directory / "good.so"
        text = self.ask(self.directory, ["good.so"], "--jsonl", str(path))
        self.assertIn(f"{path}: {self.TOLD.format(path)}", text)
        self.assertIn('"load_error"', text)
        text = self.ask(self.directory, ["good.so"], "--text", str(path))
        self.assertIn("hint       mount it without noexec, or install elsewhere", text)

    def test_dependency(self):
        path = self.home.add("needs_dep.so")
        place = self.home.package("other")
        text = self.ask(place, [DEP], "--jsonl", path, LD_LIBRARY_PATH=str(place))
        self.assertIn(f"{DEP}: {self.TOLD.format(place / DEP)}", text)

    def test_other_failures_are_none_of_it(self):
        path = self.directory / "undefined_function.so"
        text = self.ask(self.home.package("other"), ["good.so"], "--jsonl",
                        self.home.add(path.name))
        self.assertNotIn("noexec", text)


if __name__ == "__main__":
    harness.main()
