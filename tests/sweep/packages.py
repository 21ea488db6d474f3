#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Verdicts about every shared library of Debian's packages, counted by class.

    packages.py                 those of packages.txt that are installed
    packages.py --install       has apt-get install them first; no service is started
    packages.py NAME...         other packages
    packages.py --unpacked DIR  those that are unpacked in DIR (the --root), each in a directory of
                                its own; with --fetch, has apt-get get them first

What is installed is looked at where it belongs, with all that it depends on. What is only unpacked
finds in the system what it needs of other packages, if they are installed as well. A library that
is not ok is a false alarm if it loads alone, in the process of its host (hosttable.py), with what
lies in other directories of its package, or in the process of a program of that or of another one
from the same source. One that is ok is falsely so if it loads in none of these ways, nor with the
host, after the plugins or in the directories that its result names. Prints each of both, then the
counts; fails if more than 1 % are false alarms, or one is falsely ok.
"""

import argparse
import concurrent.futures
import os
import sys
import threading

import debian
from elffile import is_program
from hosttable import hosts_of
from oracle import Oracle, loads
from sweep import spread
from verdicts import Sweep, Truth, ask, program_of, read_list

HERE = os.path.dirname(os.path.abspath(__file__))
# A program that is nobody's host and brings nothing along.
NO_HOST = "/bin/true"
PROGRAMS_MAX = 40


def tell_differences(names, versions):
    """What is not installed, or in another version; the names of the rest."""
    there = debian.installed()
    absent = [name for name in names if name not in there]
    other = [f"{name} {there[name][0]}" for name in names if name in there
             and versions.get(name) not in (None, there[name][0])]
    for text, packages in (("not installed", absent), ("in another version", other)):
        if packages:
            print(f"{text}: {', '.join(packages)}")
    return [name for name in names if name in there]


class Judge:
    """Whether a library of a package really loads, and what is said if not."""

    def __init__(self, oracle, debs, results):
        self.oracle, self.debs, self.results = oracle, debs, results
        self.alone = oracle.alone(sorted(debs.packages))
        self.programs, self.lock = {}, threading.Lock()

    def __call__(self, path):
        text, why = self.alone[path], None
        if text == "ok":
            return Truth(True, True, text)
        for program, directories, before in self._ways(path):
            said, _ = self.oracle.in_company(program, path, directories, before)
            if loads(said):
                return Truth(True, False, said)
            # Of a plugin the first host's words say more than those of no host at all.
            why = why or said
        return Truth(False, False, why or text)

    def _ways(self, path):
        """Programs that may be the host; directories of which the result says that they help, or
        that are of the package; plugins that come before this one."""
        result = self.results.get(path) or {}
        context = result.get("context", []) if result.get("ok") else []
        for host in hosts_of(self.debs.place_of(path)):
            yield from ((program, context, host.found_before())
                        for program in host.found_programs())
        if program_of(result):
            yield program_of(result), context, ()
            if result["host"].get("after"):
                yield program_of(result), context, result["host"]["after"]
        elif context:
            yield NO_HOST, context, ()
        # Not the library's own, which it has to find by itself.
        package = [directory for directory in self._directories_of(path)
                   if directory != os.path.dirname(path)]
        if package:
            yield NO_HOST, package, ()
        yield from ((program, package, ()) for program in self._programs_of(path))

    def _directories_of(self, path):
        """Those in which libraries of the same source lie, but for the system's."""
        source = self.debs.source_of(path)
        return sorted({os.path.dirname(other) for other in self.debs.packages
                       if self.debs.source_of(other) == source} - self.oracle.system)

    def _programs_of(self, path):
        """Of all packages that are of the same source."""
        source = self.debs.source_of(path)
        with self.lock:
            if source not in self.programs:
                files = self.debs.files_of_source(source)
                self.programs[source] = sorted(filter(is_program, files))[:PROGRAMS_MAX]
            return self.programs[source]


def find_packages(arguments):
    """The packages that are meant, where they are."""
    listed = read_list(arguments.list)
    if arguments.unpacked:
        if arguments.fetch:
            absent = debian.unpack(arguments.packages or listed, arguments.unpacked)
            print(f"not to be had: {', '.join(absent) or 'none'}")
        return debian.Unpacked(arguments.unpacked)
    if arguments.install:
        debian.install(arguments.packages or listed)
    versions = dict(line.split("=", 1) for line in listed)
    return debian.Installed(tell_differences(arguments.packages or list(versions), versions))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", default=os.path.join(HERE, "packages.txt"))
    parser.add_argument("--install", action="store_true", help="have apt-get install them first")
    parser.add_argument("--unpacked", metavar="DIR", help="what is unpacked there, instead")
    parser.add_argument("--fetch", action="store_true", help="have apt-get get them for that")
    parser.add_argument("--oracle", help="file of what is known of how they really load")
    parser.add_argument("--limit", type=int, default=0, help="libraries at most, spread evenly")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("packages", nargs="*", metavar="NAME")
    arguments = parser.parse_args()

    debs = find_packages(arguments)
    paths = spread(sorted(debs.packages), arguments.limit)
    results = ask(paths, [debs.root])
    judge = Judge(Oracle(arguments.oracle), debs, results)
    sweep = Sweep()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for path, truth in zip(paths, pool.map(judge, paths)):
            sweep.add(path, results.get(path), truth)
    sweep.print_single()
    sweep.print_reasons()
    print(f"{len(set(debs.packages.values()))} packages that have libraries")
    sweep.print_table()
    return sweep.status()


if __name__ == "__main__":
    sys.exit(main())
