#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Verdicts about plugins of real programs, against what these programs themselves say.

    hosts.py                  each host of hosttable.py that is installed
    hosts.py --short          three that are small, as CI has them
    hosts.py --addons DIR     Node's addons below DIR as well; with --fetch, npm installs those of
                              addons.txt there first
    hosts.py --install        has apt-get install them first; no service is started
    hosts.py --named          hosts are named with --host, and need not be found
    hosts.py --mutate N       of N plugins that their host loads, one wanted name each is changed:
                              that must be said to be undefined, and nothing else
    hosts.py --underlinked    system libraries without one of those that they need: none of them
                              has a host

The host's own process loads the plugin, before any code of the host has run (oracle.py); if it
lacks what another plugin beside it has, after that one. Must be equal: whether it loads, and if
not, the name that is first said to be missing. Prints each difference, then the counts; fails if
there is one.
"""

import argparse
import concurrent.futures
import os
import subprocess
import sys

import debian
import mutated
from hosttable import HOSTS, SHORT, Host
from oracle import LINKED, MISSING, UNDEFINED, Oracle, loads
from sweep import read_known
from verdicts import ELSEWHERE, OK_ALONE, ask, program_of, read_list, way

# So many programs are named for one plugin.
NAMED_MAX = 8
HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = ("plugins", "alone", "we", "really", "with siblings", "equal", "known", "different",
           "other host")


def names_of(result, key):
    """Missing names without the versions that are wanted of them."""
    return {name.split(",")[0] for name in result.get(key, [])}


def difference(result, text):
    """In what a result differs from what the host said, or None."""
    if result is None or result.get("reason") == "no_verdict":
        return "no verdict"
    if text.startswith(LINKED) and result.get("reason") == "crashed":
        return None  # so does it in the host, as far as this can be seen before that has begun
    if result["ok"] != loads(text):
        return "loads with its host" if loads(text) else "does not load with its host"
    if result["ok"]:
        return None
    if result["reason"] == "needs_host":
        return "the host is there"
    for form, key in ((UNDEFINED, "symbols"), (MISSING, "missing")):
        match = form.search(text)
        if match and match[1] not in names_of(result, key):
            return f"{match[1]} is not among what is said to be missing"
    return None


class Comparison:
    """One host: its plugins, their results, what the host itself said."""

    def __init__(self, host, known):
        self.host, self.known = host, known
        self.programs, self.plugins = host.found_programs(), host.found_plugins()
        self.counts = dict.fromkeys(COLUMNS, 0)
        self.loaded = []

    def known_cause(self, path):
        """The cause of a difference that is known, if there is one."""
        return self.known.get(os.path.basename(path))

    def ask_oracle(self, oracle, jobs):
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            return dict(zip(self.plugins,
                            pool.map(lambda path: self._best(oracle, path), self.plugins)))

    def _best(self, oracle, path):
        """Of a host of several programs, each has plugins of its own."""
        best = None
        for program in self.programs:
            said = (*oracle.in_company(program, path, before=self.host.found_before()), program)
            if loads(said[0]):
                return said
            best = best or said
        return best

    def _after_others(self, oracle, path, result):
        """What its host says after the plugins that the result names, which need not lie beside
        it: they are loaded first, in one order or the other. None if that is no help."""
        after = ((result or {}).get("host") or {}).get("after", [])
        for first in (after, after[::-1]) if after else ():
            text = oracle.by_host(program_of(result), path, first)
            if loads(text):
                return text, first
        return None

    def compare(self, results, oracle, jobs):
        for path, (text, before, program) in self.ask_oracle(oracle, jobs).items():
            result = results.get(path)
            if result and result.get("reason") in ELSEWHERE:
                continue
            if not loads(text):
                text, before = self._after_others(oracle, path, result) or (text, before)
            self.counts["plugins"] += 1
            self.counts["really"] += loads(text)
            self.counts["with siblings"] += bool(before)
            if result:
                self._count_result(result)
            self._count_difference(path, result, text)
            # What loads in the program itself, without any other.
            if text == "ok" and not (before or self.host.before or self.known_cause(path)):
                self.loaded.append((path, program))

    def _count_result(self, result):
        self.counts["we"] += result["ok"]
        self.counts["alone"] += result["ok"] and way(result) == OK_ALONE
        program = program_of(result)
        self.counts["other host"] += bool(program) and \
            os.path.realpath(program) not in self.programs

    def _count_difference(self, path, result, text):
        what = difference(result, text)
        cause = self.known_cause(path)
        self.counts["equal" if not what else "known" if cause else "different"] += 1
        if what:
            said = "ok" if result and result["ok"] else (result or {}).get("error")
            print(f"{self.host.name}: {path}: {what}\n  we:     {str(said)[:300]}\n"
                  f"  really: {text[:300]}" + (f"\n  known:  {cause}" if cause else ""))


def chosen(arguments):
    hosts = [host for host in HOSTS if not arguments.short or host.name in SHORT]
    if arguments.only:
        hosts = [host for host in hosts if host.name in arguments.only.split(",")]
    if arguments.addons:
        hosts.append(Host("Node", "/usr/bin/node", os.path.realpath(arguments.addons), ""))
    return hosts


def fetch_addons(directory):
    """None of their own code is run by that."""
    os.makedirs(directory, exist_ok=True)
    subprocess.run(["npm", "install", "--silent", "--ignore-scripts", "--prefix", directory,
                    *read_list(os.path.join(HERE, "addons.txt"))], check=True)


def compare_all(arguments, oracle):
    """Comparisons of all hosts of which something is here."""
    known = read_known(arguments.known)
    comparisons = [Comparison(host, known) for host in chosen(arguments)]
    comparisons = [each for each in comparisons if each.programs and each.plugins]
    absent = {host.name for host in chosen(arguments)} - {each.host.name for each in comparisons}
    if absent:
        print(f"not installed: {', '.join(sorted(absent))}")
    paths = sorted({path for each in comparisons for path in each.plugins})
    roots = ["/usr", *([arguments.addons] if arguments.addons else [])]
    results = {} if arguments.named else ask(paths, roots)
    for each in comparisons:
        if arguments.named:
            named = [option for program in each.programs[:NAMED_MAX]
                     for option in ("--host", program)]
            results = ask(each.plugins, roots, named)
        each.compare(results, oracle, arguments.jobs)
    return comparisons


def print_table(comparisons):
    widths = {name: max(7, len(name) + 2) for name in COLUMNS}
    print(18 * " " + "".join(f"{name:>{widths[name]}}" for name in COLUMNS))
    rows = [(each.host.name, each.counts) for each in comparisons]
    rows.append(("all", {name: sum(each.counts[name] for each in comparisons)
                         for name in COLUMNS}))
    for name, counts in rows:
        print(f"{name:18}" + "".join(f"{counts[column]:{widths[column]}}" for column in COLUMNS))


def run(arguments):
    oracle = Oracle(arguments.oracle)
    if arguments.underlinked:
        return mutated.check_underlinked(arguments.limit)
    comparisons = compare_all(arguments, oracle)
    if arguments.mutate:
        loaded = [pair for each in comparisons for pair in each.loaded]
        return mutated.check_mutated(loaded, arguments.mutate, arguments.seed, arguments.named)
    print_table(comparisons)
    least = 3 if arguments.short else arguments.least
    if len(comparisons) < least:
        print(f"fewer than {least} hosts are installed")
        # As other tests: what CI must have may be absent elsewhere.
        return 1 if os.environ.get("DLTEST_SANDBOX_MUST_WORK") or not arguments.short else 77
    return 1 if any(each.counts["different"] for each in comparisons) else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help=f"only {', '.join(SHORT)}")
    parser.add_argument("--only", help="names of hosts, with commas between them")
    parser.add_argument("--install", action="store_true", help="have apt-get install them first")
    parser.add_argument("--addons", metavar="DIR", help="directory with Node's addons")
    parser.add_argument("--fetch", action="store_true", help="have npm install some there first")
    parser.add_argument("--named", action="store_true", help="name the hosts with --host")
    parser.add_argument("--mutate", type=int, default=0, metavar="N")
    parser.add_argument("--underlinked", action="store_true")
    parser.add_argument("--seed", type=int, default=1, help="for what is chosen at random")
    parser.add_argument("--limit", type=int, default=0, help="--underlinked: libraries at most")
    parser.add_argument("--least", type=int, default=0, help="fail if fewer hosts are installed")
    parser.add_argument("--known", default=os.path.join(HERE, "known-hosts.txt"),
                        help="file of known differences with their causes")
    parser.add_argument("--oracle", help="file of what is known of how they really load")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()

    if arguments.fetch and not arguments.addons:
        parser.error("--fetch is for --addons")
    if arguments.fetch:
        fetch_addons(arguments.addons)
    if arguments.install:
        debian.install([name for host in chosen(arguments) for name in host.packages.split()])
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
