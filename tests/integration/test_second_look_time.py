#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What further looks at a library cost: no more time than one may take, and nothing that stays."""

import math
import os
import shutil
from pathlib import Path

import dltest_harness as harness
from second_look_case import DEP, GONE, SecondLook


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

    @harness.timed
    def test_hanging_trace(self):
        seconds = self.verify_in_time(
            2, self.hanging_trace(),
            lambda result: self.check_bad(result, "missing_dependency", [GONE]))
        self.assertGreater(seconds, 1.8)
        harness.wait_until(lambda: not self.traces(), "the trace had ended")

    @harness.timed
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

    @harness.timed
    def test_a_dependency_in_company_that_is_slow_is_told_as_slow(self):
        # The first one keeps all signals away, so that it cannot be asked where it is.
        for fixture, where in (("sleep_forever.so", "^$"),
                               ("spin.so", rf"^{DEP}\+0x[0-9a-f]+, a constructor$")):
            self.place(fixture, "p-1/lib", DEP)

            def check(result, where=where):
                self.check_bad(result, "timed_out", [], [])
                said, _, culprit = result["error"].partition(", in ")
                self.assertEqual(said, (
                    "in the company of its own package: was still being loaded after 1 s in all "
                    f"(alone it does not find {DEP}, which is in {self.home.libs}/p-1/lib)"))
                self.assertRegex(culprit, where)
            self.verify_in_time(1, self.place("needs_dep.so", "p-1/lib/plugins"), check)
        # With time enough it is what it is.
        self.place("sleep_a_little.so", "p-1/lib", DEP)
        path = self.place("needs_dep.so", "p-1/lib/plugins")
        self.check_context(self.verify_one(path, "--timeout", "20"), "p-1/lib")

    @harness.timed
    def test_a_trace_that_hangs_leaves_time_for_company(self):
        # What it lacks is in its company; in that, too, it hangs in the FIFO.
        path = self.hanging_trace("p-1/lib/plugins")
        self.place("poses_as_missing.so", "p-1/lib", GONE)

        def check(result):
            self.check_bad(result, "timed_out", [])
            self.assertTrue(result["error"].startswith("in the company of "), result)
        self.verify_in_time(1, path, check)

    @harness.timed
    def test_a_library_that_is_slow_with_relatives_is_told_as_slow(self):
        path = self.home.add("endless_underlinked.so")

        def check(result):
            self.check_bad(result, "timed_out", symbols=["sincos"])
            self.assertTrue(result["error"].startswith(
                "with libm.so.6 and its like loaded first: was still being loaded after 1 s in all "
                "(alone: "), result)
        self.verify_in_time(1, path, check)
        self.check_bad(self.verify_one(path, "--bare"), "undefined_symbol", symbols=["sincos"])

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

    @harness.timed
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
                answer = self.verify("--fresh", *paths)
                late = [result for result in answer.results if result.get("reason") == "no_verdict"]
                for i, result in enumerate(answer.results):
                    if result in late:
                        self.assertIn("not enough time", result["error"])
                    else:
                        check(i, result)
                if late:
                    return math.inf
                self.assertEqual(answer.status, status, answer)
                return answer.seconds
            return self.within(limit, once)
        seconds = ask(4.5, 0, lambda i, result: self.check_context(result, f"p-{i}/lib"))
        print(f"50 libraries in company: {seconds:.2f} s", end=" ")
        for path in paths[::10]:
            shutil.copyfile(harness.FIXTURES / "needs_dep_spin.so", path)
        seconds = ask(4.5, 1, lambda i, result: self.assertEqual(result["ok"], i % 10 != 0))
        print(f"5 of them spin: {seconds:.2f} s", end=" ")
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
            answer = self.verify(*paths, "--fresh", "--timeout", "20", status=1, timeout=180.0)
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
