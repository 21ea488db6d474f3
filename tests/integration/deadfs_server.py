#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Serves the file system of deadfs.py: SOURCE at POINT, until it is told on standard input at which
call of which operation it is to stop, and for good when that ends."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from typing import Any, Callable

import pyfuse3
import trio


def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A handler that may never answer, and whose errors are the caller's."""
    name = function.__name__

    async def handler(self: Any, *args: Any) -> Any:
        if self.has_stopped(name):
            await trio.sleep_forever()
        try:
            return function(self, *args)
        except OSError as error:
            raise pyfuse3.FUSEError(error.errno or errno.EIO) from None
    handler.__name__ = name
    return handler


class Mirror(pyfuse3.Operations):
    """Paths are kept by the numbers that the kernel has for them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.paths = {pyfuse3.ROOT_INODE: os.fsencode(source)}
        self.numbers = {os.fsencode(source): pyfuse3.ROOT_INODE}
        self.next = pyfuse3.ROOT_INODE + 1
        self.lists: dict[int, list[bytes]] = {}
        self.armed, self.calls, self.stopped = "", 0, False

    def arm(self, operation: str, calls: int) -> None:
        """Has it stop at that call."""
        self.armed, self.calls = operation, calls

    def has_stopped(self, name: str) -> bool:
        """Counts one call."""
        if not self.stopped and self.armed in (name, "any"):
            self.calls -= 1
            if self.calls <= 0:
                self.stopped = True
                print("stopped", flush=True)
        return self.stopped

    def below(self, parent: int, name: bytes) -> bytes:
        """The path of a name."""
        return os.path.join(self.paths[parent], name)

    def entry(self, path: bytes) -> Any:
        """What is at a path. Nothing is kept by the kernel, so that it asks each time."""
        status = os.lstat(path)
        if path not in self.numbers:
            self.numbers[path], self.next = self.next, self.next + 1
            self.paths[self.numbers[path]] = path
        entry = pyfuse3.EntryAttributes()
        for name in ("st_mode", "st_nlink", "st_uid", "st_gid", "st_rdev", "st_size",
                     "st_atime_ns", "st_mtime_ns", "st_ctime_ns", "st_blksize", "st_blocks"):
            setattr(entry, name, getattr(status, name))
        entry.st_ino = self.numbers[path]
        entry.generation = 0
        entry.entry_timeout = entry.attr_timeout = 0
        return entry

    def forgotten(self, path: bytes) -> None:
        """What is made there next is another thing."""
        self.numbers.pop(path, None)

    @guarded
    def lookup(self, parent: int, name: bytes, _: Any) -> Any:
        """By its name."""
        path = self.paths[parent]
        if name == b"..":
            return self.entry(os.path.dirname(path))
        return self.entry(path if name == b"." else self.below(parent, name))

    @guarded
    def getattr(self, inode: int, _: Any) -> Any:
        """What it is."""
        return self.entry(self.paths[inode])

    @guarded
    def readlink(self, inode: int, _: Any) -> bytes:
        """Where it leads."""
        return os.readlink(self.paths[inode])

    @guarded
    def opendir(self, inode: int, _: Any) -> int:
        """A list of what is in there now."""
        handle = max(self.lists, default=0) + 1
        self.lists[handle] = [self.below(inode, name)
                              for name in sorted(os.listdir(self.paths[inode]))]
        return handle

    @guarded
    def readdir(self, handle: int, start: int, token: Any) -> None:
        """What is in that list."""
        for index, path in enumerate(self.lists[handle][start:], start + 1):
            with contextlib.suppress(FileNotFoundError):
                entry = self.entry(path)
                if not pyfuse3.readdir_reply(token, os.path.basename(path), entry, index):
                    return

    @guarded
    def releasedir(self, handle: int) -> None:
        """Nobody reads it any more."""
        self.lists.pop(handle)

    @guarded
    def open(self, inode: int, flags: int, _: Any) -> Any:
        """Past the kernel's cache, for the same reason as above."""
        fd = os.open(self.paths[inode], flags & ~os.O_NOFOLLOW)
        return pyfuse3.FileInfo(fh=fd, direct_io=False, keep_cache=False)

    @guarded
    def read(self, handle: int, offset: int, size: int) -> bytes:
        """Of an open file."""
        return os.pread(handle, size, offset)

    @guarded
    def write(self, handle: int, offset: int, data: bytes) -> int:
        """To an open file."""
        return os.pwrite(handle, data, offset)

    @guarded
    def release(self, handle: int) -> None:
        """The last who had it has closed it."""
        os.close(handle)

    @guarded
    def flush(self, _: int) -> None:
        """One who had it has closed it."""

    @guarded
    def fsync(self, handle: int, _: bool) -> None:
        """To the disk."""
        os.fsync(handle)

    @guarded
    def create(self, parent: int, name: bytes, mode: int, flags: int, _: Any) -> Any:
        """A new file, open."""
        path = self.below(parent, name)
        fd = os.open(path, flags | os.O_CREAT, mode)
        return pyfuse3.FileInfo(fh=fd), self.entry(path)

    @guarded
    def mknod(self, parent: int, name: bytes, mode: int, device: int, _: Any) -> Any:
        """A socket, for one."""
        path = self.below(parent, name)
        os.mknod(path, mode, device)
        return self.entry(path)

    @guarded
    def mkdir(self, parent: int, name: bytes, mode: int, _: Any) -> Any:
        """A new directory."""
        path = self.below(parent, name)
        os.mkdir(path, mode)
        return self.entry(path)

    @guarded
    def symlink(self, parent: int, name: bytes, target: bytes, _: Any) -> Any:
        """A new link."""
        path = self.below(parent, name)
        os.symlink(target, path)
        return self.entry(path)

    @guarded
    def unlink(self, parent: int, name: bytes, _: Any) -> None:
        """No file any more."""
        os.unlink(self.below(parent, name))
        self.forgotten(self.below(parent, name))

    @guarded
    def rmdir(self, parent: int, name: bytes, _: Any) -> None:
        """No directory any more."""
        os.rmdir(self.below(parent, name))
        self.forgotten(self.below(parent, name))

    @guarded
    def rename(self, parent: int, name: bytes, new_parent: int, new_name: bytes, _: int,
               __: Any) -> None:
        """Files alone are renamed by who is tested."""
        old, new = self.below(parent, name), self.below(new_parent, new_name)
        os.rename(old, new)
        number = self.numbers.pop(old, None)
        if number is not None:
            self.numbers[new], self.paths[number] = number, new

    @guarded
    def setattr(self, inode: int, attr: Any, fields: Any, handle: int | None, _: Any) -> Any:
        """Another size or mode; owners and times stay."""
        path = self.paths[inode]
        if fields.update_size:
            os.truncate(path if handle is None else handle, attr.st_size)
        if fields.update_mode:
            os.chmod(path, stat.S_IMODE(attr.st_mode))
        return self.entry(path)


async def obey(mirror: Mirror) -> None:
    """Does what it is told."""
    text = b""
    async for data in trio.lowlevel.FdStream(os.dup(0)):
        *lines, text = (text + data).split(b"\n")
        for line in lines:
            operation, calls = line.decode().split()
            mirror.arm(operation, int(calls))
            print("armed", flush=True)
    # Whoever started this has gone. The device is closed with the process.
    os._exit(0)


async def serve(mirror: Mirror) -> None:
    """Until it is unmounted."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(obey, mirror)
        print("mounted", flush=True)
        await pyfuse3.main(max_tasks=1000)
        os._exit(0)


def main() -> None:
    """As the head says."""
    source, point = sys.argv[1:]
    mirror = Mirror(source)
    pyfuse3.init(mirror, point, set(pyfuse3.default_options) | {"fsname=deadfs", "allow_other"})
    trio.run(serve, mirror)


if __name__ == "__main__":
    main()
