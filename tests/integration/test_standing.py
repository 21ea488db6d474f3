#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whoever started the daemon does not judge: a test for each row of docs/INHERITANCE.md's table."""

import os
import resource
import shutil
import signal
import subprocess
import unittest
from functools import partial
from pathlib import Path

import dltest_harness as harness
import inheritance as inherit
from dltest_harness import INTERFACE


class Case(harness.TestCase):
    """An ordinary client, and another one that has inherited something."""

    def setUp(self):
        super().setUp()
        self.good = self.home.add("good.so")
        # What W^X does not allow, and nobody else minds.
        self.stack = self.home.add("exec_stack.so")

    def needs(self, act):
        why = inherit.possible(act)
        if why and os.geteuid() != 0:
            self.skipTest(f"an ordinary user cannot have it; root's run may: {why}")
        if why:
            self.skipTest(f"this kernel has no such thing: {why}")

    def done(self):
        """What the shared daemon has loaded; nothing if there is none yet."""
        if not self.home.socket.exists():
            return 0
        with self.connect() as peer:
            return peer.call(f"{INTERFACE}.Status")["parameters"]["done"]

    def stop(self):
        self.run_client("--stop")
        self.wait_for_no_daemon()

    def expect_shared(self, *paths, **options):
        """The client has its verdicts of the shared daemon, and of no private one. The daemon."""
        before = self.done()
        for path in paths:
            result = self.verify_one(path, "--fresh", **options)
            self.assertTrue(result["ok"], result)
        self.assertEqual(self.done(), before + len(paths), "the shared daemon was asked")
        return self.the_daemon()

    def expect_usual(self):
        """An ordinary client has its verdicts of a shared daemon that an ordinary client starts."""
        return self.expect_shared(self.good, self.stack)

    def expect_private(self, act, path, options=(), **expected):
        """The one that has inherited something is answered by a daemon of its own."""
        result = self.verify_one(path, *options, preexec_fn=act)
        self.assertEqual({key: result.get(key) for key in expected}, expected, result)
        return result


