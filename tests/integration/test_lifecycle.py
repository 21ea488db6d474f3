#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How daemons come, go, and give way to one another."""

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path

import dltest_harness as harness
from dltest_harness import INTERFACE, Home


class Start(harness.TestCase):
    """A client that finds no daemon."""

    def test_a_client_starts_a_daemon(self):
        self.verify(self.home.add("good.so"), status=0)
        pid = self.the_daemon()
        self.verify(self.home.add("good.so"), status=0)
        self.assertEqual(self.the_daemon(), pid)
        mode = stat.S_IMODE(self.home.socket.stat().st_mode)
        self.assertEqual(mode, 0o600)
        self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")
        self.assertEqual({os.readlink(f"/proc/{pid}/fd/{fd}") for fd in (0, 1)}, {"/dev/null"})
        # Only a service manager needs it.
        self.assertNotIn("libsystemd", Path(f"/proc/{pid}/maps").read_text(encoding="utf-8"))
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        self.assertNotIn(b"LD_", environment)
        self.assertNotEqual(os.getsid(pid), os.getsid(0))

    def test_many_clients_at_once_start_one_daemon(self):
        path = self.home.add("good.so")
        answers = []

        def ask():
            answers.append(self.run_client(path))
        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({(answer.status, len(answer.results)) for answer in answers}, {(0, 1)})
        self.the_daemon()

    def test_the_daemon_holds_no_pipe_of_its_starter(self):
        command = f"'{harness.CLIENT}' '{self.home.add('good.so')}' 2>&1 | cat"
        process = harness.popen(["/bin/sh", "-c", command], env=self.home.environment(),
                                stdout=subprocess.PIPE)
        out, _ = process.communicate(timeout=20)
        self.assertIn(b'"ok":true', out)
        self.the_daemon()

    def test_long_home(self):
        home = self.long_home()
        self.assertGreater(len(str(home.socket)), 200)
        path = home.add("good.so")
        self.assertTrue(self.verify_one(path, home=home)["ok"])
        pid = self.the_daemon()
        self.assertTrue(self.verify_one(path, home=home)["ok"])
        self.assertEqual(self.the_daemon(), pid)
        self.assertTrue(home.socket.is_socket())

    def test_home_is_a_link(self):
        path = self.home.add("good.so")
        link = self.base / "link"
        link.symlink_to(self.home.path)
        through = str(link) + path[len(str(self.home.path)):]
        home = Home(self.base, link)
        for asked in (path, through):
            self.assertTrue(self.verify_one(asked, home=home)["ok"])
        self.assertEqual(len(harness.daemons_running()), 1)

    def test_stale_socket(self):
        old = harness.listen_unix(self.home.socket)
        old.close()
        self.assertTrue(self.home.socket.is_socket())
        self.verify(self.home.add("good.so"), status=0)
        self.the_daemon()

    def test_socket_at_another_place(self):
        place = self.base / "elsewhere.sock"
        env = {"TSUKU_DLTEST_SOCKET": str(place)}
        self.verify(self.home.add("good.so"), status=0, env=env)
        self.assertTrue(place.is_socket())
        self.assertFalse(self.home.socket.exists())
        self.assertEqual(self.run_client("--stop", env=env).status, 0)


class Stop(harness.TestCase):
    def test_nothing_is_touched_afterwards(self):
        """The home can be removed at once: what was to be written has been."""
        homes = [Home(self.base / f"stop{number}") for number in range(15)]
        paths = [home.add("good.so") for home in homes]
        for home, path in zip(homes, paths):
            # Of a file as new as this, nothing is remembered at first.
            harness.wait_until(lambda: self.verify(path, status=0, home=home) and json.loads(
                self.run_client("--status", home=home).out)["remembered"] > 0, "it is remembered")
            self.assertEqual(self.run_client("--stop", home=home).status, 0)
            cache = home.path / "cache/dltest"
            self.assertEqual(os.listdir(cache), ["verdicts"])
            self.assertFalse(home.socket.exists())


