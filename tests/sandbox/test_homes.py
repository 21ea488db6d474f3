#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The user's home is not readable through the search path, whoever came first and by whatever name.

Each test has a library try to read a key in the home, under a daemon that knows of the home in one
way. That the key can be had where somebody meant it to be is a test, too."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../integration"))
import dltest_harness as harness  # noqa: E402  pylint: disable=wrong-import-position

ATTACK = harness.FIXTURES / "attacks/attack_open.so"
SECRET = "do-not-read-this-4712"
READ = re.compile(r"^READ .*$", re.M)


class Homes(harness.TestCase):
    """A home with a key in it, beside which a library attacks. It lies as deep as /home/x/y does, so
    that what is above it is no secret for another reason."""

    def setUp(self) -> None:
        super().setUp()
        self.above = self.base / "deep/down"
        self.user = self.make_home(self.above / "user")
        self.elsewhere = self.base / "deep/elsewhere/user"
        self.elsewhere.mkdir(parents=True)
        self.package = self.home.package("hostile")
        self.attack = self.aim(self.user)

    @staticmethod
    def make_home(path: Path) -> Path:
        """A directory with a key, and nothing by which one sees that it is a home but that."""
        (path / ".ssh").mkdir(parents=True, mode=0o700)
        (path / ".ssh/id_rsa").write_text(SECRET)
        return path

    def aim(self, home: Path, package: Path | None = None) -> str:
        """The library that attacks this home."""
        package = package or self.package
        package.mkdir(parents=True, exist_ok=True)
        (package / "attack.conf").write_text(f"home={home}\n")
        path = os.path.join(os.fsencode(package), b"open.read_home.so")
        return os.fsdecode(harness.make.put(ATTACK, path))

    def read(self, result: dict[str, Any]) -> bool:
        """Whether the library had the key."""
        self.assertTrue(result["ok"], result)
        self.assertIn("TRIED 3", result["output"])
        got = SECRET in result["output"]
        self.assertEqual(got, len(READ.findall(result["output"])) == 3, result)
        return got

    def ask(self, *, path: str | None = None, **options: Any) -> bool:
        """Whether the library has the key if it is asked about so."""
        with self.connect() as peer:
            result, = peer.verify([path or self.attack], details=True, **options)
        return self.read(result)


