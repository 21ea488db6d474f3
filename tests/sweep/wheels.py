#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Verdicts about every shared library of a directory of unpacked wheels, counted by class.

    wheels.py --fetch DIR     has pip install what wheels.txt lists there, without dependencies
    wheels.py DIR             DIR is a site-packages directory, as pip makes it, and the --root

A library that is not ok is a false alarm if it loads alone, in the process of this Python before
any code of that runs, there with what lies in other directories of its package, or in a Python that
has imported it. One that is ok is falsely
so if it loads in none of these ways, nor with the host or in the directories that its result names.
Prints each of both, then the counts; fails if more than 1 % are false alarms, or one is falsely ok.

What the real ways come to is kept in --oracle FILE, and asked for once for each file.
"""

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys

from oracle import Oracle, loads
from sweep import find_libraries, spread
from verdicts import Sweep, Truth, ask, program_of, read_list

LINKER = re.compile("undefined symbol: |cannot open shared object file|not found")
HERE = os.path.dirname(os.path.abspath(__file__))


def fetch(arguments):
    subprocess.run([arguments.python, "-m", "pip", "install", "--quiet", "--no-deps",
                    "--no-compile", "--only-binary", ":all:", "--upgrade", "--target",
                    arguments.directory, "--requirement", arguments.list], check=True)


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def unpacked(directory):
    """The wheels that are there, NAME==VERSION."""
    found = set()
    for name in os.listdir(directory):
        match = re.fullmatch(r"(?P<name>.+)-(?P<version>[^-]+)\.dist-info", name)
        if match:
            found.add(f"{normal(match['name'])}=={match['version']}")
    return found


def tell_differences(arguments):
    """What is there besides the list, or is not; both are no reason to stop."""
    wanted = {normal(name) + "==" + version for name, version in
              (line.split("==") for line in read_list(arguments.list))}
    there = unpacked(arguments.directory)
    for text, wheels in (("not there", wanted - there), ("not on the list", there - wanted)):
        if wheels:
            print(f"{text}: {', '.join(sorted(wheels))}")
    print(f"{len(there & wanted)} of {len(wanted)} wheels of the list, "
          f"{len(there - wanted)} others")


class Judge:
    """Whether a library of a wheel really loads, and what is said if not."""

    def __init__(self, arguments, oracle, results):
        self.python, self.oracle, self.results = arguments.python, oracle, results
        self.site = os.path.realpath(arguments.directory)
        self.alone = oracle.alone(sorted(results))

    def __call__(self, path):
        text = self.alone[path]
        if text == "ok":
            return Truth(True, True, text)
        for ask_oracle in (self._by_python, self._by_named, self._by_package, self._by_import):
            said = ask_oracle(path)
            if said and loads(said):
                return Truth(True, False, said)
            # How a process ended says less than what the dynamic linker says.
            text = said if said and LINKER.search(said) else text
        return Truth(False, False, text)

    def _by_python(self, path):
        return self.oracle.by_host(self.python, path)

    def _by_named(self, path):
        """In the host and the directories that the result names, if it is ok there."""
        result = self.results.get(path) or {"ok": False}
        if not result["ok"]:
            return None
        return self.oracle.in_company(program_of(result) or self.python, path,
                                      result.get("context", []))[0]

    def _by_package(self, path):
        """With what lies in other directories of its package; what is in its own it has to find."""
        top = os.path.relpath(path, self.site).split(os.sep)[0]
        package = {os.path.dirname(other) for other in self.alone
                   if os.path.relpath(other, self.site).split(os.sep)[0] in (top, top + ".libs")}
        return self.oracle.in_company(self.python, path,
                                      sorted(package - {os.path.dirname(path)}))[0]

    def _by_import(self, path):
        return self.oracle.by_import(self.python, self.site, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", default=os.path.join(HERE, "wheels.txt"))
    parser.add_argument("--fetch", action="store_true", help="install the list there first")
    parser.add_argument("--python", default=sys.executable, help="the host of what is there")
    parser.add_argument("--oracle", help="file of what is known of how they really load")
    parser.add_argument("--limit", type=int, default=0, help="libraries at most, spread evenly")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("directory")
    arguments = parser.parse_args()

    if arguments.fetch:
        fetch(arguments)
    tell_differences(arguments)
    paths = spread(find_libraries([arguments.directory]), arguments.limit)
    results = ask(paths, [arguments.directory])
    judge = Judge(arguments, Oracle(arguments.oracle), results)
    sweep = Sweep()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for path, truth in zip(paths, pool.map(judge, paths)):
            sweep.add(path, results.get(path), truth)
    sweep.print_single()
    sweep.print_reasons()
    sweep.print_table()
    return sweep.status()


if __name__ == "__main__":
    sys.exit(main())
