#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make_hostile_libc.py LOADER SOURCE MAP: writes a C library that has every symbol the loader wants,
in the version it wants, all of them leading to hostile_libc.h's attack(), which is the first code to
run in the process when somebody's LD_LIBRARY_PATH leads there."""

import re
import subprocess
import sys


def main() -> None:
    loader, source, version_map = sys.argv[1:]
    table = subprocess.run(["nm", "-D", "--undefined-only", loader], check=True,
                           capture_output=True, text=True).stdout
    wanted: dict[str, list[str]] = {}
    for name, version in re.findall(r"\b[Uvw] (\w+)@(\S+)", table):
        wanted.setdefault(version, []).append(name)
    # What the dynamic linker itself asks of any C library, and calls first of all (since glibc
    # 2.32): without it nothing here would run.
    wanted["GLIBC_PRIVATE"] = ["__libc_early_init"]
    base = "GLIBC_2.2.5" if "GLIBC_2.2.5" in wanted else min(wanted)
    with open(source, "w", encoding="ascii") as out:
        out.write('#include "hostile_libc.h"\n')
        for names in wanted.values():
            for name in names:
                if name in ("stderr", "environ", "stdout"):
                    out.write(f"void *hostile_{name}[64] __asm__(\"{name}\");\n")
                else:
                    out.write(f"long hostile_{name}(void) __asm__(\"{name}\");\n"
                              f"long hostile_{name}(void) {{ attack(); }}\n")
    with open(version_map, "w", encoding="ascii") as out:
        for version, names in wanted.items():
            hidden = " local: *;" if version == base else ""
            out.write(f"{version} {{ global: {'; '.join(names)};{hidden} }};\n")


main()
