#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is said of a library that does not load: all that is missing and who needs it, whether it
loads in the company of its own package, and what makes it load."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import dltest_harness as harness
from dltest_harness import make

SYSTEM = Path("/usr/lib/x86_64-linux-gnu")
DEP = "libdltest_dep.so"
GONE = "libdltest_gone.so"
# What a load that is given up takes longer than its timeout at most, on a busy machine.
SLACK = 1.0


def needs_file(path):
    harness.needs(path.exists(), f"{path} is not installed")
    return path


class SecondLook(harness.TestCase):
    """Puts libraries where packages have them."""

    def place(self, fixture, where, name=None):
        """A fixture, or any file, in a directory below libs."""
        directory = self.home.libs / where
        directory.mkdir(parents=True, exist_ok=True)
        source = harness.FIXTURES / fixture
        return os.fsdecode(make.put(source, directory / (name or source.name)))

    def verify_in_time(self, timeout, path, check):
        """Asks with this timeout, which all looks together must not exceed by more than SLACK.
        The time of the whole."""
        self.verify(self.home.add("good.so"), status=0)  # the daemon runs

        def ask():
            start = time.monotonic()
            check(self.verify_one(path, "--fresh", "--timeout", str(timeout)))
            return time.monotonic() - start
        return self.within(timeout + SLACK, ask)

    def check_context(self, result, *directories):
        self.assertTrue(result["ok"], result)
        self.assertEqual(result.get("context"), [str(self.home.libs / d) for d in directories])

    def check_bad(self, result, reason, missing=None, symbols=None):
        self.assertEqual(result.get("reason"), reason, result)
        if missing is not None:
            self.assertEqual(sorted(result.get("missing", [])), sorted(missing), result)
        if symbols is not None:
            self.assertEqual(sorted(result.get("symbols", [])), sorted(symbols), result)
        self.assertNotIn("context", result)
        self.assertEqual(len(result["error"].splitlines()), 1)


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

    def test_nested(self):
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

    def test_names_what_was_needed_only(self):
        # That of its own directory it finds alone.
        self.place(DEP, "p-1/lib/plugins")
        self.place("poses_as_missing.so", "p-1/lib", GONE)
        path = self.place("needs_gone_and_dep.so", "p-1/lib/plugins")
        subprocess.run(["patchelf", "--set-rpath", "$ORIGIN", path], check=True)
        self.check_context(self.verify_one(path), "p-1/lib")

    def test_two_directories(self):
        self.place(DEP, "p-1/lib/plugins")
        self.place("poses_as_missing.so", "p-1/lib", GONE)
        path = self.place("needs_gone_and_dep.so", "p-1/lib/plugins")
        self.check_context(self.verify_one(path), "p-1/lib", "p-1/lib/plugins")

    def test_below_a_root(self):
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

    def test_by_links(self):
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


class Missing(SecondLook):
    """All that is missing, and who needs it."""

    def test_all_libraries(self):
        result = self.verify_one(self.home.add("needs_two_missing.so"))
        both = [GONE, "libdltest_gone2.so"]
        self.check_bad(result, "missing_dependency", both)
        self.assertEqual(result["missing"], both)
        self.assertIn(f"(needed by {result['path']}; 1 more library is missing)", result["error"])
        self.assertEqual([(need["name"], need["needed_by"]) for need in result["needs"]],
                         [(name, result["path"]) for name in both])

    def test_who_needs_it(self):
        directory = self.home.package()
        make.needing(harness.FIXTURES / "needs_placeholder.so", directory / DEP, b"libnone.so")
        result = self.verify_one(self.home.add("origin_rpath.so"))
        self.check_bad(result, "missing_dependency", ["libnone.so"])
        self.assertEqual(result["needs"],
                         [{"name": "libnone.so", "needed_by": str(directory / DEP)}])
        self.assertIn(f"(needed by {directory / DEP})", result["error"])

    def test_versions(self):
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

    def test_very_many_libraries(self):
        names = [f"libdltest_none_{i}.so" for i in range(500)]
        path = self.home.add("good.so")
        arguments = [word for name in names for word in ("--add-needed", name)]
        subprocess.run(["patchelf", *arguments, path], check=True)
        result = self.verify_one(path, "--timeout", "30")
        self.check_bad(result, "missing_dependency", names)
        self.assertIn(f"(needed by {path}; 499 more libraries are missing)", result["error"])
        self.assertEqual({need["needed_by"] for need in result["needs"]}, {path})

    def test_many_of_many(self):
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

    def test_lazily(self):
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

    def test_host_and_not_enough(self):
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
            bad = self.verify_one(str(extension))
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


