#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tries to fool the daemon's memory.

Builds a small world of libraries, directories and symlinks, changes something in it at random,
and asks for verdicts: first as anybody does, then anew (fresh). Nothing changes between the two, so
they must be equal, always. With --churn another thread changes the world while loads run; then the
world is left alone, and both answers are compared again.

What is random comes from a seed, which is printed; --seed gives the same changes again (what the
daemon has remembered by then depends on times, too).
"""

import argparse
import collections
import ctypes
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

METHOD = "dev.tsuku.DlTest.Verify"
RENAME_EXCHANGE = 2
AT_FDCWD = -100
OLD = (1_000_000_000_000_000_000, 1_000_000_000_000_000_000)
# What a verdict says, but for times and where it came from.
FIELDS = ("ok", "reason", "missing", "symbols", "error", "context", "loads_with", "needs")
DETAILS = ("objects", "warnings", "output", "denied")
# Ends that say nothing about the library; they are not remembered.
NOISE = {"no_verdict", "timed_out", "out_of_memory"}

libc = ctypes.CDLL(None, use_errno=True)


def exchange(one, other):
    """Swaps two names at once."""
    if libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other),
                      RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), "renameat2", str(one))


class Forge:
    """Compiles the libraries of which the world is made."""

    def __init__(self, base, world, compiler):
        self.dir = base / "forge"
        self.store = world / "store"
        self.compiler = compiler
        self.dir.mkdir()
        self.store.mkdir()

    def build(self, name, source, *flags):
        """A library in the store; its path."""
        path = self.dir / f"{name}.c"
        path.write_text(source)
        target = self.store / f"{name}.so"
        subprocess.run([self.compiler, "-shared", "-fPIC", "-O1", "-nostdlib", "-o", str(target),
                        str(path), "-Wl,--no-as-needed", "-Wl,--hash-style=gnu",
                        *flags], check=True)
        os.chmod(target, 0o755)
        return target

    def stub(self, soname, source):
        """A library to link with."""
        path = self.dir / f"{soname}.c"
        path.write_text(source)
        target = self.dir / soname
        subprocess.run([self.compiler, "-shared", "-fPIC", "-nostdlib", "-o", str(target),
                        str(path), f"-Wl,-soname,{soname}"], check=True)
        return str(target)


class World:
    """The files, and what can be done to them."""

    def __init__(self, base, rng, compiler):
        self.base, self.rng = base, rng
        self.home = base / "tsuku"
        self.libs = self.home / "libs"
        self.world = base / "world"
        self.outside = base / "outside"
        for directory in (self.libs, self.world, self.outside):
            directory.mkdir(parents=True)
        self.log = collections.deque(maxlen=60)
        self.serial = 0
        self.forge = Forge(base, self.world, compiler)
        self.build()
        self.lay_out()

    def build(self):
        """All variants of all libraries."""
        forge, world = self.forge, self.world
        a = forge.stub("libA.so", "int a_one; int a_two;")
        b = forge.stub("libB.so", "int b_one;")
        both = "extern int a_one; extern int b_one; int *p = &a_one, *q = &b_one;"
        only = "extern int a_one; int *p = &a_one;"
        rp = f"{world}/rp1:{world}/rp2/lib:{world}/rp3/link"
        wait = ("\nstatic void __attribute__((constructor)) wait_(void)"
                "{ long t[2] = {0, 15000000}; register long n __asm__(\"rax\") = 35;"
                "__asm__ volatile(\"syscall\" : \"+r\"(n) : \"D\"(t), \"S\"(0) :"
                " \"rcx\", \"r11\", \"memory\"); }")
        if os.uname().machine != "x86_64":
            wait = ""
        new, old = "-Wl,--enable-new-dtags", "-Wl,--disable-new-dtags"
        origin = "$ORIGIN/../../dep/lib:$ORIGIN/gone"
        self.tops = [
            forge.build("T0", only, a),
            forge.build("T1", both, a, b),
            forge.build("T2", only, a, new, f"-Wl,-rpath,{rp}"),
            forge.build("T3", both, a, b, old, f"-Wl,-rpath,{rp}"),
            forge.build("T4", only, a, new, f"-Wl,-rpath,{origin}"),
            forge.build("T5", both, a, b, old, "-Wl,-rpath,$ORIGIN"),
            forge.build("T6", only + wait, a, new, f"-Wl,-rpath,{rp}:{origin}"),
            forge.build("T7", "double cos(double); double f(void){ return cos(1); }", a),
            forge.build("T8", "int x;"),
        ]
        self.a = [
            forge.build("A0", "int a_one;", "-Wl,-soname,libA.so"),
            forge.build("A1", "int a_two;", "-Wl,-soname,libA.so"),
            forge.build("A2", "int a_one; extern int b_one; int *q = &b_one;", b,
                        "-Wl,-soname,libA.so", new, f"-Wl,-rpath,{world}/rp2/lib"),
            forge.build("A3", "int a_one; extern int b_two; int *q = &b_two;", b,
                        "-Wl,-soname,libA.so"),
            forge.build("A4", "int a_one;"),
            forge.build("A5", "int a_one; extern int b_one; int *q = &b_one;", b, new,
                        "-Wl,-rpath,$ORIGIN"),
            forge.build("A6", "int a_one;" + wait, "-Wl,-soname,libA.so"),
        ]
        self.b = [
            forge.build("B0", "int b_one;", "-Wl,-soname,libB.so"),
            forge.build("B1", "int b_two;", "-Wl,-soname,libB.so"),
            forge.build("B2", "int b_one, b_two, a_one;"),
            forge.build("B3", "int b_one; extern int a_two; int *q = &a_two;", a,
                        "-Wl,-soname,libB.so"),
        ]
        self.bad = [self.spoil("cut", self.a[0].read_bytes()[:100]),
                    self.spoil("empty", b""),
                    self.spoil("text", b"/* GNU ld script */ INPUT(libA.so)\n")]
        for number, offset, data in ((0, 4, b"\x01"), (1, 18, b"\xb7\x00"), (2, 5, b"\x02"),
                                     (3, 16, b"\x02\x00")):
            content = bytearray(self.a[0].read_bytes())
            content[offset:offset + len(data)] = data
            self.bad.append(self.spoil(f"bad{number}", bytes(content)))

    def spoil(self, name, content):
        path = self.forge.store / f"{name}.so"
        path.write_bytes(content)
        return path

    def lay_out(self):
        """Directories, and where things may be."""
        libs, world = self.libs, self.world
        self.dirs = [libs / "app-1/lib", libs / "app-2/lib", libs / "app-1/lib64",
                     libs / "app-1/lib/sub", libs / "dep-1/lib", libs / "dep-2/lib",
                     world / "early", world / "late", world / "rp1", world / "rp2/lib",
                     world / "rp3/real", world / "deep/a/b", libs / "app-1/lib/gone",
                     world / "early/glibc-hwcaps/x86-64-v2", world / "rp1/glibc-hwcaps/x86-64-v2",
                     libs / "dep-1/lib/glibc-hwcaps/x86-64-v2", world / "late/tls",
                     libs, self.outside / "lib", self.outside / "app-3/lib"]
        self.links = {libs / "app": ["app-1", "app-2", "../../outside/app-3", str(libs / "app-1")],
                      libs / "dep": ["dep-1", "dep-2", "nowhere", "../../world/rp2"],
                      world / "rp3/link": ["real", "../rp1", "../deep/a/b", "nowhere"],
                      world / "lnk": ["late", "early", "nowhere"],
                      world / "root": ["late", ".", "early", "../libs"]}
        for directory in self.dirs:
            if self.rng.random() < 0.7:
                directory.mkdir(parents=True, exist_ok=True)
        for directory in (self.dirs[0], self.dirs[1], self.dirs[4], self.outside / "app-3/lib"):
            directory.mkdir(parents=True, exist_ok=True)
        for link, targets in self.links.items():
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                link.symlink_to(targets[0])
        self.homes = [libs / "app-1/lib", libs / "app-2/lib", libs / "app-1/lib/sub",
                      libs / "app/lib", world / "late", world / "lnk", world / "root",
                      self.outside / "app-3/lib"]
        for directory in self.homes:
            for top in self.tops:
                target = directory / top.name
                if directory.is_dir() and not target.exists():
                    shutil.copyfile(top, target)

    # Changes. Each may fail, as nobody knows what is there.

    def some_file(self):
        if self.rng.random() < 0.12:
            return self.rng.choice(self.homes) / self.rng.choice(self.tops).name
        return self.rng.choice(self.dirs) / self.rng.choice(("libA.so", "libA.so", "libB.so"))

    def source_for(self, path):
        if self.rng.random() < 0.15:
            return self.rng.choice(self.bad)
        if path.name.startswith("T"):
            return self.rng.choice(self.tops)
        return self.rng.choice(self.a if path.name == "libA.so" else self.b)

    def fresh_name(self, path):
        self.serial += 1
        return path.parent / f".{path.name}.{threading.get_ident() % 1000}.{self.serial}"

    def backdate(self, path, times=None):
        if times or self.rng.random() < 0.6:
            os.utime(path, ns=times or OLD, follow_symlinks=False)

    def overwrite(self):
        path = self.some_file()
        status = os.stat(path)
        if os.path.samestat(status, os.stat(self.source_for(path))):
            return None
        real = os.path.realpath(path)
        if real.startswith(str(self.forge.store)):
            return None
        with open(real, "r+b") as file:
            file.write(self.source_for(path).read_bytes())
            file.truncate()
        self.backdate(real, (status.st_atime_ns, status.st_mtime_ns)
                      if self.rng.random() < 0.7 else None)
        return f"overwrite {path}"

    def replace(self):
        path = self.some_file()
        source = self.source_for(path)
        new = self.fresh_name(path)
        shutil.copyfile(source, new)
        self.backdate(new)
        os.rename(new, path)
        return f"replace {path} by {source.name}"

    def unlink(self):
        path = self.some_file()
        os.unlink(path)
        return f"unlink {path}"

    def symlink(self):
        path = self.some_file()
        if path.name.startswith("T") and self.rng.random() < 0.7:
            return None
        kind = self.rng.randrange(5)
        target = str(self.source_for(path))
        if kind == 1:
            target = os.path.relpath(target, os.path.realpath(path.parent))
        elif kind == 2:
            target = str(self.rng.choice(self.dirs) / path.name)
        elif kind == 3:
            target = f"{self.world}/rp3/link/{path.name}"
        elif kind == 4:
            target = str(self.outside / "lib" / path.name)
        new = self.fresh_name(path)
        os.symlink(target, new)
        self.backdate(new)
        os.rename(new, path)
        return f"symlink {path} -> {target}"

    def hard_link(self):
        path = self.some_file()
        new = self.fresh_name(path)
        source = self.source_for(path) if self.rng.random() < 0.5 else \
            self.rng.choice(self.dirs) / path.name
        os.link(source, new)
        os.rename(new, path)
        if os.path.lexists(new):
            os.unlink(new)
        return f"link {path} = {source}"

    def touch(self):
        path = self.rng.choice([self.some_file(), self.rng.choice(self.dirs)])
        self.backdate(path, OLD)
        return f"touch {path}"

    def make_dir(self):
        path = self.rng.choice(self.dirs)
        path.mkdir(parents=self.rng.random() < 0.5)
        return f"mkdir {path}"

    def move_dir(self):
        path = self.some_dir()
        away = self.base / f"away.{self.rng.randrange(4)}"
        if away.exists():
            if os.path.lexists(path):
                return None
            os.rename(away, path)
            return f"rename {away} {path}"
        os.rename(path, away)
        return f"rename {path} {away}"

    def some_dir(self):
        path = self.rng.choice(self.dirs)
        if self.rng.random() < 0.3 and path.parent not in (self.libs, self.world, self.home,
                                                           self.base, self.outside):
            path = path.parent
        return path

    def move_and_link(self):
        """Moves a directory elsewhere and leaves a symlink to it."""
        path = self.some_dir()
        if path.is_symlink():
            target = os.readlink(path)
            os.unlink(path)
            os.rename(target, path)
            return f"unlink {path}, rename {target} to it"
        if path == self.libs:
            return None
        target = self.rng.choice((self.base, self.outside, self.world)) / \
            f"moved.{self.rng.randrange(10)}"
        if os.path.lexists(target):
            return None
        os.rename(path, target)
        os.symlink(target, path)
        return f"rename {path} {target}, symlink"

    def remove_dir(self):
        path = self.rng.choice(self.dirs)
        if path in (self.libs, self.dirs[0]) or self.rng.random() < 0.5:
            return None
        path.rmdir()
        return f"rmdir {path}"

    def copy_dir(self):
        """A copy with its times in the place of the original."""
        path = self.some_dir()
        if path == self.libs or path.is_symlink():
            return None
        new = self.fresh_name(path)
        shutil.copytree(path, new, symlinks=True)
        shutil.copystat(path, new)
        name = self.rng.choice(("libA.so", "libB.so", "libA.so"))
        if self.rng.random() < 0.7:
            other = self.source_for(path / name)
            if os.path.lexists(new / name):
                os.unlink(new / name)
            if self.rng.random() < 0.8:
                shutil.copyfile(other, new / name)
                self.backdate(new / name)
        shutil.copystat(path, new)
        if self.rng.random() < 0.5:
            exchange(path, new)
            shutil.rmtree(new)
        else:
            old = self.fresh_name(path)
            os.rename(path, old)
            os.rename(new, path)
            shutil.rmtree(old)
        return f"another directory as {path}"

    def exchange_dirs(self):
        one, other = self.rng.sample(self.dirs, 2)
        exchange(one, other)
        return f"exchange {one} {other}"

    def exchange_files(self):
        one, other = self.some_file(), self.some_file()
        if one.name != other.name:
            return None
        exchange(one, other)
        return f"exchange {one} {other}"

    def repoint(self):
        link, targets = self.rng.choice(list(self.links.items()))
        target = self.rng.choice(targets)
        new = self.fresh_name(link)
        os.symlink(target, new)
        self.backdate(new)
        os.rename(new, link)
        return f"symlink {link} -> {target}"

    def there_and_back(self):
        """As it was, but not all the time."""
        if self.rng.random() < 0.5:
            link, targets = self.rng.choice(list(self.links.items()))
            was = os.readlink(link)
            for target in (self.rng.choice(targets), was):
                new = self.fresh_name(link)
                os.symlink(target, new)
                os.rename(new, link)
                time.sleep(self.rng.random() / 200)
            return f"{link} away and back"
        path = self.some_file()
        away = self.fresh_name(path)
        os.rename(path, away)
        if self.rng.random() < 0.5:
            shutil.copyfile(self.source_for(path), path)
        time.sleep(self.rng.random() / 200)
        os.rename(away, path)
        return f"{path} away and back"

    def change_mode(self):
        path = self.rng.choice([self.some_file(), self.some_dir()])
        mode = self.rng.choice((0o755, 0o755, 0o644, 0o000, 0o311))
        if os.path.realpath(path).startswith(str(self.forge.store)) or path == self.libs:
            return None
        if os.path.isdir(path) and os.geteuid() == 0:
            return None  # the daemon of root would still get in; said in MEMORY.md
        os.chmod(path, mode)
        return f"chmod {mode:o} {path}"

    def repair(self):
        """Not everything may be broken for long."""
        if self.rng.random() < 0.3:
            for directory in self.rng.sample(self.dirs, 5):
                if directory.is_symlink() and directory.parent.is_dir():
                    os.unlink(directory)
        path = self.rng.choice(self.dirs)
        top = path
        while not top.exists():
            top = top.parent
        for each in [path, *path.parents]:
            if each == self.base:
                break
            if each.is_dir():
                os.chmod(each, 0o755)
        path.mkdir(parents=True, exist_ok=True)
        for name, source in (("libA.so", self.a[0]), ("libB.so", self.b[0])):
            if self.rng.random() < 0.4 and not os.path.exists(path / name):
                new = self.fresh_name(path / name)
                shutil.copyfile(source, new)
                os.rename(new, path / name)
        home = self.rng.choice(self.homes)
        if home.is_symlink() and not home.exists():
            os.unlink(home)
            os.symlink("late", home)
        if not os.path.lexists(home):
            home.mkdir(parents=True)
        for top in self.tops if home.is_dir() else ():
            if os.path.exists(home / top.name) and self.rng.random() < 0.8:
                continue
            new = self.fresh_name(home / top.name)
            shutil.copyfile(top, new)
            os.rename(new, home / top.name)
        return f"repair {path} {home}"

    def change(self):
        """One random change; says which, or None if there was none."""
        kinds = (self.overwrite, self.overwrite, self.replace, self.replace, self.unlink,
                 self.unlink, self.symlink, self.symlink, self.hard_link, self.touch,
                 self.make_dir, self.move_dir, self.move_and_link, self.remove_dir, self.copy_dir,
                 self.exchange_dirs, self.exchange_files, self.repoint, self.repoint,
                 self.change_mode, self.there_and_back,
                 self.repair, self.repair, self.repair, self.repair)
        try:
            what = self.rng.choice(kinds)()
        except (OSError, shutil.Error):
            return None
        if what:
            self.log.append(what.replace(str(self.base), ""))
        return what


class Daemon:
    """The daemon, and a connection to it."""

    def __init__(self, program, home):
        env = {"TSUKU_HOME": str(home), "HOME": str(home.parent), "PATH": "/usr/bin:/bin",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        self.process = subprocess.Popen([os.path.abspath(program)], env=env, cwd="/")
        deadline = time.monotonic() + 30
        while True:
            try:
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.connect(str(home / "dltest.sock"))
                break
            except OSError:
                self.socket.close()
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.02)
        self.buffer = b""

    def call(self, method, parameters):
        message = json.dumps({"method": method, "parameters": parameters})
        self.socket.sendall(message.encode() + b"\0")
        while b"\0" not in self.buffer:
            data = self.socket.recv(1 << 20)
            if not data:
                raise AssertionError("the daemon closed the connection")
            self.buffer += data
        reply, self.buffer = self.buffer.split(b"\0", 1)
        reply = json.loads(reply)
        if "error" in reply:
            raise AssertionError(f"{reply}")
        return reply["parameters"]

    def verify(self, paths, **options):
        return self.call(METHOD, {"paths": paths, **options})["results"]

    def end(self):
        self.socket.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


class Fool:
    """The test."""

    def __init__(self, args, base):
        self.args = args
        self.rng = random.Random(args.seed)
        self.world = World(base, self.rng, args.compiler)
        self.daemon = Daemon(args.daemon, self.world.home)
        self.figures = collections.Counter()
        self.reasons = collections.Counter()
        self.failed = []

    def options(self):
        world, rng = str(self.world.world), self.rng
        options = {"roots": rng.choice(([world], [world], [world, f"{world}/root"],
                                        [f"{world}/root", f"{world}/rp1", f"{world}/store"])),
                   "library_path": rng.choice(([], [f"{world}/early", f"{world}/late"],
                                               [f"{world}/lnk"], [f"{world}/nowhere"],
                                               [f"{world}/rp3/link", f"{world}/late"])),
                   "bare": rng.random() < 0.6}
        if rng.random() < 0.1:
            options["lazy"] = True
        if rng.random() < 0.15:
            options["preload"] = [f"{world}/late/libB.so"]
        if rng.random() < 0.8:
            options["details"] = True
        return options

    def paths(self):
        world, rng = self.world, self.rng
        return [str(rng.choice(world.homes) / rng.choice(world.tops).name)
                for _ in range(rng.randrange(2, 7))]

    def compare(self, paths, options, questions):
        """Asks twice; the answers must be equal."""
        remembered = self.daemon.verify(paths, **options)
        fresh = self.daemon.verify(paths, fresh=True, **options)
        for path, was, now in zip(paths, remembered, fresh):
            self.figures["compared"] += 1
            self.reasons[now.get("reason", "context" if "context" in now else "ok")] += 1
            if was.get("reason") in NOISE or now.get("reason") in NOISE:
                self.figures["noise"] += 1
                continue
            fields = FIELDS + (DETAILS if options.get("details") else ())
            if options.get("details") and was["cached"]:
                self.figures["cached"] += 1
            if all(was.get(field) == now.get(field) for field in fields):
                continue
            again = self.daemon.verify([path], fresh=True, **options)[0]
            if not all(again.get(field) == now.get(field) for field in fields):
                self.figures["unsteady"] += 1
                print(f"unsteady: {now}\nand {again}", flush=True)
                continue
            self.report(path, options, was, now, fields, questions)

    def report(self, path, options, was, now, fields, questions):
        self.failed.append(path)
        again = self.daemon.verify([path], **{**options, "details": True})[0]
        print(f"FOOLED by {path}\n  options    {options}\n  question   {questions}\n"
              f"  remembered now: {again.get('cached')}")
        for field in fields:
            if was.get(field) != now.get(field):
                print(f"  {field}: remembered {was.get(field)!r}\n  {field}: fresh      "
                      f"{now.get(field)!r}")
        print("  changes, the last one last:")
        for change in list(self.world.log)[-25:]:
            print(f"    {change}")
        sys.stdout.flush()

    def churn(self, paths, options):
        """Asks while somebody changes the world."""
        stop = threading.Event()

        def change():
            while not stop.is_set():
                self.world.change()
                time.sleep(self.rng.random() / 150)

        thread = threading.Thread(target=change)
        thread.start()
        try:
            for _ in range(3):
                self.daemon.verify(paths, fresh=self.rng.random() < 0.5, **options)
        finally:
            stop.set()
            thread.join()

    def run(self):
        deadline = time.monotonic() + self.args.seconds if self.args.seconds else None
        recent = collections.deque(maxlen=12)
        step = 0
        while (step < self.args.steps or deadline) and \
                (not deadline or time.monotonic() < deadline) and \
                len(self.failed) < self.args.failures:
            step += 1
            if not recent or self.rng.random() < 0.25:
                recent.append((self.paths(), self.options()))
            # The same questions again and again, or nothing would be remembered.
            paths, options = self.rng.choice(recent)
            if self.args.churn and self.rng.random() < 0.3:
                self.churn(paths, options)
                self.figures["churned"] += 1
            elif self.rng.random() < 0.8:
                for _ in range(self.rng.choice((1, 1, 1, 2, 4))):
                    self.figures["changes"] += self.world.change() is not None
            if self.rng.random() < 0.3:
                time.sleep(0.01)  # that times become old enough for verdicts to be kept
            for which in {0, self.rng.randrange(len(recent))}:
                paths, options = recent[-1 - which]
                self.compare(paths, options, step)
            self.compare(*self.rng.choice(recent), step)
        self.figures["steps"] = step
        remembered = self.daemon.call("dev.tsuku.DlTest.Status", {})
        print(f"seed {self.args.seed}: {dict(self.figures)}\n{dict(self.reasons)}\n"
              f"remembered at the end: {remembered['remembered']}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--daemon", default=os.environ.get("DLTEST_DAEMON"))
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--churn", action="store_true")
    parser.add_argument("--failures", type=int, default=1, help="end after so many")
    parser.add_argument("--where", default="/tmp", help="file system to do it on")
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    base = Path(tempfile.mkdtemp(prefix="dlt-fool-", dir=args.where)).resolve()
    fool = None
    try:
        fool = Fool(args, base)
        fool.run()
        fool.daemon.end()
        if fool.figures["cached"] < fool.figures["compared"] // 100:
            print("hardly anything was answered from memory: this has tested nothing")
            return 1
        return 1 if fool.failed else 0
    finally:
        if fool and fool.daemon.process.poll() is None:
            fool.daemon.process.kill()
            fool.daemon.process.wait()
        subprocess.run(["chmod", "-R", "u+rwX", str(base)], check=False,
                       stderr=subprocess.DEVNULL)
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
