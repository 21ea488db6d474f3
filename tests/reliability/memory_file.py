#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The file of remembered verdicts, damaged with its checksum put right: the daemon that reads it
does not fall, each result that it gives is valid, what it gives as remembered is what other code
(verdicts.py) reads in the same bytes, and what is not remembered is the truth.

    memory_file.py --seed 1 --count 20000             # the long form
    memory_file.py --seed 1 --first 1234 --count 1    # one of them
    DLTEST_BUILD_DIR=build/asan memory_file.py …      # with sanitizers
"""

from __future__ import annotations

import collections
import random
import struct
from typing import Any

import rig
import verdicts
from rig import harness

OPTIONS = rig.options(__doc__, first=0, count=80)
LIBRARIES = ("good.so", "needs_dep.so", "needs_missing.so", "undefined_both.so",
             "missing_version.so", "crash_segv.so", "exit_1.so", "close_crash.so", "object.o",
             "print.so", "plugin.so", "wants_two_notes.so", "needs_two_missing.so")
TRIES = 20


class MemoryFile(rig.Case):
    """A home whose daemon has a past that somebody has changed."""

    def setUp(self) -> None:
        super().setUp()
        self.home.add_private("libdltest_dep.so")
        for name in ("libdltest_versioned.so", "host.so"):
            self.home.add(name)
        self.paths = [self.home.add(name) for name in LIBRARIES]
        self.file = self.home.path / "cache/dltest/verdicts"
        self.chance = random.Random()
        self.outcomes: collections.Counter[str] = collections.Counter()

    def ask(self, paths: list[str] | None = None) -> dict[str, dict[str, Any]]:
        """The results for some libraries or all, each of them a valid one."""
        paths = paths or self.paths
        with harness.Varlink(self.home.socket) as peer:
            results = {}
            for result in peer.verify(paths, details=True):
                self.check_result(result)
                results[result["path"]] = result
        self.assertEqual(list(results), paths)
        return results

    def remember(self) -> bytes:
        """Has all of them remembered; the file, which the next daemon takes as it is."""
        daemon = self.start_daemon()
        self.truth = self.ask()
        for _ in range(TRIES):
            if all(result["cached"] for result in self.ask().values()):
                break
        self.end(daemon)
        data = self.file.read_bytes()
        daemon = self.start_daemon()
        for path, result in self.ask().items():
            self.assertTrue(result["cached"], result)
            self.assertEqual(result.get("reason"), self.truth[path].get("reason"))
        self.end(daemon)
        self.assertEqual(len(verdicts.File(data).verdicts), len(self.paths))
        return data

    def damage(self, whole: bytes, file: verdicts.File) -> bytes:
        """Something is different, and the checksum says that it is right."""
        chance, data = self.chance, bytearray(whole)
        kinds = sorted({field.kind for field in file.fields})
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            # Of each kind alike: most of all bytes are places.
            kind = chance.choice(kinds)
            fields = [field for field in file.fields if field.kind == kind]
            field = chance.choice(fields)
            at = field.at + chance.randrange(max(field.size, 1))
            way = chance.randrange(6)
            if field.size == 4 and way < 4:
                number = struct.unpack_from("<I", data, field.at)[0]
                bit = 1 << chance.randrange(32)
                number = chance.choice((0, 1, number - 1, number + 1, number ^ bit, number * 2,
                                        chance.randrange(24), 0xFFFFFFFF, 0x7FFFFFFF, len(data)))
                struct.pack_into("<I", data, field.at, number & 0xFFFFFFFF)
            elif way < 4:
                data[min(at, len(data) - 1)] = chance.choice(
                    (0, 0x80, 0xFF, 0x1B, 0x0A, 0x22, *b"emsclwdopNSXVBPA", chance.randrange(256)))
            elif way == 4:
                data[min(at, len(data) - 1)] ^= 1 << chance.randrange(8)
            else:
                other = chance.choice(fields)
                size = min(field.size, other.size)
                data[field.at:field.at + size] = whole[other.at:other.at + size]
        if chance.random() < 0.03:
            del data[chance.randrange(len(data)):]
        return verdicts.seal(data)

    def judge(self, data: bytes, results: dict[str, dict[str, Any]], log: str) -> None:
        """What was given against what is there."""
        try:
            read: verdicts.File | None = verdicts.File(data)
        except verdicts.Damaged as error:
            read = None
            self.assertFalse([result for result in results.values() if result["cached"]],
                             f"of a file with {error}: {log}")
        self.outcomes["damaged" if read is None else "read"] += 1
        for path, result in results.items():
            if not result["cached"]:
                self.assertEqual(result.get("reason"), self.truth[path].get("reason"), result)
                continue
            self.outcomes["recalled"] += 1
            error = result.get("error", "").encode()
            self.assertTrue([one for one in read.verdicts if one.path == path.encode() and
                             one.reason == result.get("reason", "") and not one.provisional and
                             error.startswith(one.error)], (result, read.verdicts))

    def try_one(self, data: bytes) -> None:
        """A daemon that finds these bytes."""
        self.file.write_bytes(data)
        self.file.chmod(0o600)
        daemon = self.start_daemon()
        try:
            results = self.ask(self.chance.sample(self.paths, 4))
            self.judge(data, results, daemon.log_text())
            self.assertEqual(daemon.terminate(), 0, daemon.log_text()[-3000:])
            self.assertNotRegex(daemon.log_text(), "Sanitizer|runtime error")
        finally:
            daemon.process.kill()
            daemon.process.wait()
            daemon.log.unlink()
            self._daemons.remove(daemon)
            rig.bury()

    def test_damaged(self) -> None:
        whole = self.remember()
        file = verdicts.File(whole)
        for number in range(OPTIONS.first, OPTIONS.first + OPTIONS.count):
            self.chance.seed(f"{OPTIONS.seed}:{number}")
            with self.subTest(number=number):
                self.try_one(self.damage(whole, file))
            if number % 100 == 99:
                self.say(f"{number + 1 - OPTIONS.first} files, {dict(self.outcomes)}")
        self.say(f"{OPTIONS.count} files: {dict(self.outcomes)}")


if __name__ == "__main__":
    harness.main()
