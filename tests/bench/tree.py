#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures what --all costs beside the loads: a tree of files as they are installed here, of which
some are libraries that load, is walked, and its libraries are asked about, in several ways in turn.
docs/PERFORMANCE.md says what is measured and how."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

# pylint: disable=wrong-import-position
import machine  # noqa: E402
from contenders import Lab  # noqa: E402
from libraries import find_libraries, is_library, spread  # noqa: E402
from stats import Sample, paired_ratio  # noqa: E402

FIND = "/usr/bin/find"
# Of a library that many are made of by hard links, and of each other file.
COPIES = 10
BYTES_MAX = 16384
IN_DIRECTORY, IN_PACKAGE = 50, 1000
# Before a library is put into the tree it has been loaded.
TIMEOUT = ("--timeout", "30")
SKIP = 77


def others_below(directories: list[str], wanted: int) -> list[str]:
    """Files that are no libraries, as many as are wanted, spread evenly; some again if need be."""
    found = [os.path.join(parent, name) for directory in directories
             for parent, _, names in os.walk(directory) for name in names]
    # Enough that those which are libraries or links can be left out.
    found = [path for path in spread(sorted(found), wanted * 2)
             if not os.path.islink(path) and os.path.isfile(path) and os.access(path, os.R_OK)
             and not is_library(path)]
    found = spread(found, wanted)
    return [found[number % len(found)] for number in range(wanted)] if found else []


class Tree:
    """A home whose libraries and other files are 'others' alone, or both together."""

    def __init__(self, lab: Lab):
        self.lab = lab
        self.others = lab.directory / "others"
        (self.others / "libs").mkdir(parents=True)
        self.others.chmod(0o700)
        self.libraries: list[str] = []
        self.listing = str(lab.directory / "listing")
        self.copied: list[str] = []

    @staticmethod
    def place(libs: Path, number: int, name: str) -> Path:
        """Where file 'number' is; the directory is made."""
        directory = libs / f"p-{number // IN_PACKAGE}" / f"d-{number // IN_DIRECTORY}"
        directory.mkdir(parents=True, exist_ok=True)
        return directory / f"{number}-{name}"

    def add_others(self, paths: list[str]) -> None:
        """What is no library, in both homes."""
        for number, path in enumerate(paths):
            name = os.path.basename(path)[-100:]
            target = self.place(self.others / "libs", number, name)
            with open(path, "rb") as file:
                target.write_bytes(file.read(BYTES_MAX))
            os.link(target, self.place(self.lab.home / "libs", number, name))
            self.copied.append(str(target))

    def add_libraries(self, paths: list[str], wanted: int) -> None:
        """Libraries among them, by another way of counting, so that they are everywhere."""
        step = max(len(self.copied) // max(wanted, 1), 1)
        originals = [path for path in paths for _ in range(COPIES)][:wanted]
        previous, target = "", Path()
        for number, path in enumerate(originals):
            place = self.place(self.lab.home / "libs", number * step, os.path.basename(path))
            if path == previous:
                os.link(target, place)
            else:
                shutil.copyfile(path, place)
            previous, target = path, place
            self.libraries.append(str(place))
        self.libraries.sort(key=os.fsencode)
        Path(self.listing).write_bytes(b"".join(os.fsencode(path) + b"\0"
                                                for path in self.libraries))

    def take_out(self, paths: list[str]) -> None:
        """Of the other files those that --all asks about."""
        for path in paths:
            os.unlink(path)
            os.unlink(self.lab.home / os.path.relpath(path, self.others))
            self.copied.remove(path)

    def forget(self) -> None:
        """Has the kernel drop what it keeps of the other files' contents."""
        for path in self.copied:
            fd = os.open(path, os.O_RDONLY)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)


def that_load(lab: Lab, paths: list[str]) -> list[str]:
    """Those of the libraries that load."""
    listing = lab.directory / "paths"
    listing.write_bytes(b"".join(os.fsencode(path) + b"\0" for path in paths))
    lab.run([lab.client, "--bare", *TIMEOUT, "--files-from", str(listing), "-0"])
    return [result["path"] for result in json.loads(lab.output()) if result["ok"]]


def ways(lab: Lab, before: Lab | None, tree: Tree) -> dict[str, Callable[[], float]]:
    """What is measured; each returns the processor time that it took, that of the daemon too."""
    listed = ["--files-from", tree.listing, "-0"]

    def client(where: Lab, *options: str, home: Path | None = None) -> float:
        return where.run([where.client, *TIMEOUT, *options], home=home or lab.home).cpu

    def asking(*options: str) -> float:
        started = machine.cpu_seconds(lab.daemon)
        cpu = client(lab, *options)
        return cpu + machine.cpu_seconds(lab.daemon) - started

    found: dict[str, Callable[[], float]] = {}
    if os.path.exists(FIND):
        found["find -type f"] = lambda: lab.run(
            [FIND, str(tree.others / "libs"), "-type", "f"], out="/dev/null").cpu
    found["walk"] = lambda: client(lab, "--no-daemon", "--all", home=tree.others)
    if before:
        then = before
        found["walk before"] = lambda: client(then, "--no-daemon", "--all", home=tree.others)
    found["loads, listed"] = lambda: asking("--bare", "--fresh", *listed)
    found["loads, --all"] = lambda: asking("--bare", "--fresh", "--all")
    found["remembered, listed"] = lambda: asking("--bare", *listed)
    found["remembered, --all"] = lambda: asking("--bare", "--all")
    return found


