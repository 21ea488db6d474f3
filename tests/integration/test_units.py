#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The units start the daemon for real: systemd's socket activation, and a look at launchd's list."""

import io
import os
import plistlib
import shutil
import subprocess
import tempfile

import dltest_harness as harness

UID = 4242
WITH_MANAGER = harness.SOURCE_DIR / "tests/tools/with-user-manager.sh"

# Runs below a user manager: BIN HOME LIBRARY.
SCRIPT = r"""
set -eu
bin=$1 home=$2 library=$3 with_systemd=$4
systemctl --user daemon-reload
systemctl --user start tsuku-dltestd.socket
test "$(stat -c %a "$home/dltest.sock")" = 600
for i in 1 2 3 4 5 6 7; do
    "$bin/tsuku-dltest" "$library"
    systemctl --user is-active tsuku-dltestd.service
    "$bin/tsuku-dltest" --stop
    for j in $(seq 100); do
        systemctl --user is-active tsuku-dltestd.service >/dev/null || break
        sleep .05
    done
done
systemctl --user is-active tsuku-dltestd.socket
"$bin/tsuku-dltest" --status
test "$with_systemd" = 0 || grep -q libsystemd "/proc/$(systemctl --user show -P MainPID tsuku-dltestd.service)/maps"
systemctl --user show -p NRestarts -p Result -p StatusText tsuku-dltestd.service
systemctl --user stop tsuku-dltestd.service tsuku-dltestd.socket
! test -e "$home/dltest.sock"
other="$HOME/other home"
mkdir -m 700 "$other"; mkdir "$other/libs"; cp "$library" "$other/libs/x.so"
unit=$(systemd-escape -p --template=tsuku-dltestd@.socket "$other")
systemctl --user start "$unit"
TSUKU_HOME=$other "$bin/tsuku-dltest" "$other/libs/x.so"
TSUKU_HOME=$other "$bin/tsuku-dltest" --status
systemctl --user stop "$unit"
"""


class Units(harness.TestCase):
    """Below a prefix of their own."""

    def setUp(self):
        super().setUp()
        self.prefix = self.base / "prefix"
        subprocess.run([os.environ["DLTEST_CMAKE"], "--install", harness.BUILD_DIR,
                        "--prefix", self.prefix], check=True, stdout=subprocess.DEVNULL)
        self.units = self.prefix / "lib/systemd/user"
        # The prefix that CMake was configured with is another.
        for unit in self.units.iterdir():
            text = unit.read_text()
            start = text.find('ExecStart="')
            if start >= 0:
                end = text.index("/tsuku-dltestd", start)
                text = f'{text[:start]}ExecStart="{self.prefix}/bin{text[end:]}'
                unit.write_text(text)

    def test_systemd_finds_no_fault(self):
        harness.needs(shutil.which("systemd-analyze"), "no systemd-analyze")
        names = sorted(f"./{unit.name}" for unit in self.units.iterdir())
        self.assertEqual(len(names), 4)
        done = subprocess.run(
            ["systemd-analyze", "--user", "--man=no", "--recursive-errors=no", "verify", *names],
            cwd=self.units, env={**os.environ, "XDG_RUNTIME_DIR": str(self.base)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, b""))

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

    def test_user_manager(self):
        harness.needs_root("only root can make the namespaces of a user manager")
        home = tempfile.mkdtemp(prefix="dlt-user-", dir="/tmp")
        self.addCleanup(shutil.rmtree, home)
        tsuku = os.path.join(home, ".tsuku")
        os.makedirs(os.path.join(tsuku, "libs"), mode=0o755)
        library = shutil.copy(harness.FIXTURES / "good.so", os.path.join(tsuku, "libs"))
        user_units = os.path.join(home, ".config/systemd/user")
        os.makedirs(user_units)
        for unit in self.units.iterdir():
            shutil.copy(unit, user_units)
        self.base.chmod(0o755)
        for parent, directories, files in os.walk(home):
            for name in [parent, *(os.path.join(parent, n) for n in directories + files)]:
                os.chown(name, UID, UID)
        os.chmod(tsuku, 0o700)
        done = subprocess.run(
            [WITH_MANAGER, str(UID), home, "bash", "-c", SCRIPT, "bash",
             self.prefix / "bin", tsuku, library, os.environ["DLTEST_WITH_SYSTEMD"]],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=150, check=False)
        harness.needs(done.returncode != 77, done.stdout.decode())
        text = done.stdout.decode()
        log = os.path.join(home, "systemd-user.log")
        self.assertEqual(done.returncode, 0, text + open(log, encoding="utf-8").read()[-3000:])
        self.assertEqual(text.count('"ok":true'), 8, text)
        self.assertIn("Result=success", text)
        self.assertIn("NRestarts=0", text)

    def test_launchd(self):
        script = self.prefix / "share/tsuku-dltestd/install-launchd.sh"
        home = "/Users/a&b <c>/.tsuku|\\x"
        done = subprocess.run(["sh", script, "--print"], check=True, stdout=subprocess.PIPE,
                              env={"PATH": os.environ["PATH"], "HOME": "/Users/a",
                                   "TSUKU_HOME": home})
        plist = plistlib.load(io.BytesIO(done.stdout))
        self.assertEqual(plist["ProgramArguments"],
                         [str(self.prefix / "bin/tsuku-dltestd"), "--foreground"])
        self.assertEqual(plist["EnvironmentVariables"], {"TSUKU_HOME": home})
        listener = plist["Sockets"]["Listener"]
        self.assertEqual(listener["SockPathName"], f"{home}/dltest.sock")
        self.assertEqual(listener["SockPathMode"], 0o600)


if __name__ == "__main__":
    harness.main()
