# SPDX-License-Identifier: MIT
"""Breaks libraries in one way, so that it is known what has to be said of them."""

import struct

from elffile import (DT_DEBUG, DT_NEEDED, DT_SONAME, DT_VERDEF, DT_VERNEED, DT_VERNEEDNUM,
                     DT_VERSYM, VERSION_GLOBAL)


def all_strings(elf):
    """Offsets of what is no symbol's name: names of libraries, search paths, versions."""
    # Search paths may share tails, too, but none ends like a symbol whose letter is changed.
    yield from (entry.value for entry in elf.dynamic if entry.tag in (DT_NEEDED, DT_SONAME))
    for at, _, _ in elf.version_needs():
        yield struct.unpack_from("<HHIII", elf.data, at)[2]


def rename_symbol(elf, symbol, letter):
    """Another last letter in a symbol's name. Returns the names that are wanted in place of those
    that were (a name may be the tail of another's), or None if more than wants would change."""
    before = list(elf.symbols())
    position = symbol.offset + len(symbol.name.encode()) - 1
    others = [elf.text(offset) for offset in all_strings(elf)]
    elf.data[elf.strings + position] = ord(letter)
    if others != [elf.text(offset) for offset in all_strings(elf)]:
        return None
    changed = set()
    for old, new in zip(before, elf.symbols()):
        if old.name == new.name:
            continue
        if old.is_defined:
            return None
        if not old.is_weak:
            changed.add(new.name)
    return changed


def drop_need(elf, name):
    """As if it had been linked without this library: neither that nor versions of it are wanted.

    The entry becomes one that means nothing in a library, since what follows DT_NULL is not read.
    """
    _set_dynamic(elf, DT_NEEDED, lambda entry: (DT_DEBUG, 0)
                 if elf.text(entry.value) == name else (entry.tag, entry.value))
    _drop_versions(elf, name)


def _drop_versions(elf, name):
    records = list(elf.version_needs())
    places = [at for at, file, _ in records if file == name]
    if not places:
        return
    number = [at for at, _, _ in records].index(places[0])
    following, = struct.unpack_from("<I", elf.data, places[0] + 12)
    if number > 0:
        before = records[number - 1][0]
        step, = struct.unpack_from("<I", elf.data, before + 12)
        struct.pack_into("<I", elf.data, before + 12, step + following if following else 0)
    elif following:
        _set_dynamic(elf, DT_VERNEED, lambda entry: (DT_VERNEED, entry.value + following))
    else:
        # Versions of symbols are looked up in what is made of the two tables, so that none is left.
        tags = [DT_VERNEED, DT_VERNEEDNUM] + [DT_VERSYM] * (DT_VERDEF not in elf.tags)
        for tag in tags:
            _set_dynamic(elf, tag, lambda entry: (DT_DEBUG, 0))
    _forget(elf, records[number][2])


def _set_dynamic(elf, tag, change):
    for entry in elf.dynamic:
        if entry.tag == tag:
            struct.pack_into("<QQ", elf.data, entry.at, *change(entry))


def _forget(elf, versions):
    """Symbols that wanted one of these want none."""
    for at, version in elf.symbol_versions():
        if version in versions:
            struct.pack_into("<H", elf.data, at, VERSION_GLOBAL)
