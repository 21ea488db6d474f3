# SPDX-License-Identifier: MIT
"""A $TSUKU_HOME for a test alone."""

from __future__ import annotations

import os
from pathlib import Path

from tested import FIXTURES, make


class Home:
    """A $TSUKU_HOME in a directory of its own, with libs/<name>-<version>/lib below it."""

    def __init__(self, base: Path, path: Path | None = None):
        self.base = base
        self.path = path or base / "tsuku"
        self.path.mkdir(parents=True, mode=0o700, exist_ok=True)
        self.libs = self.path / "libs"
        self.libs.mkdir(mode=0o755, exist_ok=True)
        self.socket = self.path / "dltest.sock"
        self.lock = self.path / "dltest.sock.lock"

    def package(self, name: str = "demo", version: str = "1.0") -> Path:
        """The library directory of a package."""
        directory = self.libs / f"{name}-{version}/lib"
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def add(self, fixture: str, name: str | bytes | None = None, package: str = "demo") -> str:
        """Puts a copy of a fixture into a package; the path of it."""
        target = os.path.join(os.fsencode(self.package(package)), os.fsencode(name or fixture))
        return os.fsdecode(make.put(FIXTURES / fixture, target))

    def add_private(self, fixture: str, package: str = "demo") -> str:
        """The same in the directory of the package itself, which only a host has on its search
        path."""
        return os.fsdecode(make.put(FIXTURES / fixture, self.package(package).parent / fixture))

    def environment(self, **changes: str | None) -> dict[str, str]:
        """What the client is started with: little, so that nothing of the tester's leaks in."""
        env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.base),
            "TSUKU_HOME": str(self.path),
            "LC_ALL": "C.UTF-8",
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "detect_leaks=1"),
        }
        for name, value in changes.items():
            if value is None:
                env.pop(name, None)
            else:
                env[name] = value
        return env
