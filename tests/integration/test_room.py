#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""When the system has no more processes or descriptors, and what a daemon takes of them."""

import itertools
import os
import resource
import socket
import time
import unittest
from pathlib import Path

import dltest_harness as harness
from dltest_harness import INTERFACE


def tasks_of_mine():
    """Processes and threads of this user: what RLIMIT_NPROC counts."""
    count = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{pid}").st_uid == os.getuid():
                count += len(os.listdir(f"/proc/{pid}/task"))
        except OSError:
            pass
    return count


def limit_processes(pid, count):
    """Has 'pid' make no process if its user has 'count'. The hard limit stays."""
    resource.prlimit(pid, resource.RLIMIT_NPROC,
                     (count, resource.prlimit(pid, resource.RLIMIT_NPROC)[1]))


class Processes(harness.TestCase):
    """Forks fail, as they do while somebody has taken all processes."""

    @unittest.skipIf(os.geteuid() == 0, "root may have any number; the user's run has it")
    def test_libraries_wait_for_a_process(self):
        good = [self.home.add("sleep_20ms.so", f"{i}.so") for i in range(12)]
        daemon = self.start_daemon("--jobs", "8")
        peer = self.connect()
        self.assertTrue(peer.verify(good[:1])[0]["ok"])
        # The daemon, its loader and a child have theirs already.
        resource.prlimit(daemon.pid, resource.RLIMIT_NPROC, (tasks_of_mine() + 1,) * 2)
        for zygote in harness.children(daemon.pid):
            resource.prlimit(zygote, resource.RLIMIT_NPROC, (tasks_of_mine() + 1,) * 2)
        results = peer.verify(good, fresh=True, timeout_ms=60000)
        self.assertEqual([result for result in results if not result["ok"]], [])

    @unittest.skipIf(os.geteuid() == 0, "root may have any number; the user's run has it")
    def test_the_daemon_rests_while_libraries_wait(self):
        daemon = self.start_daemon()
        peer = self.connect()
        good = self.home.add("good.so")
        self.assertTrue(peer.verify([good])[0]["ok"])
        for pid in (daemon.pid, *harness.children(daemon.pid)):
            resource.prlimit(pid, resource.RLIMIT_NPROC, (1, 1))
        peer.send(f"{INTERFACE}.Verify", {"paths": [good] * 3, "fresh": True, "details": True})
        peer.receive()
        before = self.switches(daemon.pid)
        time.sleep(1)
        self.assertLess(self.switches(daemon.pid) - before, 200)

    @unittest.skipIf(os.geteuid() == 0, "root may have any number; the user's run has it")
    def test_all_libraries_wait_for_a_process_once(self):
        known, fresh = self.home.add("good.so", "known.so"), self.home.add("good.so")
        paths = [fresh, *(f"{fresh}.{i}" for i in range(1000)), known]
        daemon = self.start_daemon()
        peer = self.connect()
        self.assertTrue(peer.verify([known])[0]["ok"])
        for pid in (daemon.pid, *harness.children(daemon.pid)):
            limit_processes(pid, 1)
        # That has the child that was ready.
        peer.verify([known], fresh=True)
        for _ in range(2):
            begun = time.monotonic()
            *results, remembered = peer.verify(paths, timeout_ms=1000)
            self.assertLess(time.monotonic() - begun, 20)
            self.assertTrue(remembered["ok"], remembered)
            for result in results:
                self.assertEqual(result["reason"], "no_verdict")
                self.assertIn("no process could be started", result["error"])
        for pid in (daemon.pid, *harness.children(daemon.pid)):
            limit_processes(pid, resource.prlimit(pid, resource.RLIMIT_NPROC)[1])
        self.assertTrue(peer.verify([fresh])[0]["ok"])

    def switches(self, pid):
        text = Path(f"/proc/{pid}/status").read_text()
        return sum(int(line.split()[1]) for line in text.splitlines() if "ctxt_switches" in line)


def leave_free(pid, count):
    """Lowers the limit of a process so that it can open 'count' more. Its hard one stays."""
    used = {int(fd) for fd in os.listdir(f"/proc/{pid}/fd")}
    limit = next(n for n in itertools.count() if n - len([fd for fd in used if fd < n]) > count) - 1
    resource.prlimit(pid, resource.RLIMIT_NOFILE,
                     (limit, resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]))