class Time(SecondLook):
    """All looks at a library together take no longer than one may, and none is left behind."""

    def hanging_trace(self, where="demo-1.0/lib"):
        """Lacks a library, and a trace of it hangs in another: a FIFO that nobody writes to."""
        fifo = self.home.libs / DEP
        if not fifo.exists():
            os.mkfifo(fifo)
        return self.place("needs_gone_and_dep.so", where)

    def traces(self):
        return [pid for pid, name in harness.descendants().items() if name.startswith("ld-linux")]

    def test_hanging_trace(self):
        seconds = self.verify_in_time(
            2, self.hanging_trace(),
            lambda result: self.check_bad(result, "missing_dependency", [GONE]))
        self.assertGreater(seconds, 1.8)
        harness.wait_until(lambda: not self.traces(), "the trace had ended")

    def test_no_time_left(self):
        self.verify_in_time(
            0.31, self.home.add("crash_late.so"),
            lambda result: self.assertIn(result["reason"], ("crashed", "timed_out")))
        missing = self.home.add("needs_two_missing.so")
        for timeout in ("0.001", "0.01", "0.021", "0.03"):
            result = self.verify_one(missing, "--fresh", "--timeout", timeout)
            self.assertIn(result["reason"], ("missing_dependency", "timed_out"))
            if result["reason"] == "missing_dependency":
                self.assertIn(GONE, result["missing"])

    def test_dry_run_has_no_second_look(self):
        self.assertEqual(self.verify_one(self.hanging_trace(), "--dry-run")["ok"], True)

    def test_client_that_goes_away(self):
        path = self.hanging_trace()
        daemon = self.start_daemon()
        connection = self.connect()
        connection.send(f"{harness.INTERFACE}.Verify", {"paths": [path], "timeout_ms": 60000})
        harness.wait_until(self.traces, "the trace ran")
        descriptors = harness.fd_count(daemon.pid)
        connection.close()
        harness.wait_until(lambda: not self.traces(), "the trace had ended")
        harness.wait_until(lambda: harness.fd_count(daemon.pid) < descriptors, "it was closed")
        with self.connect() as other:
            def is_idle():
                status = other.call(f"{harness.INTERFACE}.Status")["parameters"]
                return (status["running"], status["waiting"], status["calls"]) == (0, 0, 0)
            harness.wait_until(is_idle, "nothing was left to do")
        self.assertTrue(self.verify_one(self.home.add("good.so"))["ok"])

    def test_client_that_goes_away_before_a_further_load(self):
        # Jobs whose second look waits in the queue.
        paths = [self.place("needs_dep.so", f"p-{i}/lib") for i in range(100)]
        daemon = self.start_daemon("--jobs", "1")
        for _ in range(10):
            with self.connect() as connection:
                connection.send(f"{harness.INTERFACE}.Verify", {"paths": paths}, more=True)
                connection.receive()
        self.assertTrue(self.verify_one(self.home.add("good.so"))["ok"])
        harness.wait_until(lambda: not self.traces(), "the last trace had ended")
        self.assertEqual(daemon.terminate(), 0)

    def test_daemon_that_is_ended(self):
        path = self.hanging_trace()
        daemon = self.start_daemon()
        connection = self.connect()
        connection.send(f"{harness.INTERFACE}.Verify", {"paths": [path], "timeout_ms": 5000})
        harness.wait_until(self.traces, "the trace ran")
        self.assertEqual(daemon.terminate(), 0)
        result, = connection.receive()["parameters"]["results"]
        self.assertEqual(result["missing"], [GONE])
        harness.wait_until(lambda: not harness.descendants(), "all had ended")

    def test_daemon_that_is_killed(self):
        path = self.hanging_trace()
        daemon = self.start_daemon()
        connection = self.connect()
        connection.send(f"{harness.INTERFACE}.Verify", {"paths": [path], "timeout_ms": 60000})
        harness.wait_until(self.traces, "the trace ran")
        daemon.process.kill()
        daemon.wait()
        harness.wait_until(lambda: not harness.descendants(), "all had ended")

    def test_what_one_call_of_tsuku_can_hold(self):
        # 50 packages whose libraries need their company, and then so that some of it hangs.
        paths = []
        for i in range(50):
            self.place(DEP, f"p-{i}/lib")
            paths.append(self.place("needs_dep.so", f"p-{i}/lib/plugins"))

        def ask(limit, status, check):
            answer = None

            def once():
                nonlocal answer
                answer = self.verify("--fresh", *paths, status=status)
                for i, result in enumerate(answer.results):
                    check(i, result)
                return answer.seconds
            return self.within(limit, once)
        seconds = ask(4.5, 0, lambda i, result: self.check_context(result, f"p-{i}/lib"))
        print(f"50 libraries in company: {seconds:.2f} s", end=" ")
        for path in paths[::5]:
            shutil.copyfile(harness.FIXTURES / "needs_dep_spin.so", path)
        seconds = ask(4.5, 1, lambda i, result: self.assertEqual(result["ok"], i % 5 != 0))
        print(f"10 of them hang: {seconds:.2f} s", end=" ")
        for i, path in enumerate(paths):
            self.hanging_trace(f"p-{i}/lib/plugins")
            os.rename(Path(path).with_name("needs_gone_and_dep.so"), path)
        seconds = ask(4.9, 1, lambda i, result: self.assertEqual(
            result["reason"], "missing_dependency"))
        print(f"all traces hang: {seconds:.2f} s", end=" ")


