#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The hints of --text: one for each reason, and what they say is true."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from typing import Any

import dltest_harness as harness
from dltest_harness import make
from text_case import UTF8, TextCase, bad


class Hints(TextCase):
    """What to do, for each reason."""

    def hint(self, text: str) -> str:
        """The hint of a table that is not broken into lines."""
        found = re.findall(r"^    hint       (.*)$", text, re.M)
        self.assertLessEqual(len(found), 1, text)
        return found[0] if found else ""

    def test_hint_for_each_reason(self):
        machine = os.uname().machine
        cases: list[tuple[str, dict[str, Any], str]] = [
            ("/t/x.so", bad("invalid_path"), ""),
            ("/t/x.so", bad("not_found"), "check how it is spelled; --all tries"),
            ("/t/x.so", bad("permission_denied"), "make the file readable"),
            ("/t/x.so", bad("not_a_library"), "name the shared library itself"),
            ("/t/x y/x.so", bad("outside_roots"), "--root '/t/x y' allows libraries below"),
            ("/t/it's/x.so", bad("outside_roots"), r"--root '/t/it'\''s' allows"),
            (str(self.base), bad("not_a_file"),
             f"for all that is in it: find {self.base} -type f -regex '.*\\.so[.0-9]*' | "
             "tsuku-dltest --text --files-from -"),
            ("/t/x.so", bad("truncated"), "the file is incomplete: install it again"),
            ("/t/x.so", bad("wrong_architecture"),
             f"install the build for this machine, {machine}"),
            ("/t/x.so", bad("wrong_architecture", platform="x86-64-v4"),
             "install the build for older processors: this one is not x86-64-v4"),
            ("/t/x.so", bad("wrong_platform", platform="musl"),
             "install the build for this system"),
            ("/t/x.so", bad("missing_dependency", missing=["libx.so"]),
             "put the directory that has it on LD_LIBRARY_PATH, or install the package that"),
            ("/t/x.so", bad("missing_dependency", missing=[str(self.base)]),
             "that file is of no use: install it again"),
            ("/t/x.so", bad("missing_dependency", missing=["/t/libx.so"]),
             "it is looked for at this path alone: put it there, or correct the path if"),
            ("/t/x.so", bad("undefined_symbol", loads_with=["libgone_m.so.6"]),
             "needs libgone_m.so.6 and does not say so: relink it with -lgone_m; "
             "--with PATH/libgone_m.so.6 loads it"),
            ("/t/x.so", bad("undefined_symbol", loads_with=["/l/libm.so.6", "/l/odd.so"]),
             "needs libm.so.6 and odd.so and does not say so: relink it with -lm odd.so; "
             "--with /l/libm.so.6 --with /l/odd.so load it"),
            ("/t/x.so", bad("undefined_symbol", symbols=["PyList_New"], host={"name": "Python"}),
             "it was built for another version of Python, or for more than that alone"),
            ("/t/x.so", bad("needs_host", host={"name": "Apache"}),
             "install Apache, or name its program with --host; --allow-missing-host takes it"),
            ("/t/x.so", bad("needs_host", host={"name": "BIND", "program": "/sbin/named"}),
             "only BIND itself can tell whether it loads; --allow-missing-host takes it"),
            ("/t/x.so", bad("undefined_symbol", symbols=["f"]), "if it is a plugin, --host PROGRAM"),
            ("/t/x.so", bad("undefined_symbol", needs=[{"name": "f", "version": "V_2"}]),
             "it was built with another version of the library that has this symbol"),
            ("/t/x.so", bad("missing_version", needs=[
                {"name": "GLIBC_2.99", "provider": "/lib/libc.so.6",
                 "available": ["GLIBC_2.35", "GLIBC_2.36"]}]),
             "it was built for a newer system: install a build for this one; "
             "this one has GLIBC_2.36 at most"),
            ("/t/x.so", bad("missing_version", symbols=["V in /l/lib.so"]),
             "install a newer version of the library that lacks it"),
            ("/t/x.so", bad("no_static_tls"), "it can only be loaded at program start"),
            ("/t/x.so", bad("executable_stack"), "relink it with -z noexecstack"),
            ("/t/x.so", bad("load_error"), "--details shows what it printed and tried"),
            ("/t/x.so", bad("crashed"), "--details shows what it printed and tried"),
            ("/t/x.so", bad("exited"), "--details shows what it printed and tried"),
            ("/t/x.so", bad("timed_out"), "--timeout SECONDS gives it more time"),
            ("/t/x.so", bad("out_of_memory"), "free some memory"),
            ("/t/x.so", bad("close_failed"), "it loads: no defect for programs that keep it"),
            ("/t/x.so", bad("no_verdict"), "not the library's fault: try again, or with "
                                           "--no-daemon"),
        ]
        self.assertEqual({result["reason"] for _, result, _ in cases}, harness.REASONS)
        fake = self.fake({})
        for path, result, start in cases:
            with self.subTest(result=result):
                fake.results = {path: result}
                hint = self.hint(self.text(path))
                self.assertTrue(hint.startswith(start) if start else hint == "", hint)
        fake.results = {"/t/x.so": bad("missing_version", symbols=["V in /l/lib.so"])}
        self.assertIn("1 not: 1 without version V of lib.so\n", self.text("/t/x.so"))
        fake.results = {"/t/x.so": bad("crashed")}
        self.assertEqual(self.hint(self.text("--details", "/t/x.so")), "")

    def test_json_has_the_hint_with_details(self):
        paths = [self.home.add("needs_missing.so"), self.home.add("good.so"),
                 str(self.home.libs / "none.so"), self.home.add("ending_deadlock.so")]
        answer = self.verify("--details", "--timeout", "0.5", *paths)
        hints = [result.get("hint", "") for result in answer.results]
        for path, hint in zip(paths, hints):
            text = self.run_client("--text", "--details", "--timeout", "0.5", path,
                                   env={"COLUMNS": "400"}).out.decode()
            self.assertEqual(self.hint(text), hint)
        self.assertEqual((hints[1], hints[3]), (
            "", "it waits for something that does not come, itself or its host"))
        for result in self.verify(*paths, "--timeout", "0.5").results:
            self.assertNotIn("hint", result)

    def test_what_it_said_at_last_is_shown(self):
        text = self.run_client("--text", self.home.add("ending_print_and_abort.so")).out.decode()
        self.assertRegex(text, r"(?m)^    printed    no such device: the printer is on fire$")

    def test_hint_for_outside_roots_is_true(self):
        place = self.base / "a place"
        place.mkdir()
        make.put(harness.FIXTURES / "good.so", place / "good.so")
        link = self.base / "link.so"
        link.symlink_to(place / "good.so")
        hint = self.hint(self.text(link, status=1))
        self.assertEqual(hint, f"--root '{place}' allows libraries below that directory")
        self.text(*shlex.split(hint)[:2], link, status=0)

    def test_hint_for_a_directory_is_true(self):
        self.home.add("good.so")
        make.put(harness.FIXTURES / "good.so", self.base / "good.so")
        for place in (self.home.package(), self.base):
            hint = self.hint(self.text(place, status=1))
            command = hint.removeprefix("for all that is in it: ")
            run = subprocess.run(
                ["sh", "-c", command.replace("tsuku-dltest", shlex.quote(str(harness.CLIENT)))],
                env=self.home.environment(**UTF8), capture_output=True, check=False)
            self.assertEqual(run.returncode, 0, run)
            self.assertIn(" ok\n", run.stdout.decode())

    def test_what_was_searched_is_no_hint(self):
        directory = self.home.package()
        content = bytearray((harness.FIXTURES / "libdltest_dep.so").read_bytes())
        content[18] = 8  # EM_MIPS
        (directory / "libdltest_dep.so").write_bytes(content)
        self.assertEqual(self.hint(self.text(self.home.add("needs_dep.so"), status=1)),
                         f"libdltest_dep.so in {directory} is of no use: install it again, or its "
                         "build for this machine")

    def test_hint_of_what_is_beside_it_is_true(self):
        path = self.home.add("needs_dep.so")
        self.home.add("libdltest_dep.so")
        command = self.hint(self.text(path, status=1)).split(" or ")[1]
        self.assertEqual(shlex.split(command), ["patchelf", "--add-rpath", "$ORIGIN", path])
        subprocess.run(shlex.split(command), check=True)
        self.text(path, status=0)

    def test_hint_of_a_package_is_true(self):
        path = self.home.add("needs_dep.so")
        for version in ("0.9", "1.0"):
            self.home.add("libdltest_dep.so", package=f"dep{version}")
        directory = self.home.package("dep1.0")
        hint = self.hint(self.text("--bare", path, status=1))
        self.assertEqual(hint, "libdltest_dep.so is in a directory that is not searched: "
                               f"try LD_LIBRARY_PATH={directory}")
        self.text("--bare", path, env={**UTF8, "LD_LIBRARY_PATH": str(directory)}, status=0)
        self.home.add("libdltest_dep.so")
        self.assertIn(f"LD_LIBRARY_PATH={self.home.package()}", self.text("--bare", path))

    def test_hint_of_directories_near(self):
        path = self.home.add("needs_dep.so")
        for place in ("server", "..", "."):
            directory = self.home.package() / place
            directory.mkdir(exist_ok=True)
            make.put(harness.FIXTURES / "libdltest_dep.so", directory / "libdltest_dep.so")
            hint = self.hint(self.text("--bare", path, status=1))
            self.assertTrue(hint.endswith(f"LD_LIBRARY_PATH={os.path.normpath(directory)}"), hint)

    def test_hint_of_a_bare_name_is_true(self):
        path = self.home.add("good.so")
        fake = self.fake({path: bad("undefined_symbol", loads_with=["libm.so.6"])})
        hint = self.hint(self.text(path))
        found = re.search(r" (--with) (/\S*/libm\.so\.6) loads it$", hint)
        self.assertTrue(found, hint)
        assert found
        fake.stop()
        self.home.socket.unlink()
        self.text(*found.groups(), path, status=0, client=harness.CLIENT)


if __name__ == "__main__":
    harness.main()
