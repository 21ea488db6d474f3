#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The client ends where file systems do not answer, and what lies elsewhere has its answer."""

import os
import shutil
import subprocess
from pathlib import Path

import deadfs
import dltest_harness as harness
from text_case import TextCase

# What the client may take beyond the times that it was given.
MORE = 10.0


class DeadCase(harness.TestCase):
    """File systems that stop."""

    @classmethod
    def setUpClass(cls):
        harness.needs_root("an ordinary user mounts nothing; root's run has it")
        deadfs.own_mounts()

    def setUp(self):
        super().setUp()
        self.good = self.home.add("good.so")
        self.behind = self.base / "behind"
        self.behind.mkdir()

    def mount(self, point, source=None):
        """A file system that has not stopped yet."""
        mounted = deadfs.DeadFs(source or self.behind, Path(point))
        self.addCleanup(mounted.end)
        return mounted

    def library_behind(self, name="good.so"):
        """A library in what is mounted; its name."""
        shutil.copy(self.good, self.behind / name)
        return name

    def ask(self, *args, promised, **options):
        """Runs the client, which has to end in time, and its output with it."""
        answers = []

        def once():
            answers.append(self.run_client(*args, **options))
            return answers[-1].seconds
        self.within(promised + MORE, once)
        return answers[-1]

    def check_good(self, answer, path=None):
        """What lies elsewhere has its answer."""
        self.assertTrue(answer.by_path()[path or self.good]["ok"], answer)

    def check_no_verdict(self, answer, path):
        """What lies there has none, and that is said."""
        result = answer.by_path()[str(path)]
        self.assertEqual(result.get("reason"), "no_verdict", answer)
        self.assertIn("does not answer", result["error"])
        self.assertEqual(answer.status, 3, answer)


