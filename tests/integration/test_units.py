#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The units as installed start the daemon for real: systemd's socket activation, what becomes of
starts that fail, and a look at launchd's list."""

import io
import os
import plistlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import dltest_harness as harness

UID = 4242
WITH_MANAGER = harness.SOURCE_DIR / "tests/tools/with-user-manager.sh"
WITH_SYSTEMD = os.environ["DLTEST_WITH_SYSTEMD"]
UNITS = "lib/systemd/user"
# Whatever means something to systemd or to a shell; and what systemd wants in no program's path.
PLAIN, QUOTED = "pre fix;100%h $HOME ${HOME} é", "pre'fix \"100%h\" $HOME $$"

# Each script runs below a user manager: BIN LIBRARY. Where the units are, no manager looks by
# itself. A daemon that a client starts would leave a log.
BEGIN = r"""
set -eu
bin=$1 library=$2 home=$HOME/.tsuku
log=$home/logs/dltestd.log
wait_for() { # at once, or at most a moment later
    for _ in $(seq 400); do ! "$@" || return 0; sleep .05; done
    echo "in vain: $*"; exit 1
}
is() { # STATE TYPE
    test "$(systemctl --user is-active "tsuku-dltestd.$2")" = "$1"
}
verify() { "$bin/tsuku-dltest" "$@"; }
systemctl --user link "${bin%/bin}/lib/systemd/user/"tsuku-dltestd*
systemctl --user start tsuku-dltestd.socket
"""

ACTIVATION = BEGIN + r"""
test "$(stat -c %a "$home/dltest.sock")" = 600
for i in 1 2 3 4 5 6 7; do
    verify "$library"
    wait_for is active service
    verify --stop
    wait_for is inactive service
done
is active socket
verify --status
daemon=$(systemctl --user show -P MainPID tsuku-dltestd.service)
test "$3" = 0 || grep -q libsystemd "/proc/$daemon/maps"
systemctl --user show -p NRestarts -p Result -p StatusText tsuku-dltestd.service
systemctl --user stop tsuku-dltestd.service tsuku-dltestd.socket
! test -e "$home/dltest.sock"
! test -e "$log"
other="$HOME/other home"
mkdir -m 700 "$other"; mkdir "$other/libs"; cp "$library" "$other/libs/x.so"
unit=$(systemd-escape -p --template=tsuku-dltestd@.socket "$other")
systemctl --user start "$unit"
for i in 1 2 3 4 5 6 7; do
    TSUKU_HOME=$other verify "$other/libs/x.so"
    TSUKU_HOME=$other verify --stop
done
TSUKU_HOME=$other verify --status
! test -e "$other/logs"
systemctl --user stop "$unit"
"""

ENABLED = BEGIN + r"""
systemctl --user enable --now tsuku-dltestd.socket
verify "$library"
wait_for is active service
! test -e "$log"
"""

# As fast as clients can, which is faster than any default of systemd allows.
IN_A_ROW = BEGIN + r"""
for i in $(seq 60); do
    verify "$library"
    verify --stop
done
is active socket
! test -e "$log"
"""

CRASHES = BEGIN + r"""
for i in 1 2 3; do
    verify "$library"
    systemctl --user kill --kill-who=main --signal=SEGV tsuku-dltestd.service
    wait_for is failed service
    is active socket
done
verify "$library"
wait_for is active service
! test -e "$log"
systemctl --user show -p NRestarts tsuku-dltestd.service
"""

# The client is elsewhere, with a daemon that can start.
FAILS = BEGIN + r"""
bin=$3
verify "$library"
systemctl --user show -P Result tsuku-dltestd.socket tsuku-dltestd.service
is failed service
is failed socket
verify "$library"
test -e "$log"
verify --stop
"""