class Known(Homes):
    """Somebody knows of the home."""

    def test_where_it_is_meant_it_can_be_read(self) -> None:
        self.start_daemon(env={"HOME": str(self.user)})
        self.assertTrue(self.ask(roots=["/"]))
        self.assertTrue(self.ask(roots=[str(self.above)]))
        self.assertTrue(self.ask(roots=[str(self.user)]))

    def test_the_daemon_knows_it(self) -> None:
        self.start_daemon(env={"HOME": str(self.user)})
        for directory in (self.user, self.above, self.base / "deep", self.base, "/tmp", "/"):
            with self.subTest(directory=directory):
                self.assertFalse(self.ask(library_path=[str(directory)]))

    def test_the_caller_knows_it(self) -> None:
        """The daemon's first client had another, or none."""
        for home in (str(self.elsewhere), None, "/"):
            daemon = self.start_daemon(env={"HOME": home})
            for directory in (self.user, self.above, self.base, "/"):
                with self.subTest(directory=directory, home=home):
                    self.assertFalse(self.ask(library_path=[str(directory)],
                                              homes=[str(self.user)]))
            daemon.terminate()

    def test_a_loader_that_knows_less_serves_nobody_who_knows_more(self) -> None:
        """Also from memory no more than its own."""
        self.start_daemon(env={"HOME": str(self.elsewhere)})
        path = [str(self.above)]
        self.assertTrue(self.ask(library_path=path), "nobody says that it is a home")
        self.assertFalse(self.ask(library_path=path, homes=[str(self.user)]))
        self.assertFalse(self.ask(library_path=path, homes=["/", str(self.user)], fresh=True))
        self.assertTrue(self.ask(library_path=path, homes=[str(self.elsewhere)]))

    def test_the_client_tells_of_its_own(self) -> None:
        self.start_daemon(env={"HOME": str(self.elsewhere)})
        for directory in (self.user, self.above):
            for home in (self.user, self.user / "x/..", f"{self.user}/"):
                with self.subTest(directory=directory, home=home):
                    answer = self.run_client(
                        "--details", self.attack,
                        env={"HOME": str(home), "LD_LIBRARY_PATH": str(directory)})
                    self.assertFalse(self.read(answer.results[0]))

    def test_a_home_with_any_name(self) -> None:
        """Such as JSON cannot say."""
        name = os.fsdecode(b"\xff\n\"u")
        user = self.make_home(self.above / "odd" / name)
        self.start_daemon(env={"HOME": str(self.elsewhere)})
        link = self.above / "link"
        link.symlink_to(user)
        answer = self.run_client("--details", self.aim(link), env={
            "HOME": str(user), "LD_LIBRARY_PATH": str(self.above)})
        self.assertFalse(self.read(answer.results[0]))

    def test_a_home_that_tsuku_lives_in(self) -> None:
        home = harness.Home(self.base, self.user / ".tsuku-dev")
        attack = self.aim(self.user, home.package("hostile"))
        self.start_daemon(home=home, env={"HOME": str(self.elsewhere)})
        with self.connect(home) as peer:
            result, = peer.verify([attack], details=True, library_path=[str(self.above)])
        self.assertFalse(self.read(result))

    def test_links(self) -> None:
        """To the home, to what it is in, and from $HOME."""
        (self.base / "deep/to-user").symlink_to(self.user)
        (self.base / "deep/to-above").symlink_to(self.above)
        for home in (self.user, self.base / "deep/to-user", self.base / "deep/to-above/user"):
            daemon = self.start_daemon(env={"HOME": str(home)})
            for name in ("to-user", "to-above", "to-above/user", "to-user/.", "down/../down"):
                with self.subTest(home=home, name=name):
                    self.assertFalse(self.ask(library_path=[f"{self.base}/deep/{name}"]))
            daemon.terminate()

    def test_a_home_that_comes_later(self) -> None:
        later = self.above / "later"
        self.start_daemon(env={"HOME": str(later)})
        attack = self.aim(later)
        options = {"path": attack, "library_path": [str(self.above)], "fresh": True}
        self.assertFalse(self.ask(**options))
        self.make_home(later)
        self.assertFalse(self.ask(**options))

    def test_libs_is_a_link_to_it(self) -> None:
        """tsuku's own directories are readable for what they are."""
        package = self.base / "deep/package"
        attack = self.aim(self.user, package)
        for name in ("libs", "tools"):
            home = harness.Home(self.base, self.base / f"tsuku-{name}")
            home.libs.rmdir()
            (home.path / name).symlink_to(self.user)
            self.start_daemon(home=home, env={"HOME": str(self.user)})
            with self.connect(home) as peer:
                result, = peer.verify([attack], details=True, roots=[str(package)])
            self.assertFalse(self.read(result), name)

    def test_its_package_has_a_link_to_it(self) -> None:
        """Directories of the package are searched in a further load."""
        self.start_daemon(env={"HOME": str(self.user)})
        package = self.home.libs / "linked-1.0"
        attack = self.aim(self.user, package / "plugins")
        (package / "lib").symlink_to(self.user)
        (package / "lib64").symlink_to(self.above)
        self.assertFalse(self.ask(path=attack))
        needy = harness.make.needing(
            harness.FIXTURES / "attacks/needs_placeholder.so", package / "plugins/needs.so",
            b"libnowhere.so")
        with self.connect() as peer:
            result, = peer.verify([str(needy)], details=True, preload=[attack])
        self.assertFalse(result["ok"])
        self.assertNotIn(SECRET, str(result))

    def test_what_is_loaded_first_lies_in_it(self) -> None:
        self.start_daemon(env={"HOME": str(self.user)})
        (self.user / "lib").mkdir()
        first = os.fsdecode(harness.make.put(
            harness.FIXTURES / "good.so", os.fsencode(self.user / "lib/first.so")))
        self.assertFalse(self.ask(preload=[first], roots=[str(self.user / "lib")]))
        with self.connect() as peer:
            result, = peer.verify([self.attack], details=True, preload=[first])
        self.assertIn("not below a directory that libraries may be", result["error"])

    def test_its_runpath_leads_there(self) -> None:
        """What the library itself says makes nothing readable."""
        self.start_daemon(env={"HOME": str(self.user)})
        for name in ("libs", "above"):
            link = self.package / name
            link.symlink_to(self.user if name == "libs" else self.above)
        path = self.package / "by_runpath.so"
        harness.make.needing(harness.FIXTURES / "attacks/needs_placeholder.so", path,
                             b"open.read_home.so")
        self.assertFalse(self.ask(path=str(path)))


