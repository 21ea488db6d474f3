#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A client of docs/examples, built by the commands of its README and asked about real libraries.

    examples.py c|go|python|rust

Code is generated, downloaded and compiled in a copy in the build directory, where it stays for the next
time. What cannot be had, a toolchain or what its registry has, is named, and the test ends with 77. It
fails if DLTEST_INTERFACE_MUST ("c go python rust") has the language."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, os.path.join(os.environ["DLTEST_SOURCE_DIR"], "tests/integration"))
import dltest_harness as harness  # noqa: E402  pylint: disable=wrong-import-position

LIBRARY = f"/usr/lib/{platform.machine()}-linux-gnu/libz.so.1"
GONE = "/nowhere/libgone.so"
MUST = os.environ.get("DLTEST_INTERFACE_MUST", "").split()
# What stays of an earlier copy: it took long to come by.
KEPT = {"target", "venv", "wheels"}


class Lacking(Exception):
    """Something that is not to be had here."""


def output_of(*command: str) -> str:
    """What a program of the toolchain says."""
    if not shutil.which(command[0]):
        raise Lacking(f"there is no {command[0]}")
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env=os.environ | {"GOTOOLCHAIN": "local"})
    if done.returncode != 0:
        raise Lacking(f"{' '.join(command)}: {done.stderr.strip()[-500:]}")
    return done.stdout


def need(name: str, said: str, least: str) -> None:
    """The toolchain is of the version that the example wants, or a later one."""
    found = re.search(r"\d+\.\d+", said)
    if not found or [*map(int, found[0].split("."))] < [*map(int, least.split("."))]:
        raise Lacking(f"{name} {least} is needed, and this is {said.strip()}")


class Language:
    """How an example is built, beside what its README says."""

    title = ""
    # The program, once it is built; in the example's directory.
    program: list[str] = []
    # What is in the environment of all that builds, and after what is fetched is there.
    environment: dict[str, str] = {}
    offline: dict[str, str] = {}
    checks: list[list[str]] = []

    def __init__(self, directory: Path):
        self.directory = directory

    def look(self) -> None:
        """Whether the toolchain is there: else Lacking."""

    def fetch(self) -> list[str]:
        """The command that gets what the build would download; [] for nothing."""
        return []


class C(Language):
    """Is always there."""

    title = "C"
    program = ["./ask"]
    environment = {"CFLAGS": "-O2 -Wall -Wextra -Wshadow -Wpedantic -Werror"}


class Go(Language):
    """By the go command and its module proxy."""

    title = "Go"
    program = ["./ask"]
    # A toolchain is not downloaded, and the directory is in no repository of its own.
    environment = {"GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false"}
    offline = {"GOPROXY": "off"}
    checks = [["go", "vet", "./..."], ["sh", "-c", 'test -z "$(gofmt -l main.go)"']]

    def look(self) -> None:
        least = re.search(r"^go (\S+)", (self.directory / "go.mod").read_text(), re.M)
        assert least
        need("go", output_of("go", "version").replace("go version go", ""), least[1])

    def fetch(self) -> list[str]:
        return ["go", "mod", "download"]


class Python(Language):
    """By pip, in an environment of its own."""

    title = "Python"
    program = ["venv/bin/python", "-W", "error", "ask.py"]
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "wheels"}

    def look(self) -> None:
        need("python3", output_of("python3", "--version").replace("Python ", ""), "3.8")

    def fetch(self) -> list[str]:
        return ["sh", "-ec", """
            [ -d venv ] || python3 -m venv venv
            venv/bin/pip download --quiet --require-hashes -d wheels -r requirements.txt"""]


class Rust(Language):
    """By cargo and its registry."""

    title = "Rust"
    program = ["target/debug/ask"]
    environment = {"RUSTFLAGS": "-Dwarnings", "CARGO_TARGET_DIR": "target"}
    offline = {"CARGO_NET_OFFLINE": "true"}

    def look(self) -> None:
        least = re.search(r'^rust-version = "(.*)"', (self.directory / "Cargo.toml").read_text(), re.M)
        assert least
        output_of("cargo", "--version")
        need("rustc", output_of("rustc", "--version").replace("rustc ", ""), least[1])

    def fetch(self) -> list[str]:
        host = re.search(r"^host: (.*)$", output_of("rustc", "-vV"), re.M)
        assert host
        return ["cargo", "fetch", "--quiet", "--locked", "--target", host[1]]