REPAIRED = FAILS + r"""
cp "$bin/tsuku-dltestd" "$1/tsuku-dltestd"
systemctl --user reset-failed 'tsuku-dltestd*'
systemctl --user start tsuku-dltestd.socket
verify "$library"
wait_for is active service
"""

# The daemon that systemd starts, then one that the client does.
REFUSALS = BEGIN + r"""
each() {
    grep ^Seccomp "/proc/$1/status"
    for library in "$home"/libs/hostile/*.so; do verify --fresh --details "$library"; done
}
verify "$library"
wait_for is active service
each "$(systemctl --user show -P MainPID tsuku-dltestd.service)" >"$HOME/by-systemd"
systemctl --user stop tsuku-dltestd.socket tsuku-dltestd.service
verify "$library"
test -e "$log"
each "$(pgrep -o -x tsuku-dltestd)" >"$HOME/by-client"
verify --stop
"""

# A home of $3 bytes, and one that has a byte more.
LONG = BEGIN + r"""
short=$HOME/$(printf "%0$(($3 - ${#HOME} - 1))d" 0)
mkdir -m 700 "$short" "${short}x"
systemctl --user start "$(systemd-escape -p --template=tsuku-dltestd@.socket "$short")"
! systemctl --user start "$(systemd-escape -p --template=tsuku-dltestd@.socket "${short}x")"
TSUKU_HOME=${short}x verify --root "${library%/*}" "$library"
"""

# What a filter of systemd's could refuse before the daemon's: personality() is LockPersonality's,
# a real-time policy RestrictRealtime's, the modes are RestrictSUIDSGID's.
HOSTILE = r"""
#define _GNU_SOURCE
#include <sched.h>
#include <sys/personality.h>
#include <sys/stat.h>

__attribute__((constructor)) static void on_open(void) {
	struct sched_param parameter = {.sched_priority = 1};

	personality(ADDR_NO_RANDOMIZE);
	sched_setscheduler(0, SCHED_FIFO, &parameter);
	chmod("/tmp/dltest-mode", 04755);
	mknodat(-1, "/tmp/dltest-node", S_IFREG | 06755, 0);
}
"""
ATTACKS = ("change_attributes", "change_scheduling", "change_tree", "create_files",
           "kernel_interfaces", "namespaces", "shared_memory", "socket_families",
           "undo_the_sandbox")


def install(prefix, **environment):
    """As README says."""
    subprocess.run([os.environ["DLTEST_CMAKE"], "--install", harness.BUILD_DIR, "--prefix", prefix],
                   env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL,
                   umask=0o022)


class Installed(harness.TestCase):
    """Below any prefix."""

    def test_systemd_finds_no_fault(self):
        harness.needs(shutil.which("systemd-analyze"), "no systemd-analyze")
        for name in (PLAIN, QUOTED):
            install(self.base / name)
            units = self.base / name / UNITS
            names = sorted(f"./{unit.name}" for unit in units.iterdir())
            self.assertEqual(len(names), 4)
            done = subprocess.run(
                ["systemd-analyze", "--user", "--man=no", "--recursive-errors=no", "verify",
                 *names],
                cwd=units, env={**os.environ, "XDG_RUNTIME_DIR": str(self.base)},
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, b""), name)

    def test_destdir(self):
        """A packager's directory is in no unit."""
        stage = self.base / "stage"
        install("/opt/dltest", DESTDIR=str(stage))
        units = list((stage / "opt/dltest" / UNITS).iterdir())
        self.assertEqual(len(units), 4)
        for unit in units:
            text = unit.read_text()
            self.assertNotIn("stage", text)
            self.assertEqual(unit.stat().st_mode & 0o777, 0o644)
            if unit.suffix == ".service":
                self.assertIn('\nExecStart="/opt/dltest/bin/tsuku-dltestd" --foreground\n', text)
        self.assertTrue((stage / "opt/dltest/bin/tsuku-dltestd").exists())

    def test_nothing_of_another_system(self):
        install(self.base / "prefix")
        self.assertEqual([path for path in (self.base / "prefix").rglob("*")
                          if re.search("launchd|plist", path.name)], [])


