#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whether a library that does not load alone loads in the company of its own package."""

import os
import subprocess

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
        # Not beside the way.
        self.place(DEP, "p-1/lib/other")
        self.check_bad(self.verify_one(path, "--fresh"), "missing_dependency", [DEP])

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
        self.place(DEP, "p-1/lib/plugins")
        self.place("poses_as_missing.so", "p-1/lib", GONE)
        path = self.place("needs_gone_and_dep.so", "p-1/lib/plugins")
        self.check_context(self.verify_one(path), "p-1/lib", "p-1/lib/plugins")

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
        self.place(DEP, "p-1/plugins")
        path = self.place("needs_dep_show_neighbour.so", "p-1/plugins")
        os.symlink(secret, self.home.libs / "p-1/lib64")
        os.symlink(secret, self.home.libs / "p-1/lib")
        result = self.verify_one(path, "--details")
        self.check_context(result, "p-1/plugins")
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

    def test_what_happens_in_company_is_not_the_answer(self):
        self.place(DEP, "p-1/lib")
        for scenario in ("crash_segv", "exit_1", "spin"):
            path = self.place(f"needs_dep_{scenario}.so", "p-1/lib/plugins")

            def check(result):
                self.check_bad(result, "missing_dependency", [DEP])
                self.assertNotIn("signal", result)
            self.verify_in_time(2, path, check)

    def test_nothing_to_keep_company(self):
        path = self.place("needs_dep.so", ".")
        self.check_bad(self.verify_one(path), "missing_dependency", [DEP])


if __name__ == "__main__":
    harness.main()
