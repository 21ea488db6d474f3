#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""packaging/tsuku/tsuku-dltest.toml, tried by tsuku itself: its validator, 'tsuku install' of an archive from a
release that is served here, 'tsuku verify' with what was installed, and what 'tsuku remove' leaves.

Needs a tsuku: the program $DLTEST_TSUKU, or the one in PATH; without one it ends with 77. The archive is
$DLTEST_TSUKU_ARCHIVE, as packaging/build-archives.sh makes it, or one of the same form of the programs that were
built here. A tsuku that was built for one version of its helper (DLTEST_TSUKU_PIN) wants an archive of that."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import program
import release

sys.path.insert(0, os.path.join(os.environ["DLTEST_SOURCE_DIR"], "tests/integration"))
import dltest_harness as harness  # noqa: E402  pylint: disable=wrong-import-position

NAME = "tsuku.recipe"
TSUKU = program.find_tsuku(NAME)
RECIPE = harness.SOURCE_DIR / "packaging/tsuku/tsuku-dltest.toml"
CPU = platform.machine()
OTHER = {"x86_64": "aarch64", "aarch64": "x86_64"}.get(CPU)
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
VERIFY_FAILED = 7

# What is wrong with a recipe, and an edit that makes it so.
BROKEN = {
    "no command to verify it with": ("[verify]", "[verified]"),
    "an action that there is not": ("github_archive", "github_archived"),
    "no owner of the repository": ('\nrepo = "tsukumogami/', '\nrepo = "'),
    "no name of the asset": ("asset_pattern", "asset"),
    "an architecture that is mapped and not used": ("-{arch}.tar", "-x86_64.tar"),
    "no version in the pattern": ("v{version}\"", "v\""),
    "no word of the C library": (', libc = ["glibc", "musl"]', ""),
}


def make_archive(base):
    """An archive of what was built here: where it is, and its version."""
    name = f"tsuku-dltest-{harness.VERSION}-linux-{CPU}"
    subprocess.run([os.environ["DLTEST_CMAKE"], "--install", harness.BUILD_DIR, "--prefix", base / name],
                   check=True, stdout=subprocess.DEVNULL)
    path = base / f"{name}.tar.xz"
    with tarfile.open(path, "w:xz", format=tarfile.GNU_FORMAT, preset=1) as archive:
        archive.add(base / name, name)
    return path, harness.VERSION


def find_archive(base):
    """The archive that was named, or one that is made: where it is, and its version."""
    named = os.environ.get("DLTEST_TSUKU_ARCHIVE")
    if not named:
        return make_archive(base)
    found = re.fullmatch(rf"tsuku-dltest-(.+)-linux-{CPU}\.tar\.xz", Path(named).name)
    if not found:
        raise SystemExit(f"{NAME}: DLTEST_TSUKU_ARCHIVE={named} is no archive for {CPU}")
    return Path(named), found[1]


class Shared:
    """What all tests have in common: the archive, and who serves it."""

    archive = None
    release = None

    @classmethod
    def set_up(cls, base):
        """Once, before the tests."""
        cls.archive, version = find_archive(base)
        cls.release = release.Release(base, "tsukumogami/tsuku", version)