class Manager(harness.TestCase):
    """With a user manager of their own, below a prefix where it does not look by itself."""

    def setUp(self):
        super().setUp()
        harness.needs_root("only root can make the namespaces of a user manager")
        self.base.chmod(0o755)
        self.prefix = self.base / PLAIN
        self.user_home = Path(tempfile.mkdtemp(prefix="dlt-user-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, self.user_home)
        self.libs = self.user_home / ".tsuku/libs"
        self.libs.mkdir(parents=True)
        self.library = Path(shutil.copy(harness.FIXTURES / "good.so", self.libs))

    def run_script(self, script, *arguments):
        """Its output; it must succeed."""
        if not self.prefix.exists():
            install(self.prefix)
        for parent, directories, files in os.walk(self.user_home):
            for name in [parent, *(os.path.join(parent, n) for n in directories + files)]:
                os.chown(name, UID, UID)
        (self.user_home / ".tsuku").chmod(0o700)
        done = subprocess.run(
            [WITH_MANAGER, str(UID), self.user_home, "bash", "-c", script, "bash",
             self.prefix / "bin", self.library, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=150, check=False)
        text = done.stdout.decode()
        harness.needs(done.returncode != 77, text)
        log = (self.user_home / "systemd-user.log").read_text(encoding="utf-8", errors="replace")
        self.assertEqual(done.returncode, 0, text + log[-3000:])
        return text

    def test_activation(self):
        text = self.run_script(ACTIVATION, WITH_SYSTEMD)
        self.assertEqual(text.count('"ok":true'), 14, text)
        self.assertIn("Result=success", text)
        self.assertIn("NRestarts=0", text)

    def test_enabled_where_paths_have_quotes(self):
        self.prefix = self.base / QUOTED
        self.assertEqual(self.run_script(ENABLED).count('"ok":true'), 1)

    def test_many_in_a_row(self):
        self.assertEqual(self.run_script(IN_A_ROW).count('"ok":true'), 60)

    def test_daemon_that_crashes(self):
        text = self.run_script(CRASHES)
        self.assertEqual(text.count('"ok":true'), 4, text)
        self.assertIn("NRestarts=0", text)

    def make_fail(self, how):
        """A daemon that cannot start where the units say it is; the client's directory."""
        install(self.prefix)
        shutil.copytree(self.prefix, self.base / "moved", symlinks=True)
        daemon = self.prefix / "bin/tsuku-dltestd"
        daemon.unlink()
        if how:
            daemon.write_text(f"#!/bin/sh\necho start >>'{self.user_home}/starts'\n{how}\n")
            daemon.chmod(0o777)
        return self.base / "moved/bin"

    def starts(self):
        """How many there were."""
        return len((self.user_home / "starts").read_text().splitlines())

    def test_daemon_that_does_not_start(self):
        text = self.run_script(REPAIRED, self.make_fail("exit 1"))
        self.assertEqual(text.count('"ok":true'), 3, text)
        self.assertIn("service-start-limit-hit", text)
        self.assertEqual(self.starts(), 5)

    def test_daemon_is_gone(self):
        text = self.run_script(FAILS, self.make_fail(None))
        self.assertEqual(text.count('"ok":true'), 2, text)
        self.assertIn("service-start-limit-hit", text)

    def test_daemon_that_ends_too_soon(self):
        """In good order, as far as its exit status goes."""
        self.run_script(FAILS, self.make_fail("exit 0"))
        self.assertEqual(self.starts(), 5)

    def test_daemon_that_crashes_once_started(self):
        self.run_script(FAILS, self.make_fail("systemd-notify --ready; kill -SEGV $$"))
        self.assertEqual(self.starts(), 5)

    def test_refusals_are_recorded(self):
        """No filter of systemd's refuses what the daemon would record."""
        compiler = shutil.which("cc")
        harness.needs(compiler, "no C compiler")
        hostile = self.libs / "hostile"
        hostile.mkdir()
        for name in ATTACKS:
            shutil.copy(harness.FIXTURES / "attacks/attack_open.so", hostile / f"open.{name}.so")
        (hostile / "attack.conf").write_text(f"canaries=/tmp/none\nlibs={hostile}\nhome=/home\n")
        subprocess.run([compiler, "-w", "-shared", "-fPIC", "-xc", "-", "-o",
                        hostile / "modes.so"], input=HOSTILE.encode(), check=True)
        self.run_script(REFUSALS)
        by_systemd, by_client = (self.read_refusals(name) for name in ("by-systemd", "by-client"))
        self.assertEqual(len(by_client), len(ATTACKS) + 2)
        if by_client["modes.so"]:
            self.assertEqual([text.split()[0] for text in by_client["modes.so"]],
                             ["chmod", "mknodat", "personality", "sched_setscheduler"])
        self.assertEqual(by_systemd, by_client)

    def read_refusals(self, name):
        """What was refused, by library, and what the kernel says of filters around the daemon."""
        refusals = {"filters": []}
        for line in (self.user_home / name).read_bytes().splitlines(keepends=True):
            if line.startswith(b"["):
                result, = harness.compact_json(line)
                # Names of files that it tries to make have its process's number in them.
                refusals[os.path.basename(result["path"])] = sorted(
                    re.sub(r"-\d+", "-N", text) for text in result["denied"])
            else:
                refusals["filters"].append(line)
        return refusals

    def test_long_home(self):
        """As long as the manual page says."""
        page = (harness.SOURCE_DIR / "docs/tsuku-dltestd.1").read_text()
        self.run_script(LONG, re.search(r"leaves (\d+) for the home", page)[1])


class Activation(harness.TestCase):
    """Without units."""

    def test_socket_activate(self):
        harness.needs(shutil.which("systemd-socket-activate"), "no systemd-socket-activate")
        environment = self.home.environment()
        settings = [f"--setenv={name}={environment[name]}" for name in ("HOME", "TSUKU_HOME")]
        harness.popen(["systemd-socket-activate", "-l", self.home.socket, "--fdname=varlink",
                       *settings, harness.DAEMON, "--foreground"],
                      env=environment, stderr=subprocess.DEVNULL)
        harness.wait_until(self.home.socket.exists, "it listens")
        self.assertTrue(self.verify_one(self.home.add("good.so"))["ok"])
        self.assertEqual(self.run_client("--stop").status, 0)

    def test_launchd(self):
        """Installed on macOS only, but the same everywhere."""
        data, bin_dir = self.base / "share/tsuku-dltestd", self.base / "bin"
        data.mkdir(parents=True)
        bin_dir.mkdir()
        for name in ("install-launchd.sh", "dev.tsuku.dltestd.plist.in"):
            shutil.copy(harness.BUILD_DIR / "units" / name, data)
        home = "/Users/a&b <c>/.tsuku|\\x"
        done = subprocess.run(["sh", data / "install-launchd.sh", "--print"], check=True,
                              stdout=subprocess.PIPE,
                              env={"PATH": os.environ["PATH"], "HOME": "/Users/a",
                                   "TSUKU_HOME": home})
        plist = plistlib.load(io.BytesIO(done.stdout))
        self.assertEqual(plist["ProgramArguments"],
                         [str(bin_dir / "tsuku-dltestd"), "--foreground"])
        self.assertEqual(plist["EnvironmentVariables"], {"TSUKU_HOME": home})
        listener = plist["Sockets"]["Listener"]
        self.assertEqual(listener["SockPathName"], f"{home}/dltest.sock")
        self.assertEqual(listener["SockPathMode"], 0o600)


if __name__ == "__main__":
    harness.main()
