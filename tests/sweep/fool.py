#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tries to fool the daemon's memory.

Builds a small world of libraries, directories and symlinks, changes something in it at random,
and asks for verdicts: first as anybody does, then anew (fresh). Nothing changes between the two, so
they must be equal, always. With --churn another thread changes the world while loads run; then the
world is left alone, and both answers are compared again.

What is random comes from a seed, which is printed; --seed gives the same changes again (what the
daemon has remembered by then depends on times, too).
"""

import argparse
import collections
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from changes import Changes
from world import World

METHOD = "dev.tsuku.DlTest.Verify"
# What a verdict says, but for times and where it came from.
FIELDS = ("ok", "reason", "missing", "symbols", "error", "context", "loads_with", "needs")
DETAILS = ("objects", "warnings", "output", "denied")
# Ends that say nothing about the library; they are not remembered.
NOISE = {"no_verdict", "timed_out", "out_of_memory"}


class Daemon:
    """The daemon, and a connection to it."""

    def __init__(self, program, home):
        env = {"TSUKU_HOME": str(home), "HOME": str(home.parent), "PATH": "/usr/bin:/bin",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        self.process = subprocess.Popen([os.path.abspath(program)], env=env, cwd="/")
        deadline = time.monotonic() + 30
        while True:
            try:
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.connect(str(home / "dltest.sock"))
                break
            except OSError:
                self.socket.close()
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.02)
        self.buffer = b""

    def call(self, method, parameters):
        message = json.dumps({"method": method, "parameters": parameters})
        self.socket.sendall(message.encode() + b"\0")
        while b"\0" not in self.buffer:
            data = self.socket.recv(1 << 20)
            if not data:
                raise AssertionError("the daemon closed the connection")
            self.buffer += data
        reply, self.buffer = self.buffer.split(b"\0", 1)
        reply = json.loads(reply)
        if "error" in reply:
            raise AssertionError(f"{reply}")
        return reply["parameters"]

    def verify(self, paths, **options):
        return self.call(METHOD, {"paths": paths, **options})["results"]

    def end(self):
        self.socket.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


class Fool:
    """The test."""

    def __init__(self, args, base):
        self.args = args
        self.rng = random.Random(args.seed)
        self.world = World(base, self.rng, args.compiler)
        self.changes = Changes(self.world, self.rng)
        self.daemon = Daemon(args.daemon, self.world.home)
        self.figures = collections.Counter()
        self.reasons = collections.Counter()
        self.failed = []

    def options(self):
        world, rng = str(self.world.place), self.rng
        options = {"roots": rng.choice(([world], [world], [world, f"{world}/root"],
                                        [f"{world}/root", f"{world}/rp1", f"{world}/store"])),
                   "library_path": rng.choice(([], [f"{world}/early", f"{world}/late"],
                                               [f"{world}/lnk"], [f"{world}/nowhere"],
                                               [f"{world}/rp3/link", f"{world}/late"])),
                   "bare": rng.random() < 0.6}
        if rng.random() < 0.1:
            options["lazy"] = True
        if rng.random() < 0.15:
            options["preload"] = [f"{world}/late/libB.so"]
        if rng.random() < 0.8:
            options["details"] = True
        return options

    def paths(self):
        world, rng = self.world, self.rng
        return [str(rng.choice(world.homes) / rng.choice(world.tops).name)
                for _ in range(rng.randrange(2, 7))]

    def compare(self, paths, options, questions):
        """Asks twice; the answers must be equal."""
        remembered = self.daemon.verify(paths, **options)
        fresh = self.daemon.verify(paths, fresh=True, **options)
        for path, was, now in zip(paths, remembered, fresh):
            self.figures["compared"] += 1
            self.reasons[now.get("reason", "context" if "context" in now else "ok")] += 1
            if was.get("reason") in NOISE or now.get("reason") in NOISE:
                self.figures["noise"] += 1
                continue
            fields = FIELDS + (DETAILS if options.get("details") else ())
            if options.get("details") and was["cached"]:
                self.figures["cached"] += 1
            if all(was.get(field) == now.get(field) for field in fields):
                continue
            again = self.daemon.verify([path], fresh=True, **options)[0]
            if not all(again.get(field) == now.get(field) for field in fields):
                self.figures["unsteady"] += 1
                print(f"unsteady: {now}\nand {again}", flush=True)
                continue
            self.report(path, options, was, now, fields, questions)

    def report(self, path, options, was, now, fields, questions):
        self.failed.append(path)
        again = self.daemon.verify([path], **{**options, "details": True})[0]
        print(f"FOOLED by {path}\n  options    {options}\n  question   {questions}\n"
              f"  remembered now: {again.get('cached')}")
        for field in fields:
            if was.get(field) != now.get(field):
                print(f"  {field}: remembered {was.get(field)!r}\n  {field}: fresh      "
                      f"{now.get(field)!r}")
        print("  changes, the last one last:")
        for change in list(self.changes.log)[-25:]:
            print(f"    {change}")
        sys.stdout.flush()

    def churn(self, paths, options):
        """Asks while somebody changes the world."""
        stop = threading.Event()

        def change():
            while not stop.is_set():
                self.changes.change()
                time.sleep(self.rng.random() / 150)

        thread = threading.Thread(target=change)
        thread.start()
        try:
            for _ in range(3):
                self.daemon.verify(paths, fresh=self.rng.random() < 0.5, **options)
        finally:
            stop.set()
            thread.join()

    def run(self):
        deadline = time.monotonic() + self.args.seconds if self.args.seconds else None
        recent = collections.deque(maxlen=12)
        step = 0
        while (step < self.args.steps or deadline) and \
                (not deadline or time.monotonic() < deadline) and \
                len(self.failed) < self.args.failures:
            step += 1
            if not recent or self.rng.random() < 0.25:
                recent.append((self.paths(), self.options()))
            # The same questions again and again, or nothing would be remembered.
            paths, options = self.rng.choice(recent)
            if self.args.churn and self.rng.random() < 0.3:
                self.churn(paths, options)
                self.figures["churned"] += 1
            elif self.rng.random() < 0.8:
                for _ in range(self.rng.choice((1, 1, 1, 2, 4))):
                    self.figures["changes"] += self.changes.change() is not None
            if self.rng.random() < 0.3:
                time.sleep(0.01)  # that times become old enough for verdicts to be kept
            for which in {0, self.rng.randrange(len(recent))}:
                paths, options = recent[-1 - which]
                self.compare(paths, options, step)
            self.compare(*self.rng.choice(recent), step)
        self.figures["steps"] = step
        remembered = self.daemon.call("dev.tsuku.DlTest.Status", {})
        print(f"seed {self.args.seed}: {dict(self.figures)}\n{dict(self.reasons)}\n"
              f"remembered at the end: {remembered['remembered']}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--daemon", default=os.environ.get("DLTEST_DAEMON"))
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--churn", action="store_true")
    parser.add_argument("--failures", type=int, default=1, help="end after so many")
    parser.add_argument("--where", default="/tmp", help="file system to do it on")
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    base = Path(tempfile.mkdtemp(prefix="dlt-fool-", dir=args.where)).resolve()
    fool = None
    try:
        fool = Fool(args, base)
        fool.run()
        fool.daemon.end()
        if fool.figures["cached"] < fool.figures["compared"] // 100:
            print("hardly anything was answered from memory: this has tested nothing")
            return 1
        return 1 if fool.failed else 0
    finally:
        if fool and fool.daemon.process.poll() is None:
            fool.daemon.process.kill()
            fool.daemon.process.wait()
        subprocess.run(["chmod", "-R", "u+rwX", str(base)], check=False,
                       stderr=subprocess.DEVNULL)
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