class Reset(Case):
    """What the first client had, its daemon has not. unit.inherited has those that nobody sees from
    without."""

    def daemon_after(self, act, check):
        self.needs(act)
        started = self.expect_shared(self.good, preexec_fn=act)
        check(started)
        self.assertEqual(self.expect_usual(), started, "it serves all")
        self.stop()

    def status(self, pid, field):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return line.split()[1]
        self.skipTest(f"this kernel does not show {field}")

    def test_affinity(self):
        everywhere = os.sched_getaffinity(0)
        one = min(everywhere)
        self.daemon_after(lambda: os.sched_setaffinity(0, {one}), lambda pid: self.assertEqual(
            os.sched_getaffinity(pid) & everywhere, everywhere))

    def test_policy(self):
        policies = [os.SCHED_BATCH] + [os.SCHED_IDLE] * (os.geteuid() == 0)
        for policy in policies:
            self.daemon_after(
                lambda policy=policy: os.sched_setscheduler(0, policy, os.sched_param(0)),
                lambda pid: self.assertEqual(os.sched_getscheduler(pid), os.SCHED_OTHER))

    def test_real_time_policy(self):
        self.daemon_after(lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1)),
                          lambda pid: self.assertEqual(os.sched_getscheduler(pid), os.SCHED_OTHER))

    def test_nice(self):
        """A user cannot take it back: it makes loads slow, and is no reason to refuse anybody."""
        expected = 0 if os.geteuid() == 0 else 7
        self.daemon_after(lambda: os.nice(7), lambda pid: self.assertEqual(
            os.getpriority(os.PRIO_PROCESS, pid), expected))

    def test_io_priority(self):
        usual = inherit.call("ioprio_get", 1, 0)
        self.daemon_after(lambda: inherit.call("ioprio_set", 1, 0, 3 << 13), lambda pid:
                          self.assertEqual(inherit.call("ioprio_get", 1, pid), usual))

    def test_personality(self):
        self.daemon_after(inherit.personality(0x0040000 | 0x0400000), lambda pid: self.assertEqual(
            int(Path(f"/proc/{pid}/personality").read_text(), 16), 0))

    def test_memory_policy(self):
        self.daemon_after(
            lambda: inherit.call("set_mempolicy", 2, (1).to_bytes(8, "little"), 64),
            lambda pid: self.assertNotIn("bind", Path(f"/proc/{pid}/numa_maps").read_text()))

    def test_huge_pages(self):
        self.daemon_after(inherit.prctl(inherit.SET_THP_DISABLE, 1), lambda pid: self.assertEqual(
            self.status(pid, "THP_enabled"), "1"))

    def test_timer_slack(self):
        harness.needs_root("of another process only root is told; unit.inherited has it")
        self.daemon_after(inherit.prctl(inherit.SET_TIMERSLACK, 10 ** 9), lambda pid:
                          self.assertEqual(Path(f"/proc/{pid}/timerslack_ns").read_text(), "50000\n"))

    @unittest.skipIf(harness.SANITIZED, "a dynamic linker looks at the clock before the client")
    def test_forbidden_clock(self):
        if os.uname().machine != "x86_64":
            self.skipTest("it is a processor's that this one is not")
        self.daemon_after(inherit.prctl(inherit.SET_TSC, 2), lambda pid: None)

    def test_victim_of_want_of_memory(self):
        usual = int(Path("/proc/self/oom_score_adj").read_text())
        self.daemon_after(inherit.score(700), lambda pid: self.assertLessEqual(
            int(Path(f"/proc/{pid}/oom_score_adj").read_text()), usual))

    def test_soft_limits(self):
        for name, soft in (("NOFILE", 64), ("CPU", 60), ("FSIZE", 1 << 30), ("NPROC", 2000)):
            which = getattr(resource, f"RLIMIT_{name}")
            self.daemon_after(inherit.soft_limit(name, soft), lambda pid, which=which:
                              self.assertEqual(*resource.prlimit(pid, which)))

    def test_signals(self):
        def ignore():
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD})
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGUSR1):
                signal.signal(number, signal.SIG_IGN)

        def check(pid):
            self.assertEqual(int(self.status(pid, "SigBlk"), 16), 0)
            self.assertEqual(int(self.status(pid, "SigIgn"), 16),
                             1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1)
        self.daemon_after(ignore, check)

    def test_umask_and_working_directory(self):
        def check(pid):
            self.assertEqual(self.status(pid, "Umask"), "0077")
            self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")
        self.daemon_after(lambda: os.umask(0), check)

    def test_descriptors_and_session(self):
        read_end, write_end = os.pipe()
        os.set_inheritable(write_end, True)

        def check(pid):
            mine = os.readlink(f"/proc/self/fd/{write_end}")
            self.assertNotIn(mine, [os.readlink(f"/proc/{pid}/fd/{fd}")
                                    for fd in os.listdir(f"/proc/{pid}/fd")])
            self.assertNotEqual(os.getsid(pid), os.getsid(0))
        self.assertTrue(self.verify_one(self.good, close_fds=False)["ok"])
        check(self.the_daemon())
        os.close(read_end)
        os.close(write_end)

    def test_by_hand(self):
        """However it was started."""
        script = self.base / "elsewhere"
        script.write_text(f'#!/bin/sh\ncd "{self.base}"; umask 0; ulimit -S -n 200\n'
                          f'exec nice -n 5 setarch -R "{harness.DAEMON}" "$@"\n')
        script.chmod(0o755)
        pid = self.start_daemon(daemon=script).pid
        self.assertEqual(self.status(pid, "Umask"), "0077")
        self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")
        self.assertEqual(*resource.prlimit(pid, resource.RLIMIT_NOFILE))
        self.assertEqual(int(Path(f"/proc/{pid}/personality").read_text(), 16), 0)
        self.expect_usual()


class Untouched(Case):
    """What makes no difference: a daemon that was started with it serves everybody."""

    def serves_all(self, act):
        self.needs(act)
        daemon = self.expect_shared(self.stack, preexec_fn=act)
        self.assertEqual(self.expect_usual(), daemon)
        self.stop()

    def test_attributes(self):
        acts = {
            "core dump filter": lambda: Path("/proc/self/coredump_filter").write_text("0x7f"),
            "no_new_privs": inherit.prctl(inherit.SET_NO_NEW_PRIVS, 1),
            "dumpable": inherit.prctl(inherit.SET_DUMPABLE, 0),
            "parent's death": inherit.prctl(inherit.SET_PDEATHSIG, signal.SIGUSR1),
            "keyring": lambda: inherit.call("keyctl", 1, None),
            "session": os.setsid,
            "speculation": inherit.prctl(inherit.SET_SPECULATION, 0, 1 << 2),
            "core scheduling": inherit.prctl(inherit.SCHED_CORE, 1, 0, 0, 0),
            "enough descriptors": inherit.limit("NOFILE", 1024),
            "enough processes": inherit.limit("NPROC", 4096),
        }
        for name, act in acts.items():
            with self.subTest(name):
                self.serves_all(act)

    def test_namespaces_that_no_load_comes_near(self):
        harness.needs_root("it needs root to make namespaces")
        for options in (["--ipc"], ["--uts"], ["--cgroup"], ["--time"], ["--pid", "--fork"]):
            with self.subTest(options):
                started = self.expect_usual()
                why = subprocess.run(["unshare", *options, "true"], check=False,
                                     capture_output=True)
                if why.returncode != 0:
                    self.skipTest(f"this kernel has no such namespace: {why.stderr!r}")
                before = self.done()
                answer = self.run_client(*options, harness.CLIENT, "--fresh", self.good,
                                         client=Path("/usr/bin/unshare"))
                self.assertEqual(answer.status, 0, answer)
                self.assertGreater(self.done(), before, "the shared daemon was asked")
                self.assertEqual(self.the_daemon(), started)
                self.stop()


