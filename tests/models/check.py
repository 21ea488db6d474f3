#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks a model with spin, whole: each of its runs holds in every state, all of the model is reached by
one of them, and each mutant is found: of these a third, chosen by a seed that the first line tells, or with
DLTEST_MODELS=all each. usage: check.py SPIN CC MODEL.pml [NAME...]"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

SAFETY = ""
# Seconds for one program. Generous, because the machine may be busy.
PATIENCE = 240


class Run(NamedTuple):
    """A model with some of its flags; claim is that of an ltl formula, or SAFETY: assertions, and
    that nobody waits for what never comes."""
    name: str
    flags: tuple[str, ...]
    claim: str = SAFETY


def run(name: str, flags: str, claim: str = SAFETY) -> Run:
    """A Run with its flags in one text."""
    return Run(name, tuple(f"-D{flag}" for flag in flags.split()), claim)


def mutant(number: int, flags: str, claim: str = SAFETY) -> Run:
    """A run in which a fault is to be found."""
    return run(f"mutant {number}", f"MUTANT={number} {flags}", claim)


RUNS = {
    "loads": (
        run("calm", "CALM JOBS=2"),
        run("children killed", "JOBS=1 CHILD_KILLS=1"),
        run("zygotes killed", "JOBS=1 ZYGOTE_KILLS=1"),
        run("zygotes stopped", "JOBS=1 ZYGOTE_STOPS=1"),
        run("no room", "JOBS=1 FORK_FAILS=1"),
        run("numbers reused", "JOBS=1 REUSE"),
        run("lies", "JOBS=1 LIES=1"),
        run("hurry", "JOBS=1 HURRY"),
        run("client leaves", "JOBS=1 CANCELS=1"),
        run("spares", "JOBS=1 SPARES=1"),
    ),
    "lifecycle": (
        run("calm", "CALM IDLES=1"),
        run("one client, idle twice", "CALM CLIENTS=1 IDLES=2"),
        run("terminated", "TERMS=1"),
        run("killed", "KILLS=1"),
        run("socket removed", "REMOVALS=1"),
        run("socket removed, idle", "CLIENTS=1 REMOVALS=1 IDLES=1"),
        run("clients killed", "CLIENT_KILLS=1 FAILS=1"),
        run("by hand", "HAND CLIENTS=1 IDLES=1 REMOVALS=1"),
        run("service manager", "FOREIGN IDLES=1"),
        run("service manager, by hand", "FOREIGN HAND CLIENTS=1 IDLES=1"),
        run("service manager, failing", "FOREIGN CLIENTS=1 FAILS=1"),
        run("rude", "RUDE"),
        run("stopped", "STOPS=1"),
        run("lock held", "HELD"),
        run("answered: calm", "CALM IDLES=1", "all_answered"),
        run("answered: rude", "RUDE CLIENTS=1", "all_answered"),
        run("answered: killed", "KILLS=1 CLIENTS=1", "all_answered"),
        run("answered: removed", "REMOVALS=1 CLIENTS=1", "all_answered"),
        run("orphans end", "REMOVALS=1", "orphans_end"),
    ),
}

MUTANTS = {
    "loads": (
        mutant(1, "JOBS=1 ZYGOTE_KILLS=1"),
        mutant(2, "CALM JOBS=2"),
        mutant(3, "CALM JOBS=2"),
        mutant(4, "CALM JOBS=2"),
        mutant(5, "JOBS=1 ZYGOTE_KILLS=1"),
        mutant(7, "JOBS=1 CHILD_KILLS=1"),
        mutant(8, "CALM JOBS=1"),
        mutant(9, "JOBS=1 REUSE"),
        mutant(10, "JOBS=1 REUSE"),
        mutant(11, "CALM JOBS=1"),
        mutant(12, "JOBS=1"),
        mutant(13, "JOBS=1 ZYGOTE_STOPS=1"),
        mutant(14, "JOBS=1 CANCELS=1"),
        mutant(16, "JOBS=1 ZYGOTE_KILLS=1"),
        mutant(17, "JOBS=1 ZYGOTE_KILLS=1"),
        mutant(20, "JOBS=1"),
    ),
    "lifecycle": (
        mutant(1, "CALM IDLES=1"),
        mutant(2, "REMOVALS=1", "orphans_end"),
        mutant(3, "HAND CLIENTS=1 IDLES=1 REMOVALS=1"),
        mutant(4, "FOREIGN IDLES=1"),
        mutant(5, "HAND CLIENTS=1 IDLES=1 REMOVALS=1"),
        mutant(6, "FOREIGN HAND CLIENTS=1"),
        mutant(7, "KILLS=1"),
        mutant(8, "CALM"),
        mutant(9, "HELD"),
        mutant(10, "FOREIGN"),
        mutant(11, "CALM"),
        mutant(12, "CALM"),
        mutant(13, "FOREIGN FAILS=1"),
        mutant(14, "RUDE CLIENTS=1", "all_answered"),
        mutant(15, "STOPS=1"),
        # No mutant: what is left, see docs/MODELS.md.
        run("known: replaced at the start", "FOREIGN IDLES=1 ANY_MOMENT"),
    ),
}