class TestCase(harness.TestCase):
    """A home without our tree, with our recipe, and a release that is whole."""

    def setUp(self):
        super().setUp()
        self.release = Shared.release
        self.version = self.release.version
        self.release.files = {Shared.archive.name: Shared.archive.read_bytes(),
                              f"tsuku-dltest-{self.version}-linux-{OTHER}.tar.xz": b"another processor's",
                              "tsuku-dltest-darwin-arm64": b"another system's"}
        self.release.add_sums()
        self.release.asked.clear()
        self.tool = self.home.path / f"tools/tsuku-dltest-{self.version}"
        self.client = self.tool / "bin/tsuku-dltest"
        self.current = self.home.path / "tools/current"
        self.recipe = self.home.path / "recipes/tsuku-dltest.toml"
        self.recipe.parent.mkdir()
        shutil.copyfile(RECIPE, self.recipe)

    def edit(self, old, new):
        """Changes the home's recipe."""
        text = self.recipe.read_text()
        self.assertIn(old, text)
        self.recipe.write_text(text.replace(old, new))

    def tsuku(self, *args, status=0):
        """Runs tsuku; both its outputs in one."""
        run = subprocess.run([TSUKU, *args], cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
                             env=program.quiet_environment(
                                 self.home, PATH=f"{self.current}:/usr/bin:/bin",
                                 SSL_CERT_FILE=str(self.release.certificate), SSL_CERT_DIR="/nonexistent"))
        shown = "" if args[0] == "eval" else re.sub(r"(?m)^", "\n  | ", run.stdout.strip()).replace("\n\n", "\n")
        print(f"+ tsuku {' '.join(map(str, args))}: exit status {run.returncode}{shown}", flush=True)
        self.assertEqual(run.returncode, status, f"{run.stdout}\n{self.daemon_log()}")
        return run.stdout

    def add_library(self, name, *fixtures):
        """A library of tsuku's, by its state and a recipe, which is not looked at."""
        for fixture in fixtures:
            self.home.add(fixture, f"lib{fixture}", name)
        state_file = self.home.path / "state.json"
        state = json.loads(state_file.read_text()) if state_file.exists() else {"installed": {}}
        state["libs"] = {name: {"1.0": {"used_by": [], "sonames": []}}}
        state_file.write_text(json.dumps(state))
        (self.home.path / f"recipes/{name}.toml").write_text(
            f'[metadata]\nname = "{name}"\ndescription = "A library"\ntype = "library"\n\n'
            f'[[steps]]\naction = "homebrew"\nformula = "{name}"\n')

    def ours(self):
        """What is in the home and is of this project: not the recipe, downloads and notices that are tsuku's."""
        paths = [*self.home.path.rglob("*dltest*"), *self.home.path.glob("cache/dltest/*")]
        names = {str(path.relative_to(self.home.path)) for path in paths}
        return {name for name in names if not name.startswith(("recipes/", "notices/", "cache/downloads/"))}


class Validate(TestCase):
    """What tsuku's validator says."""

    def validate(self, status):
        """Runs it as tsuku's own CI does, and for both C libraries."""
        return self.tsuku("validate", "--strict", "--check-libc-coverage", self.recipe, status=status)

    def test_valid(self):
        self.assertIn("Valid recipe: tsuku-dltest\n", self.validate(0))

    def test_broken(self):
        for what, (old, new) in BROKEN.items():
            with self.subTest(what):
                shutil.copyfile(RECIPE, self.recipe)
                self.edit(old, new)
                self.assertIn("Invalid recipe: tsuku-dltest\n", self.validate(1))


class Plan(TestCase):
    """What tsuku would download elsewhere."""

    def assets(self, *options):
        """The names of the release's files that a plan downloads."""
        out = self.tsuku("eval", "--recipe", self.recipe, *options)
        plan = json.loads(out[out.index("{\n"):out.rindex("}") + 1])
        return [step["params"]["url"].rsplit("/", 1)[1] for step in plan["steps"] if "url" in step["params"]]

    def test_other_processor(self):
        self.assertEqual(self.assets("--os", "linux", "--arch", ARCHITECTURES[OTHER]),
                         [f"tsuku-dltest-{self.version}-linux-{OTHER}.tar.xz"])

    def test_alpine(self):
        self.assertEqual(self.assets("--os", "linux", "--linux-family", "alpine"), [Shared.archive.name])

    def test_macos(self):
        self.assertEqual(self.assets("--os", "darwin", "--arch", "arm64"), ["tsuku-dltest-darwin-arm64"])


