# SPDX-License-Identifier: MIT
"""The shared libraries that are installed here, for tests that want many real ones."""

import os
import struct

ET_DYN = 3
PT_INTERP, PT_DYNAMIC = 3, 2


def is_library(path):
    """A 64-bit ET_DYN file of this byte order that is no program (has no interpreter)."""
    try:
        with open(path, "rb") as file:
            head = file.read(64)
            if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":
                return False
            kind, = struct.unpack_from("<H", head, 16)
            offset, = struct.unpack_from("<Q", head, 32)
            size, count = struct.unpack_from("<HH", head, 54)
            if kind != ET_DYN:
                return False
            file.seek(offset)
            table = file.read(size * count)
    except OSError:
        return False
    kinds = {struct.unpack_from("<I", table, i * size)[0] for i in range(len(table) // size)} \
        if size else set()
    return PT_DYNAMIC in kinds and (PT_INTERP not in kinds or ".so" in os.path.basename(path))


def find_libraries(directories):
    found = set()
    for directory in directories:
        for parent, _, names in os.walk(directory):
            if "/debug/" in parent + "/":
                continue
            for name in names:
                path = os.path.join(parent, name)
                if "\n" in path or os.path.islink(path) or not os.path.isfile(path):
                    continue
                try:
                    path.encode()
                except UnicodeEncodeError:
                    continue
                if is_library(path):
                    found.add(os.path.realpath(path))
    return sorted(found)


def spread(paths, limit):
    """At most 'limit' of them, evenly over the whole list."""
    if not limit or len(paths) <= limit:
        return paths
    return [paths[i * len(paths) // limit] for i in range(limit)]