class Outcome(NamedTuple):
    """What spin's checker said."""
    found: bool
    whole: bool
    states: int
    seconds: float
    unreached: frozenset[str]
    text: str


def execute(directory: Path, *command: str) -> str:
    """What a program says; it must end well."""
    done = subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, timeout=PATIENCE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}:\n{done.stdout[-3000:]}")
    return done.stdout


def check(spin: str, compiler: str, model: Path, what: Run) -> Outcome:
    """Generates the checker of a run, compiles and executes it."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        execute(directory, spin, "-a", *what.flags, str(model))
        kind = ("-DSAFETY", "-DNOCLAIM") if what.claim == SAFETY else ("-DNFAIR=3",)
        execute(directory, compiler, "-O0", "-w", *kind, "-o", "pan", "pan.c")
        # Weak fairness, where something is to happen at last.
        search = ("./pan", "-m1000000") if what.claim == SAFETY else \
            ("./pan", "-m1000000", "-a", "-f", "-N", what.claim)
        text = execute(directory, *search)
    states = re.search(r"^ *(\S+) states, stored", text, re.M)
    errors = re.search(r"errors: (\d+)", text)
    if not states or not errors:
        raise RuntimeError(f"{what.name}: {text[-3000:]}")
    unreached = re.findall(rf"{re.escape(model.name)}:(\d+), state \d+, \"(?!-end-)", text)
    return Outcome(found=errors.group(1) != "0",
                   whole="not completed" not in text and "too small" not in text,
                   states=int(float(states.group(1))), seconds=time.monotonic() - start,
                   unreached=frozenset(unreached), text=text)


def choose(mutants: tuple[Run, ...]) -> tuple[Run, ...]:
    """Those that are looked for now. To compile each takes longer than to find it."""
    if os.environ.get("DLTEST_MODELS") == "all":
        return mutants
    seed = os.environ.get("DLTEST_MODELS_SEED", str(int(time.time()) // 60))
    print(f"mutants: DLTEST_MODELS_SEED={seed}", flush=True)
    chosen = random.Random(seed).sample(range(len(mutants)), (len(mutants) + 2) // 3)
    return tuple(mutants[index] for index in sorted(chosen))


def main() -> int:
    """Checks all runs and mutants of the model, or those that are named."""
    spin, compiler, path, *names = sys.argv[1:]
    model = Path(path).resolve()
    runs, mutants = RUNS[model.stem], MUTANTS[model.stem]
    chosen = [what for what in (*runs, *mutants) if what.name in names] if names else [*runs, *choose(mutants)]
    failures = 0
    never: frozenset[str] | None = None
    with ThreadPoolExecutor(2) as pool:
        outcomes = pool.map(lambda what: check(spin, compiler, model, what), chosen)
        for what, outcome in zip(chosen, outcomes):
            good = outcome.found if what in mutants else not outcome.found and outcome.whole
            failures += not good
            print(f"{'ok' if good else 'FAILED':6} {what.name:28} {outcome.states:>9} states "
                  f"{outcome.seconds:6.1f} s  {' '.join(what.flags)} {what.claim}", flush=True)
            if not good:
                print(outcome.text[:2000])
            if what in runs:
                never = outcome.unreached if never is None else never & outcome.unreached
    if never and not names and model.stem == "lifecycle":
        failures += 1
        print(f"FAILED no run reaches lines {', '.join(sorted(never, key=int))}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