class Other(Case):
    """What cannot be taken back: its own daemon judges who has it, and nobody else."""

    def alone(self, act, path, **expected):
        self.needs(act)
        self.expect_private(act, path, **expected)
        self.assertFalse(self.home.socket.exists(), "it starts no daemon for others")
        self.assertEqual(harness.daemons_running(), [])
        self.expect_usual()
        before = self.done()
        for options in ((), ("--fresh",)):
            self.expect_private(act, path, options, **expected)
        self.assertEqual(self.done(), before, "it was not served by the shared daemon")
        for path in (self.good, self.stack):
            self.assertTrue(self.verify_one(path)["ok"], "it leaves nothing")
        self.stop()

    def test_limits(self):
        for name, hard in (("CPU", 100), ("NOFILE", 200), ("STACK", 1 << 20), ("MEMLOCK", 0),
                           ("SIGPENDING", 16), ("NPROC", 3000), ("FSIZE", 1 << 20), ("FSIZE", 0)):
            with self.subTest(name, hard=hard):
                self.alone(inherit.limit(name, hard), self.good, ok=True)

    @unittest.skipIf(harness.SANITIZED, "a sanitizer wants more addresses than that itself")
    def test_limits_of_memory(self):
        hungry = self.home.add("be_hungry.so")
        usual = self.verify_one(hungry)
        self.stop()
        self.alone(inherit.limit("AS", 600 << 20), hungry, reason="crashed")
        result = self.verify_one(hungry)
        self.assertEqual(result.get("reason"), usual.get("reason"))
        self.stop()
        self.alone(inherit.limit("DATA", 200 << 20), self.good, ok=True)

    def test_written_memory_is_not_executed(self):
        self.alone(inherit.prctl(inherit.SET_MDWE, 1), self.stack, ok=False,
                   reason="executable_stack")
        # It is for the process alone.
        act = inherit.prctl(inherit.SET_MDWE, 1 | 2)
        if not inherit.possible(act):
            self.assertTrue(self.verify_one(self.stack, preexec_fn=act)["ok"])
            self.the_daemon()

    def test_what_is_remembered_is_each_ones_own(self):
        act = inherit.prctl(inherit.SET_MDWE, 1)
        self.needs(act)

        def remembered(**options):
            result = self.verify_one(self.stack, "--details", **options)
            return (result["cached"], result["ok"])
        harness.wait_until(lambda: remembered() == (True, True), "an ordinary daemon remembers it")
        self.stop()
        file = self.home.path / "cache/dltest/verdicts"
        before = file.read_bytes()
        for _ in range(2):
            self.assertEqual(remembered(preexec_fn=act), (False, False))
            self.wait_for_no_daemon()
        self.assertEqual(file.read_bytes(), before)
        self.assertEqual(remembered(), (True, True))
        # By whom nothing can be told, nothing is written.
        self.stop()
        file.unlink()
        self.verify_one(self.good, preexec_fn=inherit.filtered)
        self.wait_for_no_daemon()
        self.assertFalse(file.exists())

    def test_securebits(self):
        """Who may not change most of them may those of Linux 6.14."""
        bits = 1 << 6 if os.geteuid() == 0 else 1 << 8
        self.alone(inherit.prctl(inherit.SET_SECUREBITS, bits), self.good, ok=True)

    def test_system_call_filter(self):
        self.alone(inherit.filtered, self.good, ok=True)

    def test_landlock_domain(self):
        self.alone(inherit.landlocked, self.good, ok=True)