LANGUAGES: dict[str, type[Language]] = {"c": C, "go": Go, "python": Python, "rust": Rust}
EXAMPLE: Language


def copy_example(name: str) -> Path:
    """Puts the example into the build directory as it lies in the source tree; the copy's place."""
    source = harness.SOURCE_DIR / "docs/examples"
    ignored = re.findall(r"^/.*?([^/]+)/?$", (source / ".gitignore").read_text(), re.M)
    tree = harness.BUILD_DIR / "interface" / name
    example = tree / "docs/examples" / name
    for entry in example.iterdir() if example.exists() else ():
        if entry.name not in KEPT:
            (shutil.rmtree if entry.is_dir() else os.unlink)(entry)
    shutil.copytree(source / name, example, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns(*ignored))
    (tree / "include/dltest").mkdir(parents=True, exist_ok=True)
    shutil.copy2(harness.IDL, tree / "include/dltest")
    return example


def run(command: list[str], **environment: str) -> str:
    """Runs what fetches, builds or checks in the example's directory; what it prints."""
    done = subprocess.run(command, cwd=EXAMPLE.directory, text=True, check=False,
                          env=os.environ | EXAMPLE.environment | environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def fetch() -> None:
    """Gets what the build wants from others; more than once if the network hiccups."""
    if not EXAMPLE.fetch():
        return
    start = time.monotonic()
    for pause in (2, 5, 10, 0):
        try:
            run(EXAMPLE.fetch())
        except AssertionError as error:
            why = error
        else:
            print(f"fetched in {time.monotonic() - start:.1f} s", flush=True)
            return
        time.sleep(pause)
    raise Lacking(str(why))


def commands() -> list[str]:
    """What the README says is to be done in the directory of the example, line by line."""
    text = (harness.SOURCE_DIR / "docs/examples/README.md").read_text()
    section = re.search(rf"^## {EXAMPLE.title}$(.*?)(?=^## )", text, re.M | re.S)
    assert section
    return re.findall(r"^    (.*)$", section[1].replace("/x86_64-", f"/{platform.machine()}-"), re.M)


def setUpModule():  # pylint: disable=invalid-name
    """Builds the example as its README says, which ends with a call of it, and a daemon for that."""
    with tempfile.TemporaryDirectory(prefix="dlt-") as home:
        # It is still there after a build that takes longer than a daemon is idle.
        environment = EXAMPLE.offline | {"TSUKU_HOME": home, "TSUKU_DLTEST_IDLE_TIMEOUT": "1h"}
        subprocess.run([harness.CLIENT, LIBRARY], env=environment, check=True,
                       stdout=subprocess.DEVNULL)
        try:
            start = time.monotonic()
            printed = [run(["sh", "-c", command], **environment) for command in commands()]
            print(f"built in {time.monotonic() - start:.1f} s", flush=True)
        finally:
            subprocess.run([harness.CLIENT, "--stop"], env=environment, check=False)
            harness.wait_until(lambda: not harness.programs_running(), "the daemon had ended")
    if printed[-1] != f"{LIBRARY}: loads\n":
        raise AssertionError(f"it says {printed}")
    for check in EXAMPLE.checks:
        run(check, **EXAMPLE.offline)


class Fake:
    """A daemon that says this to a call of Verify, and hangs up if it has nothing to say; None: it is
    silent."""

    def __init__(self, path: Path, reply: dict[str, Any] | None):
        self.reply = reply
        self.listener = harness.listen_unix(path)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        """One connection."""
        peer = harness.Varlink(self.listener.accept()[0])
        try:
            while self.answer(peer, json.loads(peer.receive_raw())):
                pass
        except (harness.Closed, OSError):
            pass
        peer.close()

    def answer(self, peer: harness.Varlink, call: dict[str, Any]) -> bool:
        """Whether there may be a further call."""
        reply = self.reply
        if call["method"] == "org.varlink.service.GetInterfaceDescription":
            reply = {"parameters": {"description": harness.IDL.read_text()}}
        if reply == {}:
            return False
        if reply:
            peer.send_raw(json.dumps(reply).encode() + b"\0")
        return True


class Example(harness.TestCase):
    """What it prints, of the real daemon and of others."""

    def ask(self, *paths: str, status: int, complaint: str = r"\A\Z", **environment: str | None) -> list[str]:
        """The lines on standard output. On standard error there is one that matches, or none."""
        process = harness.popen([*EXAMPLE.program, *paths], cwd=EXAMPLE.directory,
                                env=self.home.environment(**environment),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, status, (out, err))
        self.assertLessEqual(err.count(b"\n"), 1, err)
        self.assertRegex(err.decode(), complaint)
        return out.decode().splitlines()

    def fake(self, reply: dict[str, Any] | None, path: Path | None = None) -> None:
        """In place of a daemon."""
        path = path or self.home.socket
        path.parent.mkdir(exist_ok=True)
        self.addCleanup(Fake(path, reply).listener.close)

    def test_what_loads_and_what_does_not(self):
        self.start_daemon()
        self.assertEqual(self.ask(LIBRARY, status=0), [f"{LIBRARY}: loads"])
        here = f"{EXAMPLE.directory}/x/../libgone.so"
        lines = self.ask(GONE, LIBRARY, "x/../libgone.so", status=1)
        self.assertEqual(sorted(lines), sorted([
            f"{GONE}: not_found: {GONE}: No such file or directory",
            f"{LIBRARY}: loads", f"{here}: not_found: {here}: No such file or directory"]))

    def test_many(self):
        self.start_daemon()
        self.assertEqual(self.ask(*[LIBRARY] * 100, status=0), [f"{LIBRARY}: loads"] * 100)

    def test_usage(self):
        self.ask(status=2, complaint="Usage: ")

    def test_no_daemon(self):
        self.ask(LIBRARY, status=3, complaint=f"no daemon at {self.home.socket}")

    def test_places_of_the_socket(self):
        good = {"parameters": {"results": [{"path": LIBRARY, "ok": True}]}}
        named = self.base / "named.sock"
        for path, environment in ((named, {"TSUKU_DLTEST_SOCKET": str(named)}),
                                  (self.home.socket, {"TSUKU_DLTEST_SOCKET": ""}),
                                  (self.base / ".tsuku/dltest.sock", {"TSUKU_HOME": None})):
            with self.subTest(path):
                self.fake(good, path)
                self.assertEqual(self.ask(LIBRARY, status=0, **environment), [f"{LIBRARY}: loads"])

    def test_errors(self):
        for name, parameter, complaint in (
                (f"{harness.INTERFACE}.Busy", "message", "the daemon is busy, try again in a moment"),
                (f"{harness.INTERFACE}.OtherStanding", "message", "OtherStanding"),
                ("org.varlink.service.InvalidParameter", "parameter", "Invalid ?[Pp]arameter")):
            with self.subTest(name):
                self.home.socket.unlink(missing_ok=True)
                self.fake({"error": name, "parameters": {parameter: "word"}})
                self.ask(LIBRARY, status=3, complaint=complaint)

    def test_what_later_daemons_may_say(self):
        result = {"path": GONE, "ok": False, "error": "no", "reason": "wrong_moon", "moon": {}}
        self.fake({"parameters": {"results": [result], "moons": 1}})
        self.assertEqual(self.ask(GONE, status=1), [f"{GONE}: wrong_moon: no"])

    def test_no_verdict(self):
        result = {"path": GONE, "ok": False, "error": "ask again", "reason": "no_verdict"}
        self.fake({"parameters": {"results": [result]}})
        self.assertEqual(self.ask(GONE, status=3), [f"{GONE}: no_verdict: ask again"])

    def test_a_daemon_that_hangs_up(self):
        self.fake({})
        self.ask(LIBRARY, status=3, complaint="ask: ")

    def test_a_daemon_that_says_nothing(self):
        self.fake(None)
        start = time.monotonic()
        self.ask(LIBRARY, status=3, complaint="ask: ")
        self.assertGreaterEqual(time.monotonic() - start, 12)


def main() -> None:
    """As the head says."""
    global EXAMPLE  # pylint: disable=global-statement
    name = sys.argv.pop(1)
    EXAMPLE = LANGUAGES[name](copy_example(name))
    try:
        EXAMPLE.look()
        fetch()
    except Lacking as why:
        print(f"interface.{name}: {why}")
        sys.exit(1 if name in MUST else 77)
    harness.main()


if __name__ == "__main__":
    main()
