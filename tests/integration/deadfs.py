# SPDX-License-Identifier: MIT
"""A file system that stops answering: DeadFs shows a directory somewhere else, reading and writing,
until it is told to stop. What is asked of it then is taken and never answered, so that who asks
waits in the kernel, where no signal ends it. That is what a network file system does whose server
has gone. deadfs_server.py is the process that serves it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from pathlib import Path

# The system's Python has pyfuse3.
PYTHON = "/usr/bin/python3"

# What it can stop at; "any" is the next that is asked for, whatever it is.
OPERATIONS = ("lookup", "getattr", "readlink", "opendir", "readdir", "open", "read")

_CLONE_NEWNS = 0x20000
_MS_REC, _MS_PRIVATE = 1 << 14, 1 << 18
_libc = ctypes.CDLL(None, use_errno=True)


def own_mounts() -> None:
    """Gives this process a mount namespace of its own, so that no mount outlives it."""
    if _libc.unshare(_CLONE_NEWNS) != 0 or \
            _libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None) != 0:
        raise OSError(ctypes.get_errno(), "a mount namespace of the test's own")


class DeadFs:
    """What is in 'source', at 'point' as well. Ends with end(), and with the process that has made
    it, however that ends: whoever waits for an answer gets an error then."""

    def __init__(self, source: Path, point: Path):
        self.point = point
        point.mkdir(parents=True, exist_ok=True)
        self._server = subprocess.Popen(
            [PYTHON, "-B", Path(__file__).with_name("deadfs_server.py"), source, point], cwd="/",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self._expect("mounted")

    def _expect(self, word: str) -> None:
        assert self._server.stdout
        line = self._server.stdout.readline().strip()
        if line != word:
            raise AssertionError(f"the file system said '{line}', not '{word}'")

    def stop(self, operation: str = "any", calls: int = 1) -> None:
        """Stops for good at the 'calls'-th call of 'operation' from now on."""
        assert self._server.stdin
        self._server.stdin.write(f"{operation} {calls}\n")
        self._expect("armed")

    def wait_until_stopped(self) -> None:
        """Waits until it has been asked what it does not answer."""
        self._expect("stopped")

    def end(self) -> None:
        """Gives everybody who waits an error, and unmounts."""
        self._server.kill()
        self._server.wait()
        for stream in (self._server.stdin, self._server.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
        _libc.umount2(os.fsencode(self.point), 2)