class Install(TestCase):
    """A release, installed and used."""

    def test_asked_for(self):
        """All of the archive is where the client looks for it, and tsuku finds nothing wrong with it."""
        self.tsuku("install", "tsuku-dltest")
        with tarfile.open(Shared.archive) as archive:
            for member in archive:
                path = self.tool / Path(*Path(member.name).parts[1:])
                if member.isfile():
                    self.assertEqual(path.stat().st_size, member.size, path)
                    self.assertEqual(os.access(path, os.X_OK), bool(member.mode & 0o100), path)
        link = self.current / "tsuku-dltest"
        self.assertEqual(link.resolve(), self.client.resolve())
        self.assertFalse((self.current / "tsuku-dltestd").exists())
        out = self.tsuku("verify", "tsuku-dltest")
        self.assertIn(f"Output: tsuku-dltest v{self.version}\n", out)
        good = self.home.add("good.so")
        for client in (self.client, link):
            self.assertEqual(self.run_client(good, client=client).status, 0)

    def test_of_one_version(self):
        """As tsuku asks for the helper of its own version."""
        self.tsuku("install", f"tsuku-dltest@{self.version}")
        self.assertTrue(self.client.exists())

    def test_by_its_file(self):
        self.recipe.unlink()
        self.tsuku("install", "--recipe", RECIPE)
        self.assertTrue(self.client.exists())

    def test_by_verify_and_removed(self):
        """Who verifies a library gets the helper without asking for it. When that is removed its daemon ends, and
        what README.md names is all that is left."""
        self.add_library("demo", "good.so", "undefined_function.so")
        out = self.tsuku("verify", "demo", status=VERIFY_FAILED)
        self.assertIn("undefined symbol: dltest_no_such_function", out)
        self.assertIn("dlopen failed for 1 of 2 libraries", out)
        self.assertTrue(self.client.exists())
        daemon = self.the_daemon()
        self.assertTrue(self.home.socket.exists())
        self.assertEqual(os.readlink(f"/proc/{daemon}/exe"), str(self.tool.resolve() / "bin/tsuku-dltestd"))
        self.tsuku("remove", "tsuku-dltest")
        self.assertFalse(self.tool.exists())
        self.wait_for_no_daemon()
        self.assertEqual(self.ours(), {"dltest.sock.lock", "logs/dltestd.log"})
        self.assertIn("its program was removed or replaced", self.daemon_log())
        command = re.search(r"(?m)^    cd ~/\.tsuku && (rm .*)$", (harness.SOURCE_DIR / "README.md").read_text())
        subprocess.run(["/bin/sh", "-c", command[1]], cwd=self.home.path, check=True)
        self.assertEqual(self.ours(), set())

    def test_wrong_checksum(self):
        """Nothing is installed, and 'tsuku verify' says so and stops."""
        self.release.files["SHA256SUMS"] = re.sub(b"^....", b"0000", self.release.files["SHA256SUMS"], flags=re.M)
        self.assertIn("checksum mismatch", self.tsuku("install", "tsuku-dltest", status=6))
        self.assertFalse(self.tool.exists())

    def test_not_in_the_release(self):
        """An older release, say. 'tsuku verify' goes without the test."""
        del self.release.files[Shared.archive.name]
        self.add_library("demo", "good.so")
        self.assertIn("not available", self.tsuku("verify", "demo"))
        self.assertIn(f"github.com/tsukumogami/tsuku/releases/download/v{self.version}/{Shared.archive.name}",
                      self.release.asked)
        self.assertFalse(self.tool.exists())


if __name__ == "__main__":
    if not TSUKU:
        program.skip(NAME, "tsuku was not run: no $DLTEST_TSUKU, and none in PATH")
    if harness.SANITIZED:
        program.skip(NAME, "tsuku wants to know a tool's libraries, and here it has a sanitizer's")
    cannot = release.enter_own_network()
    if cannot:
        program.skip(NAME, cannot)
    with tempfile.TemporaryDirectory(prefix="dlt-release-", dir="/tmp") as directory:
        Shared.set_up(Path(directory))
        if program.PIN not in (None, Shared.release.version):
            program.skip(NAME, "this tsuku is for another version of its helper than the archive is")
        harness.main()
