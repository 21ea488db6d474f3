#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Varlink clients that know nothing of this project: systemd's varlinkctl, and python3-varlink."""

import json
import os
import subprocess
import time

import dltest_harness as harness
from dltest_harness import INTERFACE

TOOLS = harness.BUILD_DIR.parent / "varlink-tools"


def setUpModule():  # pylint: disable=invalid-name
    """Gets the tools, once for all presets; more than once if the network hiccups."""
    fetch = harness.SOURCE_DIR / "tests/tools/fetch-varlinkctl.sh"
    end = time.monotonic() + 280
    for pause in (2, 5, 10, 0):
        done = subprocess.run([fetch, TOOLS], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=end - time.monotonic(), check=False)
        if done.returncode == 0:
            break
        time.sleep(pause)
    harness.needs(done.returncode == 0, f"no varlinkctl: {done.stdout.decode()[-500:]}")


class Foreign(harness.TestCase):
    """What they print of this service."""

    def setUp(self):
        super().setUp()
        self.good, self.bad = self.home.add("good.so"), self.home.add("needs_missing.so")

    def run_tool(self, *args, status=0, env=None):
        process = harness.popen([TOOLS / args[0], *args[1:]],
                                env=self.home.environment(**(env or {})),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, status, (args, out, err))
        return out.decode(), err.decode()


class Varlinkctl(Foreign):
    """systemd's."""

    def setUp(self):
        super().setUp()
        self.start_daemon()
        self.address = f"unix:{self.home.socket}"

    def test_info(self):
        out, _ = self.run_tool("varlinkctl", "info", self.address)
        for word in ("tsuku-dltestd", harness.VERSION, INTERFACE, "org.varlink.service"):
            self.assertIn(word, out)

    def test_introspection(self):
        out, _ = self.run_tool("varlinkctl", "introspect", self.address, INTERFACE)
        for word in ("method Verify", "type Verdict", "error Busy", "no_verdict"):
            self.assertIn(word, out)
        out, _ = self.run_tool("varlinkctl", "introspect", self.address)
        self.assertIn("GetInterfaceDescription", out)
        out, _ = self.run_tool("varlinkctl", "list-methods", self.address)
        self.assertIn(f"{INTERFACE}.Verify", out)
        self.run_tool("varlinkctl", "validate-idl", harness.IDL)

    def call(self, method, parameters, *options, **named):
        return self.run_tool("varlinkctl", *options, "call", self.address,
                             f"{INTERFACE}.{method}", json.dumps(parameters), **named)

    def test_call(self):
        out, _ = self.call("Verify", {"paths": [self.good, self.bad], "details": True}, "-j")
        results = json.loads(out)["results"]
        self.assertEqual([result["ok"] for result in results], [True, False])
        out, _ = self.call("Status", {}, "-j")
        self.assertEqual(json.loads(out)["version"], harness.VERSION)

    def test_streaming(self):
        paths = [self.home.add("good.so", f"{i}.so") for i in range(100)]
        out, _ = self.call("Verify", {"paths": paths}, "-j", "--more")
        replies = [json.loads(part) for part in out.split("\x1e") if part.strip()]
        results = [result for reply in replies for result in reply["results"]]
        self.assertEqual(sorted(result["path"] for result in results), sorted(paths))
        out, _ = self.call("Verify", {"paths": paths}, "-j", "--collect")
        self.assertEqual(sum(len(reply["results"]) for reply in json.loads(out)), 100)

    def test_errors(self):
        _, err = self.call("Verify", {"paths": 1}, status=1)
        self.assertIn("org.varlink.service.InvalidParameter", err)
        _, err = self.call("Nothing", {}, status=1)
        self.assertIn("MethodNotFound", err)

    def test_oneway(self):
        self.call("Verify", {"paths": [self.good]}, "--oneway")
        self.assertTrue(self.connect().alive())

    def test_odd_paths(self):
        odd = self.home.add("good.so", 'o"d\\d\n\u00fc.so')
        out, _ = self.call("Verify", {"paths": [odd]}, "-j")
        self.assertEqual(json.loads(out)["results"], [{"path": odd, "ok": True}])


class Executed(Foreign):
    """varlinkctl starts the daemon itself, on a connected socket."""

    def test_varlinkctl_executes_the_daemon(self):
        out, _ = self.run_tool("varlinkctl", "-j", "call", f"exec:{harness.DAEMON}",
                               f"{INTERFACE}.Verify", json.dumps({"paths": [self.good]}))
        self.assertTrue(json.loads(out)["results"][0]["ok"])
        self.wait_for_no_daemon()
        self.assertFalse(self.home.socket.exists())


class Python(Foreign):
    """python3-varlink."""

    def test_python_varlink(self):
        self.start_daemon()
        address = f"unix:{self.home.socket}"
        out, _ = self.run_tool("python-varlink", "info", address)
        self.assertIn("tsuku-dltestd", out)
        out, _ = self.run_tool("python-varlink", "help", f"{address}/{INTERFACE}")
        self.assertIn("method Verify", out)
        out, _ = self.run_tool("python-varlink", "call", f"{address}/{INTERFACE}.Verify",
                               json.dumps({"paths": [self.good]}))
        self.assertTrue(json.loads(out)["results"][0]["ok"])
        out, _ = self.run_tool("python-varlink", "call", "-m", f"{address}/{INTERFACE}.Verify",
                               json.dumps({"paths": [self.good, self.bad]}))
        self.assertIn("missing_dependency", out)


if __name__ == "__main__":
    os.umask(0o022)
    harness.main()