class Unknown(Homes):
    """Nobody knows of a home; so nothing that may be one, or have one below it, is readable."""

    def test_nothing_that_may_be_one(self) -> None:
        """An ordinary user of the suite's is in no password file. Root is."""
        for home in (None, "/", "relative"):
            daemon = self.start_daemon(env={"HOME": home})
            for directory in ("/", "/tmp", self.base, self.user):
                with self.subTest(directory=directory, home=home):
                    if directory != self.user and os.geteuid() == 0:
                        continue
                    self.assertFalse(self.ask(library_path=[str(directory)]))
            daemon.terminate()

    def test_what_may_not_be_one_is_readable(self) -> None:
        self.start_daemon(env={"HOME": None})
        plain = self.base / "deep/plain"
        (plain / "inside").mkdir(parents=True)
        self.make_home(plain / "inside/user")
        self.assertTrue(self.ask(path=self.aim(plain / "inside/user"),
                                 library_path=[str(plain / "inside")]))


# What is mounted is so for the client and the daemon that it starts, and for nobody else.
MOUNTED = """
mount --bind {source} {target}
exec setpriv --inh-caps=-all --ambient-caps=-all sh -c {rest}
"""
AS_ROOT = ("unshare", "--mount", "--propagation", "private")
AS_USER = ("unshare", "--user", "--map-current-user", "--keep-caps", "--mount",
           "--propagation", "private")


class Mounted(Homes):
    """The home can be had by another name, since it is mounted once more."""

    def run_mounted(self, source: Path, target: Path, directory: Path, key_home: Path) -> bool:
        """Whether the key is to be had through 'directory', with 'source' mounted at 'target'."""
        target.mkdir(parents=True, exist_ok=True)
        attack = self.aim(key_home)
        rest = shlex.join([str(harness.CLIENT), "--details", "--no-daemon", attack])
        script = MOUNTED.format(source=shlex.quote(str(source)), target=shlex.quote(str(target)),
                                rest=shlex.quote(rest))
        prefix = AS_ROOT if os.geteuid() == 0 else AS_USER
        done = subprocess.run(
            [*prefix, "sh", "-ec", script], check=False, capture_output=True,
            timeout=harness.PATIENCE, env=self.home.environment(
                HOME=str(self.user), LD_LIBRARY_PATH=str(directory),
                PATH=os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")))
        self.assertEqual(done.returncode, 0, done)
        return self.read(harness.strict_json(done.stdout)[0])

    def test_mounted_once_more(self) -> None:
        point = self.base / "deep/mnt/a b\\c"
        for source, directory, key_home in (
                (self.user, point, point),
                (self.user, point.parent, point),
                (self.above, point, point / "user"),
                (self.above, point.parent, point / "user"),
                (self.base / "deep", point.parent, point / "down/user"),
                (self.base, point.parent, point / "deep/down/user")):
            with self.subTest(source=source, directory=directory):
                self.assertFalse(self.run_mounted(source, point, directory, key_home))

    def test_a_mount_that_has_no_home_is_readable(self) -> None:
        """So that what the others show is shown."""
        point = self.base / "deep/mnt"
        other = self.base / "deep/others"
        self.make_home(other / "somebody")
        self.assertTrue(self.run_mounted(other, point, point, point / "somebody"))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="error", catchbreak=False)
