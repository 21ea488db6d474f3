#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""'tsuku verify' itself, with this project's client as its helper.

Needs a tsuku: the program $DLTEST_TSUKU, or the one in PATH. Nothing here gets or builds one. Without
one the test says so and ends with 77; integration.tsuku_replay makes the same calls everywhere.
A tsuku that was built for one version of its helper is told by DLTEST_TSUKU_PIN=VERSION.
Everything it asks for is in the home that is prepared here; run as root it has no network either."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import program
from program import PIN

sys.path.insert(0, os.path.join(os.environ["DLTEST_SOURCE_DIR"], "tests/integration"))
import dltest_harness as harness  # noqa: E402  pylint: disable=wrong-import-position
from dltest_harness import make  # noqa: E402  pylint: disable=wrong-import-position

VERIFY_FAILED = 7
LIMIT = 5.0


TSUKU = program.find_tsuku("tsuku.verify")


def no_network():
    """The start of a command line that has none; an ordinary user cannot do without."""
    command = ["/usr/bin/unshare", "--net"]
    if os.geteuid() == 0 and subprocess.run([*command, "/bin/true"], capture_output=True,
                                            check=False).returncode == 0:
        return command
    return []


class Home(harness.Home):
    """A $TSUKU_HOME as tsuku leaves it: our tree among its tools, libraries, and who is there."""

    LIBRARY = '[metadata]\nname = "{}"\ndescription = "A library"\ntype = "library"\n\n'
    STEP = '[[steps]]\naction = "homebrew"\nformula = "{}"\n'

    def __init__(self, base, path=None, version=PIN or harness.VERSION):
        super().__init__(base, path)
        self.version = version
        self.tool = self.path / f"tools/tsuku-dltest-{version}"
        self.client = self.tool / "bin/tsuku-dltest"
        self.recipes = self.path / "recipes"
        self.recipes.mkdir(exist_ok=True)
        self.states = {}
        subprocess.run([os.environ["DLTEST_CMAKE"], "--install", harness.BUILD_DIR,
                        "--prefix", self.tool], check=True, stdout=subprocess.DEVNULL)
        self.save()

    def save(self):
        """Writes state.json, in the form that tsuku's own tests write it."""
        helper = {
            "active_version": self.version,
            "versions": {self.version: {"requested": "", "binaries": ["tsuku-dltest"],
                                        "installed_at": "2026-01-01T00:00:00Z"}},
            "is_explicit": True,
        }
        state = {"installed": {"tsuku-dltest": helper}, "libs": self.states}
        (self.path / "state.json").write_text(json.dumps(state, indent=2))

    def install(self, name, version, files, recipe=True):
        """Puts files ({name in lib/: what to copy}) into a library's tree, and it into the state;
        with a recipe unless tsuku has one of that name."""
        lib = self.libs / f"{name}-{version}/lib"
        sonames = []
        for target, source in files.items():
            path = lib / target
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, path)
            if path.parent == lib:
                sonames += soname(path)
        self.states[name] = {version: {"used_by": [], "sonames": sonames}}
        if recipe:
            self.add_recipe(name, self.STEP.format(name))
        self.save()
        return lib

    def add_recipe(self, name, steps):
        """A recipe of the home's own, which tsuku takes before any other."""
        (self.recipes / f"{name}.toml").write_text(self.LIBRARY.format(name) + steps)

    def tsuku_environment(self, **changes):
        """What tsuku is started with."""
        return program.quiet_environment(self, **changes)


def soname(path):
    """Its own and those that link to it, as tsuku finds them when it installs."""
    text = subprocess.run(["readelf", "-dW", path], capture_output=True, text=True, check=True,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}).stdout
    return re.findall(r"\(SONAME\).*\[(.*)\]", text)


def system_library(pattern):
    """The first file of the system's libraries that fits, links resolved; fails if none does."""
    for root in ("/usr/lib", "/lib"):
        for path in sorted(Path(root).glob(pattern)):
            return path.resolve()
    raise AssertionError(f"no {pattern} on this system")


