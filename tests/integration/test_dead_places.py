#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""File systems that stop answering, as the daemon meets them: what lies there has no verdict, all else
has its own, and nobody else notices. At whatever they stop, whenever that is."""

import contextlib
import shutil
import threading
import time
from typing import Iterator

import deadfs
import dltest_harness as harness

# The loop answers Status in this time, whatever others do (docs/PROTOCOL.md).
STATUS_S = 0.1
GOOD, LACKING = "good.so", "needs_missing.so"


class DeadPlaces(harness.TestCase):
    """A directory 'dead' that shows another one until it stops."""

    def setUp(self):
        super().setUp()
        self.source = self.base / "source"
        for name in ("lib", "libs/p-1/lib"):
            (self.source / name).mkdir(parents=True)
        shutil.copy(harness.FIXTURES / GOOD, self.source / "lib" / GOOD)
        (self.source / "lib/link").symlink_to(GOOD)
        self.dead = self.base / "dead"
        self.fs = deadfs.DeadFs(self.source, self.dead)
        self.addCleanup(self.fs.end)
        self.good = self.home.add(GOOD)
        self.running = self.start_daemon()

    def ask(self, *paths, **options):
        """The results for these paths, of one call, on a connection of its own."""
        with self.connect() as connection:
            return connection.verify([str(path) for path in paths], **options)

    def status_s(self, connection) -> float:
        """How long Status takes."""
        start = time.monotonic()
        connection.call(f"{harness.INTERFACE}.Status")
        return time.monotonic() - start

    @contextlib.contextmanager
    def nobody_notices(self) -> Iterator[None]:
        """Meanwhile Status is answered at once, and the library of somebody else is judged."""
        slowest, over, failures = 0.0, threading.Event(), []

        def watch():
            nonlocal slowest
            try:
                with self.connect() as connection:
                    while not over.wait(0.02):
                        slowest = max(slowest, self.status_s(connection))
                        results = connection.verify([str(self.good)], fresh=True)
                        self.assertTrue(results[0]["ok"], results)
            except BaseException as error:  # which is this test's
                failures.append(error)

        self.ask(self.good)
        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        self.assertFalse(failures)
        self.slowest = slowest

    def check_silent(self, result, path):
        """What lies there has no verdict, and is told why."""
        self.assertFalse(result["ok"])
        self.assertIn(result["reason"], ("no_verdict", "timed_out"), result)
        self.assertEqual(result["path"], str(path))

    def dead_call(self, timeout_ms=1000):
        """All kinds of names that lead there, and one that does not."""
        path = self.dead / "lib/link"
        results = self.ask(self.good, path, self.dead / "lib/none.so", details=True, fresh=True,
                           roots=[str(self.dead)], library_path=[str(self.dead / "lib")],
                           timeout_ms=timeout_ms)
        self.assertEqual(len(results), 3)
        return results

    def test_while_it_answers(self):
        results = self.dead_call(timeout_ms=10000)
        self.assertTrue(results[1]["ok"], results)
        self.assertEqual(results[2]["reason"], "not_found", results)
        self.assertNotIn(str(self.dead), str([result.get("warnings") for result in results]))
        # Its times are not this machine's, so nothing of it is remembered.
        again = self.ask(self.dead / "lib/link", details=True, roots=[str(self.dead)])
        self.assertFalse(again[0]["cached"])

    def check_at(self, operation, calls):
        self.fs.stop(operation, calls)

        def worst():
            with self.nobody_notices():
                for number in range(3):
                    results = self.dead_call(timeout_ms=300)
                    # A loader that was being started in the very moment may have got caught.
                    self.assertTrue(results[0]["ok"] or number == 0, results)
                    for result in results[1:]:
                        if result.get("reason") != "not_found" and not result["ok"]:
                            self.check_silent(result, result["path"])
            return self.slowest
        self.within(STATUS_S, worst)

    def test_left_out_and_told(self):
        self.dead_call(timeout_ms=10000)
        self.fs.stop()
        with self.nobody_notices():
            results = self.dead_call()
        self.check_silent(results[1], self.dead / "lib/link")
        self.assertEqual(results[1]["reason"], "no_verdict")
        self.assertEqual(results[1]["error"],
                         f"{self.dead}/lib/link: the file system there does not answer")
        for result in results:
            self.assertEqual(
                [f"{path} is left out: the file system there does not answer"
                 for path in (self.dead, self.dead / "lib")],
                [text for text in result["warnings"] if "does not answer" in text])
        # That is known for a while, and costs nobody anything.
        self.within(1.0, lambda: self._seconds(self.dead_call))
        # Nothing that was said without it is remembered.
        self.assertFalse(self.ask(self.good, details=True, roots=[str(self.dead)])[0]["cached"])
        self.fs.end()
        results = self.ask(self.good, details=True, roots=[str(self.dead)])
        self.assertNotIn("does not answer", str(results))

    def _seconds(self, act) -> float:
        start = time.monotonic()
        act()
        return time.monotonic() - start

    def test_package_that_leads_there(self):
        package = self.home.libs / "linked-1.0"
        (package / "plugins").mkdir(parents=True)
        lacking = shutil.copy(harness.FIXTURES / LACKING, package / "plugins")
        (package / "lib").symlink_to(self.dead / "lib")
        self.fs.stop()

        def worst():
            with self.nobody_notices():
                for _ in range(3):
                    result, = self.ask(lacking, details=True, fresh=True)
                    self.assertEqual(result["reason"], "missing_dependency", result)
            self.assertIn("does not answer", str(result["warnings"]))
            return self.slowest
        self.within(STATUS_S, worst)

    def test_preload_that_lies_there(self):
        self.fs.stop()
        with self.nobody_notices():
            results = self.ask(self.good, preload=[str(self.dead / "lib" / GOOD)])
        self.check_silent(results[0], self.good)

    def test_refused_path_that_cannot_be_read(self):
        """Whoever is to read it waits for the page."""
        (self.source / "lib/page").write_bytes(b"/refused".ljust(4096, b"\0"))
        library = self.home.add("name_unread.so")
        options = {"details": True, "fresh": True, "roots": [str(self.dead)],
                   "library_path": [str(self.dead / "lib")], "timeout_ms": 1000}
        self.fs.stop("read")

        def worst():
            with self.nobody_notices():
                result, = self.ask(library, **options)
            # By itself it would wait for the page as well.
            self.assertIn(result.get("reason", "timed_out"), ("timed_out",), result)
            return self.slowest
        self.within(STATUS_S, worst)

    def test_refused_path_in_memory_that_is_locked(self):
        library = self.home.add("stall_lock.so")

        def worst():
            with self.nobody_notices():
                result, = self.ask(library, details=True, fresh=True, timeout_ms=2000)
            self.assertIn(result["reason"], ("timed_out", "crashed"), result)
            return self.slowest
        self.within(STATUS_S, worst)

    def test_call_that_goes_away(self):
        self.fs.stop()
        with self.connect() as connection:
            connection.send(f"{harness.INTERFACE}.Verify", {
                "paths": [str(self.good)], "library_path": [str(self.dead / "lib")]})
            self.fs.wait_until_stopped()
        self.assertTrue(self.ask(self.good)[0]["ok"])


class DeadCache(harness.TestCase):
    """What is remembered from one daemon to the next, where it may not answer."""

    def setUp(self):
        super().setUp()
        source = self.base / "source"
        source.mkdir(mode=0o700)
        self.file = source / "dltest/verdicts"
        self.fs = deadfs.DeadFs(source, self.home.path / "cache")
        self.addCleanup(self.fs.end)
        # What lies in the home itself is on a mount that answers.
        self.good = self.home.add(GOOD)

    def is_remembered(self) -> bool:
        """Asks a daemon of its own, which ends afterwards."""
        running = self.start_daemon()
        with self.connect() as connection:
            result, = connection.verify([self.good], details=True)
            again, = connection.verify([self.good], details=True)
        self.assertTrue(result["ok"], result)
        self.assertTrue(again["cached"], again)
        self.assertEqual(running.terminate(), 0)
        return result["cached"]

    def test_it_is_read_and_written_elsewhere(self):
        self.assertFalse(self.is_remembered())
        harness.wait_until(self.file.exists, "it is written")
        self.assertTrue(self.is_remembered())

    def test_nobody_waits_for_it(self):
        self.assertFalse(self.is_remembered())
        harness.wait_until(self.file.exists, "it is written")
        self.fs.stop()
        for _ in range(2):
            self.assertFalse(self.is_remembered())


def _add_operations() -> None:
    def make(operation, calls):
        def test(self):
            self.check_at(operation, calls)
        return test

    for operation in deadfs.OPERATIONS:
        for calls in (1, 10):
            setattr(DeadPlaces, f"test_{operation}_{calls}", make(operation, calls))


_add_operations()

if __name__ == "__main__":
    harness.needs_root("it mounts file systems")
    deadfs.own_mounts()
    harness.main()