class End(harness.TestCase):
    """Daemons that end."""

    def test_killed_in_mid_call(self):
        slow = [self.home.add("sleep_a_little.so", f"{i}.so") for i in range(150)]
        self.verify(self.home.add("good.so"), status=0)
        first = self.the_daemon()
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(self.run_client("--timeout", "20", *slow)))
        asking.start()
        harness.wait_until(lambda: len(harness.descendants(first)) > 1, "loads run")
        os.kill(first, signal.SIGKILL)
        asking.join()
        self.assertEqual(len(answers[0].results), 150)
        self.assertEqual(answers[0].status, 0, answers[0])
        self.assertNotEqual(self.the_daemon(), first)

    def test_sigterm_finishes_the_call(self):
        self.expect_it_finishes(signal.SIGTERM)

    def test_so_does_the_end_of_its_terminal(self):
        self.expect_it_finishes(signal.SIGHUP)

    def expect_it_finishes(self, number):
        """A daemon that gets this signal answers first."""
        daemon = self.start_daemon()
        slow = [self.home.add("sleep_a_little.so", f"{i}.so") for i in range(60)]
        peer = self.connect()
        peer.send(f"{INTERFACE}.Verify", {"paths": slow, "timeout_ms": 20000})
        other = self.connect()
        harness.wait_until(
            lambda: other.call(f"{INTERFACE}.Status")["parameters"]["running"], "it runs")
        daemon.process.send_signal(number)
        results = peer.receive()["parameters"]["results"]
        self.assertEqual(sum(result["ok"] for result in results), 60)
        self.assertTrue(peer.is_closed())
        self.assertEqual(daemon.wait(), 0)
        self.assertFalse(self.home.socket.exists())
        self.assertTrue(self.home.lock.exists())

    def test_stop(self):
        daemon = self.start_daemon()
        peer = self.connect()
        self.assertEqual(peer.call(f"{INTERFACE}.Stop"), {})
        self.assertTrue(peer.is_closed())
        self.assertEqual(daemon.wait(), 0)

    def test_idle(self):
        daemon = self.start_daemon("--idle-timeout", "300ms", wait=False)
        self.assertEqual(daemon.wait(), 0)
        self.assertFalse(self.home.socket.exists())
        env = {"TSUKU_DLTEST_IDLE_TIMEOUT": "200ms"}
        path = self.home.add("good.so")
        for _ in range(3):
            self.verify(path, status=0, env=env)
            self.wait_for_no_daemon()

    def test_a_bad_idle_timeout_of_the_environment(self):
        """Is warned about: it costs nobody his answer."""
        path = self.home.add("good.so")
        self.verify(path, status=0, env={"TSUKU_DLTEST_IDLE_TIMEOUT": "300x"})
        self.the_daemon()
        self.assertIn("TSUKU_DLTEST_IDLE_TIMEOUT is no time such as 5m: '300x', ignoring",
                      self.daemon_log())

    def test_idle_waits_for_the_end_of_a_call(self):
        hung = self.home.add("sleep_forever.so")
        with harness.listen_unix(self.home.socket) as listening, self.connect() as peer:
            # Before the daemon is there, which would be idle while we come.
            peer.send(f"{INTERFACE}.Verify", {"paths": [hung], "timeout_ms": 1000})
            self.start_daemon("--idle-timeout", "100ms", fds={"varlink": listening.fileno()})
            result, = peer.receive()["parameters"]["results"]
        self.assertEqual(result["reason"], "timed_out")

    def test_socket_removed(self):
        daemon = self.start_daemon()
        self.home.socket.unlink()
        self.assertEqual(daemon.wait(), 0)

    def test_socket_replaced(self):
        daemon = self.start_daemon()
        self.home.socket.unlink()
        other = harness.listen_unix(self.home.socket)
        self.assertEqual(daemon.wait(), 0)
        self.assertTrue(self.home.socket.is_socket(), "another's socket must stay")
        other.close()

    def test_program_replaced(self):
        tree = self.base / "tree"
        shutil.copytree(harness.CLIENT.parent, tree)
        client = tree / "tsuku-dltest"
        path = self.home.add("good.so")
        self.verify(path, status=0, client=client)
        first = self.process_of_socket()
        os.rename(shutil.copy(tree / "tsuku-dltestd", tree / "new"), tree / "tsuku-dltestd")
        harness.wait_until(lambda: not os.path.exists(f"/proc/{first}/exe") or
                           self.is_zombie(first), "the old daemon has ended")
        self.verify(path, status=0, client=client)

    def test_program_removed(self):
        """What it remembered goes with it: another loader would have no use for that."""
        tree = self.base / "tree"
        shutil.copytree(harness.CLIENT.parent, tree)
        cache = self.home.path / "cache/dltest"
        self.verify(self.home.add("good.so"), status=0, client=tree / "tsuku-dltest")
        harness.wait_until((cache / "verdicts").exists, "it was written")
        shutil.rmtree(tree)
        self.wait_for_no_daemon()
        self.assertFalse(self.home.socket.exists())
        self.assertTrue(self.home.lock.exists())
        self.assertFalse(cache.exists())
        self.assertIn("its program was removed or replaced", self.daemon_log())

    def test_program_removed_and_the_memory_is_of_another(self):
        """Which stays."""
        path = self.home.add("good.so")
        others = self.home.path / "cache/dltest/verdicts"
        self.verify(path, status=0)
        harness.wait_until(others.exists, "it was written")
        self.assertEqual(self.run_client("--stop").status, 0)
        written = others.read_bytes()
        tree = self.base / "tree"
        shutil.copytree(harness.CLIENT.parent, tree)
        daemon = self.start_daemon(daemon=tree / "tsuku-dltestd")
        shutil.rmtree(tree)
        self.assertEqual(daemon.wait(), 0)
        self.assertEqual(others.read_bytes(), written)

    def process_of_socket(self):
        return self.connect().call(f"{INTERFACE}.Status")["parameters"]["pid"]

    @staticmethod
    def is_zombie(pid):
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"

    def test_only_one_daemon_listens(self):
        self.start_daemon()
        second = self.start_daemon(wait=False)
        self.assertEqual(second.wait(), 1)
        self.assertIn("another daemon", second.log_text())

    def test_nothing_leaks(self):
        daemon = self.start_daemon()
        good, bad = self.home.add("good.so"), self.home.add("crash_segv.so")
        peer = self.connect()
        peer.verify([good, bad] * 10)

        def settled():
            return peer.call(f"{INTERFACE}.Status")["parameters"]["running"] == 0
        harness.wait_until(settled, "nothing runs")
        before = harness.fd_count(daemon.pid)
        for _ in range(5):
            peer.verify([good, bad] * 30)
            self.connect().close()
        harness.wait_until(settled, "nothing runs")
        harness.wait_until(lambda: harness.fd_count(daemon.pid) <= before + 4, "descriptors close")
        harness.wait_until(lambda: len(harness.descendants(daemon.pid)) <= 8, "children end")


