#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Damaged libraries through client and daemon: each path has one result that is valid, the daemon
stays the same process and does not grow, nothing stays behind, and for every tenth or so the
verdict is that of an unconfined dlopen() in a process of its own.

    damaged.py --seed 1 --count 100000            # the long form
    damaged.py --seed 1 --first 40000 --count 2000  # of that a part
    damaged.py --seed 1 --first 40123 --keep DIR    # this one, to be looked at

A library is what seed and number make of it, whatever was made before."""

from __future__ import annotations

import collections
import os
import pwd
import shutil
import subprocess
import unittest
from pathlib import Path
from typing import Any

import rig
from rig import harness
from damages import Damager

OPTIONS = rig.options(__doc__, first=0, count=1600, batch=2048, sample=10, keep="")
# What is about the moment, and not the file; and what is so by design: a file that is cut off is
# not handed to the dynamic linker, which takes it for whole if its last page has a part missing.
NOT_COMPARED = {"timed_out", "out_of_memory", "truncated"}
# What a wild pointer meets is chance, and another one for each arrangement of memory: in so many of
# them both are asked. A library that comes to both ends unconfined has no verdict of its own.
TRIES = 24
GROWTH_KIB = 8 * 1024


# Another program that does the same: registers and stack of the caller are other ones, too.
PYTHON = """
import ctypes, _ctypes, os, sys
library = ctypes.CDLL(sys.argv[1], os.RTLD_NOW | os.RTLD_LOCAL)
os._exit(_ctypes.dlclose(library._handle))
"""


def unconfined(command: list[str], text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Runs what loads libraries without confinement; as nobody and in namespaces of its own if that
    can be had, since what wild code does there is done."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        command = ["unshare", "--pid", "--fork", "--net", "--ipc", "setpriv",
                   f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups",
                   "--no-new-privs", *command]
    return subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=False, cwd="/",
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"})


def reference(paths: list[str], shift: int = 0) -> dict[str, bool]:
    """What dlopen() says in a process for each, with memory laid out in one of many ways."""
    run = unconfined([os.fspath(rig.REFERENCE), str(shift)],
                     "".join(f"{path}\n" for path in paths).encode())
    lines = run.stdout.removesuffix(b"\n").split(b"\n")
    verdicts = {os.fsdecode(path): ok == b"1"
                for ok, path, _ in (line.split(b"\t", 2) for line in lines)}
    assert len(verdicts) == len(paths), (len(verdicts), len(paths))
    return verdicts


def python(path: str) -> bool:
    """What dlopen() says in another program."""
    return unconfined(["/usr/bin/python3", "-c", PYTHON, path]).returncode == 0


class Damaged(rig.Case):
    """One daemon for all of them."""

    def setUp(self) -> None:
        super().setUp()
        os.chmod(self.base, 0o755)
        os.chmod(self.home.path, 0o755)
        self.package = self.home.package("damaged")
        self.damager = Damager(rig.VICTIMS)
        self.done: dict[str, str] = {}
        self.reasons: collections.Counter[str] = collections.Counter()
        self.compared = self.unsteady = 0
        self.findings: list[str] = []

    def put(self, numbers: range) -> list[str]:
        """Writes libraries, in place of those before."""
        shutil.rmtree(self.package)
        self.package.mkdir()
        self.done.clear()
        for number in numbers:
            path = str(self.package / f"{number}.so")
            self.done[path], content = self.damager.make(OPTIONS.seed, number)
            Path(path).write_bytes(content)
        return list(self.done)

    def ask(self, paths: list[str], *options: str) -> dict[str, dict[str, Any]]:
        """One run of the client: each path once, and each result one that can be."""
        listing = self.base / "listing"
        listing.write_text("".join(f"{path}\0" for path in paths))
        answer = self.run_client("--jsonl", "--timeout", "1", "--files-from", listing, "-0",
                                 *options, timeout=3600.0)
        results = {}
        for result in answer.lines:
            self.check_result(result)
            self.assertNotIn(result["path"], results, "twice")
            results[result["path"]] = result
        self.assertEqual(set(results), set(paths))
        expected = 3 if any(result.get("reason") == "no_verdict" for result in results.values()) \
            else 0 if all(result["ok"] for result in results.values()) else 1
        self.assertEqual(answer.status, expected, answer.err)
        return results

    def compare(self, path: str, confined: bool, alone: bool) -> None:
        """Both again, if they differ: what never agrees is a finding."""
        for shift in range(1, TRIES + 1):
            result, = self.ask([path], "--bare", "--fresh").values()
            if result.get("reason") in NOT_COMPARED or result["ok"] == alone or \
                    confined in (reference([path], shift)[path], python(path)):
                self.unsteady += 1
                return
        self.find(path, f"unconfined {alone}, confined {result}")

    def find(self, path: str, what: str) -> None:
        """Something to be looked at."""
        finding = f"seed {OPTIONS.seed}, {Path(path).stem} ({self.done[path]}): {what}"
        self.findings.append(finding)
        self.say(f"FINDING {finding}")

    def batch(self, numbers: range) -> None:
        """Makes and asks, a part of it once more and alone."""
        paths = self.put(numbers)
        options = ((), ("--bare",), ("--details",), ("--lazy", "--details"))
        for path, result in self.ask(paths, *options[numbers.start // OPTIONS.batch % 4]).items():
            self.reasons[result.get("reason", "ok")] += 1
            if result.get("reason") == "no_verdict":
                self.find(path, f"{result}")
        sample = paths[::OPTIONS.sample]
        confined = {path: result["ok"] for path, result in
                    self.ask(sample, "--bare", "--fresh").items()
                    if result.get("reason") not in NOT_COMPARED}
        alone = reference(list(confined)) if confined else {}
        for path, ok in confined.items():
            self.compared += 1
            if ok != alone[path]:
                self.compare(path, ok, alone[path])

    def test_damaged(self) -> None:
        daemon = self.start_daemon()
        memory, descriptors = [], []
        last = OPTIONS.first + OPTIONS.count
        for start in range(OPTIONS.first, last, OPTIONS.batch):
            self.batch(range(start, min(start + OPTIONS.batch, last)))
            self.wait_for_quiet()
            self.assertEqual(self.the_daemon(), daemon.pid)
            memory.append(rig.rss_kib(daemon.pid))
            descriptors.append(harness.fd_count(daemon.pid))
            self.say(f"{min(start + OPTIONS.batch, last) - OPTIONS.first} files, "
                     f"{self.compared} compared, {self.unsteady} of them "
                     f"unsteady, {memory[-1]} KiB, {descriptors[-1]} descriptors")
        self.say(", ".join(f"{count} {word}" for word, count in self.reasons.most_common()))
        self.assertEqual(self.findings, [])
        # What is remembered fills up to its bound first.
        middle = len(memory) // 2
        self.assertLess(memory[-1] - memory[middle], GROWTH_KIB, memory)
        self.assertLess(max(descriptors), 120, descriptors)
        self.end(daemon)


class Kept(unittest.TestCase):
    """No test: a library that is to be looked at."""

    def test_keep(self) -> None:
        """Writes the one with the number --first into the directory --keep."""
        done, content = Damager(rig.VICTIMS).make(OPTIONS.seed, OPTIONS.first)
        path = Path(OPTIONS.keep) / f"{OPTIONS.first}.so"
        path.write_bytes(content)
        print(f"{path}: {done}")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="error", defaultTest="Kept" if OPTIONS.keep else "Damaged")
