#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is said of a library that does not load: all that is missing and who needs it, and what makes
it load."""

import os
import subprocess
from pathlib import Path

import dltest_harness as harness
from dltest_harness import make
from second_look_case import DEP, GONE, SYSTEM, SecondLook, needs_file


class Missing(SecondLook):
    """All that is missing, and who needs it."""

    def test_all_missing_libraries(self):
        result = self.verify_one(self.home.add("needs_two_missing.so"))
        both = [GONE, "libdltest_gone2.so"]
        self.check_bad(result, "missing_dependency", both)
        self.assertEqual(result["missing"], both)
        self.assertIn(f"(needed by {result['path']}; 1 more library is missing)", result["error"])
        self.assertEqual([(need["name"], need["needed_by"]) for need in result["needs"]],
                         [(name, result["path"]) for name in both])

    def test_filters(self):
        """What a library is a filter of is as good as needed, and said in the same words."""
        result = self.verify_one(self.home.add("filter_missing.so"))
        self.check_bad(result, "missing_dependency", [GONE])
        self.assertEqual(result["needs"], [{"name": GONE, "needed_by": result["path"]}])
        self.assertIn(f"(needed by {result['path']})", result["error"])
        # An auxiliary filter does without.
        self.assertTrue(self.verify_one(self.home.add("auxiliary_missing.so"))["ok"])
        # Of a filter that another library needs.
        needing = self.home.package() / "needing.so"
        make.needing(harness.FIXTURES / "needs_placeholder.so", needing, b"filter_missing.so")
        found = self.verify_one(str(needing), env={"LD_LIBRARY_PATH": str(self.home.package())})
        self.assertEqual(found["needs"], result["needs"])

    def test_who_needs_what_is_missing(self):
        directory = self.home.package()
        make.needing(harness.FIXTURES / "needs_placeholder.so", directory / DEP, b"libnone.so")
        result = self.verify_one(self.home.add("origin_rpath.so"))
        self.check_bad(result, "missing_dependency", ["libnone.so"])
        self.assertEqual(result["needs"],
                         [{"name": "libnone.so", "needed_by": str(directory / DEP)}])
        self.assertIn(f"(needed by {directory / DEP})", result["error"])

    def test_missing_versions(self):
        self.home.add("libdltest_versioned.so")
        result = self.verify_one(self.home.add("missing_version.so"))
        provider = str(self.home.package() / "libdltest_versioned.so")
        self.check_bad(result, "missing_version", symbols=[
            f"DLTEST_2 in {provider}", "dltest_versioned, version DLTEST_2"])
        self.assertEqual(result["symbols"][0], f"DLTEST_2 in {provider}")
        self.assertEqual(result["needs"][0], {
            "name": "DLTEST_2", "needed_by": result["path"], "provider": provider,
            "available": ["DLTEST_1"]})

    def test_a_c_library_that_is_too_old(self):
        result = self.verify_one(self.home.add("of_the_future.so"))
        self.check_bad(result, "missing_version")
        need = result["needs"][0]
        self.assertEqual(need["name"], "GLIBC_2.99")
        minor = [int(version.removeprefix("GLIBC_2.")) for version in need["available"]]
        self.assertEqual(minor, sorted(minor))
        self.assertEqual(len(minor), 8)
        newest = os.confstr("CS_GNU_LIBC_VERSION").split(".")[-1]
        self.assertLessEqual(minor[-1], int(newest))
        self.assertGreater(minor[-1], 33)

    def test_very_many_symbols(self):
        result = self.verify_one(self.home.add("many_symbols.so"), "--timeout", "30")
        self.check_bad(result, "undefined_symbol",
                       symbols=[f"dltest_lacks_{i}" for i in range(1, 5001)])
        self.assertIn("(4999 more symbols are missing)", result["error"])
        self.assertEqual(len(result["needs"]), 5000)
        self.assertEqual({need["needed_by"] for need in result["needs"]}, {result["path"]})
        # Each path is said once: of the library, of each need's object.
        self.assertEqual(self.run_client(result["path"]).out.count(b'"needed_by"'), 1)

    def test_very_many_libraries(self):
        names = [f"libdltest_none_{i}.so" for i in range(500)]
        path = self.home.add("good.so")
        arguments = [word for name in names for word in ("--add-needed", name)]
        subprocess.run(["patchelf", *arguments, path], check=True)
        result = self.verify_one(path, "--timeout", "30")
        self.check_bad(result, "missing_dependency", names)
        self.assertIn(f"(needed by {path}; 499 more libraries are missing)", result["error"])
        self.assertEqual({need["needed_by"] for need in result["needs"]}, {path})

    def test_many_libraries_that_lack_many_symbols(self):
        # More than fits into one reply of the daemon, if it put them all into one.
        paths = [self.place("many_symbols.so", f"p-{i}/lib", f"{'x' * 200}.so") for i in range(24)]
        answer = self.verify(*paths, "--timeout", "60", status=1)
        for result in answer.results:
            self.assertEqual(len(result["symbols"]), 5000)

    def test_names_that_pose_as_text(self):
        directory = self.home.package()
        for index, name in enumerate((
                b"x => not found", b"x\nundefined symbol: f\t(/x)", b"x\n\tliby.so => not found",
                b"caf\xe9\x80.so", b"\tlib => /x (0x1)", b"\r\x1b[31m\x7f.so", b"%s%n%n.so",
                b"\",\"ok\":true,\"", b"x: version `V' not found", b" ", b"\n", b"\xff")):
            path = directory / f"{index}.so"
            make.needing(harness.FIXTURES / "needs_placeholder.so", path, name)
            result = self.verify_one(str(path))
            self.assertFalse(result["ok"])
            self.assertIn(result["reason"], ("missing_dependency", "missing_version"), name)
            self.assertEqual(len(result["error"].splitlines()), 1, result)
            if b"\n" not in name:
                text = "".join("?" if byte < 32 and byte != 9 or byte == 127 else
                               chr(byte) if byte < 128 else "\ufffd" for byte in name)
                self.assertIn(text, result["missing"], result)

    def test_broken_dependency(self):
        good = (harness.FIXTURES / DEP).read_bytes()
        for content in (b"a text file\n", b"", good[:40], good[:1000], good[:-9000] + b"x"):
            (self.home.libs / DEP).write_bytes(content)
            alone = self.verify_one(self.home.add("needs_dep.so"), "--fresh")
            self.assertFalse(alone["ok"])
            self.assertIn(alone["reason"], ("missing_dependency", "load_error", "crashed",
                                            "wrong_architecture"), alone)
            # The trace comes no further than that either.
            result = self.verify_one(self.home.add("needs_gone_and_dep.so"), "--fresh")
            self.check_bad(result, "missing_dependency", [GONE])

    def test_missing_when_bound_lazily(self):
        path = self.home.add("undefined_both.so")
        self.check_bad(self.verify_one(path), "undefined_symbol",
                       symbols=["dltest_no_such_data", "dltest_no_such_function"])
        self.check_bad(self.verify_one(path, "--lazy"), "undefined_symbol",
                       symbols=["dltest_no_such_data"])


class With(SecondLook):
    """What makes a library load when it is loaded first."""

    def test_host(self):
        path, host = self.home.add("plugin.so"), self.home.add("host.so")
        bad = self.verify_one(path)
        self.check_bad(bad, "undefined_symbol", symbols=["dltest_host_value"])
        self.assertNotIn("loads_with", bad)
        self.assertEqual(self.verify_one(path, "--with", host), {"path": path, "ok": True})

    def test_host_that_is_not_enough(self):
        path, host = self.home.add("demanding_plugin.so"), self.home.add("host.so")
        both = ["dltest_host_value", "dltest_no_such_data"]
        self.check_bad(self.verify_one(path), "undefined_symbol", symbols=both)
        self.check_bad(self.verify_one(path, "--with", host), "undefined_symbol", symbols=both[1:])

    def test_host_with_a_name_that_no_trace_can_be_told(self):
        path, host = self.home.add("demanding_plugin.so"), self.home.add("host.so", "ho st:.so")
        result = self.verify_one(path, "--with", host)
        self.check_bad(result, "undefined_symbol", symbols=["dltest_no_such_data"])
        self.assertNotIn("needs", result)

    def test_host_and_company(self):
        self.place(DEP, "p-1/lib")
        path = self.place("needs_dep.so", "p-1/lib/plugins")
        self.check_context(self.verify_one(path, "--with", self.home.add("host.so")), "p-1/lib")

    def test_python_extension(self):
        python = needs_file(SYSTEM / "libpython3.11.so.1.0")
        packages = Path("/usr/lib/python3/dist-packages/numpy")
        extensions = sorted(needs_file(packages).rglob("*.cpython-311-*.so"))
        self.assertGreater(len(extensions), 5)
        for extension in extensions:
            alone = self.verify_one(str(extension))
            self.assertEqual(alone["host"]["name"], "Python")
            bad = self.verify_one(str(extension), "--bare")
            self.check_bad(bad, "undefined_symbol")
            self.assertTrue(any(s.startswith(("Py", "_Py")) for s in bad["symbols"]), bad)
            self.assertNotIn("loads_with", bad)
            good = self.verify_one(str(extension), "--with", str(python))
            self.assertEqual(good, {"path": str(extension), "ok": True})

    def test_underlinked(self):
        path = self.home.add("libdltest_underlinked.so")
        result = self.verify_one(path)
        self.check_bad(result, "undefined_symbol", symbols=["sincos"])
        self.assertEqual(result["loads_with"], ["libm.so.6"])
        bare = self.verify_one(path, "--bare")
        self.check_bad(bare, "undefined_symbol", symbols=["sincos"])
        self.assertNotIn("loads_with", bare)

    def test_resolver_that_runs_too_early(self):
        # The library it needs uses an IFUNC of libm, which is relocated only after it.
        self.home.add("libdltest_underlinked.so")
        path = self.home.add("user_of_underlinked.so")
        result = self.verify_one(path)
        self.assertEqual((result["reason"], result["signal"], result["phase"]),
                         ("crashed", "SIGSEGV", "open"))
        self.assertEqual(result["loads_with"], ["libm.so.6"])
        self.assertNotIn("loads_with", self.verify_one(path, "--bare"))

    def test_underlinked_of_debian(self):
        path = needs_file(SYSTEM / "libvtkkissfft-9.1.so.1")
        result = self.verify_one(str(path))
        self.check_bad(result, "undefined_symbol", symbols=["sincos", "sqrt"])
        self.assertEqual(result["loads_with"], ["libm.so.6"])

    def test_crash_that_nothing_helps(self):
        result = self.verify_one(self.home.add("crash_segv.so"))
        self.assertEqual(result["reason"], "crashed")
        self.assertFalse(set(result) & {"loads_with", "context", "missing", "symbols", "needs"})


class Refused(SecondLook):
    """Libraries that can be loaded in other ways only; the error says in which."""

    def check_explained(self, path, reason, linker, meaning):
        result = self.verify_one(str(path))
        self.check_bad(result, reason)
        self.assertIn(linker, result["error"])
        self.assertIn(meaning, result["error"])
        self.assertNotIn("loads_with", result)

    def test_static_tls(self):
        words = "cannot allocate memory in static TLS block", "when a program starts"
        self.check_explained(self.home.add("static_tls.so"), "no_static_tls", *words)
        self.check_explained(needs_file(SYSTEM / "libjemalloc.so.2"), "no_static_tls", *words)

    def test_not_to_be_dlopened(self):
        self.check_explained(self.home.add("nodlopen.so"), "load_error",
                             "cannot be dlopen()ed", "a program linked with it")


if __name__ == "__main__":
    harness.main()
