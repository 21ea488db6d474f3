#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Races at the start and the end of a daemon that the models show (docs/MODELS.md)."""

import os
import signal

import dltest_harness as harness


class Place(harness.TestCase):
    """The place of the socket, when it is somebody else's."""

    def test_a_daemon_by_hand_takes_nobodys_place(self):
        """Who listens without the lock, as a service manager does, goes on being found."""
        with harness.listen_unix(self.home.socket) as listening:
            before = os.stat(self.home.socket).st_ino
            daemon = self.start_daemon(wait=False)
            self.assertEqual(daemon.wait(), 1)
            self.assertIn("another daemon", daemon.log_text())
            self.assertEqual(os.stat(self.home.socket).st_ino, before)
            listening.setblocking(False)
            listening.accept()[0].close()

    def test_a_daemon_that_is_killed_is_replaced_each_time(self):
        """Its socket stays, nobody listens, and its lock is free."""
        path = self.home.add("good.so")
        for _ in range(5):
            self.verify(path, status=0)
            os.kill(self.the_daemon(), signal.SIGKILL)
            self.wait_for_no_daemon()
            self.assertTrue(self.home.socket.is_socket())


class Stopped(harness.TestCase):
    """A child that somebody stops before it has read its job."""

    def test_a_child_stopped_at_birth_ends_with_its_loader(self):
        """When the loader's end is not yet its own."""
        daemon = self.start_daemon("--loader", harness.FIXTURES / "forking_loader")
        with self.connect() as peer:
            peer.send(f"{harness.INTERFACE}.Verify", {"paths": [self.home.add("good.so")]})
            loader, = harness.wait_until(lambda: harness.children(daemon.pid), "a loader runs")
            child, = harness.wait_until(lambda: harness.children(loader), "it has a child")
            os.kill(child, signal.SIGSTOP)
            os.kill(loader, signal.SIGKILL)
            harness.wait_until(lambda: child not in harness.process_table(), "the child is gone")

    def test_a_library_is_not_blamed_for_a_child_that_was_stopped(self):
        good = self.home.add("good.so")
        daemon = self.start_daemon()
        with self.connect() as peer:
            self.assertTrue(peer.verify([good])[0]["ok"])
            loader, = harness.children(daemon.pid)
            children = harness.wait_until(lambda: harness.children(loader), "a child is ready")
            for child in children:
                os.kill(child, signal.SIGSTOP)
            result, = peer.verify([good], fresh=True, timeout_ms=300)
            self.assertTrue(result["ok"], result)


if __name__ == "__main__":
    harness.main()
