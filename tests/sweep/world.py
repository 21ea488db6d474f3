# SPDX-License-Identifier: MIT
"""A small world of libraries, directories and symlinks, for fool.py to ask about."""

import os
import shutil
import subprocess


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
    """The files, and where there may be others."""

    def __init__(self, base, rng, compiler):
        self.base, self.rng = base, rng
        self.home = base / "tsuku"
        self.libs = self.home / "libs"
        self.place = base / "world"
        self.outside = base / "outside"
        for directory in (self.libs, self.place, self.outside):
            directory.mkdir(parents=True)
        self.forge = Forge(base, self.place, compiler)
        self.build()
        self.lay_out()

    def build(self):
        """All variants of all libraries."""
        forge, world = self.forge, self.place
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
        libs, world = self.libs, self.place
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