class Killed(harness.TestCase):
    """Children that somebody kills, or the kernel when memory runs out, before they had a library."""

    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon()
        self.peer = self.connect()
        self.assertTrue(self.peer.verify([self.home.add("good.so")])[0]["ok"])

    def children(self):
        """Those of the loaders, of which none has a library now."""
        return [child for loader in harness.children(self.daemon.pid)
                for child in harness.children(loader)]

    def signal_children(self, number):
        children = harness.wait_until(self.children, "a child is ready")
        for child in children:
            self.kill(child, number)
        return children

    @staticmethod
    def kill(child, number=signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    def kill_again_and_again(self):
        """Whatever children there are, and those in their places."""
        self.signal_children(signal.SIGKILL)
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            for child in self.children():
                self.kill(child)

    def test_children_that_wait_are_killed(self):
        good, bad = self.home.add("good.so"), self.home.add("crash_segv.so")
        for _ in range(5):
            self.kill_again_and_again()
            results = self.peer.verify([good, bad], fresh=True)
            self.assertEqual([result.get("reason") for result in results], [None, "crashed"])

    def test_children_are_killed_right_before_they_are_needed(self):
        good = self.home.add("good.so")
        for _ in range(20):
            self.signal_children(signal.SIGKILL)
            self.assertTrue(self.peer.verify([good], fresh=True)[0]["ok"])

    def test_children_are_killed_with_a_library_that_they_have_not_taken(self):
        good = self.home.add("good.so")
        other = self.connect()

        def runs():
            return other.call(f"{INTERFACE}.Status")["parameters"]["running"]
        harness.wait_until(lambda: not runs(), "nothing runs")
        for pause in (0, 0.1):
            stopped = self.signal_children(signal.SIGSTOP)
            self.peer.send(f"{INTERFACE}.Verify",
                           {"paths": [good], "fresh": True, "timeout_ms": 20000})
            harness.wait_until(runs, "it runs")
            time.sleep(pause)
            for child in stopped:
                self.kill(child)
            result = self.peer.receive()["parameters"]["results"][0]
            self.assertTrue(result["ok"], result)


class Inherited(harness.TestCase):
    """Sockets handed over (LISTEN_FDS)."""

    def test_inherited_listening_socket(self):
        listening = harness.listen_unix(self.home.socket)
        self.start_daemon(fds={"varlink": listening.fileno()})
        listening.close()
        self.assertTrue(self.connect().alive())

    def test_an_inherited_socket_stays(self):
        listening = harness.listen_unix(self.home.socket)
        daemon = self.start_daemon("--idle-timeout", "200ms", fds={"varlink": listening.fileno()})
        self.assertEqual(daemon.wait(), 0)
        self.assertTrue(self.home.socket.is_socket())
        listening.close()

    def test_inherited_connection(self):
        ours, theirs = socket.socketpair()
        daemon = self.start_daemon(fds={"varlink": theirs.fileno()})
        theirs.close()
        peer = harness.Varlink(ours)
        self.assertTrue(peer.alive())
        self.assertTrue(peer.verify([self.home.add("good.so")])[0]["ok"])
        peer.close()
        self.assertEqual(daemon.wait(), 0)
        self.assertFalse(self.home.socket.exists())

    def test_other_users_are_turned_away(self):
        harness.needs_root()
        daemon = self.start_daemon()
        self.home.path.chmod(0o755)
        self.base.chmod(0o755)
        os.chmod(self.home.socket, 0o777)
        program = ("import socket,sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
                   "s.settimeout(10)\n"
                   "try: s.send(b'{\"method\":\"org.varlink.service.GetInfo\"}\\0')\n"
                   "except BrokenPipeError: pass\n"
                   "try: sys.exit(len(s.recv(10)))\n"
                   "except ConnectionResetError: sys.exit(0)")
        status = subprocess.run(["setpriv", "--reuid=4243", "--regid=4243", "--clear-groups",
                                 "/usr/bin/python3", "-c", program, self.home.socket],
                                check=False).returncode
        self.assertEqual(status, 0)
        self.assertIn("user 4243", daemon.log_text())


if __name__ == "__main__":
    harness.main()
