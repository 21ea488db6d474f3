#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The memory of verdicts from one daemon to the next, and loads that several wait for at once."""

import os
import random
import stat
import struct
import time
import unittest

import dltest_harness as harness
import inheritance
from test_memory import Case

SLOW_US = 50_000
# struct head of memory_file.c.
HEAD_SIZE, CHECKSUM_AT = 40, 8


class File(Case):
    """$TSUKU_HOME/cache/dltest/verdicts."""

    def setUp(self):
        super().setUp()
        self.file = self.home.path / "cache/dltest/verdicts"
        self.good = self.home.add("good.so")
        self.bad = self.home.add("needs_missing.so")

    def restart(self):
        """Another daemon for the same home, which reads what the last one wrote."""
        self.peer.close()
        self.assertEqual(self._daemons[-1].terminate(), 0, self._daemons[-1].log_text())
        daemon = self.start_daemon()
        self.peer = self.connect()
        return daemon

    def remember_both(self):
        """Two verdicts in a file, and a daemon that has ended."""
        answers = [self.remember(self.good), self.remember(self.bad)]
        self.peer.close()
        self.assertEqual(self._daemons[-1].terminate(), 0)
        return answers

    def start_again(self):
        """After remember_both(): the next daemon."""
        daemon = self.start_daemon()
        self.peer = self.connect()
        return daemon

    def expect_nothing_remembered(self):
        """Verdicts as of a daemon without a past, and a memory that works from there."""
        self.expect(self.good)
        self.expect(self.bad, "missing_dependency")
        self.remember(self.good)

    def test_verdicts_survive_a_restart(self):
        before = self.remember_both()
        self.start_again()
        self.assertEqual([self.ask(self.good), self.ask(self.bad)], before)
        os.remove(self.good)
        self.expect(self.good, "not_found")
        self.home.add("undefined_data.so", "good.so")
        self.expect(self.good, "undefined_symbol")

    def test_changes_between_two_daemons_are_noticed(self):
        self.remember_both()
        self.home.add("libdltest_dep.so", "libdltest_gone.so")
        self.home.add("crash_segv.so", "good.so")
        self.start_again()
        self.expect(self.good, "crashed")
        self.remember(self.bad)

    def test_file_is_private_and_whole(self):
        self.remember_both()
        status = os.stat(self.file)
        self.assertEqual(stat.S_IMODE(status.st_mode), 0o600)
        self.assertEqual(os.listdir(self.file.parent), [self.file.name])
        self.assertEqual(stat.S_IMODE(os.stat(self.file.parent).st_mode), 0o700)
        self.start_again()
        self.ask(self.good)
        self.restart()
        self.assertEqual(os.stat(self.file).st_ino, status.st_ino, "written without need")
        self.assertTrue(self.ask(self.good)["cached"])

    def test_nothing_is_written_where_others_may_write(self):
        for name in ("cache", "logs"):
            directory = self.home.path / name
            directory.mkdir()
            directory.chmod(0o777)
        self.remember_both()
        self.assertTrue(self.verify(self.good).results[0]["ok"])
        self.run_client("--stop")
        for name in ("cache", "logs"):
            self.assertEqual(os.listdir(self.home.path / name), [])

    def test_nothing_is_written_where_a_link_of_somebody_else_leads(self):
        harness.needs_root()
        target = self.base / "target"
        target.mkdir(mode=0o700)
        for name in ("cache", "logs"):
            (self.home.path / name).symlink_to(target)
            os.lchown(self.home.path / name, 65534, 65534)
        self.remember_both()
        self.assertTrue(self.verify(self.good).results[0]["ok"])
        self.run_client("--stop")
        self.assertEqual(os.listdir(target), [])

    def test_ones_own_links_are_followed(self):
        target = self.base / "target"
        target.mkdir(mode=0o700)
        for name in ("cache", "logs"):
            (self.home.path / name).symlink_to(target)
        self.remember_both()
        self.assertTrue(self.verify(self.good).results[0]["ok"])
        self.run_client("--stop")
        self.assertEqual(sorted(os.listdir(target)), ["dltest", "dltestd.log"])

    def test_what_a_killed_daemon_has_left_is_in_nobodys_way(self):
        daemon = self._daemons[-1]
        left = self.file.parent / f"verdicts.{daemon.pid}"
        self.file.parent.mkdir(parents=True, mode=0o700)
        precious = self.base / "precious"
        precious.write_text("precious")
        left.symlink_to(precious)
        self.remember_both()
        self.assertEqual(os.listdir(self.file.parent), ["verdicts"])
        self.assertEqual(precious.read_text(), "precious")

    def test_damaged_file(self):
        """Whatever became of the file, the daemon starts, says so, and has no part of it."""
        self.remember_both()
        whole = self.file.read_bytes()
        damages = {
            "empty": b"", "cut off": whole[:-1], "half": whole[:len(whole) // 2],
            "longer": whole + b"\0", "another file": b"verdicts\n" * 40,
            "of zeros": bytes(len(whole)),
            "huge counts": whole[:8] + struct.pack("<I", 0xffffffff) * 8 + whole[40:],
            "changed at the end": whole[:-1] + bytes([whole[-1] ^ 1]),
            "changed in the middle": whole[:200] + bytes([whole[200] ^ 0x80]) + whole[201:],
        }
        for name, content in damages.items():
            with self.subTest(name):
                self.file.write_bytes(content)
                daemon = self.start_again()
                self.expect_nothing_remembered()
                self.assertIn(f"'{self.file}' is damaged, ignoring", daemon.log_text())
                self.peer.close()
                self.assertEqual(daemon.terminate(), 0, daemon.log_text())
                self.assertNotEqual(self.file.read_bytes(), content, "written anew")

    def test_what_is_wrong_and_has_the_right_checksum(self):
        """What comes from disk is looked at as what comes from a load: every reply is a valid one
        (Varlink.receive(), check_result())."""
        self.remember_both()
        whole = self.file.read_bytes()
        chance = random.Random(11)
        for number in range(40):
            content = bytearray(whole)
            # Most of it are names and words at the end.
            at = chance.randrange(HEAD_SIZE if number % 2 else len(whole) // 2, len(whole))
            content[at] = chance.choice((0, 0x80, 0xff, 0x1b, content[at] ^ 1, 0x7f))
            checksum = 0xcbf29ce484222325
            for byte in content[HEAD_SIZE:]:
                checksum = (checksum ^ byte) * 0x100000001b3 & (1 << 64) - 1
            content[CHECKSUM_AT:CHECKSUM_AT + 8] = struct.pack("<Q", checksum)
            with self.subTest(at=at, byte=content[at], was=whole[at]):
                self.file.write_bytes(content)
                daemon = self.start_again()
                for result in self.peer.verify([self.good, self.bad], details=True):
                    self.check_result(result)
                self.peer.close()
                self.assertEqual(daemon.terminate(), 0, daemon.log_text())

    def test_file_that_others_may_write_to(self):
        self.remember_both()
        self.file.chmod(0o622)
        daemon = self.start_again()
        self.expect_nothing_remembered()
        self.assertIn("ignoring", daemon.log_text())
        self.restart()
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)
        self.assertTrue(self.ask(self.good)["cached"])

    def test_file_of_somebody_else(self):
        harness.needs_root()
        self.remember_both()
        os.chown(self.file, 65534, 65534)
        daemon = self.start_again()
        self.expect_nothing_remembered()
        self.assertIn("ignoring", daemon.log_text())

    def test_what_is_no_regular_file(self):
        """A symlink is not followed, a FIFO not waited for, a directory no reason to fail."""
        self.remember_both()
        elsewhere = self.base / "elsewhere"
        os.rename(self.file, elsewhere)
        content = elsewhere.read_bytes()
        for name, put in (("symlink", lambda: os.symlink(elsewhere, self.file)),
                          ("FIFO", lambda: os.mkfifo(self.file, 0o600)),
                          ("directory", lambda: os.mkdir(self.file))):
            with self.subTest(name):
                put()
                daemon = self.start_again()
                self.expect_nothing_remembered()
                self.assertIn("ignoring", daemon.log_text())
                self.peer.close()
                self.assertEqual(daemon.terminate(), 0)
                self.assertEqual(elsewhere.read_bytes(), content)
                if name == "directory":
                    self.file.rmdir()
                else:
                    self.assertTrue(stat.S_ISREG(os.lstat(self.file).st_mode))
                    self.file.unlink()
                self.assertEqual(os.listdir(self.file.parent), [])

    def test_nowhere_to_write(self):
        """A cache that cannot be made costs the memory across daemons and nothing else."""
        cache = self.home.path / "cache"
        cache.write_text("not a directory\n")
        before = self.remember(self.good)
        self.restart()
        self.expect(self.good)
        self.assertEqual(self.verdict(self.remember(self.good))["ok"], before["ok"])
        self.assertEqual(cache.read_text(), "not a directory\n")

    @unittest.skipIf(harness.SANITIZED, "a sanitizer wants more addresses than that itself")
    def test_lower_limits(self):
        """What failed for want of what a daemon inherited too little of says nothing elsewhere."""
        hungry = self.home.add("be_hungry.so")
        self.peer.close()
        self.assertEqual(self._daemons[-1].terminate(), 0)
        limited = self.base / "limited"
        limited.write_text(f'#!/bin/sh\nulimit -v 600000\nexec "{harness.DAEMON}" "$@"\n')
        limited.chmod(0o755)
        limits = inheritance.limit("AS", 600000 << 10)

        def ask():
            """As who has the same; others are not served."""
            return self.verify_one(hungry, "--details", preexec_fn=limits)
        daemon = self.start_daemon(daemon=limited)
        self.assertEqual(ask()["reason"], "crashed")
        harness.wait_until(lambda: ask()["cached"], "it is remembered")
        self.assertEqual(daemon.terminate(), 0, daemon.log_text())
        # With the same limits it is given again.
        daemon = self.start_daemon(daemon=limited)
        self.assertTrue(ask()["cached"])
        self.assertEqual(daemon.terminate(), 0, daemon.log_text())
        self.start_daemon()
        self.peer = self.connect()
        self.expect(hungry)

    def test_daemon_started_by_the_client_keeps_verdicts(self):
        """As it is used: a daemon that the client starts, and the next one after it."""
        self.remember_both()
        result = self.run_client("--details", self.good).results[0]
        self.assertIs(result["cached"], True)


class AtOnce(Case):
    """Several want the same at the same time."""

    ASKERS = 8

    def ask_at_once(self, path):
        """The answers to several peers, and how many loads there were."""
        peers = [self.connect() for _ in range(self.ASKERS)]
        before = self.done()
        for peer in peers:
            peer.send(f"{harness.INTERFACE}.Verify", {"paths": [str(path)], "details": True})
        results = [peer.receive()["parameters"]["results"][0] for peer in peers]
        return results, self.done() - before

    def done(self):
        """How many libraries the daemon has answered for by a load."""
        return self.status()["done"]

    def status(self):
        """What the daemon says of itself."""
        return self.peer.call(f"{harness.INTERFACE}.Status")["parameters"]

    def test_one_load_for_all(self):
        path = self.home.add("sleep_20ms.so")
        # What ran long counts as slow, and then nobody waits for another's load.
        for attempt in range(20):
            os.utime(path, ns=(attempt, attempt))
            time.sleep(0.05)  # what has only just changed is not remembered
            results, loads = self.ask_at_once(path)
            self.assertTrue(all(result["ok"] for result in results), results)
            # More than one where somebody came late, or where it took so long to be given out.
            if loads == 1:
                self.assertEqual(len({result["duration_us"] for result in results}), 1)
                return
        self.fail(f"never at once, and within {SLOW_US} µs: {results}")

    def test_a_slow_load_holds_nobody_up(self):
        """Each has its own: what hangs for one peer must not be the time of all."""
        results, _ = self.ask_at_once(self.home.add("sleep_a_little.so"))
        self.assertTrue(all(result["ok"] for result in results), results)
        # While the first one hangs, which is for longer than is waited here.
        path = self.home.add("sleep_forever.so")
        peers = [self.connect() for _ in range(self.ASKERS)]
        for peer in peers:
            peer.send(f"{harness.INTERFACE}.Verify", {"paths": [path], "timeout_ms": 60000})
        harness.wait_until(lambda: self.status()["running"] == self.ASKERS, "each had its own")
        for peer in peers:
            peer.close()

    def test_a_crash_is_everybodys(self):
        path = self.home.add("crash_segv.so")
        results, _ = self.ask_at_once(path)
        self.assertEqual({result["reason"] for result in results}, {"crashed"})

    def test_the_first_asker_leaves(self):
        """The load goes on for those that joined it."""
        path = self.home.add("sleep_20ms.so")
        first, *others = [self.connect() for _ in range(4)]
        for peer in (first, *others):
            peer.send(f"{harness.INTERFACE}.Verify", {"paths": [path]})
        first.close()
        for peer in others:
            result = peer.receive()["parameters"]["results"][0]
            self.assertTrue(result["ok"], result)


if __name__ == "__main__":
    del Case
    harness.main()
