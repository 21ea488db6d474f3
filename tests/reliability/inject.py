#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Has system calls of client, daemon, loader and load children fail, one after the other, once and
for good, and judges what comes of it (faultworld.py).

First a run of each kind without a fault lists what is called and from where. A call site is a
system call and the addresses of the program that are on the stack when it is made. Then each call
site has one error that the call can have (faultlist.py) at its first time, and one for good; then
all others it can have, and one at its last time; and at last each single call that was listed has
one. --limit takes a sample of that, by --seed. With --state FILE it goes on where it was ended."""

from __future__ import annotations

import argparse
import collections
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Iterator

import faultlist
import faultworld
from faultworld import Case, TARGETS

# A line of a list: process, number of this call in it, name, place.
Line = tuple[int, int, str, str]


def read_list(report: list[str]) -> list[Line]:
    """The calls of a run, each counted by its name in its process."""
    counts: collections.Counter[tuple[int, str]] = collections.Counter()
    lines = []
    for line in report:
        process, _, name, place = line.split()
        counts[int(process), name] += 1
        lines.append((int(process), counts[int(process), name], name, place))
    return lines


def site_cases(target: str, lines: list[Line], known: set[tuple[str, str]],
               ) -> Iterator[tuple[int, Case]]:
    """Cases for each call site that is not known yet, with their turn: one error at its first time
    and one from there on; the other errors, and one at its last time."""
    sites: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        sites.setdefault((line[2], line[3]), []).append(line)
    for number, (site, found) in enumerate(sites.items()):
        if site in known:
            continue
        known.add(site)
        call, first, last = site[0], found[0], found[-1]
        errors, lasting = faultlist.errors_of(call), faultlist.lasting_errors_of(call)
        for index, error in enumerate(errors):
            turn = 0 if index == number % len(errors) else 1
            yield turn, Case(target, call, error, first[0], first[1], first[1])
        if lasting:
            yield 0, Case(target, call, lasting[number % len(lasting)], 0, first[1], 0)
        if errors and last != first:
            yield 1, Case(target, call, errors[number % len(errors)], last[0], last[1], last[1])


def single_cases(target: str, lines: list[Line]) -> Iterator[Case]:
    """A case for each call."""
    for number, (process, count, call, _) in enumerate(lines):
        errors = faultlist.errors_of(call)
        if errors:
            yield Case(target, call, errors[number % len(errors)], process, count, count)


class Plan:
    """The cases in the order in which they are run, and the right answers."""

    def __init__(self, cases: list[Case], right: list[dict[str, Any]]):
        self.cases, self.right = cases, right

    def write(self, path: Path) -> None:
        """For another process, or another day."""
        path.write_text(json.dumps([self.cases, self.right]))

    @staticmethod
    def read(path: Path) -> Plan:
        """As it was written."""
        cases, right = json.loads(path.read_text())
        return Plan([Case(*case) for case in cases], right)


def make_plan(arguments: argparse.Namespace) -> Plan:
    """Finds out what is called, and so what can fail."""
    right: list[dict[str, Any]] = []
    turns: dict[Case, int] = {}
    known: set[tuple[str, str]] = set()
    for name in arguments.targets:
        outcome, report, results = faultworld.run_case(TARGETS[name], None, right or None)
        if outcome.faults:
            raise SystemExit(f"{name}, without any fault: {outcome.faults}\n{outcome.text}")
        right = right or results
        lines = read_list(report)
        before = len(known)
        for turn, case in [*site_cases(name, lines, known),
                           *((2, case) for case in single_cases(name, lines))]:
            turns.setdefault(case, turn)
        print(f"{name}: {len(lines)} system calls of {len({line[0] for line in lines})} processes, "
              f"{len(known) - before} call sites that no other had", flush=True)
    cases = list(turns)
    random.Random(arguments.seed).shuffle(cases)
    cases.sort(key=turns.__getitem__)
    counts = collections.Counter(turns.values())
    print(f"{len(known)} call sites: {counts[0]} cases, {counts[1]} more, {counts[2]} of single "
          "calls", flush=True)
    return Plan([case for case in cases if turns[case] < arguments.turns], right)


class Tally:
    """What has come of all cases, and the file that remembers it."""

    def __init__(self, state: Path | None):
        self.state = state
        self.done: set[str] = set()
        self.hit = self.missed = 0
        self.kinds: collections.Counter[str] = collections.Counter()
        self.slowest = 0.0
        self.faults: list[str] = []
        if state and state.exists():
            for line in state.read_text().splitlines():
                self.add(json.loads(line))

    def add(self, record: dict[str, Any]) -> None:
        """Counts one case."""
        self.done.add(record["case"])
        self.hit += record["hits"] > 0
        self.missed += record["hits"] == 0
        self.kinds.update(record["kinds"])
        self.slowest = max(self.slowest, record["seconds"])
        self.faults += [f"{record['case']}: {fault}" for fault in record["faults"]]

    def take(self, case: Case, outcome: faultworld.Outcome) -> None:
        """Counts a case that was run, and writes it down."""
        record = {"case": str(case), "hits": outcome.hits, "kinds": outcome.kinds,
                  "seconds": round(outcome.seconds, 2), "faults": outcome.faults}
        self.add(record)
        if self.state:
            with open(self.state, "a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")

    def summary(self) -> str:
        """The figures."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.kinds.most_common())
        return (f"{self.hit} faults happened, {self.missed} did not come to it; answers: {kinds}; "
                f"the slowest call {self.slowest:.1f} s; {len(self.faults)} findings")


