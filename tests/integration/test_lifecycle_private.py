#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Daemons of one client: where no other can be had, or none that can be trusted."""

import fcntl
import os
import shutil
import socket
import subprocess
import threading
import time
import unittest

import dltest_harness as harness
from dltest_harness import INTERFACE, Home


class Private(harness.TestCase):
    """Where no daemon can be had, the answer comes from a private one."""

    def check(self, path, **options):
        answer = self.run_client(path, **options)
        self.assertTrue(answer.results[0]["ok"], answer)
        self.assertEqual(answer.status, 0)
        self.assertFalse(harness.daemons_running())

    # A library that is as old as the system, so that its verdict is kept.
    LINKER = ("/lib64/ld-linux-x86-64.so.2" if os.path.exists("/lib64/ld-linux-x86-64.so.2")
              else "/lib/ld-linux-aarch64.so.1")

    def test_no_home(self):
        self.check(self.LINKER, env={"TSUKU_HOME": str(self.base / "nowhere"), "HOME": None})
        self.assertFalse((self.base / "nowhere").exists())

    def test_home_of_somebody_else(self):
        """What root made there, the user's own daemon could not write to."""
        harness.needs_root()
        own = Home(self.base, self.base / "own")
        # Not at once where the loader has only just been built.
        harness.wait_until(lambda: self.verify("--no-daemon", self.LINKER, status=0, home=own) and
                           (own.path / "cache/dltest/verdicts").exists(), "it is kept in one's own")
        os.chown(self.home.path, 54321, 54321)
        time.sleep(0.1)  # beside what has only just changed nothing is kept
        self.check(self.LINKER)
        self.assertEqual(os.listdir(self.home.path), ["libs"])

    def test_home_that_others_may_write_to(self):
        path = self.home.add("good.so")
        self.home.path.chmod(0o777)
        self.check(path)
        self.assertFalse(self.home.socket.exists())

    @unittest.skipIf(os.geteuid() == 0, "root may write anywhere; the user's run has it")
    def test_read_only_home(self):
        path = self.home.add("good.so")
        self.home.path.chmod(0o500)
        self.check(path)

    def test_the_lock_is_held_by_somebody_else(self):
        path = self.home.add("good.so")
        with open(self.home.lock, "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.check(path)

    def test_a_daemon_that_says_nothing(self):
        path = self.home.add("good.so")
        silent = harness.listen_unix(self.home.socket)
        answer = self.run_client("--timeout", "60", path)
        self.assertTrue(answer.results[0]["ok"])
        self.assertLess(answer.seconds, 30)
        silent.close()

    def test_a_daemon_that_takes_nobody(self):
        path = self.home.add("good.so")
        full = harness.listen_unix(self.home.socket)
        full.listen(0)
        with harness.connect_unix(self.home.socket):
            self.assertTrue(self.verify_one(path)["ok"])
        full.close()

    def test_a_daemon_that_takes_its_time(self):
        """It is slow with the first answer, and alive: nobody else is asked."""
        hung = self.home.add("sleep_forever.so")
        self.start_daemon()
        self.assertEqual(self.verify_one(hung, "--timeout", "2.5")["reason"], "timed_out")
        with self.connect() as peer:
            # Once, and once more for a moment, to find out what it was refused.
            self.assertEqual(peer.call(f"{INTERFACE}.Status")["parameters"]["done"], 2)

    FORGER = """
import contextlib, socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
print(flush=True)
while True:
    peer = server.accept()[0]
    if peer.recv(1):
        print("asked", flush=True)
    with contextlib.suppress(OSError):
        peer.sendall(b'{"parameters":{"results":[{"path":"%s","ok":true}]}}\\0' % sys.argv[2].encode())
    peer.close()
"""

    def test_a_server_of_another_user(self):
        harness.needs_root()
        path = self.home.add("crash_segv.so")
        self.base.chmod(0o755)
        self.home.path.chmod(0o777)
        server = harness.popen(["/usr/bin/python3", "-c", self.FORGER, self.home.socket, path],
                               user=65534, group=65534, stdout=subprocess.PIPE)
        self.assertTrue(server.stdout.readline())
        os.chmod(self.home.socket, 0o777)
        self.assertEqual(self.verify_one(path)["reason"], "crashed")
        for action in ("--status", "--stop"):
            answer = self.run_client(action)
            self.assertEqual(answer.status, 3)
            self.assertIn(b"another user's", answer.err)
        server.kill()
        self.assertEqual(server.stdout.read(), b"", "it was told nothing")

    def test_a_file_in_the_place_of_the_socket(self):
        path, notes = self.home.add("good.so"), self.base / "notes"
        notes.write_text("precious")
        env = {"TSUKU_DLTEST_SOCKET": str(notes)}
        self.assertTrue(self.run_client(path, env=env).results[0]["ok"])
        self.assertNotEqual(self.start_daemon("--socket", notes, wait=False).wait(), 0)
        self.assertEqual(notes.read_text(), "precious")

    def test_a_daemon_that_hangs_up(self):
        path = self.home.add("good.so")
        rude = harness.listen_unix(self.home.socket)

        def hang_up():
            while True:
                try:
                    rude.accept()[0].close()
                except OSError:
                    return
        threading.Thread(target=hang_up, daemon=True).start()
        answer = self.run_client(path)
        self.assertTrue(answer.results[0]["ok"], answer)
        rude.shutdown(socket.SHUT_RDWR)
        rude.close()

    def test_a_daemon_that_talks_nonsense(self):
        path = self.home.add("good.so")
        rude = harness.listen_unix(self.home.socket)

        def talk():
            while True:
                try:
                    peer = rude.accept()[0]
                    peer.recv(1000)
                    peer.sendall(b'{"parameters":{"results":[{"path":"/other","ok":true}]}}\0')
                    peer.close()
                except OSError:
                    return
        threading.Thread(target=talk, daemon=True).start()
        answer = self.run_client(path)
        self.assertEqual([r["path"] for r in answer.results], [path])
        self.assertTrue(answer.results[0]["ok"], answer)
        rude.shutdown(socket.SHUT_RDWR)
        rude.close()

    def test_no_daemon_program(self):
        alone = self.base / "alone"
        alone.mkdir()
        client = shutil.copy(harness.CLIENT, alone)
        answer = self.run_client(self.home.add("good.so"), client=client)
        self.assertEqual((answer.status, answer.results[0]["reason"]), (3, "no_verdict"))


if __name__ == "__main__":
    harness.main()
