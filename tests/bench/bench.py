#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures how long it takes to find out which libraries load, in several ways side by side.

All contenders get the same libraries in turn (A B C, A B C, …). A figure is the median of the
repeats with the least and the most; a ratio is the median of the ratios within each repeat.
docs/PERFORMANCE.md says what is measured and how.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

# pylint: disable=wrong-import-position
import machine  # noqa: E402
import plot  # noqa: E402
from contenders import (LDD, XARGS, Contender, Floor, Helper, Lab, Ldd, Ours,  # noqa: E402
                        Remembered)
from extras import call_overhead, cold_start, linearity, memory, soak  # noqa: E402
from libraries import find_libraries, spread  # noqa: E402
from stats import Sample, paired_ratio  # noqa: E402

LIGHT = "libz.so.1"
HEAVY = ("libLLVM", "libvtk", "libQt5")
SKIP = 77
# The share of the machine that others may have in a round that counts as undisturbed.
QUIET = 0.05
# What is measured of the build that these programs are compared with.
BEFORE = " before"


def make_contenders(lab: Lab, before: Lab | None, peers: list[str]) -> list[Contender]:
    """In the order in which they take turns."""
    with_ldd = os.path.exists(LDD) and os.path.exists(XARGS)
    if not with_ldd:
        print(f"left out for want of {LDD} or {XARGS}: ldd -r")
    return [
        Floor(lab, "floor"),
        Helper(lab, "helper", str(lab.helpers / "bench_helper")),
        *(Helper(lab, f"peer {Path(peer).name}", os.path.abspath(peer)) for peer in peers),
        *([Ldd(lab, "ldd -r")] if with_ldd else []),
        Ours(lab, "fresh", "--bare", "--fresh"),
        *([Ours(before, f"fresh{BEFORE}", "--bare", "--fresh")] if before else []),
        Remembered(lab, "remembered", "--bare"),
        *([Remembered(before, f"remembered{BEFORE}", "--bare")] if before else []),
    ]


def named(libraries: list[str], name: str) -> list[str]:
    """The libraries of a named set, or as many spread evenly as the number says."""
    if name == "light":
        return [path for path in libraries if os.path.basename(path).startswith(LIGHT)][:1]
    if name == "heavy":
        return [path for path in libraries if os.path.basename(path).startswith(HEAVY)]
    return spread(libraries, int(name))


