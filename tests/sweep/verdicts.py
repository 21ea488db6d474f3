# SPDX-License-Identifier: MIT
"""What is said of many libraries, and how that compares with how they are really loaded."""

import collections
import json
import os
import subprocess
import sys
import tempfile

from oracle import LINKED, build_dir

# Of another system or machine: none of them is loaded here, whatever their host.
ELSEWHERE = {"wrong_platform", "wrong_architecture"}
OK_ALONE, OK_CONTEXT, OK_HOST = "ok alone", "ok with context", "ok with host"
NEEDS_HOST, SKIPPED = "needs_host", "wrong platform"
UNDERLINKED = "under-linked, and said so"
NO_ORIGIN = "lacks a way to its own directory"
TOO_EARLY = "crashes where no host has begun"
NOT_INSTALLED, BROKEN = "needs what is not installed", "truly broken"
FALSE_ALARM, FALSE_OK, NO_ANSWER = "FALSE ALARM", "FALSE OK", "NO VERDICT"
CLASSES = (OK_ALONE, OK_CONTEXT, OK_HOST, NEEDS_HOST, SKIPPED, NOT_INSTALLED, BROKEN,
           UNDERLINKED, NO_ORIGIN, TOO_EARLY, FALSE_ALARM, FALSE_OK, NO_ANSWER)
FALSE_ALARMS_MAX = 0.01


def read_list(path):
    """Lines of a list file, without comments."""
    with open(path, encoding="utf-8") as file:
        lines = (line.split("#", 1)[0].strip() for line in file)
        return [line for line in lines if line]


def ask(paths, roots=(), options=(), seconds=20):
    """Results by path, of a daemon of our own with a home that is empty."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "TSUKU_HOME": home}
        command = [os.path.join(build_dir(), "bin/tsuku-dltest"), "--jsonl", "--no-daemon",
                   "--timeout", str(seconds), *options]
        for root in roots:
            command += ["--root", os.path.realpath(root)]
        process = subprocess.run(
            [*command, "--files-from", "-", "-0"], env=environment, check=False,
            stdout=subprocess.PIPE, input="".join(path + "\0" for path in paths).encode())
    if process.returncode not in (0, 1, 3):
        sys.exit(f"{command[0]} ended with status {process.returncode}")
    results = (json.loads(line) for line in process.stdout.decode().splitlines())
    return {result["path"]: result for result in results}


def way(result):
    """How a library that is ok was loaded."""
    if "host" in result:
        return OK_HOST
    return OK_CONTEXT if result.get("context") else OK_ALONE


def program_of(result):
    """The host that the result names, if it is on this machine."""
    return result.get("host", {}).get("program")


def classify(result, truth):
    """The class of a result; the truth is about what is of this machine."""
    if result is None or result.get("reason") == "no_verdict":
        return NO_ANSWER
    if result.get("skipped") or result.get("reason") in ELSEWHERE:
        return SKIPPED
    if result["ok"]:
        return way(result) if truth.loads else FALSE_OK
    if result["reason"] == "needs_host":
        return NEEDS_HOST
    if not truth.alone and result.get("loads_with"):
        # It lacks a need, which is a fault of its own; a host that has it in memory hides that.
        return UNDERLINKED
    if not truth.alone and "is beside it" in result.get("error", ""):
        # It depends on being loaded by another one that has the RPATH.
        return NO_ORIGIN
    if truth.why.startswith(LINKED) and result["reason"] == "crashed":
        # Its constructor calls something that the host would have made ready by then.
        return TOO_EARLY
    if truth.loads:
        return FALSE_ALARM
    return NOT_INSTALLED if "cannot open shared object file" in truth.why else BROKEN


# Whether a library can be loaded in one of the ways that are its own, and alone; what was said.
Truth = collections.namedtuple("Truth", "loads alone why")


class Sweep:
    """Libraries by class, and what there is to say of single ones."""

    def __init__(self):
        self.classes = {name: [] for name in CLASSES}
        self.results = {}

    def add(self, path, result, truth):
        self.classes[classify(result, truth)].append((path, truth.why))
        self.results[path] = result

    def count(self, name):
        return len(self.classes[name])

    def total(self):
        return len(self.results)

    def print_single(self):
        for name in (BROKEN, UNDERLINKED, NO_ORIGIN, TOO_EARLY, FALSE_ALARM, FALSE_OK, NO_ANSWER):
            for path, why in self.classes[name]:
                result = self.results[path] or {}
                said = "ok" if result.get("ok") else \
                    f"{result.get('reason')}: {result.get('error')}"
                print(f"{name}: {path}\n  we:     {said[:400]}\n  really: {why[:400]}")

    def print_table(self):
        width = max(map(len, CLASSES))
        for name in CLASSES:
            share = 100 * self.count(name) / max(1, self.total())
            print(f"{name:{width}}  {self.count(name):5}  {share:5.1f} %")
        print(f"{'all':{width}}  {self.total():5}")

    def print_reasons(self):
        """What the false alarms are made of."""
        reasons = collections.Counter(self.results[path].get("reason")
                                      for path, _ in self.classes[FALSE_ALARM])
        told = ", ".join(f"{count} {word}" for word, count in reasons.most_common()) or "none"
        print(f"{FALSE_ALARM}: {told}")

    def status(self):
        """1 if there is too much that is false, or nothing at all."""
        alarms = self.count(FALSE_ALARM) + self.count(NO_ANSWER)
        if not self.total() or self.count(FALSE_OK):
            return 1
        return 1 if alarms > FALSE_ALARMS_MAX * self.total() else 0
