#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same verdict each time: over every shared library below the directories given, however asked.

    pip download --only-binary :all: …; unpack the wheels (pip install --no-deps --target DIR …)
    steady.py --client …/tsuku-dltest --daemon …/tsuku-dltestd --state FILE DIR

Each library is asked about in one call with all others, in a call of its own, in reversed order, and
of a daemon with --jobs 1, three times each. Without its remembered verdicts: these are another
test's. What has been answered is in --state, a line each, and a run that was stopped goes on from
there; --budget stops it by itself. Prints each library whose verdicts differ, then the counts; fails
if there is one, and says if parts are missing.
"""

import argparse
import collections
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
from libraries import find_libraries, spread  # noqa: E402  pylint: disable=wrong-import-position

WAYS = ("one call", "one call each", "reversed", "jobs 1")


class State:
    """What has been answered: for each round of each way, a verdict for each path."""

    def __init__(self, path):
        self.verdicts = collections.defaultdict(dict)
        self.file = open(path, "a+", encoding="utf-8") if path else None
        if self.file:
            self.file.seek(0)
            for line in self.file:
                with contextlib.suppress(ValueError):  # the last one may have been cut off
                    self._take(json.loads(line))

    def _take(self, record):
        self.verdicts[record["way"], record["round"]][record["path"]] = record["verdict"]

    def add(self, way, number, result):
        """A verdict is what callers act on; how the sentence goes on is not."""
        verdict = result.get("reason", "ok")
        for key in ("missing", "symbols", "context", "loads_with"):
            if key in result:
                verdict += f" {key} {sorted(result[key])[:3]}"
        record = {"way": way, "round": number, "path": result["path"], "verdict": verdict}
        self._take(record)
        if self.file:
            self.file.write(json.dumps(record) + "\n")
            self.file.flush()


class Asker:
    """A daemon with a home of its own, and clients that ask it."""

    def __init__(self, arguments, home, jobs):
        self.arguments, self.home = arguments, home
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": home, "TSUKU_HOME": home}
        extra = ["--jobs", str(jobs)] if jobs else []
        self.daemon = subprocess.Popen([arguments.daemon, "--foreground", *extra],
                                       env=self.environment, stderr=subprocess.DEVNULL)
        while self.daemon.poll() is None and not os.path.exists(f"{home}/dltest.sock"):
            time.sleep(0.01)

    def close(self):
        self.daemon.terminate()
        self.daemon.wait()

    def ask(self, paths):
        """Results as they come; stopped half-way, the rest is asked about the next time."""
        roots = [option for root in self.arguments.directories
                 for option in ("--root", os.path.realpath(root))]
        command = [self.arguments.client, "--fresh", "--jsonl", "--timeout",
                   str(self.arguments.timeout), *roots, "--files-from", "-", "-0"]
        with subprocess.Popen(command, env=self.environment, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as client:
            client.stdin.write("".join(path + "\0" for path in paths).encode())
            client.stdin.close()
            for line in client.stdout:
                yield json.loads(line)


def run_round(asker, state, way, number, paths, deadline):
    todo = [path for path in paths if path not in state.verdicts[way, number]]
    if way == "reversed":
        todo.reverse()
    calls = [[path] for path in todo] if way == "one call each" else [todo] if todo else []
    start = time.monotonic()
    for call in calls:
        if time.monotonic() > deadline:
            return False
        for result in asker.ask(call):
            state.add(way, number, result)
    if todo:
        print(f"{way}, round {number}: {len(todo)} libraries in {time.monotonic() - start:.1f} s",
              flush=True)
    return True


def run(arguments, state, paths):
    deadline = time.monotonic() + arguments.budget if arguments.budget else float("inf")
    whole = True
    for number in range(1, arguments.rounds + 1):
        for way in WAYS:
            with tempfile.TemporaryDirectory() as home:
                asker = Asker(arguments, home, 1 if way == "jobs 1" else 0)
                try:
                    whole &= run_round(asker, state, way, number, paths, deadline)
                finally:
                    asker.close()
    return whole


def report(arguments, state, paths):
    differing, missing = 0, 0
    for path in paths:
        seen = collections.defaultdict(list)
        for way in WAYS:
            for number in range(1, arguments.rounds + 1):
                verdict = state.verdicts[way, number].get(path)
                if verdict is None:
                    missing += 1
                else:
                    seen[verdict].append(f"{way} {number}")
        if len(seen) > 1:
            differing += 1
            print(path)
            for verdict, where in seen.items():
                print(f"  {verdict}: {', '.join(where)}")
    for (way, number), verdicts in sorted(state.verdicts.items()):
        counts = collections.Counter(verdict.split()[0] for verdict in verdicts.values())
        print(f"{way} {number}: " + ", ".join(f"{n} {word}" for word, n in counts.most_common()))
    print(f"{len(paths)} libraries, {differing} with different verdicts, {missing} not asked yet")
    return differing


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--client", required=True)
    parser.add_argument("--daemon", required=True)
    parser.add_argument("--state", help="file of what has been answered; a run goes on from it")
    parser.add_argument("--budget", type=float, default=0, help="seconds after which to stop")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=3)
    parser.add_argument("--limit", type=int, default=0, help="libraries at most, spread evenly")
    parser.add_argument("directories", nargs="+")
    arguments = parser.parse_args()

    paths = spread(find_libraries(arguments.directories), arguments.limit)
    state = State(arguments.state)
    whole = run(arguments, state, paths)
    differing = report(arguments, state, paths)
    if not whole:
        print("stopped by --budget; run it again to go on")
    return 1 if differing or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
