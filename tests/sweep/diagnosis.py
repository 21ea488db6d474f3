#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what is said to be missing with what ldd -r prints, unconfined.

Over every shared library below the directories given that tsuku-dltest --bare calls bad: the sets
'missing' and 'symbols' must be those of ldd -r, and each entry of 'needs' must name the object
that ldd names. Prints each difference, then the counts; fails on any difference that is not listed
with its cause in the file of known ones.
"""

import argparse
import collections
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

import sweep

# What ldd(1) adds in front of some lines, and nothing else of the environment.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"}

MISSING = re.compile(r"\t(?P<name>.*) => not found")
SYMBOL = re.compile(r"undefined symbol: (?P<name>.*?)(?:, version (?P<version>[^\t]*))?"
                    r"\t\((?P<object>.*)\)")
LINK_TIME = re.compile(r"symbol (?P<name>.*), version (?P<version>.*) not defined in file .* "
                       r"with link time reference\t\((?P<object>.*)\)")
VERSION = re.compile(r".*?: (?P<provider>/.*): version `(?P<version>.*)' not found "
                     r"\(required by (?P<object>.*)\)")
# What a line may be besides: an object that was found, or why the trace came to nothing.
FOUND = re.compile(r"\t(.* => )?/?.* \(0x[0-9a-f]+\)|\tstatically linked|"
                   r"\tnot a dynamic executable|.*: no version information available .*")


class Trace:
    """What ldd -r says of one library."""

    def __init__(self, path, shadow):
        self.missing, self.symbols, self.needs, self.other = set(), set(), set(), []
        process = subprocess.run(["ldd", "-r", path], stdin=subprocess.DEVNULL, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 errors="replace", env=ENVIRONMENT | shadow, check=False,
                                 timeout=60)
        for line in process.stdout.splitlines():
            self.take(line)

    def take(self, line):
        match = MISSING.fullmatch(line)
        if match:
            self.missing.add(match["name"])
            return
        match = SYMBOL.fullmatch(line) or LINK_TIME.fullmatch(line)
        if match:
            version = match["version"]
            self.symbols.add(match["name"] + (f", version {version}" if version else ""))
            self.needs.add((match["name"], version, match["object"]))
            return
        match = VERSION.fullmatch(line)
        if match:
            self.symbols.add(f"{match['version']} in {match['provider']}")
            self.needs.add((match["version"], None, match["object"]))
            return
        if not FOUND.fullmatch(line):
            self.other.append(line)


def compare(result, trace):
    """Lines that say where the result and ldd differ."""
    lines = []
    sets = [("missing", set(result.get("missing", [])), trace.missing),
            ("symbols", set(result.get("symbols", [])), trace.symbols)]
    needs = {(need["name"], need.get("version"), need.get("needed_by"))
             for need in result.get("needs", []) if need["name"] not in trace.missing}
    sets.append(("needs", needs, trace.needs))
    unwanted = {need["name"] for need in result.get("needs", []) if not need.get("needed_by")}
    sets.append(("wanted by nobody", unwanted, set()))
    for name, ours, theirs in sets:
        for sign, difference in (("only here", ours - theirs), ("only ldd", theirs - ours)):
            if difference:
                some = sorted(map(str, difference))
                lines.append(f"{name}, {sign}: {len(some)}: {'; '.join(some[:5])}")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--client", required=True)
    parser.add_argument("--known", help="file of known differences with their causes")
    parser.add_argument("--limit", type=int, default=0, help="libraries at most, spread evenly")
    parser.add_argument("--least", type=int, default=0, help="fail if fewer of them fail")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--shadow", help="directory to be searched before the system's, so that "
                        "more is missing")
    parser.add_argument("directories", nargs="+")
    arguments = parser.parse_args()

    paths = sweep.spread(sweep.find_libraries(arguments.directories), arguments.limit)
    known = sweep.read_known(arguments.known)
    with tempfile.TemporaryDirectory() as home:
        shadow = {}
        if arguments.shadow:
            shutil.copytree(arguments.shadow, os.path.join(home, "libs"))
            shadow = {"LD_LIBRARY_PATH": os.path.realpath(os.path.join(home, "libs"))}
        results, status = sweep.ask_client(arguments.client, paths, home)
        failed = [path for path in paths if not results[path]["ok"]]
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            traces = dict(zip(failed, pool.map(lambda path: Trace(path, shadow), failed)))

    counts = collections.Counter()
    for path in failed:
        result, trace = results[path], traces[path]
        lines = compare(result, trace)
        counts["missing"] += len(trace.missing)
        counts["symbols"] += len(trace.symbols)
        counts["with something missing"] += bool(trace.missing or trace.symbols)
        for line in trace.other:
            counts["lines of ldd not understood"] += "error while loading" not in line
            lines.append(f"ldd: {line}") if lines else None
        if not lines:
            continue
        cause = known.get(os.path.basename(path))
        counts["known" if cause else "unlisted"] += 1
        text = "\n  ".join(lines)
        print(f"{path}: {result['reason']}: {result['error']}\n  {text}"
              f"\n  {'known: ' + cause if cause else 'NOT KNOWN'}")
    reasons = collections.Counter(results[path]["reason"] for path in failed)
    print(f"{len(paths)} libraries, {len(failed)} fail "
          f"({', '.join(f'{count} {reason}' for reason, count in reasons.most_common())}), "
          f"{counts['with something missing']} of them lack something: "
          f"{counts['missing']} libraries, {counts['symbols']} symbols and versions")
    print(f"{counts['unlisted']} differences, {counts['known']} known ones, "
          f"{counts['lines of ldd not understood']} lines of ldd not understood; "
          f"client exit status {status}")
    if len(failed) < arguments.least:
        print(f"fewer than {arguments.least} libraries fail here")
        return 1
    return 1 if counts["unlisted"] or len(results) != len(paths) else 0


if __name__ == "__main__":
    sys.exit(main())