def run_part(arguments: argparse.Namespace, plan: Plan) -> int:
    """The cases of one part, one after the other."""
    tally = Tally(arguments.state)
    part, parts = arguments.part
    mine = [case for case in plan.cases[:arguments.limit][part::parts]
            if str(case) not in tally.done]
    deadline = time.monotonic() + arguments.seconds if arguments.seconds else None
    for case in mine:
        if deadline and time.monotonic() > deadline:
            break
        outcome, _, _ = faultworld.run_case(
            TARGETS[case.target], case, plan.right, arguments.within)
        tally.take(case, outcome)
        for fault in outcome.faults:
            print(f"{case}: {fault}", flush=True)
        if outcome.faults and arguments.verbose:
            print(outcome.text, flush=True)
    print(tally.summary(), flush=True)
    return 1 if tally.faults else 0


def run_parts(arguments: argparse.Namespace, plan: Path) -> int:
    """So many at a time, each with a state of its own."""
    running = []
    for part in range(arguments.jobs):
        more = ["--plan", str(plan), "--jobs", "1", "--part", f"{part}/{arguments.jobs}"]
        if arguments.state:
            more += ["--state", f"{arguments.state}.{part}"]
        running.append(subprocess.Popen([sys.executable, "-B", __file__, *sys.argv[1:], *more]))
    return max(process.wait() for process in running)


def run(arguments: argparse.Namespace) -> int:
    """Makes the plan, or reads that of before, and does what it says."""
    with tempfile.TemporaryDirectory(prefix="dlt-plan-") as directory:
        path = Path(arguments.plan or (f"{arguments.state}.plan" if arguments.state
                                       else f"{directory}/plan"))
        if not path.exists():
            make_plan(arguments).write(path)
        if arguments.jobs > 1:
            return run_parts(arguments, path)
        return run_part(arguments, Plan.read(path))


def run_one(text: str) -> int:
    """One case, as it was printed, and all that is said."""
    target, call, *numbers = text.split("/")
    case = Case(target, call, *map(int, numbers))
    _, _, right = faultworld.run_case(TARGETS["daemon"], None, None)
    outcome, report, _ = faultworld.run_case(TARGETS[target], case, right)
    print(outcome.text, *report, *outcome.faults, f"{outcome.seconds:.2f} s", sep="\n")
    return 1 if outcome.faults else 0


def part_of(text: str) -> tuple[int, int]:
    """Which part of how many, as 0/2."""
    part, parts = text.split("/")
    return int(part), int(parts)


def main() -> int:
    """Reads the command line."""
    # Where all descriptors are closed one by one, each takes two stops.
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--within", type=float, default=faultworld.WITHIN,
                        help="seconds for the answers of a call that is disturbed")
    parser.add_argument("--limit", type=int, help="so many cases and no more")
    parser.add_argument("--seconds", type=float, help="no new case after that")
    parser.add_argument("--turns", type=int, default=3, choices=(1, 2, 3),
                        help="leave out the single calls (2), and all but two errors a site (1)")
    parser.add_argument("--state", type=Path, help="what has been done already")
    parser.add_argument("--plan", help="a file with the cases, made where there is none")
    parser.add_argument("--part", type=part_of, default=(0, 1))
    parser.add_argument("--jobs", "-j", type=int, default=1)
    parser.add_argument("--case", help="this one alone, as it was printed")
    parser.add_argument("--verbose", "-v", action="store_true")
    arguments = parser.parse_args()
    return run_one(arguments.case) if arguments.case else run(arguments)


if __name__ == "__main__":
    sys.exit(main())