class Kinship(Case):
    """A daemon serves those who have what it has."""

    def test_a_daemon_with_limits_is_for_who_has_them(self):
        """The number of signals that may wait makes no verdict another one; that is not asked."""
        self.limited_daemon("inherit.limit('SIGPENDING', 16)", inherit.limit("SIGPENDING", 16))

    def test_a_daemon_with_restrictions_is_for_who_has_them(self):
        self.limited_daemon("inherit.prctl(inherit.SET_MDWE, 1)",
                            inherit.prctl(inherit.SET_MDWE, 1))

    def limited_daemon(self, text, act):
        self.needs(act)
        daemon = self.limited_by(text)
        reply = self.connect().call(f"{INTERFACE}.Verify", {"paths": [self.good]})
        self.assertEqual(reply.get("error"), f"{INTERFACE}.OtherStanding")
        self.assertTrue(self.verify_one(self.stack)["ok"])
        self.assertEqual(self.done(), 0, "an ordinary client goes elsewhere")
        self.assertTrue(self.verify_one(self.good, preexec_fn=act)["ok"])
        self.assertEqual(self.done(), 1)
        self.assertEqual(self.the_daemon(), daemon.pid)
        self.assertEqual(daemon.terminate(), 0)

    def limited_by(self, text):
        script = self.base / "limited.py"
        script.write_text("#!/usr/bin/python3\n"
                          f"import os, sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\n"
                          f"import inheritance as inherit\n({text})()\n"
                          f"os.execv({str(harness.DAEMON)!r}, sys.argv)\n")
        script.chmod(0o755)
        return self.start_daemon(daemon=script)

    def test_a_filter_is_compared_with_nobodys(self):
        """Two filters may be two different ones."""
        self.limited_by("inherit.filtered")
        self.assertTrue(self.verify_one(self.good, preexec_fn=inherit.filtered)["ok"])
        self.assertEqual(self.done(), 0)
        reply = self.connect().call(f"{INTERFACE}.Verify", {"paths": [self.good]})
        self.assertEqual(reply.get("error"), f"{INTERFACE}.OtherStanding")

    def served_apart(self, act):
        """Whoever comes first: who is different is not served."""
        self.needs(act)
        daemon = self.expect_usual()
        before = self.done()
        self.assertTrue(self.verify_one(self.good, "--fresh", preexec_fn=act)["ok"])
        self.assertEqual((self.the_daemon(), self.done()), (daemon, before))

    def test_groups(self):
        harness.needs_root("it needs root to have other groups")
        self.served_apart(lambda: os.setgroups([*os.getgroups(), 54321]))

    def test_groups_that_are_told_several_times(self):
        """As all are, in a user namespace, that it does not have."""
        harness.needs_root("it needs root to have other groups")
        act = partial(os.setgroups, [4, 4, 24, 24])
        self.assertEqual(self.expect_shared(self.good, preexec_fn=act),
                         self.expect_shared(self.stack, preexec_fn=act))

    def test_the_own_group(self):
        harness.needs_root("it needs root to have another group")
        self.served_apart(lambda: os.setgid(54321))

    def test_rights_to_read(self):
        harness.needs_root("an ordinary user's capabilities are given up by client and daemon")
        self.served_apart(inherit.prctl(inherit.CAPBSET_DROP, 2))

    def test_a_user_has_no_capabilities(self):
        """Though a login may have given some (pam_cap(8), systemd): nobody sees a difference."""
        harness.needs_root("it needs root to give some")
        command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                   "--inh-caps", "+dac_read_search,+wake_alarm", "--ambient-caps",
                   "+dac_read_search,+wake_alarm", self.base / "bin" / harness.CLIENT.name,
                   self.good]
        # Where others can get at them, wherever the build is.
        shutil.copytree(harness.CLIENT.parent, self.base / "bin")
        self.base.chmod(0o755)
        for directory in (self.home.path, self.home.libs):
            os.chown(directory, 65534, 65534)
        if subprocess.run([*command[:-2], "true"], check=False).returncode != 0:
            self.skipTest("setpriv cannot give them")
        answer = self.run_client(*command[1:], client=Path("/usr/bin/setpriv"))
        self.assertEqual(answer.status, 0, answer)
        status = Path(f"/proc/{self.the_daemon()}/status").read_text()
        for field in ("CapEff", "CapPrm", "CapAmb"):
            self.assertRegex(status, rf"{field}:\s+0+\n")

    def test_other_network_and_user_namespaces(self):
        options = ["--net", "--user"] if os.geteuid() == 0 else ["--user"]
        for option in options:
            with self.subTest(option):
                made = subprocess.run(["unshare", option, "true"], check=False, capture_output=True)
                if made.returncode != 0:
                    self.skipTest(f"no such namespace can be made here: {made.stderr!r}")
                daemon = self.expect_usual()
                before = self.done()
                answer = self.run_client(option, harness.CLIENT, "--fresh", self.good,
                                         client=Path("/usr/bin/unshare"))
                self.assertIn(answer.status, (0, 1), answer)
                self.assertEqual((self.the_daemon(), self.done()), (daemon, before))


if __name__ == "__main__":
    harness.main()
