#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How daemons come, go, and give way to one another."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
import unittest
from pathlib import Path

import dltest_harness as harness
from dltest_harness import INTERFACE, Home


class Start(harness.TestCase):
    """A client that finds no daemon."""

    def test_starts_one(self):
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

    def test_many_clients_at_once_start_one(self):
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

    def test_another_place(self):
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

    def test_directory_of_others(self):
        path = self.home.add("good.so")
        self.home.path.chmod(0o777)
        self.check(path)
        self.assertFalse(self.home.socket.exists())

    @unittest.skipIf(os.geteuid() == 0, "root may write anywhere; the user's run has it")
    def test_read_only(self):
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
            self.assertEqual(peer.call(f"{INTERFACE}.Status")["parameters"]["done"], 1)

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
        daemon = self.start_daemon()
        slow = [self.home.add("sleep_a_little.so", f"{i}.so") for i in range(60)]
        peer = self.connect()
        peer.send(f"{INTERFACE}.Verify", {"paths": slow, "timeout_ms": 20000})
        other = self.connect()
        harness.wait_until(
            lambda: other.call(f"{INTERFACE}.Status")["parameters"]["running"], "it runs")
        daemon.process.send_signal(signal.SIGTERM)
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
        self.verify(path, status=0, env={"TSUKU_DLTEST_IDLE_TIMEOUT": "300"})
        self.the_daemon()
        self.assertIn("TSUKU_DLTEST_IDLE_TIMEOUT is no time such as 5m: '300', ignoring",
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

    def process_of_socket(self):
        return self.connect().call(f"{INTERFACE}.Status")["parameters"]["pid"]

    @staticmethod
    def is_zombie(pid):
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"

    def test_only_one(self):
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

    def test_while_they_wait(self):
        good, bad = self.home.add("good.so"), self.home.add("crash_segv.so")
        for _ in range(5):
            self.kill_again_and_again()
            results = self.peer.verify([good, bad], fresh=True)
            self.assertEqual([result.get("reason") for result in results], [None, "crashed"])

    def test_at_once(self):
        good = self.home.add("good.so")
        for _ in range(20):
            self.signal_children(signal.SIGKILL)
            self.assertTrue(self.peer.verify([good], fresh=True)[0]["ok"])

    def test_with_a_library_that_they_have_not_taken(self):
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

    def test_listening(self):
        listening = harness.listen_unix(self.home.socket)
        self.start_daemon(fds={"varlink": listening.fileno()})
        listening.close()
        self.assertTrue(self.connect().alive())

    def test_its_owner_keeps_the_socket(self):
        listening = harness.listen_unix(self.home.socket)
        daemon = self.start_daemon("--idle-timeout", "200ms", fds={"varlink": listening.fileno()})
        self.assertEqual(daemon.wait(), 0)
        self.assertTrue(self.home.socket.is_socket())
        listening.close()

    def test_connected(self):
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


class Installed(harness.TestCase):
    """A tree installed anywhere works, and works when it was moved."""

    def test_moved(self):
        if not (harness.BUILD_DIR / "CMakeCache.txt").exists():
            raise unittest.SkipTest("the build tree is not here; the other run has it")
        subprocess.run([os.environ["DLTEST_CMAKE"], "--install", harness.BUILD_DIR, "--prefix",
                        self.base / "one"], check=True, stdout=subprocess.DEVNULL)
        os.rename(self.base / "one", self.base / "two")
        path = self.home.add("good.so")
        client = self.base / "two/bin/tsuku-dltest"
        for options in ((), ("--no-daemon",)):
            answer = self.run_client(*options, path, client=client)
            self.assertTrue(answer.results[0]["ok"], answer)
        link = self.base / "link"
        link.symlink_to(client)
        self.assertTrue(self.run_client("--no-daemon", path, client=link).results[0]["ok"])
        self.assertEqual(self.run_client("--stop", client=client).status, 0)

    def test_loader_elsewhere(self):
        """Some distributions have no libexec."""
        if not (harness.BUILD_DIR / "CMakeCache.txt").exists():
            raise unittest.SkipTest("the build tree is not here; the other run has it")
        cmake, build = os.environ["DLTEST_CMAKE"], self.base / "build"
        path = self.home.add("good.so")
        for directory in ("lib", str(self.base / "absolute")):
            for command in ((cmake, "-S", harness.SOURCE_DIR, "-B", build, "-DBUILD_TESTING=OFF",
                             f"-DCMAKE_INSTALL_LIBEXECDIR={directory}", "-DCMAKE_BUILD_TYPE=Debug"),
                            (cmake, "--build", build, "--parallel", "4"),
                            (cmake, "--install", build, "--prefix", self.base / "tree")):
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            self.assertTrue((self.base / "tree" / directory / "tsuku-dltest-loader").exists())
            answer = self.run_client("--no-daemon", path, client=self.base / "tree/bin/tsuku-dltest")
            self.assertTrue(answer.results[0]["ok"], answer)
            shutil.rmtree(self.base / "tree")


if __name__ == "__main__":
    harness.main()
