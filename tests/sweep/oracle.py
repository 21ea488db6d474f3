# SPDX-License-Identifier: MIT
"""How libraries are really loaded, unconfined: what the sweeps hold the verdicts against.

alone       a dlopen() and dlclose() in a fresh process (reference.c)
by a host   the host's own process loads it, before any code of the host has run (shim.c)
by import   a Python that has imported the package around it loads it (importer.py)

Each answers with "ok", or with what the dynamic linker says. All run the code
of whatever they load, as its user would: for machines on which that is no loss.
"""

import json
import os
import re
import signal
import subprocess
import threading

import sweep
from elffile import ElfFile, interpreter_of

HERE = os.path.dirname(os.path.abspath(__file__))
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"}
UNDEFINED = re.compile(r": undefined symbol: ([^ ,]+)")
MISSING = re.compile(r"([^ /]+): cannot open shared object file")
# How the text begins if it crashed in what its host has not made ready yet (shim.c).
LINKED = "linked: "
# As many more files as one plugin may have loaded before it.
HELPERS_MAX = 16


def loads(text):
    """Whether an answer says that it was loaded, as far as the dynamic linker is concerned."""
    return text == "ok" or text.startswith(LINKED)


def build_dir():
    """The build tree whose programs are tried."""
    return os.environ.get("DLTEST_BUILD_DIR") or os.path.join(HERE, "../../build/dev")


def stamp(path):
    status = os.stat(path)
    return f"{path} {status.st_size} {status.st_mtime_ns}"


class Answers:
    """What has been answered already, in a file if there is one: a run that is made again, with
    another build, need not ask the same of the same files. Of their dependencies it knows nothing:
    what was said before other packages were installed is to be thrown away."""

    def __init__(self, path):
        self.path, self.known = path, {}
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    try:
                        self.known.update([json.loads(line)])
                    except ValueError:
                        continue  # cut off when it was stopped

    def get(self, key, work_out):
        if key not in self.known:
            self.put(key, work_out())
        return self.known[key]

    def put(self, key, answer):
        self.known[key] = answer
        if self.path:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps([key, answer]) + "\n")


def run(command, environment, seconds):
    """What the command writes to the descriptor that DLTEST_SHIM_REPORT names, or how it ended."""
    reading, writing = os.pipe()
    with open(reading, "rb") as report:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, pass_fds=[writing], start_new_session=True,
                cwd="/", env=ENVIRONMENT | environment | {"DLTEST_SHIM_REPORT": str(writing)})
        finally:
            os.close(writing)
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = "not ready in time"
        # Its session may have more processes, which would keep the pipe open.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        os.set_blocking(reading, False)
        text = (report.read() or b"").decode("utf-8", "replace")
    return text or (status if isinstance(status, str) else f"ended with status {status}")


class Oracle:
    """Ways to load a library, each answer asked for once. May be asked by several threads."""

    def __init__(self, answers=None, seconds=60, build=None):
        tree = os.path.join(os.path.realpath(build or build_dir()), "tests/sweep")
        self.reference = os.path.join(tree, "sweep_reference")
        self.shim = os.path.join(tree, "sweep_shim.so")
        self.answers, self.seconds = Answers(answers), seconds
        self.exporters, self.names, self.lock = {}, {}, threading.Lock()
        self.system = set(system_directories())

    def alone(self, paths, jobs=os.cpu_count()):
        """A text for each path."""
        todo = [path for path in paths if "alone " + stamp(path) not in self.answers.known]
        for path, (ok, why) in sweep.ask_reference(self.reference, todo, jobs).items():
            self.answers.put("alone " + stamp(path), "ok" if ok else why)
        return {path: self.answers.known.get("alone " + stamp(path), "no answer")
                for path in paths}

    def by_host(self, program, path, first=()):
        """What the program says if it loads what is in 'first', and then the path."""
        program = os.path.realpath(program)
        key = " ".join(["by host", *map(stamp, [program, *first, path])])
        return self.answers.get(key, lambda: self._by_host(program, [*first, path]))

    def _by_host(self, program, paths):
        interpreter = interpreter_of(program)
        if not interpreter:
            return f"{program} is no program with a dynamic linker"
        return run([interpreter, "--preload", self.shim, program],
                   {"DLTEST_SHIM_LOADS": "\n".join(paths)}, self.seconds)

    def in_company(self, program, path, directories=(), before=()):
        """The same, but that what it lacks is loaded before it: a plugin that has the symbol,
        beside it or in one of these directories, or a library there by its name or SONAME; and
        before all that what is in 'before'. The text, and the files that helped."""
        helpers, alone = [], None
        for _ in range(HELPERS_MAX):
            text = self.by_host(program, path, [*before, *helpers])
            alone = alone or text
            helper = None if loads(text) else self._helper(text, path, directories)
            if not helper or helper in helpers:
                break
            helpers.insert(0, helper)
        return (text, helpers) if loads(text) else (alone, [])

    def _helper(self, text, path, directories):
        match = UNDEFINED.search(text)
        if match:
            where = [os.path.dirname(path), *directories]
            return next((file for directory in where
                         for file in self._exporters(directory).get(match[1], [])
                         if file != path), None)
        match = MISSING.search(text)
        if match:
            return next((names[match[1]] for names in map(self._names, directories)
                         if match[1] in names), None)
        return None

    def _exporters(self, directory):
        """Which files there export a name. Where all libraries lie nothing is a sibling."""
        with self.lock:
            if directory not in self.exporters:
                found = {}
                for path, elf in libraries_of(directory) if directory not in self.system else ():
                    for name in elf.exported():
                        found.setdefault(name, []).append(path)
                self.exporters[directory] = found
            return self.exporters[directory]

    def _names(self, directory):
        """The files there by their names and their SONAMEs."""
        with self.lock:
            if directory not in self.names:
                found = {}
                for path, elf in libraries_of(directory):
                    found.setdefault(os.path.basename(path), path)
                    if elf.soname:
                        found.setdefault(elf.soname, path)
                self.names[directory] = found
            return self.names[directory]

    def by_import(self, python, site, path):
        """What a Python says that has the directory 'site' on its path, after it has imported the
        package that the path is in."""
        key = f"by import {python} {site} {stamp(path)}"
        command = [python, "-B", os.path.join(HERE, "importer.py"), site, path]
        return self.answers.get(key, lambda: run(command, {}, self.seconds))


def libraries_of(directory):
    """(path, ElfFile) of the shared objects right in a directory."""
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        if os.path.isfile(path) and not os.path.islink(path):
            try:
                yield path, ElfFile(path)
            except ValueError:
                continue


def system_directories():
    """Those in which the dynamic linker finds libraries by its configuration."""
    process = subprocess.run(["/sbin/ldconfig", "-p"], stdout=subprocess.PIPE, text=True,
                             check=True)
    return {os.path.realpath(os.path.dirname(line.rsplit(" => ", 1)[1]))
            for line in process.stdout.splitlines() if " => " in line}
