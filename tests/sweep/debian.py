# SPDX-License-Identifier: MIT
"""Debian's packages, as they are installed here or only unpacked."""

import os
import subprocess
import sys
import tempfile

from sweep import find_libraries

from libraries import is_library  # found by sweep's path  pylint: disable=wrong-import-order

POLICY = "/usr/sbin/policy-rc.d"


def installed():
    """{name: (version, name of the source package)} of what is installed for this machine."""
    form = r"${db:Status-Status}\t${Package}\t${Version}\t${source:Package}\n"
    process = subprocess.run(["dpkg-query", "-W", "-f", form], stdout=subprocess.PIPE, text=True,
                             check=True)
    rows = (line.split("\t") for line in process.stdout.splitlines())
    return {name: (version, source) for status, name, version, source in rows
            if status == "installed"}


def files_of(names):
    """{package: paths} of what these have put somewhere; what is a link there is left out."""
    found = {}
    for name in names:
        process = subprocess.run(["dpkg-query", "-L", name], stdout=subprocess.PIPE, text=True,
                                 check=True)
        found[name] = [path for path in process.stdout.splitlines()
                       if os.path.isfile(path) and not os.path.islink(path)]
    return found


class Installed:
    """Packages where they belong, with all that they depend on."""

    def __init__(self, names):
        self.root, self.installed = "/usr", installed()
        self.packages = {}
        for package, paths in files_of(names).items():
            for path in paths:
                if "/debug/" not in path and "\n" not in path and is_library(path):
                    self.packages.setdefault(os.path.realpath(path), package)

    def source_of(self, path):
        """What says which packages are of one kind."""
        return self.installed[self.packages[path]][1]

    def files_of_source(self, source):
        names = [name for name, (_, other) in self.installed.items() if other == source]
        return [path for paths in files_of(names).values() for path in paths]

    def place_of(self, path):
        """Where a file is when its package is installed."""
        return path


class Unpacked:
    """Packages below a directory, each in one of its own; the rest of the system is as it is."""

    def __init__(self, directory):
        self.root = os.path.realpath(directory)
        trees = [entry.name for entry in os.scandir(self.root) if entry.is_dir()]
        self.packages = {path: tree for tree in sorted(trees)
                         for path in find_libraries([os.path.join(self.root, tree)])
                         if path.startswith(self.root + os.sep)}

    def source_of(self, path):
        return self.packages[path]

    def files_of_source(self, source):
        return [os.path.join(parent, name)
                for parent, _, names in os.walk(os.path.join(self.root, source))
                for name in names if not os.path.islink(os.path.join(parent, name))]

    def place_of(self, path):
        tree = os.path.join(self.root, self.packages[path])
        return os.sep + os.path.relpath(path, tree)


def unpack(packages, directory):
    """Has apt-get get them, NAME=VERSION each, and unpacks them into DIRECTORY/NAME_VERSION. Those
    that are not to be had: an archive forgets versions."""
    trees = {package.split("=")[0]: os.path.join(directory, package.replace("=", "_"))
             for package in packages}
    todo = [package for package in packages if not os.path.isdir(trees[package.split("=")[0]])]
    with tempfile.TemporaryDirectory() as download:
        if todo and not _download(todo, download):
            for package in todo:
                _download([package], download)
        for file in os.listdir(download):
            subprocess.run(["dpkg-deb", "-x", os.path.join(download, file),
                            trees[file.split("_")[0]]], check=True)
    return [package for package in packages if not os.path.isdir(trees[package.split("=")[0]])]


def _download(packages, directory):
    """All of them or none."""
    process = subprocess.run(["apt-get", "download", "-qq", *packages], cwd=directory, check=False,
                             stderr=subprocess.DEVNULL)
    return process.returncode == 0


def install(packages):
    """With apt-get, as root. No service is started by that, whatever the machine's policy."""
    had_policy = os.path.lexists(POLICY)
    if not had_policy:
        with open(POLICY, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexit 101\n")
        os.chmod(POLICY, 0o755)
    try:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
                       env=environment, stdout=sys.stderr, check=True)
    finally:
        if not had_policy:
            os.unlink(POLICY)
