#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Libraries of which there is too much to tell, to remember, or to do: others get their results
all the same, in time, and the daemon stays small."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../integration"))
sys.path.insert(0, os.path.dirname(__file__))
import dltest_harness as harness  # noqa: E402  pylint: disable=wrong-import-position
from dltest_harness import INTERFACE  # noqa: E402  pylint: disable=wrong-import-position
from test_attacks import ATTACKS, Suite  # noqa: E402  pylint: disable=wrong-import-position

MIB = 1024 * 1024
REPLY_MAX = 16 * MIB


class Bounds(Suite):
    """With what there is of hostile libraries for it."""

    def peak(self) -> int:
        """Memory that the daemon had at most, in bytes."""
        text = Path(f"/proc/{self.daemon.pid}/status").read_text()
        match = re.search(r"^VmHWM:\s+(\d+) kB", text, re.M)
        return int(match[1]) * 1024 if match else 0

    def small(self, limit: int) -> None:
        if not harness.SANITIZED:
            self.assertLess(self.peak(), limit)


class Replies(Bounds):
    """Traces that name more than fits into a reply."""

    def traced(self, fixture: str, count: int) -> list[str]:
        """Libraries that cannot be loaded, and whose trace says what the fixture does."""
        audit = self.package / f"audit.{fixture}"
        shutil.copy(ATTACKS / fixture, audit)
        path = self.package / "traced.so"
        harness.make.needing(ATTACKS / "audited_placeholder.so", path, audit.name.encode())
        paths = [self.package / f"traced-{i}.so" for i in range(count)]
        for other in paths:
            shutil.copy(path, other)
        return [str(other) for other in paths]

    def ask(self, paths: list[str], **options: object) -> dict[str, dict]:
        """The results of a call that takes any number of replies, each within its bound."""
        results: dict[str, dict] = {}
        self.peer.send(f"{INTERFACE}.Verify",
                       {"paths": paths, "timeout_ms": 30000, "bare": True,
                        "library_path": [str(self.package)], **options}, more=True)
        more = True
        while more:
            raw = self.peer.receive_raw(60)
            self.assertLessEqual(len(raw), REPLY_MAX)
            reply = harness.strict_json(raw)
            for result in reply["parameters"]["results"]:
                results[result["path"]] = result
            more = reply.get("continues", False)
        return results

    def test_each_path_has_a_result(self) -> None:
        for fixture, count in (("told_names.so", 4), ("told_quotes.so", 32)):
            paths = self.traced(fixture, count)
            results = self.ask([*paths, self.good])
            self.assertEqual(set(results), {*paths, self.good})
            self.assertTrue(results[self.good]["ok"])
            for path in paths:
                self.assertEqual(results[path]["reason"], "undefined_symbol")
                self.assertRegex(results[path]["error"], "at least [0-9]+ more symbols are missing")
                self.assertGreater(len(results[path]["symbols"]), 500)
                self.assertNotRegex("".join(results[path]["missing"]), "[\x01-\x1f]")
        # On a busy machine all of them are slow, and run at a time.
        self.small(512 * MIB)

    def test_one_reply_for_too_many(self) -> None:
        paths = self.traced("told_quotes.so", 16)
        reply = self.peer.call(f"{INTERFACE}.Verify", {
            "paths": paths, "timeout_ms": 30000, "bare": True,
            "library_path": [str(self.package)]})
        self.assertEqual(reply.get("error"), f"{INTERFACE}.ReplyTooLarge")
        self.assertTrue(self.peer.verify([self.good])[0]["ok"])
        self.small(512 * MIB)


@harness.timed
class Memory(Bounds):
    """Reports that name more files than any library has."""

    def longest_silence(self, paths: list[str]) -> float:
        """How long another client waits at most, while these are asked about and after it."""
        def ask() -> None:
            for _ in self.peer.stream(f"{INTERFACE}.Verify",
                                      {"paths": paths, "bare": True, "fresh": True}):
                pass

        asking = threading.Thread(target=ask)
        asking.start()
        longest, end = 0.0, 0.0
        while asking.is_alive() or time.monotonic() < end:
            start = time.monotonic()
            self.other.call("org.varlink.service.GetInfo")
            longest = max(longest, time.monotonic() - start)
            if asking.is_alive():
                end = time.monotonic() + 1
            time.sleep(0.005)
        asking.join()
        return longest

    def check(self, fixture: str) -> None:
        paths = [self.package / f"told-{i}.so" for i in range(250)]
        for path in paths:
            shutil.copy(ATTACKS / fixture, path)
        self.within(0.7, lambda: self.longest_silence([str(path) for path in paths]))
        self.small(128 * MIB)
        self.peer.call(f"{INTERFACE}.Stop")
        self.daemon.wait()
        file = self.home.path / "cache/dltest/verdicts"
        if file.exists():
            self.assertLess(file.stat().st_size, 20 * MIB)
        self.start()
        self.assertTrue(self.peer.verify([self.good])[0]["ok"])
        self.assertNotIn("damaged", self.daemon.log_text())

    def test_many_files(self) -> None:
        self.check("told_objects.so")

    def test_more_files_than_are_remembered(self) -> None:
        self.check("told_more.so")


class Loaders(Bounds):
    """A loader that is no longer ours: a C library on the search path can make it that."""

    def start(self) -> None:
        """Each test starts its own."""

    def setUp(self) -> None:
        harness.TestCase.setUp(self)
        self.good = self.home.add("good.so")

    def processor_time(self) -> float:
        fields = Path(f"/proc/{self.daemon.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_events_without_end(self) -> None:
        for kind in ("ready", "not_forked", "failed", "listener", "check"):
            with self.subTest(kind=kind):
                home = harness.Home(self.base / kind)
                self.daemon = self.start_daemon(
                    "--loader", harness.FIXTURES / f"babbling_loader_{kind}", home=home)
                good = home.add("good.so")
                with self.connect(home) as peer:
                    result, = peer.verify([good], timeout_ms=1000)
                    self.assertEqual(result["reason"], "no_verdict", result)
                    self.assertTrue(peer.alive())
                time.sleep(0.5)
                self.assertLess(self.processor_time(), 0.5)
                self.daemon.terminate()


if __name__ == "__main__":
    harness.main()
