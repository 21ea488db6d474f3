#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the confined verdict with an unconfined dlopen() in a fresh process.

Over every shared library below the directories given: tsuku-dltest --bare must say ok exactly
where tests/sweep/reference.c does. Prints each difference with both texts, then the counts, and
fails on a difference that is not listed with its cause in the file of known ones, and where the error
does not name what was refused. A library that loads at one time and not at another without any
confinement is told, and is no difference: 100 further loads say so.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
from libraries import find_libraries, spread  # noqa: E402  pylint: disable=wrong-import-position
from needs import spell_out  # noqa: E402  pylint: disable=wrong-import-position


def ask_reference(program, paths, jobs):
    verdicts = {}
    processes = []
    for job in range(jobs):
        process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   env={"PATH": "/usr/bin:/bin", "LC_ALL": "C",
                                        "HOME": "/nonexistent"})
        text = "".join(path + "\n" for path in paths[job::jobs]).encode()
        processes.append((process, text))
    # Each in turn is enough: the others block in their pipes for a while, no more.
    for process, text in processes:
        output, _ = process.communicate(text)
        for line in output.decode("utf-8", "replace").splitlines():
            ok, path, why = line.split("\t", 2)
            verdicts[path] = (ok == "1", why)
    return verdicts


def ask_client(client, paths, home):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listing:
        listing.write("".join(path + "\0" for path in paths))
        listing.flush()
        environment = {"PATH": "/usr/bin:/bin", "HOME": home, "TSUKU_HOME": home}
        process = subprocess.run(
            [client, "--bare", "--fresh", "--jsonl", "--timeout", "20", "--no-daemon",
             "--files-from", listing.name, "-0"],
            stdout=subprocess.PIPE, env=environment, check=False)
    results = [spell_out(json.loads(line)) for line in process.stdout.decode().splitlines()]
    return {result["path"]: result for result in results}, process.returncode


AGAIN = 100  # loads of a library that may load by chance


def is_unsteady(program, path):
    """Whether an unconfined load of it works at one time and fails at another."""
    verdicts = set()
    for _ in range(AGAIN):
        verdicts |= {ok for ok, _ in ask_reference(program, [path], 1).values()}
        if len(verdicts) > 1:
            return True
    return False


def read_known(path):
    """Lines of "name of the file: cause"; # starts a comment."""
    known = {}
    if path:
        with open(path, encoding="utf-8") as file:
            for line in file:
                line = line.split("#", 1)[0].strip()
                if line:
                    name, cause = line.split(":", 1)
                    known[name.strip()] = cause.strip()
    return known


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--client", required=True)
    parser.add_argument("--reference", required=True)
    parser.add_argument("--known", help="file of known differences with their causes")
    parser.add_argument("--limit", type=int, default=0, help="libraries at most, spread evenly")
    parser.add_argument("--least", type=int, default=0, help="fail if there are fewer libraries")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("directories", nargs="+")
    arguments = parser.parse_args()

    paths = spread(find_libraries(arguments.directories), arguments.limit)
    known = read_known(arguments.known)
    expected = ask_reference(arguments.reference, paths, arguments.jobs)
    with tempfile.TemporaryDirectory() as home:
        seen, status = ask_client(arguments.client, paths, home)

    listed, unlisted, named, unsteady = 0, 0, 0, 0
    for path in paths:
        ok, why = expected.get(path, (None, "the reference gave no answer"))
        result = seen.get(path, {"ok": None, "error": "no result"})
        if result["ok"] == ok and result.get("reason") != "no_verdict":
            continue
        cause = known.get(os.path.basename(path))
        if cause:
            listed += 1
            cause = f"known: {cause}"
        elif ok and "refused" in result:
            named += 1
            cause = "named by what was refused"
        elif is_unsteady(arguments.reference, path):
            unsteady += 1
            cause = "loads by chance, unconfined as well"
        else:
            unlisted += 1
        print(f"{path}\n  unconfined: {'ok' if ok else why}\n  confined:   "
              f"{'ok' if result['ok'] else result.get('error')}"
              f"\n  {cause or 'NOT KNOWN'}")
    reasons = collections.Counter(result.get("reason", "ok") for result in seen.values())
    print(f"{len(paths)} libraries, {unlisted} differences, {listed} known ones, {named} named by "
          f"what was refused, {unsteady} by chance; client exit status {status}")
    print(", ".join(f"{count} {reason}" for reason, count in reasons.most_common()))
    if len(paths) < arguments.least:
        print(f"fewer than {arguments.least} libraries are installed")
        return 1
    return 1 if unlisted or len(seen) != len(paths) else 0


if __name__ == "__main__":
    sys.exit(main())