class TestCase(harness.TestCase):
    """A test with a prepared home."""

    def setUp(self):
        super().setUp()
        self.home = Home(self.base)

    def tsuku(self, name, status, home=None, prefix=(), **environment):
        """Runs 'tsuku verify NAME' and shows what it said."""
        home = home or self.home
        # Variables of the loader are for tsuku, and not for what starts it.
        settings = [f"{key}={value}" for key, value in
                    home.tsuku_environment(**environment).items()]
        start = time.monotonic()
        run = subprocess.run([*prefix, *no_network(), "/usr/bin/env", "-i", *settings,
                              TSUKU, "verify", name], cwd="/", stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=60, check=False)
        seconds = time.monotonic() - start
        print(f"+ tsuku verify {name}: exit status {run.returncode} after {seconds:.2f} s")
        for line in (run.stdout + run.stderr).splitlines():
            if "Tier 3" in line or "FAIL" in line or "failed" in line or "working" in line:
                print(f"  | {line.strip()}")
        sys.stdout.flush()
        said = f"{run.stdout}\n{run.stderr}\n{self.daemon_log(home)}"
        self.assertEqual(run.returncode, status, said)
        # tsuku lets pass what it could not test; that is not what is wanted here.
        self.assertNotRegex(said, "(?i)not available|skipping|batch failed|timed out after")
        self.assertIn("Tier 3: dlopen load testing", run.stdout)
        return run.stdout, run.stderr, seconds

    def passes(self, name, count, **options):
        """tsuku finds nothing wrong with so many libraries."""
        out, err, _ = self.tsuku(name, 0, **options)
        self.assertIn(f"Tier 3: {count} libraries loaded successfully\n", out)
        self.assertIn(f"{name} is working correctly\n", out)
        self.assertEqual(err, "")

    def fails(self, name, failures, total, **options):
        """tsuku finds fault with some, {file: part of what it says}, and with no other."""
        out, err, seconds = self.tsuku(name, VERIFY_FAILED, **options)
        self.assertEqual(dict(re.findall(r"^ +(\S+): FAIL - (.*)$", out, re.M)).keys(),
                         failures.keys(), out)
        for file, text in failures.items():
            self.assertRegex(out, f"(?m)^ +{re.escape(file)}: FAIL - .*{text}")
        self.assertIn(f"dlopen failed for {len(failures)} of {total} libraries", err)
        return seconds

    def status(self):
        """What the daemon says of itself."""
        answer = self.run_client("--status", client=self.home.client)
        return harness.strict_json(answer.out)


