# SPDX-License-Identifier: MIT
"""What the benchmark measures besides the sets: starts, calls, memory, growth."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any, Callable

import machine
from contenders import Lab, Ours
from stats import Sample, paired_ratio

# The daemon may grow by this much over a soak after its first step, the zygote by less: it does
# the same few things again and again.
DAEMON_GROWTH_KIB = 1024
ZYGOTE_GROWTH_KIB = 256
SOAK_STEPS = 10


def _timed(action: Callable[[], Any]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _alternate(actions: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in actions}
    for action in actions.values():
        action()
    for _ in range(rounds):
        for name, action in actions.items():
            times[name].append(_timed(action))
    return times


def _print_times(title: str, times: dict[str, list[float]], reference: str) -> None:
    print(f"\n{title}, {len(times[reference])} repeats")
    for name, values in times.items():
        print(f"  {name:<36}{Sample(values).scaled(1000).text(3):>28} ms"
              f"{paired_ratio(values, times[reference]):>8.2f} x {reference}", flush=True)


def _first_call(lab: Lab, home: Path, path: str) -> float:
    (home / "libs").mkdir(parents=True, mode=0o700)
    home.chmod(0o700)
    seconds = _timed(lambda: lab.run([lab.client, "--bare", path], home=home))
    lab.run([lab.client, "--stop"], home=home)
    shutil.rmtree(home)
    return seconds


def cold_start(lab: Lab, before: Lab | None, path: str, repeats: int) -> dict[str, list[float]]:
    """The first call of all, in a home where nothing was ever started, against a helper's run.
    The daemon's end is not part of it."""
    helper = str(lab.helpers / "bench_helper")
    labs = {"first call": lab, **({"first call before": before} if before else {})}
    times: dict[str, list[float]] = {"helper": [], **{name: [] for name in labs}}
    for number in range(repeats * 4 + 1):
        times["helper"].append(_timed(lambda: lab.run([helper, path])))
        for name, where in labs.items():
            times[name].append(_first_call(where, where.directory / f"cold{number}", path))
    times = {name: values[1:] for name, values in times.items()}
    _print_times(f"Cold start, {os.path.basename(path)}", times, "helper")
    return times


def call_overhead(lab: Lab, before: Lab | None, path: str, repeats: int) -> dict[str, list[float]]:
    """What a call costs apart from loads, against starting the smallest program there is."""
    helper = str(lab.helpers / "bench_helper")
    calls = (["--version"], ["--status"], ["--dry-run", path], ["--bare", "--fresh", path],
             ["--bare", path])
    actions: dict[str, Callable[[], Any]] = {"/bin/true": lambda: lab.run(["/bin/true"])}
    for call in calls:
        name = "client " + " ".join(call).removesuffix(path).rstrip()
        actions[name] = lambda call=call: lab.run([lab.client, *call])
        if before:
            actions[name + " before"] = (
                lambda call=call, then=before: then.run([then.client, *call]))
    actions["helper"] = lambda: lab.run([helper, path])
    times = _alternate(actions, repeats * 40)
    _print_times("One process", times, "/bin/true")
    return times


def _figures(lab: Lab) -> dict[str, dict[str, int]]:
    zygotes = machine.zygotes(lab.daemon)
    return {"daemon": machine.memory(lab.daemon),
            "zygote": machine.memory(zygotes[0]) if zygotes else
            {"rss": 0, "pss": 0, "private": 0}}


def memory(lab: Lab, paths: list[str]) -> list[dict[str, Any]]:
    """Of a daemon that has done nothing, that has loaded one library, and many."""
    lab.stop_daemon()
    lab.start_daemon()
    ours = Ours(lab, "fresh", "--bare", "--fresh")
    print(f"\nMemory in KiB\n  {'':<24}{'daemon: resident':>18}{'Pss':>8}{'own':>8}"
          f"{'zygote: resident':>18}{'Pss':>8}{'own':>8}{'remembered':>12}")
    rows = []
    for count in (0, 1, len(paths), len(paths)):
        if count:
            ours.prepare(paths[:count])
            ours.go()
        status = lab.status()
        row: dict[str, Any] = {"loads": status["done"], "remembered": status["remembered"],
                               **_figures(lab)}
        rows.append(row)
        print(f"  after {row['loads']:>6} loads      ", end="")
        for process, width in (("daemon", 18), ("zygote", 18)):
            figures = row[process]
            print(f"{figures['rss']:>{width}}{figures['pss']:>8}{figures['private']:>8}", end="")
        print(f"{row['remembered']:>12}", flush=True)
    return rows


