# SPDX-License-Identifier: MIT
"""What happens at random in the world of fool.py."""

import collections
import ctypes
import os
import shutil
import threading
import time

RENAME_EXCHANGE = 2
AT_FDCWD = -100
OLD = (1_000_000_000_000_000_000, 1_000_000_000_000_000_000)

libc = ctypes.CDLL(None, use_errno=True)


def exchange(one, other):
    """Swaps two names at once."""
    if libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other),
                      RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), "renameat2", str(one))


class Changes:
    """Changes of a world, one at a time. Each may fail, as nobody knows what is there."""

    def __init__(self, world, rng):
        self.world, self.rng = world, rng
        self.log = collections.deque(maxlen=60)
        self.serial = 0

    def some_file(self):
        if self.rng.random() < 0.12:
            return self.rng.choice(self.world.homes) / self.rng.choice(self.world.tops).name
        return self.rng.choice(self.world.dirs) / self.rng.choice(("libA.so", "libA.so", "libB.so"))

    def source_for(self, path):
        if self.rng.random() < 0.15:
            return self.rng.choice(self.world.bad)
        if path.name.startswith("T"):
            return self.rng.choice(self.world.tops)
        return self.rng.choice(self.world.a if path.name == "libA.so" else self.world.b)

    def fresh_name(self, path):
        self.serial += 1
        return path.parent / f".{path.name}.{threading.get_ident() % 1000}.{self.serial}"

    def backdate(self, path, times=None):
        if times or self.rng.random() < 0.6:
            os.utime(path, ns=times or OLD, follow_symlinks=False)

    def is_in_store(self, path):
        """Whether it leads to what other files are made from."""
        return os.path.realpath(path).startswith(str(self.world.forge.store))

    def overwrite(self):
        path = self.some_file()
        status = os.stat(path)
        if os.path.samestat(status, os.stat(self.source_for(path))):
            return None
        if self.is_in_store(path):
            return None
        real = os.path.realpath(path)
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
            target = str(self.rng.choice(self.world.dirs) / path.name)
        elif kind == 3:
            target = f"{self.world.place}/rp3/link/{path.name}"
        elif kind == 4:
            target = str(self.world.outside / "lib" / path.name)
        new = self.fresh_name(path)
        os.symlink(target, new)
        self.backdate(new)
        os.rename(new, path)
        return f"symlink {path} -> {target}"

    def hard_link(self):
        path = self.some_file()
        new = self.fresh_name(path)
        source = self.source_for(path) if self.rng.random() < 0.5 else \
            self.rng.choice(self.world.dirs) / path.name
        os.link(source, new)
        os.rename(new, path)
        if os.path.lexists(new):
            os.unlink(new)
        return f"link {path} = {source}"

    def beside(self):
        """A name that nothing asks for comes or goes, in a directory or above it."""
        directory = self.rng.choice(self.world.dirs)
        path = self.rng.choice([directory, directory, directory.parent]) / "beside.so"
        if os.path.lexists(path):
            os.unlink(path)
            return f"unlink {path}"
        path.write_text("")
        if self.rng.random() < 0.5:
            os.unlink(path)
            return f"{path} came and went"
        return f"make {path}"

    def touch(self):
        path = self.rng.choice([self.some_file(), self.rng.choice(self.world.dirs)])
        self.backdate(path, OLD)
        return f"touch {path}"

    def make_dir(self):
        path = self.rng.choice(self.world.dirs)
        path.mkdir(parents=self.rng.random() < 0.5)
        return f"mkdir {path}"

    def move_dir(self):
        path = self.some_dir()
        away = self.world.base / f"away.{self.rng.randrange(4)}"
        if away.exists():
            if os.path.lexists(path):
                return None
            os.rename(away, path)
            return f"rename {away} {path}"
        os.rename(path, away)
        return f"rename {path} {away}"

    def some_dir(self):
        path = self.rng.choice(self.world.dirs)
        world = self.world
        if self.rng.random() < 0.3 and path.parent not in (
                world.libs, world.place, world.home, world.base, world.outside):
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
        if path == self.world.libs:
            return None
        target = self.rng.choice((self.world.base, self.world.outside, self.world.place)) / \
            f"moved.{self.rng.randrange(10)}"
        if os.path.lexists(target):
            return None
        os.rename(path, target)
        os.symlink(target, path)
        return f"rename {path} {target}, symlink"

    def remove_dir(self):
        path = self.rng.choice(self.world.dirs)
        if path in (self.world.libs, self.world.dirs[0]) or self.rng.random() < 0.5:
            return None
        path.rmdir()
        return f"rmdir {path}"

    def copy_dir(self):
        """A copy with its times in the place of the original."""
        path = self.some_dir()
        if path == self.world.libs or path.is_symlink():
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
        one, other = self.rng.sample(self.world.dirs, 2)
        exchange(one, other)
        return f"exchange {one} {other}"

    def exchange_files(self):
        one, other = self.some_file(), self.some_file()
        if one.name != other.name:
            return None
        exchange(one, other)
        return f"exchange {one} {other}"

    def repoint(self):
        link, targets = self.rng.choice(list(self.world.links.items()))
        target = self.rng.choice(targets)
        new = self.fresh_name(link)
        os.symlink(target, new)
        self.backdate(new)
        os.rename(new, link)
        return f"symlink {link} -> {target}"

    def there_and_back(self):
        """As it was, but not all the time."""
        if self.rng.random() < 0.5:
            link, targets = self.rng.choice(list(self.world.links.items()))
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
        if path == self.world.libs or self.is_in_store(path):
            return None
        if os.path.isdir(path) and os.geteuid() == 0:
            return None  # the daemon of root would still get in; said in MEMORY.md
        os.chmod(path, mode)
        return f"chmod {mode:o} {path}"

    def repair(self):
        """Not everything may be broken for long."""
        if self.rng.random() < 0.3:
            for directory in self.rng.sample(self.world.dirs, 5):
                if directory.is_symlink() and directory.parent.is_dir():
                    os.unlink(directory)
        path = self.rng.choice(self.world.dirs)
        top = path
        while not top.exists():
            top = top.parent
        for each in [path, *path.parents]:
            if each == self.world.base:
                break
            if each.is_dir():
                os.chmod(each, 0o755)
        path.mkdir(parents=True, exist_ok=True)
        for name, source in (("libA.so", self.world.a[0]), ("libB.so", self.world.b[0])):
            if self.rng.random() < 0.4 and not os.path.exists(path / name):
                new = self.fresh_name(path / name)
                shutil.copyfile(source, new)
                os.rename(new, path / name)
        home = self.rng.choice(self.world.homes)
        if home.is_symlink() and not home.exists():
            os.unlink(home)
            os.symlink("late", home)
        if not os.path.lexists(home):
            home.mkdir(parents=True)
        for top in self.world.tops if home.is_dir() else ():
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
                 self.beside, self.beside, self.make_dir, self.move_dir, self.move_and_link, self.remove_dir, self.copy_dir,
                 self.exchange_dirs, self.exchange_files, self.repoint, self.repoint,
                 self.change_mode, self.there_and_back,
                 self.repair, self.repair, self.repair, self.repair)
        try:
            what = self.rng.choice(kinds)()
        except (OSError, shutil.Error):
            return None
        if what:
            self.log.append(what.replace(str(self.world.base), ""))
        return what
