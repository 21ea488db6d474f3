#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Remembered verdicts: what changes while a library is being loaded."""

import contextlib
import os
import shutil
import signal
import tempfile
import threading
import time
import unittest
from pathlib import Path

import dltest_harness as harness
from memory_case import OLD, Case, copy, overwrite


class WhileLoading(Case):
    """What changes while a load runs is not remembered."""

    def setUp(self):
        super().setUp()
        self.path = Path(self.home.add("slow_needs_dep.so"))
        self.dep = self.lib / "libdltest_dep.so"
        copy("libdltest_dep.so", self.dep, OLD)

    def daemon_options(self):
        """A loader that is not below /tmp, where others make files all the time: nothing would be
        remembered anyway."""
        place = tempfile.mkdtemp(prefix="dlt-", dir="/var/tmp")
        self.addCleanup(shutil.rmtree, place)
        return "--loader", shutil.copy(harness.LOADER, place)

    def is_loading(self, pid):
        """Whether a process has the dependency mapped; not if it has ended."""
        with contextlib.suppress(OSError):
            return str(self.dep) in Path(f"/proc/{pid}/maps").read_text(errors="replace")
        return False

    def stop(self, pid):
        """Has a process stand still if it is loading; whether it does."""
        if not self.is_loading(pid):
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            harness.wait_until(
                lambda: harness.process_table().get(pid, (0, "X", ""))[1] in "TZX",
                f"{pid} had stopped")
            # Only now it can no longer end of itself.
            if self.is_loading(pid):
                return True
            os.kill(pid, signal.SIGCONT)
        return False

    def stop_load(self, asking):
        """Stops the child that loads for 'asking'; None if that was over before it was seen."""
        while asking.is_alive():
            for pid in harness.programs_running():
                if self.stop(pid):
                    return pid
            time.sleep(0.01)
        return None

    def load_with(self, change):
        """Has it loaded and makes the change meanwhile; whether the load was seen in time."""
        # Another file each time, so that nothing is remembered of an earlier load.
        copy("libdltest_dep.so", self.dep, OLD)
        time.sleep(0.05)
        answers = []
        peer = self.connect()
        asking = threading.Thread(target=lambda: answers.extend(peer.verify(
            [str(self.path)], details=True, fresh=True, timeout_ms=30000)))
        asking.start()
        pid = self.stop_load(asking)
        if pid:
            try:
                change()
            finally:
                os.kill(pid, signal.SIGCONT)
        asking.join()
        self.assertEqual([answer["ok"] for answer in answers], [True], answers)
        return pid is not None

    def during(self, change):
        """Makes the change while it is being loaded; the verdict must be asked for anew."""
        self.assertTrue(any(self.load_with(change) for _ in range(20)), "never seen in time")
        self.assertFalse(self.ask(self.path)["cached"], "it changed while it was being loaded")

    def test_nothing_changes(self):
        """So that the others mean something."""
        def is_remembered():
            try:
                self.during(lambda: None)
            except AssertionError as error:
                return "it changed" in str(error)
            return False  # somebody else has mounted something meanwhile, for one
        harness.wait_until(is_remembered, "a load was remembered in which nothing changed")

    def beside(self, directory):
        """Makes and removes a file in 'directory' while it is being loaded; the verdict must hold.
        Not each time: somebody else may change something meanwhile."""
        def come_and_go():
            file = tempfile.NamedTemporaryFile(prefix="dltest-", dir=directory)
            file.close()

        def is_remembered():
            return self.load_with(come_and_go) and self.ask(self.path)["cached"]
        harness.wait_until(is_remembered, f"it was remembered beside a change in {directory}")

    def test_file_beside_the_way(self):
        for directory in (self.base, self.home.path, self.lib.parent):
            with self.subTest(directory=directory):
                self.beside(directory)

    @unittest.skipUnless(os.geteuid() == 0, "nobody else may write there")
    def test_file_beside_the_configuration(self):
        self.beside("/etc")

    def test_searched_directory_is_there_for_a_while(self):
        """Of the two names that come and go beside the library's directory, one is asked for."""
        first = self.lib.parent / "first"

        def come_and_go():
            first.mkdir()
            first.rmdir()
        self.beside(self.lib.parent)
        self.during(come_and_go)

    def test_library_replaced(self):
        self.during(lambda: copy("slow_needs_dep.so", self.path, OLD))

    def test_library_written_in_place(self):
        content = self.path.read_bytes()
        self.during(lambda: overwrite(self.path, content))

    def test_dependency_replaced(self):
        self.during(lambda: copy("libdltest_dep.so", self.dep, OLD))

    def test_dependency_written_in_place(self):
        content = self.dep.read_bytes()
        self.during(lambda: overwrite(self.dep, content))

    def test_searched_directory_appears(self):
        """One that is not there yet, and comes before."""
        def appear():
            (self.lib.parent / "first").mkdir()
            copy("libdltest_dep.so", self.lib.parent / "first/libdltest_dep.so")
        self.during(appear)

    def test_file_appears_in_a_searched_directory(self):
        self.during(lambda: os.utime(self.home.add("good.so"), ns=OLD))

    def test_package_away_and_back(self):
        package = self.lib.parent

        def swap():
            os.rename(package, self.base / "away")
            os.rename(self.base / "away", package)
        self.during(swap)

    def test_symlink_that_was_passed_over_comes_true(self):
        """A symlink that leads nowhere when the dynamic linker looks, and somewhere afterwards."""
        first = self.lib.parent / "first"
        first.mkdir()
        os.symlink(self.base / "target", first / self.dep.name)
        time.sleep(0.05)
        self.during(lambda: copy("libdltest_dep.so", self.base / "target", OLD))


if __name__ == "__main__":
    harness.main()
