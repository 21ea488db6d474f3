#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A client that sees other files than the daemon: no answer may be about files that it does not mean."""

import os
import shutil
import subprocess
import unittest

import dltest_harness as harness


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

    def test_the_same(self):
        done = self.ask("sh", "-c", '"$1" --details "$2"', "sh", harness.CLIENT, self.path)
        self.assertEqual(done.returncode, 0, done)


if __name__ == "__main__":
    harness.main()
