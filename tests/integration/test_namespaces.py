#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A client that sees other files than the daemon: no answer may be about files that it does not mean."""

import os
import shutil
import subprocess
import unittest
from pathlib import Path

import dltest_harness as harness
from dltest_harness import make


class Elsewhere(harness.TestCase):
    """The same path is one library for the daemon, and another for the client."""

    def setUp(self):
        super().setUp()
        self.path = self.home.add("good.so", "thing.so")
        self.bad = self.home.add("undefined_function.so", "other.so")
        self.assertTrue(self.verify_one(self.path)["ok"])

    def ask(self, *command):
        environment = {"PATH": os.environ["PATH"], "TSUKU_HOME": str(self.home.path)}
        return subprocess.run(
            command, check=False, env=environment, capture_output=True, text=True,
            timeout=harness.PATIENCE)

    @unittest.skipUnless(os.geteuid() == 0, "for root")
    def test_other_mount_namespace(self):
        done = self.ask("unshare", "--mount", "--propagation", "private", "sh", "-ec",
                        'mount --bind "$1" "$2"; exec "$3" "$2"', "sh", self.bad, self.path,
                        harness.CLIENT)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("dltest_no_such_function", done.stdout)
        # Here, nothing has changed, and the daemon has not noticed.
        self.assertTrue(self.verify_one(self.path)["ok"])

    @unittest.skipUnless(os.geteuid() == 0, "for root")
    def test_other_root(self):
        root = self.home.path.parent / "root"
        self.addCleanup(shutil.rmtree, root, True)
        script = """
            for dir in usr lib lib64 bin proc dev etc tmp; do
                [ -e "/$dir" ] || continue
                mkdir -p "$1/$dir"; mount --rbind "/$dir" "$1/$dir"
            done
            mkdir -p "$1$2"; mount --rbind "$2" "$1$2"
            mkdir -p "$1/programs"; mount --rbind "$3" "$1/programs"
            mount --bind "$4" "$1$5"
            exec chroot "$1" /programs/bin/tsuku-dltest "$5"
        """
        done = self.ask("unshare", "--mount", "--propagation", "private", "sh", "-ec", script, "sh",
                        str(root), str(self.home.path), os.path.dirname(os.path.dirname(harness.CLIENT)),
                        self.bad, self.path)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("dltest_no_such_function", done.stdout)

    def test_the_same_namespace_and_root(self):
        done = self.ask("sh", "-c", '"$1" --details "$2"', "sh", harness.CLIENT, self.path)
        self.assertEqual(done.returncode, 0, done)


class Unseen(harness.TestCase):
    """A client that no daemon may look at has one of its own, which need not look at it."""

    def setUp(self):
        super().setUp()
        self.good = self.home.add("good.so")
        self.bad = self.home.add("undefined_function.so")

    def ask(self, *command):
        for options in ((), ("--no-daemon",)):
            with self.subTest(options=options):
                answer = self.run_client(*command[1:], *options, self.good, self.bad,
                                         client=Path(command[0]))
                self.assertEqual([result.get("reason") for result in answer.results],
                                 [None, "undefined_symbol"], answer)

    def test_in_a_pid_namespace_with_the_proc_of_another(self):
        unshare = ("/usr/bin/unshare", "--user", "--map-root-user", "--pid", "--fork")
        made = subprocess.run([*unshare, "true"], check=False, capture_output=True)
        if made.returncode != 0:
            self.skipTest(f"no such namespace can be made here: {made.stderr!r}")
        self.ask(*unshare, harness.CLIENT)

    def test_of_programs_that_may_not_be_read(self):
        harness.needs_root("it needs root to have programs of root's")
        self.base.chmod(0o755)
        programs = self.base / "bin"
        programs.mkdir(mode=0o755)
        for program in (harness.CLIENT, harness.DAEMON, harness.LOADER):
            shutil.copy(program, programs)
            (programs / program.name).chmod(0o711)
        for directory in (self.home.path, self.home.libs):
            os.chown(directory, 65534, 65534)
        self.ask("/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                 programs / harness.CLIENT.name)


class ManyDirectories(harness.TestCase):
    """A system whose configuration names very many directories."""

    def setUp(self):
        super().setUp()
        harness.needs_root("it needs root to have another ld.so.conf")
        self.conf = self.base / "ld.so.conf"
        self.roots = self.directories("root", 64)
        self.searched = self.directories("searched", 64)
        self.path = make.put(harness.FIXTURES / "needs_dep.so", self.roots[-1] / "needs_dep.so")
        make.put(harness.FIXTURES / "libdltest_dep.so", self.searched[-1] / "libdltest_dep.so")

    def directories(self, name, count):
        found = [self.base / name / str(number) for number in range(count)]
        for directory in found:
            directory.mkdir(parents=True)
        return found

    def ask(self, count, *options):
        """Runs the client where the configuration names so many more directories."""
        self.conf.write_text("".join(
            f"{directory}\n" for directory in self.directories(f"system-{count}", count)))
        for root in self.roots:
            options += ("--root", str(root))
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
             'mount --bind "$1" /etc/ld.so.conf; shift; exec "$@"', "sh", self.conf,
             harness.CLIENT, "--no-daemon", *options, self.path, self.path],
            env=self.home.environment(LD_LIBRARY_PATH=":".join(map(str, self.searched))),
            check=False, capture_output=True, timeout=harness.PATIENCE)
        return harness.Answer(done.returncode, done.stdout, done.stderr, 0)

    def test_many_directories(self):
        for count in (0, 63, 200):
            with self.subTest(count=count):
                answer = self.ask(count)
                self.assertEqual([result["ok"] for result in answer.results], [True] * 2, answer)
                self.assertEqual(answer.status, 0, answer)

    def test_too_many_directories(self):
        answer = self.ask(1000)
        self.assertEqual([result["reason"] for result in answer.results], ["no_verdict"] * 2)
        self.assertIn("roots", answer.results[0]["error"])
        self.assertEqual(answer.status, 3, answer)


if __name__ == "__main__":
    harness.main()