def linearity(lab: Lab, paths: list[str], repeats: int) -> dict[str, dict[str, list[float]]]:
    """The same libraries once, ten times and a hundred times in a call, so that a library costs
    the same in each but for what grows with the number."""
    ours = Ours(lab, "fresh", "--bare", "--fresh")
    counts = [len(paths) * factor for factor in (1, 10, 100)]
    wall: dict[str, list[float]] = {str(count): [] for count in counts}
    cpu: dict[str, list[float]] = {str(count): [] for count in counts}
    done: Any = lab.status()["done"]
    for _ in range(repeats):
        for count in counts:
            ours.prepare(paths * (count // len(paths)))
            # Several of the small calls, or ticks would be too coarse for them.
            calls = 10 if count == counts[0] else 1
            measured = [ours.measure() for _ in range(calls)]
            wall[str(count)].append(sum(pair[0] for pair in measured) / calls / count)
            cpu[str(count)].append(sum(pair[1] for pair in measured) / calls / count)
    after: Any = lab.status()["done"]
    expected = repeats * (10 * counts[0] + counts[1] + counts[2])
    print(f"\nLinearity, {len(paths)} libraries again and again, {repeats} repeats, "
          f"{after - done} loads of {expected} paths; milliseconds a library")
    least = str(counts[0])
    for name, values in wall.items():
        print(f"  {name:>6} paths {Sample(values).scaled(1000).text(3):>28}"
              f"{paired_ratio(values, wall[least]):>8.3f} x {least}"
              f"    CPU {Sample(cpu[name]).scaled(1000).text(3):>24}"
              f"{paired_ratio(cpu[name], cpu[least]):>8.3f} x {least}", flush=True)
    return {"wall": wall, "cpu": cpu}


def soak(lab: Lab, path: str, count: int) -> dict[str, Any]:
    """Loads one library again and again, and looks at the memory of those who stay."""
    lab.stop_daemon()
    lab.start_daemon()
    ours = Ours(lab, "soak", "--bare", "--fresh")
    step = max(count // SOAK_STEPS, 1)
    print(f"\nSoak, {step * SOAK_STEPS} loads of {os.path.basename(path)}; own memory is "
          f"what no other process has\n  {'loads':>8}{'daemon KiB':>12}{'own':>8}"
          f"{'zygote KiB':>12}{'own':>8}{'descriptors':>13}{'ms a load':>11}")
    rows = []
    for number in range(SOAK_STEPS):
        ours.prepare([path] * step)
        seconds = _timed(ours.go)
        row: dict[str, Any] = {"loads": (number + 1) * step, **_figures(lab), "descriptors":
                               len(list(Path(f"/proc/{lab.daemon}/fd").iterdir()))}
        rows.append(row)
        print(f"  {row['loads']:>8}{row['daemon']['rss']:>12}{row['daemon']['private']:>8}"
              f"{row['zygote']['rss']:>12}{row['zygote']['private']:>8}"
              f"{row['descriptors']:>13}{seconds * 1000 / step:>11.3f}", flush=True)
    complaints = []
    for process, key, limit in (("daemon", "rss", DAEMON_GROWTH_KIB),
                                ("zygote", "private", ZYGOTE_GROWTH_KIB)):
        growth = rows[-1][process][key] - rows[0][process][key]
        if growth > limit:
            complaints.append(f"the {process} grew by {growth} KiB over the soak, "
                              f"{limit} are allowed")
    return {"steps": rows, "complaints": complaints}
