#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Connections that nobody uses, and however many: others are served."""

import contextlib
import socket

import dltest_harness as harness

HELD = 256     # DLTEST_CONNECTIONS_MAX
SILENT = 1024  # DLTEST_CONNECTIONS_SILENT_MAX
MANY = 1000


class Idle(harness.TestCase):
    """Clients that connect and say nothing, or next to nothing."""

    def setUp(self) -> None:
        super().setUp()
        self.daemon = self.start_daemon()
        self.library = self.home.add("good.so")

    def crowd(self, count: int, said: bytes = b"") -> list[socket.socket]:
        """So many connections, open until the test's end."""
        with contextlib.ExitStack() as stack:
            crowd = []
            for _ in range(count):
                connection = stack.enter_context(harness.connect_unix(self.home.socket))
                if said:
                    connection.sendall(said)
                crowd.append(connection)
            self.addCleanup(stack.pop_all().close)
        return crowd

    @staticmethod
    def count_open(crowd: list[socket.socket]) -> int:
        """Those that the daemon has not closed."""
        count = 0
        for connection in crowd:
            try:
                connection.recv(1, socket.MSG_DONTWAIT)
            except BlockingIOError:
                count += 1
        return count

    def check_served(self, beside: int = 0) -> None:
        """So many others may have been answered meanwhile."""
        for _ in range(10):
            answer = self.verify(self.library, "--fresh")
            self.assertTrue(answer.results[0]["ok"], answer.results)
        # By the one daemon, and by no private one.
        self.assertEqual(self.the_daemon(), self.daemon.process.pid)
        self.assertIn(self.status()["done"], range(10, 11 + beside))

    def status(self) -> dict:
        with harness.Varlink(self.home.socket) as peer:
            return peer.call("dev.tsuku.DlTest.Status")["parameters"]

    def test_a_thousand_idle_ones_shut_nobody_out(self) -> None:
        crowd = self.crowd(MANY)
        self.check_served()
        # But for those that made room for who had something to say.
        self.assertGreaterEqual(self.count_open(crowd), MANY - 10)

    def test_neither_do_many_thousands(self) -> None:
        self.crowd(3 * SILENT)
        self.check_served()
        self.assertLessEqual(self.status()["clients"], HELD + SILENT)

    def test_a_thousand_that_have_begun_to_speak(self) -> None:
        self.crowd(MANY, b'{"method":')
        self.check_served()

    def test_who_has_a_call_answered_is_none_of_them(self) -> None:
        with harness.Varlink(self.home.socket) as peer:
            peer.send("dev.tsuku.DlTest.Verify",
                      {"paths": [self.home.add("sleep_forever.so")], "timeout_ms": 2000})
            self.crowd(MANY)
            self.check_served(beside=1)
            result, = peer.receive()["parameters"]["results"]
            self.assertEqual(result["reason"], "timed_out")

    def test_there_may_be_idle_ones_as_long_as_there_is_room(self) -> None:
        crowd = self.crowd(HELD - 8)
        self.check_served()
        self.assertEqual(self.count_open(crowd), HELD - 8)


if __name__ == "__main__":
    harness.main()
