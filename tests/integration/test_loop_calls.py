#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the daemon's loop touches: of file systems that may not answer nothing, and of other
processes nothing that takes a lock of theirs. Seen by strace, which follows the daemon alone and not
the processes that look for it."""

import re
import shutil
import signal
import subprocess

import deadfs
import dltest_harness as harness

GOOD, LACKING, REFUSED = "good.so", "needs_missing.so", "ask_often.so"
# Of a process, what is told without a lock of it (proc(5)); the namespaces and the root of a caller
# are compared by what the kernel knows of them already.
HARMLESS = re.compile(
    r"^/proc/\d+(/task/\d+)?(/(stat|status|schedstat|limits|root|ns/\w+|task))?/?$")
# Of its zygotes, in which no code of a library runs, the files that they consist of.
OF_ZYGOTES = re.compile(r"^/proc/\d+/maps$")


class LoopCalls(harness.TestCase):
    """A daemon under strace, with everything that leads to a FUSE."""

    def setUp(self):
        super().setUp()
        if not shutil.which("strace"):
            self.fail("strace is not installed")
        self.source = self.base / "source"
        (self.source / "lib").mkdir(parents=True)
        shutil.copy(harness.FIXTURES / GOOD, self.source / "lib")
        self.fs = deadfs.DeadFs(self.source, self.base / "dead")
        self.addCleanup(self.fs.end)
        self.dead = self.base / "dead"

    def trace(self, running):
        """strace at the daemon, and where it writes."""
        path = self.base / "trace"
        tracer = subprocess.Popen(
            ["strace", "-p", str(running.pid), "-o", str(path), "-s", "4096", "-e",
             "trace=%file,process_vm_readv,readlinkat,fstat,getdents64,fstatfs"],
            stderr=subprocess.PIPE)
        self.addCleanup(tracer.stderr.close)
        self.assertIn(b"attached", tracer.stderr.readline())
        return tracer, path

    def work(self):
        """Each way in which somebody names what lies there."""
        good, lacking = self.home.add(GOOD), self.home.add(LACKING)
        package = self.home.libs / "linked-1.0"
        (package / "plugins").mkdir(parents=True)
        linked = shutil.copy(harness.FIXTURES / LACKING, package / "plugins")
        (package / "lib").symlink_to(self.dead / "lib")
        with self.connect() as connection:
            for stops in (False, True):
                if stops:
                    self.fs.stop()
                for _ in range(2):
                    connection.verify(
                        [good, lacking, linked, self.home.add(REFUSED),
                         str(self.dead / "lib" / GOOD)],
                        details=True, fresh=stops, library_path=[str(self.dead / "lib")],
                        roots=[str(self.dead)], timeout_ms=3000)
                connection.verify([good], preload=[str(self.dead / "lib" / GOOD)])
                connection.call(f"{harness.INTERFACE}.Status")

    def test_nothing_that_may_not_answer(self):
        running = self.start_daemon()
        tracer, path = self.trace(running)
        self.work()
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        calls = path.read_text(errors="replace").splitlines()
        self.assertGreater(len(calls), 100, "it was traced")
        for call in calls:
            self.assertFalse(call.startswith("process_vm_readv"), call)
            self.check_paths(call, running.pid)

    def check_paths(self, call, pid):
        """One line of the trace."""
        own = (f"/proc/{pid}/", "/proc/self/")
        name = call.split("(")[0]
        for text in re.findall(r'"((?:[^"\\]|\\.)*)"', call.split(" = ")[0])[:1]:
            if text.startswith(str(self.dead)):
                self.assertEqual(name, "openat2", call)
                self.assertIn("RESOLVE_NO_XDEV", call)
            if re.match(r"/proc/\d+/", text) and not text.startswith(own):
                self.assertTrue(HARMLESS.match(text) or OF_ZYGOTES.match(text), call)


if __name__ == "__main__":
    harness.needs_root("it mounts a file system")
    deadfs.own_mounts()
    harness.main()
