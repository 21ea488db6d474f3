#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is installed, at any place."""

import os
import shutil
import subprocess
import unittest

import dltest_harness as harness


class Installed(harness.TestCase):
    """A tree installed anywhere works, and works when it was moved."""

    def test_installed_tree_that_is_moved(self):
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

    def test_installed_with_the_loader_elsewhere(self):
        """Some distributions have no libexec."""
        if not (harness.BUILD_DIR / "CMakeCache.txt").exists():
            raise unittest.SkipTest("the build tree is not here; the other run has it")
        cmake, build = os.environ["DLTEST_CMAKE"], self.base / "build"
        path = self.home.add("good.so")
        for directory in ("lib", str(self.base / "absolute")):
            for command in ((cmake, "-S", harness.SOURCE_DIR, "-B", build, "-DBUILD_TESTING=OFF", "-DDLTEST_MUSL_LOADER=OFF",
                             f"-DCMAKE_INSTALL_LIBEXECDIR={directory}", "-DCMAKE_BUILD_TYPE=Debug"),
                            (cmake, "--build", build, "--parallel", "4"),
                            (cmake, "--install", build, "--prefix", self.base / "tree")):
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            self.assertTrue((self.base / "tree" / directory / "tsuku-dltest-loader").exists())
            answer = self.run_client("--no-daemon", path, client=self.base / "tree/bin/tsuku-dltest")
            self.assertTrue(answer.results[0]["ok"], answer)
            others = self.base / "tree/share/others"
            others.touch()
            subprocess.run([cmake, "--build", build, "--target", "uninstall"], check=True, stdout=subprocess.DEVNULL)
            self.assertEqual([path for path in self.base.glob("tree/**/*") if not path.is_dir()], [others])
            self.assertFalse((self.base / "absolute/tsuku-dltest-loader").exists())
            self.assertFalse((self.base / "tree/share/doc/tsuku-dltestd").exists())
            shutil.rmtree(self.base / "tree")


class HomeUnsaid(harness.TestCase):
    """tsuku does not say where its home is, and that need not have the usual name."""

    def setUp(self):
        super().setUp()
        self.home = harness.Home(self.base, self.base / ".tsuku-dev")
        self.good = self.home.add("good.so")
        self.programs = self.home.path / "tools/tsuku-dltest-9.9.9/bin"

    def ask(self, client, **environment):
        """Asks, and has the daemon end, whose socket is in that home."""
        result = self.verify_one(self.good, client=client, env={"TSUKU_HOME": None, **environment})
        if result["ok"]:
            self.assertTrue(self.home.socket.exists())
            self.run_client("--stop")
            self.wait_for_no_daemon()
        return result

    def test_it_is_where_the_program_lies(self):
        self.programs.mkdir(parents=True)
        for program in (harness.CLIENT, harness.DAEMON, harness.LOADER,
                        harness.LOADER.with_name("tsuku-dltest-standin.so")):
            shutil.copy(program, self.programs)
        client = self.programs / harness.CLIENT.name
        self.assertTrue(self.ask(client)["ok"])
        self.assertTrue(self.ask(client, LD_LIBRARY_PATH="/nowhere/libs:")["ok"])
        elsewhere = harness.Home(self.base, self.base / "other")
        self.assertEqual(self.verify_one(self.good, client=client, home=elsewhere)["reason"], "outside_roots")

    def test_it_is_what_tsuku_has_searched_first(self):
        path = f"{self.home.libs}:"
        self.assertEqual(self.ask(harness.CLIENT, LD_LIBRARY_PATH=path)["reason"], "outside_roots")
        (self.home.path / "state.json").write_text("{}")
        self.assertTrue(self.ask(harness.CLIENT, LD_LIBRARY_PATH=path)["ok"])
        self.assertTrue(self.ask(harness.CLIENT, LD_LIBRARY_PATH=f"{self.home.libs}//")["ok"])
        for other in (f"/usr/lib:{self.home.libs}", f":{self.home.libs}", str(self.home.path), "libs", "/libs", "/"):
            self.assertEqual(self.ask(harness.CLIENT, LD_LIBRARY_PATH=other)["reason"], "outside_roots", other)


class Incomplete(harness.TestCase):
    """What is wrong with our own programs is said of each path: tsuku shows nothing else of it."""

    def ask(self, *programs):
        """The errors, with these programs beside one another and no others."""
        folder = self.base / "programs"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for program in programs:
            shutil.copy(program, folder)
        paths = [self.home.add("good.so", f"good-{number}.so") for number in range(2)]
        answer = self.verify(*paths, client=folder / harness.CLIENT.name, status=3)
        self.assertEqual([result["reason"] for result in answer.results], ["no_verdict"] * 2)
        self.assertEqual(len({result["error"] for result in answer.results}), 1)
        return answer.results[0]["error"]

    def test_no_daemon(self):
        self.assertIn("tsuku-dltestd is not beside tsuku-dltest", self.ask(harness.CLIENT))

    def test_no_loader(self):
        self.assertIn("ended before it answered: cannot find the loader program",
                      self.ask(harness.CLIENT, harness.DAEMON))

    def test_a_library_that_the_daemon_lacks(self):
        fake = self.base / "tsuku-dltestd"
        fake.write_text("#!/bin/sh\necho 'tsuku-dltestd: error while loading shared libraries: libgone.so.1: "
                        "cannot open shared object file' >&2\nexit 127\n")
        fake.chmod(0o755)
        self.assertIn("error while loading shared libraries: libgone.so.1",
                      self.ask(harness.CLIENT, fake, harness.LOADER))


if __name__ == "__main__":
    harness.main()
