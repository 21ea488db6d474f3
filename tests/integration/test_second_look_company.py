#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whether a library that does not load alone loads in the company of its own package."""

import os
import subprocess
from pathlib import Path

import dltest_harness as harness
from dltest_harness import make
from second_look_case import DEP, GONE, SYSTEM, SecondLook, needs_file


class Company(SecondLook):
    """The directories of a library's own package."""

    def openssl(self, stand_in, engine):
        self.place(f"{stand_in}/libcrypto.so.3", "openssl-9.0.0/lib")
        for directory in ("engines-3", "ossl-modules"):
            path = self.place(engine, f"openssl-9.0.0/lib/{directory}")
            self.check_context(self.verify_one(path), "openssl-9.0.0/lib")
            yield self.verify_one(path, "--bare", "--fresh")

    def test_openssl(self):
        # The engine's own DT_RPATH leads nowhere, and the system's libcrypto is too old.
        needs_file(SYSTEM / "libcrypto.so.3")
        for bare in self.openssl("crypto", "engine.so"):
            self.check_bad(bare, "missing_version")
            self.assertRegex(bare["symbols"][0], r"^OPENSSL_9\.0\.0 in /.*/libcrypto\.so\.3$")
            need = next(need for need in bare["needs"] if need["name"] == "OPENSSL_9.0.0")
            self.assertIn("OPENSSL_3.0.0", need["available"])
            self.assertEqual(need["needed_by"], bare["path"])

    def test_openssl_symbol(self):
        needs_file(SYSTEM / "libcrypto.so.3")
        for bare in self.openssl("crypto_plain", "engine_plain.so"):
            self.check_bad(bare, "undefined_symbol", symbols=["dltest_crypto_extra"])

    def test_openssl_of_debian(self):
        # Its real engines and modules beside its real libcrypto, and a caller whose library path
        # has another one that lacks all they want.
        parts = [*needs_file(SYSTEM / "engines-3").glob("*.so"),
                 needs_file(SYSTEM / "ossl-modules/legacy.so")]
        self.assertGreater(len(parts), 2)
        self.place(SYSTEM / "libcrypto.so.3", "openssl-3.0/lib")
        elsewhere = self.base / "elsewhere"
        elsewhere.mkdir()
        make.put(harness.FIXTURES / "crypto/libcrypto.so.3", elsewhere / "libcrypto.so.3")
        env = {"LD_LIBRARY_PATH": str(elsewhere)}
        for part in parts:
            path = self.place(part, f"openssl-3.0/lib/{part.parent.name}")
            self.assertEqual(self.verify_one(path), {"path": path, "ok": True})
            self.check_context(self.verify_one(path, env=env), "openssl-3.0/lib")
            bare = self.verify_one(path, "--bare", env=env)
            self.assertIn(bare["reason"], ("undefined_symbol", "missing_version"))
            self.assertGreater(len(bare["symbols"]), 20)
            for symbol in bare["symbols"]:
                self.assertRegex(symbol, r"^[A-Za-z0-9_]+, version OPENSSL_3\.0\.[0-9]$|"
                                 r"^OPENSSL_3\.0\.[1-9] in /")

    def test_company_of_nested_directories(self):
        for depth in ("p-1/lib/a", "p-1/lib/a/b/c", "p-1/lib64", "p-1"):
            self.place(DEP, depth)
            path = self.place("needs_dep.so", "p-1/lib/a/b/c/d")
            self.check_context(self.verify_one(path, "--fresh"), depth)
            self.check_bad(self.verify_one(path, "--bare", "--fresh"), "missing_dependency", [DEP])
            os.unlink(self.home.libs / depth / DEP)

    def test_another_package_is_no_company(self):
        self.place(DEP, "other-1/lib")
        self.place(DEP, "demo-1.0.1/lib")
        path = self.place("needs_dep.so", "demo-1.0/lib")
        self.check_bad(self.verify_one(path), "missing_dependency", [DEP])

    def test_only_directories_that_were_needed_are_named(self):
        # That of its own directory it finds alone.
        self.place(DEP, "p-1/lib/plugins")
        self.place("poses_as_missing.so", "p-1/lib", GONE)
        path = self.place("needs_gone_and_dep.so", "p-1/lib/plugins")
        subprocess.run(["patchelf", "--set-rpath", "$ORIGIN", path], check=True)
        self.check_context(self.verify_one(path), "p-1/lib")

    def test_company_of_two_directories(self):
        self.place(DEP, "p-1")
        self.place("poses_as_missing.so", "p-1/lib", GONE)
        path = self.place("needs_gone_and_dep.so", "p-1/lib/plugins")
        self.check_context(self.verify_one(path), "p-1/lib", "p-1")

    def test_company_below_a_root(self):
        root = self.base / "root"
        (root / "sub").mkdir(parents=True)
        make.put(harness.FIXTURES / DEP, root / DEP)
        path = make.put(harness.FIXTURES / "needs_dep.so", root / "sub/needs_dep.so")
        result = self.verify_one(os.fsdecode(path), "--root", str(root))
        self.assertEqual(result.get("context"), [str(root)])

    def test_with_the_callers_library_path(self):
        elsewhere = self.base / "elsewhere"
        elsewhere.mkdir()
        make.put(harness.FIXTURES / "poses_as_missing.so", elsewhere / GONE)
        self.place(DEP, "p-1/lib")
        path = self.place("needs_gone_and_dep.so", "p-1/lib/plugins")
        self.check_bad(self.verify_one(path), "missing_dependency", [DEP, GONE])
        env = {"LD_LIBRARY_PATH": str(elsewhere)}
        self.check_context(self.verify_one(path, env=env), "p-1/lib")
        self.check_bad(self.verify_one(path, "--bare", env=env), "missing_dependency", [DEP])

    def test_company_through_links(self):
        self.place(DEP, "p-1/real")
        path = self.place("needs_dep.so", "p-1/plugins")
        os.symlink("real", self.home.libs / "p-1/lib")
        os.symlink(self.home.path, self.base / "link")
        self.check_context(self.verify_one(path), "p-1/real")
        other = str(self.base / "link/libs/p-1/plugins/needs_dep.so")
        self.check_context(self.verify_one(other), "p-1/real")

    def test_no_link_leads_out(self):
        # What is searched may be read; the user's keys may not.
        secret = self.base / "secret"
        secret.mkdir()
        (secret / "secret").write_text("the key")
        self.place(DEP, "p-1/more")
        path = self.place("needs_dep_show_neighbour.so", "p-1/plugins")
        os.symlink(secret, self.home.libs / "p-1/lib64")
        os.symlink(secret, self.home.libs / "p-1/lib")
        os.symlink(secret, self.home.libs / "p-1/another")
        result = self.verify_one(path, "--details")
        self.check_context(result, "p-1/more")
        self.assertEqual(result["output"], "it says: ")

    def test_odd_names(self):
        for package in ("a:b-1", "a;b-1", " a b -1", "żółć-1", "$ORIGIN-1", "new\nline-1"):
            self.place(DEP, f"{package}/lib")
            path = self.place("needs_dep.so", f"{package}/lib/plugins")
            result = self.verify_one(path)
            if ":" in package or ";" in package:
                self.check_bad(result, "missing_dependency", [DEP])  # cannot be said
            elif "$" not in package:
                self.check_context(result, f"{package}/lib")

    def test_nothing_to_keep_company(self):
        path = self.place("needs_dep.so", ".")
        self.check_bad(self.verify_one(path), "missing_dependency", [DEP])