class Named(DeadCase):
    """What the caller names."""

    def test_root(self):
        point = self.base / "point"
        library = point / self.library_behind()
        self.mount(point).stop()
        answer = self.ask("--timeout", "0.2", "--root", point, self.good, library, promised=0.5)
        self.check_good(answer)
        self.check_no_verdict(answer, library)
        self.assertIn(b"does not answer, allowing nothing by it", answer.err)

    def test_many_roots(self):
        """Many of them cost little more than one."""
        points = [self.base / f"point{i}" for i in range(5)]
        for point in points:
            self.mount(point).stop()
        roots = [word for point in points for word in ("--root", point)]
        answer = self.ask("--timeout", "0.2", *roots, self.good, promised=0.5)
        self.check_good(answer)

    def test_root_that_a_link_leads_to(self):
        point, link = self.base / "point", self.base / "link"
        library = self.library_behind()
        self.mount(point).stop()
        link.symlink_to(point)
        answer = self.ask("--timeout", "0.2", "--root", link, self.good, link / library,
                          promised=0.5)
        self.check_good(answer)
        self.check_no_verdict(answer, link / library)

    def test_root_that_answers(self):
        point = self.base / "point"
        library = point / self.library_behind()
        self.mount(point)
        self.assertEqual(self.verify("--root", point, self.good, library).status, 0)

    def test_list(self):
        point = self.base / "point"
        (self.behind / "list").write_text(f"{self.good}\n")
        mounted = self.mount(point)
        answer = self.run_client("--files-from", point / "list")
        self.check_good(answer)
        for operation in ("lookup", "open", "read"):
            with self.subTest(operation):
                mounted.stop(operation)
                answer = self.ask("--files-from", point / "list", promised=0.0)
                self.assertEqual((answer.status, answer.out), (2, b""), answer)
            mounted.end()
            mounted = self.mount(point)

    def test_working_directory(self):
        """It is entered before it stops, and is still where relative paths lead."""
        point = self.base / "point"
        mounted = self.mount(point)
        script = 'cd "$1" && echo there >&2 && read _ && shift && exec "$@"'
        process = harness.popen(
            ["/bin/sh", "-c", script, "sh", point, harness.CLIENT, "--timeout", "0.2", self.good,
             "some.so"], env=self.home.environment(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(process.stderr.readline(), b"there\n")
        mounted.stop()
        out, err = process.communicate(b"\n", timeout=60.0)
        answer = harness.Answer(process.returncode, out, err, 0.0)
        self.check_good(answer)
        self.assertEqual(len(answer.results), 2, answer)


class Libraries(DeadCase):
    """A dead mount in libs/, and all of libs/."""

    OPERATIONS = ("getattr", "opendir", "readdir", "lookup", "open", "read")

    def check_all(self, operation, calls):
        library = self.library_behind()
        (self.behind / "deep").mkdir(exist_ok=True)
        self.library_behind("deep/deep.so")
        point = self.home.libs / "mounted-1.0"
        mounted = self.mount(point)
        mounted.stop(operation, calls)
        answer = self.ask("--all", "--timeout", "0.2", promised=0.5)
        self.check_good(answer)
        self.assertEqual(answer.status, 3, answer)
        if str(point / library) in answer.by_path():
            self.check_no_verdict(answer, point / library)
        self.assertIn(b"does not answer, left out", answer.err)
        self.assertIn(os.fsencode(point), answer.err)
        mounted.end()

    def test_all(self):
        for operation in self.OPERATIONS:
            with self.subTest(operation):
                self.check_all(operation, 1)

    def test_all_later(self):
        for operation in ("opendir", "readdir", "open", "read"):
            with self.subTest(operation):
                self.check_all(operation, 2)

    def test_all_that_answers(self):
        self.library_behind()
        self.mount(self.home.libs / "mounted-1.0")
        answer = self.run_client("--all")
        self.assertEqual(len(answer.results), 2, answer)
        self.assertEqual(answer.status, 0, answer)
        self.assertEqual(answer.err, b"")

    def test_all_of_libs(self):
        self.mount(self.home.libs).stop()
        answer = self.ask("--all", promised=0.0)
        self.assertEqual(answer.status, 3, answer)
        self.assertEqual(answer.results, [])


class Terminal(DeadCase, TextCase):
    """What a person sees meanwhile."""

    def test_all_tells_that_it_is_still_looking(self):
        points = [self.home.libs / f"mounted-{number}.0" for number in range(2)]
        for point in points:
            self.mount(point).stop("opendir")
        shown, status = self.on_terminal("--all")
        self.assertEqual(status, 3, shown)
        self.assertRegex(shown, "\rlooked at [0-9]+ files\x1b\\[K")
        # No line is begun behind it.
        for point in points:
            words = f"tsuku-dltest: {point}: the file system does not answer, left out\n"
            before, _, _ = shown.partition(words)
            self.assertRegex(before, "(\n|\x1b\\[K|^)$")
            self.assertNotRegex(before, "files\x1b\\[K$")


class Homes(DeadCase):
    """$TSUKU_HOME and what is in it."""

    def dead_home(self, operation, calls):
        home = harness.Home(self.base, self.base / "dead")
        self.library_behind()
        (self.behind / "libs").mkdir(exist_ok=True)
        mounted = self.mount(home.path)
        mounted.stop(operation, calls)
        return home, mounted

    def check_home(self, operation, calls):
        home, mounted = self.dead_home(operation, calls)
        lost = home.libs / "lost.so"
        directory = Path(self.good).parent
        answer = self.ask("--timeout", "0.2", "--root", directory, self.good, lost, home=home,
                          promised=0.5)
        self.assertEqual(answer.status, 3, answer)
        self.assertEqual(len(answer.results), 2)
        self.check_no_verdict(answer, lost)
        self.check_good(answer)
        mounted.end()

    def test_home(self):
        for operation in ("any", "getattr", "lookup"):
            with self.subTest(operation):
                self.check_home(operation, 1)

    def test_admin(self):
        home, _ = self.dead_home("any", 1)
        for option in ("--status", "--stop"):
            answer = self.ask(option, home=home, promised=0.0)
            self.assertEqual(answer.status, 3, answer)

    def test_home_that_answers(self):
        """Its daemon is the user's, and its log is written."""
        home = harness.Home(self.base, self.base / "alive")
        (self.behind / "libs").mkdir()
        self.mount(home.path)
        good = home.add("good.so")
        self.verify(good, status=0, home=home)
        self.the_daemon()
        self.assertEqual(self.run_client("--status", home=home).status, 0)
        self.assertEqual(self.run_client("--stop", home=home).status, 0)
        self.wait_for_no_daemon()
        self.assertIn("ending", (self.behind / "logs/dltestd.log").read_text())

    def test_logs(self):
        """Nothing is written, and nothing else is different."""
        for operation in ("any", "lookup"):
            with self.subTest(operation):
                mounted = self.mount(self.home.path / "logs")
                mounted.stop(operation)
                answer = self.ask("--timeout", "0.2", self.good, promised=0.5)
                self.assertEqual(answer.status, 0, answer)
                daemon = self.the_daemon()
                self.assertEqual(self.run_client(self.good).status, 0)
                self.assertEqual(self.the_daemon(), daemon)
                self.assertEqual(self.run_client("--stop").status, 0)
                mounted.end()

    def test_logs_that_stop_later(self):
        mounted = self.mount(self.home.path / "logs")
        self.verify(self.good, status=0)
        mounted.stop("any")
        for _ in range(3):
            self.assertEqual(self.run_client(self.good).status, 0)
        self.assertEqual(self.run_client("--stop").status, 0)

    def test_cache(self):
        """That is the daemon's own."""
        self.mount(self.home.path / "cache").stop()
        answer = self.ask("--timeout", "0.2", self.good, promised=0.5)
        self.assertEqual(len(answer.results), 1, answer)
        self.check_good(answer)


class SearchPath(DeadCase):
    """The daemon looks at LD_LIBRARY_PATH."""

    def test_that_the_client_ends(self):
        point = self.base / "point"
        self.mount(point).stop()
        for options in ((), ("--no-daemon",)):
            with self.subTest(options):
                answer = self.ask("--timeout", "0.2", *options, self.good, promised=0.5,
                                  env={"LD_LIBRARY_PATH": str(point)})
                self.assertEqual(len(answer.results), 1, answer)
                self.check_good(answer)

    def test_an_argument(self):
        point = self.base / "point"
        library = point / self.library_behind()
        self.mount(point).stop()
        answer = self.ask("--timeout", "0.2", self.good, library, promised=0.5)
        self.assertEqual(len(answer.results), 2, answer)
        self.check_good(answer)


if __name__ == "__main__":
    harness.main()