class Verify(TestCase):
    """Libraries that tsuku installed."""

    FIXTURES = harness.FIXTURES

    def add_zlib(self, home=None):
        """Debian's, where tsuku would have put a bottle."""
        library = system_library("*/libz.so.1")
        lib = (home or self.home).install("zlib", "1.2.13", {library.name: library}, recipe=False)
        os.symlink(library.name, lib / "libz.so.1")
        os.symlink("libz.so.1", lib / "libz.so")

    def goods(self, count):
        """Files of as many good libraries."""
        return {f"libgood{i:03}.so.1": self.FIXTURES / "good.so" for i in range(count)}

    def test_zlib_twice_and_stop(self):
        """The first call starts a daemon, the second uses it, --stop ends it."""
        self.add_zlib()
        self.assertFalse(self.home.socket.exists())
        self.passes("zlib", 1)
        daemon = self.the_daemon()
        first = self.status()
        self.passes("zlib", 1)
        second = self.status()
        self.assertEqual(self.the_daemon(), daemon)
        self.assertEqual({daemon}, {first["pid"], second["pid"]})
        self.assertGreater(second["uptime_ms"], first["uptime_ms"])
        self.assertEqual(self.run_client("--stop", client=self.home.client).status, 0)
        self.wait_for_no_daemon()
        self.assertFalse(self.home.socket.exists())

    def test_openssl(self):
        """Engines and modules in directories of their own, run paths as tsuku makes them."""
        ssl, crypto = (system_library(f"*/lib{name}.so.3") for name in ("ssl", "crypto"))
        files = {ssl.name: ssl, crypto.name: crypto}
        for directory in ("engines-3", "ossl-modules"):
            for path in sorted((crypto.parent / directory).glob("*.so")):
                files[f"{directory}/{path.name}"] = path
        self.assertGreater(len(files), 3)
        lib = self.home.install("openssl", "3.0.0", files, recipe=False)
        for path in lib.rglob("*.so*"):
            subprocess.run(["patchelf", "--force-rpath", "--set-rpath", "$ORIGIN", path], check=True)
        self.passes("openssl", len(files))

    def test_engine_of_its_own_package(self):
        """An engine whose run path does not lead to its own package's libraries. Whether it loads
        the client decides; tsuku has to say the same."""
        lib = self.home.install("engine", "1", {
            "libdltest_dep.so": self.FIXTURES / "libdltest_dep.so",
            "engines/eng.so": self.FIXTURES / "needs_dep.so"})
        engine = str(lib / "engines/eng.so")
        result = self.run_client(engine, client=self.home.client).results[0]
        print(f"+ the client of the engine: {result}")
        if result["ok"]:
            self.passes("engine", 2)
        else:
            self.fails("engine", {"lib/engines/eng.so": re.escape(result["error"])}, 2)

    def test_broken(self):
        self.home.install("broken", "1", {
            "libbad.so": self.FIXTURES / "undefined_function.so", **self.goods(1)})
        self.fails("broken", {"lib/libbad.so": "undefined symbol: dltest_no_such_function"}, 2)

    def test_repaired(self):
        """A verdict goes when its reason goes."""
        lib = self.home.install("broken", "1", {
            "libbad.so": self.FIXTURES / "undefined_function.so"})
        self.fails("broken", {"lib/libbad.so": "undefined symbol"}, 1)
        make.put(self.FIXTURES / "good.so", lib / "libbad.so")
        self.passes("broken", 1)

    def test_crashing(self):
        """With tsuku's first helper a crash cost all results of the library."""
        self.home.install("crashing", "1", {
            "libcrash.so": self.FIXTURES / "crash_segv.so",
            "libexit.so": self.FIXTURES / "exit_1.so",
            "libprint.so": self.FIXTURES / "print_lots.so", **self.goods(10)})
        self.fails("crashing", {"lib/libcrash.so": "SIGSEGV",
                                "lib/libexit.so": "exit status 1"}, 13)

    def test_hanging(self):
        """In a full batch, within the limit that tsuku sets for all of it."""
        self.home.install("hanging", "1", {
            "libasleep.so": self.FIXTURES / "sleep_forever.so",
            "libspin.so": self.FIXTURES / "spin.so", **self.goods(48)})
        seconds = self.fails("hanging", {"lib/libasleep.so": "", "lib/libspin.so": ""}, 50)
        self.assertLess(seconds, LIMIT)

    def test_three_batches(self):
        self.home.install("many", "1", self.goods(120))
        self.passes("many", 120)

    def test_other_tree(self):
        """A helper of version 'dev', as tsuku's own test installs it."""
        if PIN:
            self.skipTest("this tsuku takes one version only")
        home = Home(self.base, self.base / "dev", version="dev")
        self.add_zlib(home)
        self.passes("zlib", 1, home=home)
        self.the_daemon()
        self.assertTrue(home.socket.exists())

    def test_long_home(self):
        """Longer than the address of a socket can be."""
        home = Home(self.base, self.base / ("x" * 120) / "tsuku")
        self.add_zlib(home)
        self.passes("zlib", 1, home=home)
        self.the_daemon()

    def test_container(self):
        """No session, no home directory, and nothing of ours in the environment."""
        self.add_zlib()
        self.passes("zlib", 1, HOME="/nonexistent", LC_ALL=None, ASAN_OPTIONS=None)

    def test_container_read_only(self):
        """The same, and the daemon can put its socket nowhere: a private one answers. tsuku wants
        to lock its state, so that much is writable."""
        if os.geteuid() != 0:
            self.skipTest("an ordinary user mounts nothing")
        self.add_zlib()
        self.home.install("crashing", "1", {
            "libcrash.so": self.FIXTURES / "crash_segv.so", **self.goods(1)})
        (self.home.path / "state.json.lock").touch()
        read_only = ["/usr/bin/unshare", "--mount", "/bin/sh", "-ec",
                     'mount --bind "$0" "$0"; mount --bind "$0/state.json.lock" '
                     '"$0/state.json.lock"; mount -o remount,bind,ro "$0"; exec "$@"',
                     self.home.path]
        harness.needs(subprocess.run([*read_only, "/bin/true"], capture_output=True,
                                     check=False).returncode == 0, "no mounts")
        self.passes("zlib", 1, prefix=read_only, HOME="/nonexistent")
        self.fails("crashing", {"lib/libcrash.so": "SIGSEGV"}, 2, prefix=read_only,
                   HOME="/nonexistent")
        self.wait_for_no_daemon()
        self.assertFalse(self.home.socket.exists())


