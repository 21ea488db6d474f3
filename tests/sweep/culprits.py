#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whose code it was: crashes, exits and hangs placed at random in chains of libraries.

    culprits.py --client …/tsuku-dltest [--count 200] [--seed N] [--keep DIR]

Makes chains of three libraries, of which the first is asked about, and has one function of one of them
end the process, or not end: in a constructor, a destructor, a thread, an IFUNC resolver, by itself, by
the C library, or called back by it. The answer has to name that library, and what it was, or neither.
Fails if an answer names another one, or fewer than --least of a hundred name it.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

# What ends it, or does not; and how that is told.
ACTS = {
    "write": ("*(volatile int *)8 = 1;", "crashed"),
    "abort": ("abort();", "crashed"),
    "trap": ("__builtin_trap();", "crashed"),
    "raise": ("raise(SIGTERM);", "crashed"),
    "copy": ("memcpy((void *)hidden(8), \"x\", hidden(4000));", "crashed"),
    "nowhere": ("((void (*)(void))hidden(0))();", "crashed"),
    "away": ("((void (*)(void))hidden(4096))();", "crashed"),
    "deep": ("deep(hidden(1));", "crashed"),
    "divide": ("sink = hidden(7) / hidden(0);", "crashed"),
    "exit": ("exit(3);", "exited"),
    "_exit": ("_exit(4);", "exited"),
    "quick_exit": ("quick_exit(5);", "exited"),
    "exit_group": ("syscall(SYS_exit_group, 6);", "exited"),
    "pause": ("for (;;) pause();", "timed_out"),
    "sleep": ("sleep(1000);", "timed_out"),
    "spin": ("for (;;) sink++;", "timed_out"),
    "wait": ("pthread_mutex_lock(&lock); pthread_mutex_lock(&lock);", "timed_out"),
}

HEAD = """
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static volatile long sink;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long hidden(volatile long value) { return value; }
static long deep(long n) { volatile char room[4096]; room[0] = (char)n; return deep(n + 1) + room[0]; }
"""

# How the act comes to be done: plainly, some calls down, or called back by the C library.
WAYS = {
    "plain": "static void come(void) { act(); }",
    "deep": "static __attribute__((noinline)) void c2(void) { act(); sink++; }\n"
            "static __attribute__((noinline)) void c1(void) { c2(); sink++; }\n"
            "static void come(void) { c1(); sink++; }",
    "callback": "static int less(const void *a, const void *b) { (void)a, (void)b; act(); return 0; }\n"
                "static void come(void) { int some[] = {2, 1}; qsort(some, 2, sizeof(int), less); }",
}

ROLES = {
    "a constructor": "__attribute__((constructor)) static void begin(void) { come(); }",
    "a destructor": "__attribute__((destructor)) static void end(void) { come(); }",
    "a thread": "static void *run(void *x) { come(); return x; }\n"
                "__attribute__((constructor)) static void begin(void) {\n"
                "pthread_t thread; pthread_create(&thread, NULL, run, NULL); pthread_join(thread, NULL); }",
    "an IFUNC resolver": "static int real(void) { return 1; }\n"
                         "static void *choose(void) { come(); return real; }\n"
                         "int function(void) __attribute__((ifunc(\"choose\")));\n"
                         "int use(void) { return function(); }",
}


class Case:
    """A chain, what is done in it, and where."""

    def __init__(self, number: int, chance: random.Random):
        self.number = number
        self.act = chance.choice(sorted(ACTS))
        self.role = chance.choice(sorted(ROLES))
        self.way = chance.choice(sorted(WAYS))
        # A resolver runs before the C library has been set up for the library.
        if self.role == "an IFUNC resolver":
            self.way = chance.choice(("plain", "deep"))
        self.place = chance.randrange(3)
        self.optimized = chance.choice(("-O0", "-O2"))
        self.reasons = {ACTS[self.act][1]}
        # Its calls of the C library lead nowhere yet.
        if self.role == "an IFUNC resolver":
            self.reasons.add("crashed")
        # exit() waits for the dynamic linker, which waits for the constructor, which waits for the thread.
        if self.role == "a thread" and self.act == "exit":
            self.reasons = {"timed_out"}

    def library(self, place: int) -> str:
        """The name of the library at 'place' of the chain."""
        return f"lib{self.number}_{'abc'[place]}.so"

    def make(self, directory: Path) -> Path:
        """Compiles the chain; the path of its first library."""
        for place in (2, 1, 0):
            source = directory / f"{self.number}_{place}.c"
            text = "int x;\n"
            if place == self.place:
                text = "\n".join((HEAD, f"static void act(void) {{ {ACTS[self.act][0]} }}",
                                  WAYS[self.way], ROLES[self.role]))
            source.write_text(text)
            needs = [f"-l:{self.library(place + 1)}"] if place < 2 else []
            subprocess.run(
                ["cc", "-w", self.optimized, "-shared", "-fPIC", "-pthread", source, "-o",
                 directory / self.library(place), f"-L{directory}", "-Wl,--no-as-needed", *needs,
                 f"-Wl,-soname,{self.library(place)}", "-Wl,-rpath,$ORIGIN"], check=True)
        return directory / self.library(0)

    def __str__(self) -> str:
        return (f"{self.act}, {self.way}, in {self.role.split(' ', 1)[1]} of {self.library(self.place)} "
                f"({self.optimized})")


def judge(case: Case, result: dict[str, Any]) -> str:
    """What is to be said of an answer: right, no role, unknown, or what is wrong."""
    if result.get("reason") not in case.reasons:
        return f"wrong: {result.get('reason', 'ok')}: {result.get('error')}"
    if "culprit" not in result:
        return "unknown"
    if os.path.basename(result["culprit"]["object"]) != case.library(case.place):
        return f"wrong: {result['error']}"
    _, _, role = result["culprit"]["place"].partition(", ")
    # What waits for a thread waits itself.
    if role not in ("", case.role) and not (case.role == "a thread" and result["reason"] == "timed_out"):
        return f"wrong: {result['error']}"
    return "right" if role else "right, without what it was"


def main() -> int:
    """Runs the cases."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--client", required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=float, default=90)
    parser.add_argument("--keep")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    cases = [Case(number, chance) for number in range(arguments.count)]
    counts: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="dlt-") as made:
        home = Path(arguments.keep or made).resolve()
        libs = home / "libs/culprits/lib"
        libs.mkdir(parents=True, exist_ok=True)
        paths = {str(case.make(libs)): case for case in cases}
        run = subprocess.run(
            [arguments.client, "--no-daemon", "--timeout", "1", "--jsonl", "--files-from", "-"],
            input="\n".join(paths), text=True, stdout=subprocess.PIPE, check=False,
            env={"PATH": "/usr/bin:/bin", "HOME": str(home), "TSUKU_HOME": str(home)})
        for line in run.stdout.splitlines():
            result = json.loads(line)
            case = paths.pop(result["path"])
            word = judge(case, result)
            counts[word.split(":", maxsplit=1)[0]] += 1
            if word != "right":
                print(f"{case}: {word}")
    print(", ".join(f"{count} {word}" for word, count in counts.most_common()))
    named = counts["right"] + counts["right, without what it was"]
    if paths or counts["wrong"] or 100 * named < arguments.least * arguments.count:
        print(f"failed (seed {arguments.seed})")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
