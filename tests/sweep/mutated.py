# SPDX-License-Identifier: MIT
"""For hosts.py: what is said of plugins and libraries that are broken in a known way."""

import collections
import glob
import os
import random
import tempfile

from elffile import VERSION_GLOBAL, ElfFile
from mutations import drop_need, rename_symbol
from oracle import UNDEFINED, Oracle
from sweep import find_libraries, spread
from verdicts import ask

SYSTEM = "/usr/lib/*-linux-gnu"
# So much is copied at a time.
COPIES_MAX, BYTES_MAX = 200, 2 << 30


def mutate(path, exported, target, choose):
    """A copy at 'target' that wants another name in place of one of the host's. The names that it
    wants anew, or None if there is none to be changed alone."""
    elf = ElfFile(path)
    symbols = [symbol for symbol in elf.symbols()
               if not symbol.is_defined and not symbol.is_weak and symbol.name in exported
               and symbol.version <= VERSION_GLOBAL]
    if not symbols:
        return None
    symbol = choose(sorted(symbols))
    changed = rename_symbol(elf, symbol, "q" if symbol.name.endswith("Q") else "Q")
    if changed:
        os.makedirs(os.path.dirname(target))
        elf.save(target)
    return changed


def make_mutants(loaded, count, seed, top):
    """{copy: (names, program)} of plugins, (path, program) each. Their hosts say that one of these
    names is undefined."""
    source, oracle = random.Random(seed), Oracle()
    exported, mutants, tries = {}, {}, 0
    while loaded and len(mutants) < count and tries < 20 * count:
        tries += 1
        path, program = source.choice(loaded)
        if program not in exported:
            exported[program] = ElfFile(program).exported()
        target = os.path.join(top, str(tries), os.path.basename(path))
        changed = mutate(path, exported[program], target, source.choice)
        # If the changed name is one that exists, or the plugin needs what is beside it, then the
        # copy is no such case.
        match = changed and UNDEFINED.search(oracle.by_host(program, target))
        if match and match[1] in changed:
            mutants[target] = changed, program
    return mutants


def ask_mutants(mutants, top, named):
    """Results by path; 'named' is whether --host names the hosts, which is a call for each."""
    if not named:
        return ask(sorted(mutants), [top])
    results = {}
    for host in {program for _, program in mutants.values()}:
        paths = sorted(path for path, (_, program) in mutants.items() if program == host)
        results |= ask(paths, [top], ["--host", host])
    return results


def is_told(result, changed):
    """Whether the result says that names of these are undefined, and no others."""
    names = {name.split(",")[0] for name in result.get("symbols", [])}
    return result.get("reason") == "undefined_symbol" and bool(names) and names <= changed


def check_mutated(loaded, count, seed, named):
    with tempfile.TemporaryDirectory(prefix="mutated") as top:
        top = os.path.realpath(top)
        mutants = make_mutants(loaded, count, seed, top)
        results = ask_mutants(mutants, top, named)
        wrong = 0
        for path, (changed, program) in mutants.items():
            result = results.get(path) or {"reason": "no result"}
            if is_told(result, changed):
                continue
            wrong += 1
            print(f"{os.path.basename(path)} of {program}, where {', '.join(sorted(changed))} is "
                  f"undefined:\n  {result.get('reason', 'ok')}: {str(result.get('error'))[:300]}")
    print(f"{len(mutants)} plugins with a changed name, seed {seed}: {len(mutants) - wrong} name "
          f"it and nothing else, {wrong} do not")
    return 1 if wrong or len(mutants) < count else 0


def batches(paths):
    """Pairs of a library and one of its needs, as many as are copied at a time."""
    batch, size = [], 0
    for path in paths:
        for need in ElfFile(path).needed:
            batch.append((path, need))
            size += os.path.getsize(path)
            if len(batch) >= COPIES_MAX or size >= BYTES_MAX:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def ask_underlinked(batch):
    """(path, need, result) of each."""
    with tempfile.TemporaryDirectory(prefix="underlinked") as top:
        top = os.path.realpath(top)
        copies = {}
        for number, (path, need) in enumerate(batch):
            copy = os.path.join(top, str(number), os.path.basename(path))
            os.makedirs(os.path.dirname(copy))
            elf = ElfFile(path)
            drop_need(elf, need)
            elf.save(copy)
            copies[copy] = path, need
        results = ask(sorted(copies), [top])
        return [(*copies[copy], results.get(copy)) for copy in copies]


def check_underlinked(limit):
    """Each library of the system without each of its needs: none of them is a plugin by that."""
    paths = [path for directory in glob.glob(SYSTEM) for path in find_libraries([directory])
             if os.path.dirname(path) == directory]
    reasons, wrong = collections.Counter(), 0
    for batch in batches(spread(paths, limit)):
        for path, need, result in ask_underlinked(batch):
            reasons[result.get("reason", "ok") if result else "no result"] += 1
            if result and "host" not in result and result.get("reason") != "needs_host":
                continue
            wrong += 1
            result = result or {}
            print(f"{path} without {need}: {result.get('host')}, "
                  f"{result.get('reason', 'ok')}: {str(result.get('error'))[:200]}")
    print(", ".join(f"{count} {reason}" for reason, count in reasons.most_common()))
    print(f"{sum(reasons.values())} libraries without one of their needs, {wrong} with a host")
    return 1 if wrong or not reasons else 0