class External(TestCase):
    """Libraries of the system's packages, for which tsuku has another call."""

    def test_packages(self):
        """With an environment that tsuku does not clean on this way."""
        harness.needs(shutil.which("dpkg-query"), "no Debian packages")
        self.home.add_recipe("external", '[[steps]]\naction = "apt_install"\n'
                             'packages = ["zlib1g", "libssl3", "libsystemd0"]\n')
        changes = {} if harness.SANITIZED else {
            "LD_PRELOAD": str(harness.FIXTURES / "good.so"),
            "LD_AUDIT": str(harness.FIXTURES / "good.so"), "LD_DEBUG": "all"}
        out, err, _ = self.tsuku("external", 0, LD_LIBRARY_PATH=":", **changes)
        self.assertRegex(out, r"Tier 3: \d+ libraries loaded successfully\n")
        self.assertIn("libz.so", out)
        if "LD_DEBUG" not in changes:
            self.assertEqual(err, "")


class Version(TestCase):
    """The helper as one of tsuku's tools."""

    def test_version(self):
        """What tsuku's recipe of its helper looks for, which reads both streams as one."""
        current = self.home.path / "tools/current"
        current.mkdir()
        os.symlink(self.home.client, current / "tsuku-dltest")
        (self.home.recipes / "tsuku-dltest.toml").write_text(
            '[metadata]\nname = "tsuku-dltest"\ndescription = "The helper"\n\n'
            '[[steps]]\naction = "homebrew"\nformula = "tsuku-dltest"\n\n'
            '[verify]\ncommand = "tsuku-dltest --version"\npattern = "tsuku-dltest v{version}"\n')
        if self.home.version != harness.VERSION:
            self.skipTest("this tsuku is for another version of its helper")
        if harness.SANITIZED:
            self.skipTest("tsuku wants to know a tool's libraries, and here it has a sanitizer's")
        run = subprocess.run([*no_network(), TSUKU, "verify", "tsuku-dltest"], cwd="/",
                             env=self.home.tsuku_environment(PATH=f"{current}:/usr/bin:/bin"),
                             capture_output=True, text=True, timeout=60, check=False)
        print(f"+ tsuku verify tsuku-dltest: exit status {run.returncode}\n{run.stdout}{run.stderr}")
        self.assertIn(f"Output: tsuku-dltest v{harness.VERSION}\n", run.stdout)
        self.assertEqual((run.returncode, run.stderr), (0, ""))


if __name__ == "__main__":
    if not TSUKU:
        program.skip("tsuku.verify", "tsuku was not run: no $DLTEST_TSUKU, and none in PATH. "
                     "Its calls were made without it by integration.tsuku_replay.")
    print(f"tsuku.verify: running {TSUKU}: " + subprocess.run(
        [TSUKU, "--version"], env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent",
                                   "TSUKU_NO_TELEMETRY": "1"}, capture_output=True, text=True,
        check=False).stdout.strip(), flush=True)
    harness.main()