class NotEnough(SecondLook):
    """Company that has what is missing, which is not enough: what happens there is the answer."""

    def in_company(self, reason, **more):
        """The verdict on a library whose missing dependency is in its package."""
        result = self.verify_one(self.path, "--timeout", "10")
        self.check_bad(result, reason, more.get("missing", []), more.get("symbols", []))
        self.assertTrue(result["error"].startswith("in the company of its own package: "), result)
        self.assertIn(f"(alone it does not find {DEP}, which is in {self.lib})", result["error"])
        return result

    def setUp(self):
        super().setUp()
        self.lib = str(self.home.libs / "p-1/lib")
        self.path = self.place("needs_dep.so", "p-1/lib/plugins")

    def test_it_lacks_symbols(self):
        dep = self.place("undefined_data.so", "p-1/lib", DEP)
        name = "dltest_no_such_data"
        result = self.in_company("undefined_symbol", symbols=[name])
        self.assertIn(f"{dep}: undefined symbol: {name}", result["error"])
        self.assertEqual(result["needs"], [{"name": name, "needed_by": dep}])

    def test_it_lacks_libraries(self):
        dep = self.place("needs_two_missing.so", "p-1/lib", DEP)
        both = [GONE, "libdltest_gone2.so"]
        result = self.in_company("missing_dependency", missing=both)
        self.assertEqual(result["needs"], [{"name": name, "needed_by": dep} for name in both])

    def test_it_lacks_a_version(self):
        dep = self.place("missing_version.so", "p-1/lib", DEP)
        provider = self.place("libdltest_versioned.so", "p-1/lib")
        result = self.in_company("missing_version", symbols=[
            f"DLTEST_2 in {provider}", "dltest_versioned, version DLTEST_2"])
        self.assertEqual(result["needs"][0], {"name": "DLTEST_2", "needed_by": dep,
                                              "provider": provider, "available": ["DLTEST_1"]})

    def test_it_is_cut_off(self):
        dep = Path(self.lib) / DEP
        dep.write_bytes((harness.FIXTURES / DEP).read_bytes()[:100])
        self.in_company("missing_dependency", missing=[str(dep)])

    def test_it_is_for_another_machine(self):
        content = bytearray((harness.FIXTURES / DEP).read_bytes())
        content[18] = 8  # EM_MIPS
        (Path(self.lib) / DEP).write_bytes(content)
        result = self.verify_one(self.path)
        self.check_bad(result, "missing_dependency", [DEP])
        self.assertIn(f"{self.lib}/{DEP}: is for ", result["error"])

    def test_it_crashes_and_it_exits(self):
        self.place("crash_segv.so", "p-1/lib", DEP)
        result = self.in_company("crashed")
        self.assertEqual((result["signal"], result["phase"]), ("SIGSEGV", "open"))
        self.place("exit_1.so", "p-1/lib", DEP)
        self.assertEqual(self.in_company("exited")["exit_status"], 1)

    def test_the_library_itself_fails_there(self):
        self.place(DEP, "p-1/lib")
        for scenario, reason in (("crash_segv", "crashed"), ("exit_1", "exited")):
            self.path = self.place(f"needs_dep_{scenario}.so", "p-1/lib/plugins")
            self.in_company(reason)

    def test_alone_it_is_another_failure(self):
        needs_file(SYSTEM / "libcrypto.so.3")
        dep = self.place("needs_missing.so", "p-1/lib", "libcrypto.so.3")
        path = self.place("engine.so", "p-1/lib/engines-3")
        result = self.verify_one(path)
        self.check_bad(result, "missing_dependency", [GONE])
        self.assertIn("(alone: ", result["error"])
        self.assertIn("version `OPENSSL_9.0.0' not found", result["error"])
        self.assertEqual(result["needs"][0], {"name": GONE, "needed_by": dep})

    def test_nothing_of_it_is_remembered(self):
        dep = self.place("undefined_data.so", "p-1/lib", DEP)
        self.in_company("undefined_symbol", symbols=["dltest_no_such_data"])
        make.put(harness.FIXTURES / DEP, Path(dep))
        self.check_context(self.verify_one(self.path), "p-1/lib")
        self.place("crash_segv.so", "p-1/lib", DEP)
        self.in_company("crashed")


if __name__ == "__main__":
    harness.main()