def turns_for(size: int) -> int:
    """Small sets take little time and vary much, so a round goes over them several times."""
    return max(1, min(20, 100 // size))


def one_round(contenders: list[Contender], turns: int, number: int) -> dict[str, Any]:
    """All contenders in turns, in random order: each leaves its caches to the one after it."""
    watch = machine.Watch()
    times: dict[str, list[tuple[float, float]]] = {contender.name: [] for contender in contenders}
    order = random.Random(number)
    for _ in range(turns):
        for contender in order.sample(contenders, len(contenders)):
            times[contender.name].append(contender.measure())
    measured = sum(cpu for pairs in times.values() for _, cpu in pairs)
    return {"others": watch.others(measured), "times": times}


def quiet_rounds(contenders: list[Contender], turns: int, wanted: int,
                 patience: float) -> tuple[list[dict[str, Any]], int]:
    """As many rounds as wanted, and how many were tried. Those in which others had more than QUIET
    of the machine are done again until patience ends (seconds); then the quietest have to do."""
    rounds: list[dict[str, Any]] = []
    extra_from = 0.0
    while sum(done["others"] <= QUIET for done in rounds) < wanted:
        if len(rounds) == wanted:
            extra_from = time.monotonic()
        if len(rounds) >= wanted and time.monotonic() - extra_from >= patience:
            break
        rounds.append(one_round(contenders, turns, len(rounds)))
    quietest = sorted(range(len(rounds)), key=lambda number: rounds[number]["others"])[:wanted]
    return [rounds[number] for number in sorted(quietest)], len(rounds)


def compare(contenders: list[Contender], paths: list[str], repeats: int,
            patience: float) -> dict[str, Any]:
    """All contenders over one set."""
    for contender in contenders:
        contender.prepare(paths)
        contender.measure()  # warms caches, and is not counted
    turns = turns_for(len(paths))
    rounds, tried = quiet_rounds(contenders, turns, repeats, patience)
    wall, cpu = ({contender.name: [pair[which] for done in rounds
                                   for pair in done["times"][contender.name]]
                  for contender in contenders} for which in (0, 1))
    truth = contenders[0].verdicts or {}
    rows = {}
    for contender in contenders:
        name, verdicts = contender.name, contender.verdicts
        rows[name] = {
            "wall": wall[name], "cpu": cpu[name],
            "of floor": paired_ratio(wall[name], wall["floor"]),
            "of helper": paired_ratio(wall[name], wall["helper"]),
            "cpu of floor": paired_ratio(cpu[name], cpu["floor"]) if min(cpu["floor"]) else None,
            "lost": None if verdicts is None else sum(path not in verdicts for path in paths),
            "different": None if verdicts is None else sum(
                path in verdicts and verdicts[path] != truth.get(path) for path in paths),
            "cached": getattr(contender, "cached", 0),
        }
    return {"libraries": len(paths), "repeats": repeats * turns, "rounds": repeats, "tried": tried,
            "others": [done["others"] for done in rounds], "rows": rows}


def print_set(name: str, result: dict[str, Any]) -> None:
    """One table."""
    size = result["libraries"]
    others = Sample(result["others"]).scaled(100).text(0)
    print(f"\nSet {name}: {size} libraries, {result['repeats']} repeats in {result['rounds']} "
          f"rounds, of {result['tried']} tried; others had {others} % of the machine")
    print(f"  {'':<18}{'ms a library':>28}{'ms in all':>12}{'x floor':>9}{'x helper':>9}"
          f"{'CPU ms/lib':>12}{'x floor':>9}{'lost':>6}{'differ':>8}")
    for contender, row in result["rows"].items():
        wall = Sample(row["wall"]).scaled(1000)
        # The daemon's time comes in ticks of 10 ms: too coarse for a few libraries.
        coarse = size < 100
        cpu = "-" if coarse else f"{Sample(row['cpu']).median * 1000 / size:.3f}"
        ratio = "-" if coarse or not row["cpu of floor"] else f"{row['cpu of floor']:.2f}"
        print(f"  {contender:<18}{wall.scaled(1 / size).text(3):>28}{wall.median:>12.1f}"
              f"{row['of floor']:>9.2f}{row['of helper']:>9.2f}{cpu:>12}{ratio:>9}"
              f"{'-' if row['lost'] is None else row['lost']:>6}"
              f"{'-' if row['different'] is None else row['different']:>8}")
    cached = result["rows"]["remembered"]["cached"]
    fresh, kept = result["rows"]["fresh"]["wall"], result["rows"]["remembered"]["wall"]
    print(f"  remembered / fresh {paired_ratio(kept, fresh):.3f}; {cached} of {size} from memory",
          flush=True)
    for name in ("fresh", "remembered"):
        if name + BEFORE in result["rows"]:
            now, then = result["rows"][name], result["rows"][name + BEFORE]
            print(f"  {name} / {name}{BEFORE} {paired_ratio(now['wall'], then['wall']):.3f}, CPU "
                  f"{paired_ratio(now['cpu'], then['cpu']) if min(then['cpu']) else 0:.3f}",
                  flush=True)


def draw(sets: dict[str, Any], where: str, title: str) -> None:
    """Cost a library against the size of the set, for the sets that are sizes."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for name, result in sets.items():
        if not name.isdigit():
            continue
        size = result["libraries"]
        for contender, row in result["rows"].items():
            point = (size, Sample(row["wall"]).median * 1000 / size)
            lines.setdefault(contender, []).append(point)
    svg = plot.draw(title, "libraries in one call", "milliseconds a library", lines)
    Path(where).write_text(svg, encoding="utf-8")


def check_daemon(lab: Lab) -> int:
    """Whether there is something to measure; 0, or the exit status."""
    status = lab.status()
    sandbox: Any = status.get("sandbox", {})
    if sandbox.get("seccomp"):
        return 0
    print(f"nothing is loaded here: {json.dumps(sandbox)}", file=sys.stderr)
    return 1 if os.environ.get("DLTEST_SANDBOX_MUST_WORK") == "1" else SKIP


def run(lab: Lab, before: Lab | None, arguments: argparse.Namespace) -> int:
    """All that was asked for."""
    lab.start_daemon()
    if before:
        before.start_daemon()
    status = check_daemon(lab)
    if status:
        return status
    everything: dict[str, Any] = {"machine": machine.describe(), "sets": {}}
    for key, value in everything["machine"].items():
        print(f"{key + ':':<14}{value}")
    libraries = find_libraries(arguments.directories)
    print(f"{'libraries:':<14}{len(libraries)} below {' '.join(arguments.directories)}")
    contenders = make_contenders(lab, before, arguments.peer)
    for name in arguments.sets.split(","):
        paths = named(libraries, name)
        if not paths:
            print(f"\nSet {name}: no such library is installed")
            continue
        everything["sets"][name] = compare(contenders, paths, arguments.repeats,
                                           arguments.patience)
        print_set(name, everything["sets"][name])
    light = named(libraries, "light") or spread(libraries, 1)
    everything["cold start"] = cold_start(lab, before, light[0], arguments.repeats)
    everything["overhead"] = call_overhead(lab, before, light[0], arguments.repeats)
    if before:
        before.stop_daemon()
    everything["memory"] = memory(lab, spread(libraries, 200 if arguments.short else 3000))
    if not arguments.short:
        everything["linearity"] = linearity(lab, spread(libraries, 100), arguments.repeats)
    everything["soak"] = soak(lab, light[0], arguments.soak)
    print(f"\nload average at the end: {os.getloadavg()[0]:.2f}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(everything, indent=1), encoding="utf-8")
    if arguments.svg and any(name.isdigit() for name in everything["sets"]):
        described = everything["machine"]
        draw(everything["sets"], arguments.svg,
             f"Cost of a verdict, {described['processors']} processors")
    return judge(everything, arguments.short)


def judge(everything: dict[str, Any], short: bool) -> int:
    """What must hold on any machine: every verdict is there, and memory stays flat."""
    complaints = list(everything["soak"]["complaints"])
    for name, result in everything["sets"].items():
        for contender in ("fresh", "remembered"):
            lost = result["rows"][contender]["lost"]
            if lost:
                complaints.append(f"set {name}, {contender}: {lost} verdicts lost")
    for complaint in complaints:
        print(f"FAILED: {complaint}")
    return 1 if complaints and short else 0


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--client", required=True)
    parser.add_argument("--daemon", required=True)
    parser.add_argument("--helpers", required=True, help="directory of bench_floor, bench_helper")
    parser.add_argument("--peer", action="append", default=[],
                        help="another helper that loads its arguments in one process")
    parser.add_argument("--before", metavar="DIR",
                        help="the bin directory of another build, to be compared in the same run")
    parser.add_argument("--sets", help="sizes, light, heavy; default 1,50,500,3000,light,heavy")
    parser.add_argument("--repeats", type=int, help="default 5")
    parser.add_argument("--patience", type=float, metavar="SECONDS", help="for each set, to do "
                        "rounds again that others disturb; default 60")
    parser.add_argument("--soak", type=int, metavar="N", help="loads of the soak, default 100000")
    parser.add_argument("--short", action="store_true", help="a minute at most; judges memory")
    parser.add_argument("--json", metavar="FILE", help="write the raw numbers")
    parser.add_argument("--svg", metavar="FILE", help="write a plot")
    parser.add_argument("directories", nargs="*", default=["/usr/lib", "/usr/local/lib"])
    arguments = parser.parse_args()
    short = arguments.short
    arguments.sets = arguments.sets or ("1,50,200" if short else "1,50,500,3000,light,heavy")
    arguments.repeats = arguments.repeats or (2 if short else 5)
    if arguments.patience is None:
        arguments.patience = 0 if short else 60
    arguments.soak = arguments.soak or (3000 if short else 100000)
    return arguments


def main() -> int:
    """The program."""
    arguments = parse()
    # So that the daemon does not stay behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    directory = Path(tempfile.mkdtemp(prefix="dltest-bench-"))
    helpers = Path(arguments.helpers).resolve()
    lab = Lab(directory, os.path.abspath(arguments.client), os.path.abspath(arguments.daemon),
              helpers)
    before = None
    if arguments.before:
        programs = Path(arguments.before).resolve()
        before = Lab(directory / "before", str(programs / "tsuku-dltest"),
                     str(programs / "tsuku-dltestd"), helpers)
    try:
        return run(lab, before, arguments)
    finally:
        lab.stop_daemon()
        if before:
            before.stop_daemon()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
