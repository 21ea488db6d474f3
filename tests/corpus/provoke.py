# SPDX-License-Identifier: MIT
"""Real files that make a dynamic linker say each thing it can say.

Every function named case_… of file_cases.py and link_cases.py makes files in a directory and
returns what is to be opened. The same files are given to glibc and to musl; which of the two has a
message for a case is told by the corpus (glibc.tsv, musl.tsv)."""

from __future__ import annotations

import os
import resource
import subprocess
from pathlib import Path
from typing import Callable

import file_cases
import link_cases
from maker import Maker

CASES: dict[str, Callable[[Maker], Path]] = {
    name.removeprefix("case_"): function
    for cases in (file_cases, link_cases)
    for name, function in vars(cases).items() if name.startswith("case_")}

ORDINARY_USER = 65534

# What cannot be told by the name of a case: settings of the process that opens the file.
AS_ORDINARY_USER = {"not_permitted", "dependency_not_permitted"}
LITTLE_MEMORY = {"no_memory_to_map", "dependency_no_memory_to_map"}
NO_DESCRIPTORS = {"no_descriptors"}


def build_opener(compiler: str, directory: Path) -> Path:
    """Compiles the program that opens a file, for the dynamic linker of 'compiler'."""
    program = directory / f"opener-{compiler}"
    subprocess.run([compiler, "-O1", Path(__file__).with_name("opener.c"), "-o", program],
                   check=True)
    return program


def message_of(opener: Path, name: str, directory: Path) -> str | None:
    """What the dynamic linker says of a case whose files are made in 'directory', which is called
    /l in the answer. None if it has nothing to say, because it loads or because it crashes."""
    path = CASES[name](Maker(directory))

    def prepare() -> None:
        if name in LITTLE_MEMORY:
            resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))
        if name in AS_ORDINARY_USER and os.getuid() == 0:
            os.setgroups([])
            os.setresgid(ORDINARY_USER, ORDINARY_USER, ORDINARY_USER)
            os.setresuid(ORDINARY_USER, ORDINARY_USER, ORDINARY_USER)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    argv = [opener, path, *(["full"] if name in NO_DESCRIPTORS else [])]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          env={"LD_LIBRARY_PATH": str(directory), "LC_ALL": "C"},
                          preexec_fn=prepare, check=False, timeout=60)
    if done.returncode != 0 or not done.stdout:
        return None
    return done.stdout.decode("utf-8", "surrogateescape").replace(str(directory), "/l")