def timed(action: Callable[[], float]) -> tuple[float, float]:
    """Seconds on the wall and on processors."""
    start = time.perf_counter()
    cpu = action()
    return time.perf_counter() - start, cpu


def measure(actions: dict[str, Callable[[], float]], repeats: int) -> dict[str, list[tuple[float, float]]]:
    """All in turns, once for nothing."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in actions}
    for number in range(repeats + 1):
        for name, action in actions.items():
            pair = timed(action)
            if number > 0:
                times[name].append(pair)
    return times


def measure_cold(lab: Lab, tree: Tree, repeats: int) -> list[tuple[float, float]]:
    """The walk where contents have to come from the disk, and only those."""
    os.sync()
    pairs = []
    for _ in range(repeats):
        tree.forget()
        pairs.append(timed(lambda: lab.run([lab.client, "--no-daemon", "--all"],
                                           home=tree.others).cpu))
    return pairs


def print_times(times: dict[str, list[tuple[float, float]]], files: int) -> None:
    """A table, and how --all compares."""
    print(f"\n  {'':<22}{'seconds':>24}{'CPU':>8}{'us a file':>12}")
    for name, pairs in times.items():
        wall, cpu = Sample([pair[0] for pair in pairs]), Sample([pair[1] for pair in pairs])
        each = f"{wall.median * 1e6 / files:.2f}" if name.startswith(("find", "walk")) else "-"
        print(f"  {name:<22}{wall.text(3):>24}{cpu.median:>8.2f}{each:>12}", flush=True)
    for kind in ("loads", "remembered"):
        pair = [[wall for wall, _ in times[f"{kind}, {how}"]] for how in ("--all", "listed")]
        print(f"  {kind}: --all / listed {paired_ratio(*pair):.3f}")


def judge(lab: Lab, tree: Tree) -> int:
    """What must hold on any machine: what --all finds are the libraries, each once."""
    lab.run([lab.client, "--bare", *TIMEOUT, "--all"])
    found = [result["path"] for result in json.loads(lab.output())]
    print(f"\nfound {len(found)} of {len(tree.libraries)} libraries; load average "
          f"{os.getloadavg()[0]:.2f}")
    return 0 if found == tree.libraries else 1


def run(lab: Lab, before: Lab | None, arguments: argparse.Namespace) -> int:
    """Makes the tree and measures."""
    lab.start_daemon()
    sandbox = lab.status().get("sandbox", {})
    if not isinstance(sandbox, dict) or not sandbox.get("seccomp"):
        print(f"nothing is loaded here: {json.dumps(sandbox)}", file=sys.stderr)
        return 1 if os.environ.get("DLTEST_SANDBOX_MUST_WORK") == "1" else SKIP
    for key, value in machine.describe().items():
        print(f"{key + ':':<14}{value}")
    tree = Tree(lab)
    libraries = spread(find_libraries(arguments.directories), 2 * arguments.libraries // COPIES)
    libraries = spread(that_load(lab, libraries), arguments.libraries // COPIES)
    tree.add_others(others_below(arguments.directories, arguments.files - arguments.libraries))
    lab.run([lab.client, "--no-daemon", "--dry-run", "--all"], home=tree.others)
    tree.take_out([result["path"] for result in json.loads(lab.output())])
    tree.add_libraries(libraries, arguments.libraries)
    print(f"{'tree:':<14}{len(tree.copied)} other files and {len(tree.libraries)} libraries that load",
          flush=True)
    watch = machine.Watch()
    times = measure(ways(lab, before, tree), arguments.repeats)
    times["walk, contents cold"] = measure_cold(lab, tree, arguments.repeats)
    others = watch.others(sum(cpu for pairs in times.values() for _, cpu in pairs))
    print_times(times, len(tree.copied))
    print(f"  others had {others * 100:.0f} % of the machine")
    return judge(lab, tree)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--client", required=True)
    parser.add_argument("--daemon", required=True)
    parser.add_argument("--before", metavar="CLIENT", help="another client, whose walk is measured")
    parser.add_argument("--files", type=int, help="of the tree, default 100000")
    parser.add_argument("--libraries", type=int, help="among them, default 5000")
    parser.add_argument("--repeats", type=int, help="default 5")
    parser.add_argument("--short", action="store_true", help="a small tree; judges no times")
    parser.add_argument("--where", metavar="DIR", help="makes the tree there; it takes a gigabyte")
    parser.add_argument("directories", nargs="*", help="default /usr/lib, /usr/share")
    arguments = parser.parse_args()
    arguments.directories = arguments.directories or \
        ["/usr/lib", *([] if arguments.short else ["/usr/share"])]
    arguments.files = arguments.files or (2000 if arguments.short else 100000)
    arguments.libraries = arguments.libraries or (100 if arguments.short else 5000)
    arguments.repeats = arguments.repeats or (1 if arguments.short else 5)
    return arguments


def main() -> int:
    """The program."""
    arguments = parse()
    # So that the daemon does not stay behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    directory = Path(tempfile.mkdtemp(prefix="dltest-bench-", dir=arguments.where))
    daemon = os.path.abspath(arguments.daemon)
    lab = Lab(directory, os.path.abspath(arguments.client), daemon, HERE)
    before = None
    if arguments.before:
        before = Lab(directory / "before", os.path.abspath(arguments.before), daemon, HERE)
    try:
        return run(lab, before, arguments)
    finally:
        lab.stop_daemon()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