class Leaks(SecondLook):
    """Nothing piles up."""

    KINDS = ("needs_gone_and_dep.so", "undefined_data.so", "libdltest_underlinked.so",
             "missing_version.so", "user_of_underlinked.so", "crash_segv.so",
             "needs_two_missing.so", "demanding_plugin.so", "engine.so", "needs_dep_exit_1.so")

    def test_a_thousand_of_a_hundred_packages(self):
        paths = []
        for i in range(100):
            self.place(DEP, f"p-{i}/lib")
            self.place("libdltest_versioned.so", f"p-{i}/lib/plugins")
            paths += [self.place(kind, f"p-{i}/lib/plugins") for kind in self.KINDS]
        daemon = self.start_daemon()
        sizes = []
        for _ in range(3):
            answer = self.verify(*paths, "--fresh", "--timeout", "20", status=1)
            self.assertEqual(len(answer.results), 1000)
            self.assertFalse(any(result["ok"] for result in answer.results))
            status = self.connect().call(f"{harness.INTERFACE}.Status")["parameters"]
            sizes.append(self.resident(daemon.pid))
            self.assertLessEqual(status["zygotes"], 8)
            self.assertLess(len(harness.descendants()), 60)
            self.assertLess(harness.fd_count(daemon.pid), 120)
            print(f"{answer.seconds:.2f} ms each, {sizes[-1]} KiB, {status['zygotes']} loaders, "
                  f"{harness.fd_count(daemon.pid)} descriptors", end="; ")
        if not harness.SANITIZED:  # whose allocator keeps what has been freed
            # And a KiB for each verdict that is remembered of them. What is free is given back now and then, perhaps right before the first was read.
            self.assertLess(sizes[-1] - max(sizes[:2]), 1024 + status["remembered"], sizes)

    def resident(self, pid):
        text = Path(f"/proc/{pid}/status").read_text()
        return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1])


if __name__ == "__main__":
    harness.main()