def leave_all(pid):
    """Takes that back."""
    resource.prlimit(pid, resource.RLIMIT_NOFILE,
                     (resource.prlimit(pid, resource.RLIMIT_NOFILE)[1],) * 2)


class Limits(harness.TestCase):
    """Lower ones than loads get, as a shell or a container may have."""

    def test_lower_limits_than_loads_get(self):
        # A sanitizer wants terabytes of addresses.
        for limit in ("-t 100", "-n 60", *(() if harness.SANITIZED else ("-v 4000000",))):
            with self.subTest(limit=limit):
                answer = self.run_client("-c", f'ulimit {limit}; exec "$0" "$@"', harness.CLIENT,
                                         "--no-daemon", self.home.add("good.so"),
                                         client="/bin/bash")
                self.assertTrue(answer.results[0]["ok"], answer)


class Descriptors(harness.TestCase):
    """Each load takes some."""

    def test_the_daemon_raises_its_own_limit(self):
        daemon = self.start_daemon()
        soft, hard = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
        self.assertEqual(soft, hard)

    def test_packages_whose_libraries_need_their_company(self):
        """Each package is an environment of its own, for one library at a time."""
        paths = []
        for i in range(40):
            self.home.add("libdltest_dep.so", package=f"p-{i}")
            plugins = self.home.package(f"p-{i}") / "plugins"
            plugins.mkdir()
            harness.make.put(harness.FIXTURES / "needs_dep.so", plugins / "needs_dep.so")
            paths.append(str(plugins / "needs_dep.so"))
        daemon = self.start_daemon("--jobs", "16")
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (160, 160))
        for _ in range(2):
            results = self.connect().verify(paths, fresh=True, details=True, timeout_ms=60000)
            self.assertEqual([result for result in results if not result["ok"]], [])

    def test_what_cannot_be_tried_in_company_is_what_it_is_alone(self):
        """It is waited for a while; that nothing came of it is not remembered."""
        self.home.add("libdltest_dep.so", package="p")
        plugins = self.home.package("p") / "plugins"
        plugins.mkdir()
        path = os.fsdecode(harness.make.put(
            harness.FIXTURES / "needs_dep.so", plugins / "needs_dep.so"))
        daemon = self.start_daemon("--jobs", "1")
        peer = self.connect()
        self.assertTrue(peer.verify([self.home.add("good.so")])[0]["ok"])
        loader, = harness.children(daemon.pid)
        harness.wait_until(lambda: harness.children(loader), "it had its spare")
        leave_free(daemon.pid, 0)
        result, = peer.verify([path], timeout_ms=60000)
        self.assertEqual((result["reason"], result["missing"]),
                         ("missing_dependency", ["libdltest_dep.so"]))
        self.assertTrue(result["error"].endswith(
            " (in the company of its own package it could not be tried)"), result)
        leave_all(daemon.pid)
        self.assertTrue(peer.verify([path])[0]["ok"])

    def good_results(self, peer, limited, free, paths, **options):
        """Asks while 'limited' can open 'free' more, which is over soon: the loads wait for it."""
        leave_free(limited, free)
        peer.send(f"{INTERFACE}.Verify", {"paths": paths, "fresh": True, "timeout_ms": 60000,
                                          **options})
        time.sleep(0.2)
        leave_all(limited)
        results = peer.receive()["parameters"]["results"]
        for result in results:
            self.assertTrue(result["ok"], result)
        return results

    def test_a_loader_starts_when_there_are_some_again(self):
        good = [self.home.add("good.so", f"{i}.so") for i in range(6)]
        daemon = self.start_daemon("--jobs", "4")
        peer = self.connect()
        for free in range(20):
            directory = self.base / f"environment-{free}"
            directory.mkdir()
            with self.subTest(free=free):
                self.good_results(peer, daemon.pid, free, good, details=True,
                                  library_path=[str(directory)])

    def test_a_loader_with_a_full_table_goes_on_when_it_is_not(self):
        good = self.home.add("print.so")
        daemon = self.start_daemon("--jobs", "1")
        peer = self.connect()
        for details, free in itertools.product((False, True), range(5)):
            with self.subTest(details=details, free=free):
                expected, = peer.verify([good], fresh=True, details=details)
                loader, = harness.children(daemon.pid)
                harness.wait_until(lambda: harness.children(loader), "it had its spare")
                for result in self.good_results(peer, loader, free, [good] * 3, details=details):
                    self.assertEqual(result.get("output"), expected.get("output"))
                self.assertEqual(harness.children(daemon.pid), [loader], "it is the same one")

    def test_nothing_is_said_to_the_client_by_a_loader_that_cannot_start(self):
        """Between fork and execve() the daemon's descriptors are there, the client's among them."""
        good = self.home.add("good.so")
        for free in range(10):
            ours, theirs = socket.socketpair()
            daemon = self.start_daemon(fds={"varlink": theirs.fileno()})
            theirs.close()
            with harness.Varlink(ours) as peer, self.subTest(free=free):
                self.assertTrue(peer.alive())
                self.good_results(peer, daemon.pid, free, [good])
            daemon.wait()

    def test_a_hung_load_ends_without_one(self):
        daemon = self.start_daemon("--jobs", "1")
        peer = self.connect()
        self.assertTrue(peer.verify([self.home.add("good.so")])[0]["ok"])
        peer.send(f"{INTERFACE}.Verify",
                  {"paths": [self.home.add("sleep_forever.so")], "timeout_ms": 700})
        time.sleep(0.3)
        leave_free(daemon.pid, 0)
        result = peer.receive()["parameters"]["results"][0]
        self.assertRegex(result["error"], r"^was still being loaded after 0\.7 s, all its threads waiting")

    def test_a_thread_aborts_without_one(self):
        """Whether it may is asked of the daemon, and whose thread it is with it."""
        daemon = self.start_daemon("--jobs", "1")
        peer = self.connect()
        peer.send(f"{INTERFACE}.Verify", {"paths": [self.home.add("abort_in_thread.so")],
                                          "bare": True})
        time.sleep(0.3)
        leave_free(daemon.pid, 0)
        result = peer.receive()["parameters"]["results"][0]
        self.assertEqual(result.get("signal"), "SIGABRT", result)

    @unittest.skipIf(os.geteuid() == 0, "root may have any number; the user's run has it")
    def test_loaders_start_when_no_more_are_on_their_way(self):
        """An ordinary user's sockets hold only so many that nobody has received (unix(7)). That
        the listener of refused calls is among those that cannot be sent is no reason to do
        without."""
        good = [self.home.add("good.so", f"{i}.so") for i in range(6)]
        directory = self.base / "environment"
        directory.mkdir()
        daemon = self.start_daemon("--jobs", "4")
        peer = self.connect()
        self.assertTrue(peer.verify(good[:1])[0]["ok"])
        ends = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(20)]
        for ours, _ in ends:
            socket.send_fds(ours, [b"x"], [0] * 100)
        peer.send(f"{INTERFACE}.Verify", {"paths": good, "fresh": True, "details": True,
                                          "library_path": [str(directory)]})
        time.sleep(0.3)
        for end in itertools.chain.from_iterable(ends):
            end.close()
        for result in peer.receive()["parameters"]["results"]:
            self.assertTrue(result["ok"], result)
            self.assertTrue(result["sandbox"]["denials"])

    def test_what_is_kept_for_later_is_let_go(self):
        """Each environment keeps a loader and a child; together they would have all there are."""
        good = self.home.add("good.so")
        directories = [self.base / f"environment-{i}" for i in range(7)]
        daemon = self.start_daemon("--jobs", "1")
        peer = self.connect()
        for directory in directories:
            directory.mkdir()
        for directory in directories[:-1]:
            self.assertTrue(peer.verify([good], library_path=[str(directory)])[0]["ok"])
        leave_free(daemon.pid, 1)
        result, = peer.verify([good], fresh=True, library_path=[str(directories[-1])])
        self.assertTrue(result["ok"], result)

    def test_trace_that_cannot_be_asked_for_leaves_no_child(self):
        """A path with a blank cannot be preloaded in a trace, for which no child is left behind."""
        odd = self.home.add("good.so", "with blank.so")
        failing = [self.home.add("needs_missing.so", f"{i}.so") for i in range(20)]
        daemon = self.start_daemon()
        peer = self.connect()
        self.assertTrue(peer.verify([odd])[0]["ok"])
        before = len(harness.descendants(daemon.pid))
        for result in peer.verify(failing, preload=[odd], bare=True):
            self.assertEqual(result["reason"], "missing_dependency")
        harness.wait_until(lambda: len(harness.descendants(daemon.pid)) <= before + 1,
                           "no child was left")


if __name__ == "__main__":
    harness.main()
