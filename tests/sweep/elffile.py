# SPDX-License-Identifier: MIT
"""As much of an ELF file as the sweeps want: what it exports and lacks, and copies that lack more.

64-bit files of this byte order, with section headers, as compilers leave them: for files that are
trusted. What cannot be understood is a ValueError.
"""

import collections
import functools
import os
import struct

PT_DYNAMIC, PT_INTERP = 2, 3
SHT_DYNSYM = 11
DT_NULL, DT_NEEDED, DT_STRTAB, DT_SONAME, DT_DEBUG = 0, 1, 5, 14, 21
DT_VERSYM, DT_VERDEF, DT_VERNEED, DT_VERNEEDNUM = 0x6ffffff0, 0x6ffffffc, 0x6ffffffe, 0x6fffffff
STB_WEAK = 2
VERSION_MASK, VERSION_GLOBAL = 0x7fff, 1

Symbol = collections.namedtuple("Symbol", "name offset is_defined is_weak version")
Entry = collections.namedtuple("Entry", "at tag value")


class ElfFile:
    """A file in memory; what is done to it is done to 'data'."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = bytearray(file.read())
        try:
            self._read()
        except (struct.error, IndexError, StopIteration) as error:
            raise ValueError(f"{path}: {error or 'damaged'}") from error

    def _read(self):
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise ValueError("no 64-bit ELF file of this byte order")
        offset, = struct.unpack_from("<Q", self.data, 32)
        size, count = struct.unpack_from("<HH", self.data, 54)
        self.segments = [struct.unpack_from("<IIQQQQ", self.data, offset + i * size)
                         for i in range(count)]
        self.dynamic = list(self._read_dynamic())
        self.tags = {entry.tag: entry.value for entry in self.dynamic}
        self.strings = self._offset(self.tags[DT_STRTAB]) if DT_STRTAB in self.tags else 0

    def _read_dynamic(self):
        for kind, _, offset, _, _, size in self.segments:
            if kind != PT_DYNAMIC:
                continue
            for at in range(offset, offset + size, 16):
                tag, value = struct.unpack_from("<QQ", self.data, at)
                if tag == DT_NULL:
                    return
                yield Entry(at, tag, value)

    def _offset(self, address):
        """Where in the file is what will be at this address."""
        for kind, _, offset, start, _, size in self.segments:
            if kind == 1 and start <= address < start + size:
                return offset + address - start
        raise ValueError(f"nothing is loaded at {address:#x}")

    def text(self, offset):
        """A string of the dynamic string table."""
        start = self.strings + offset
        return self.data[start:self.data.index(0, start)].decode("utf-8", "replace")

    @property
    def needed(self):
        return [self.text(entry.value) for entry in self.dynamic if entry.tag == DT_NEEDED]

    @property
    def soname(self):
        return self.text(self.tags[DT_SONAME]) if DT_SONAME in self.tags else None

    @property
    def interpreter(self):
        for kind, _, offset, _, _, size in self.segments:
            if kind == PT_INTERP:
                return self.data[offset:offset + size].rstrip(b"\0").decode()
        return None

    def _symbol_table(self):
        """Where the entries of the dynamic symbol table begin, and how many there are."""
        offset, = struct.unpack_from("<Q", self.data, 40)
        size, count = struct.unpack_from("<HH", self.data, 58)
        for i in range(count):
            _, kind, _, _, start, length = struct.unpack_from("<IIQQQQ", self.data,
                                                              offset + i * size)
            if kind == SHT_DYNSYM:
                return start, length // 24
        return 0, 0

    def symbol_versions(self):
        """(offset, index) of the version of each symbol."""
        if DT_VERSYM in self.tags:
            start = self._offset(self.tags[DT_VERSYM])
            for at in range(start, start + 2 * self._symbol_table()[1], 2):
                yield at, struct.unpack_from("<H", self.data, at)[0] & VERSION_MASK

    def symbols(self):
        """Those of the dynamic symbol table that are not local."""
        start, count = self._symbol_table()
        table = bytes(self.data[start:start + 24 * count])
        versions = [version for _, version in self.symbol_versions()] or [VERSION_GLOBAL] * count
        for entry, version in zip(struct.iter_unpack("<IBBHQQ", table), versions):
            name, info, _, section, _, _ = entry
            if name and info >> 4:
                yield Symbol(self.text(name), name, section != 0, info >> 4 == STB_WEAK, version)

    def wanted(self):
        """Names without which it does not load, unless another object has them."""
        return {symbol.name for symbol in self.symbols()
                if not symbol.is_defined and not symbol.is_weak}

    def exported(self):
        return {symbol.name for symbol in self.symbols() if symbol.is_defined}

    def version_needs(self):
        """(offset, file, indices) of each library of which versions are wanted."""
        at = self._offset(self.tags[DT_VERNEED]) if DT_VERNEED in self.tags else None
        while at is not None:
            _, count, file, first, following = struct.unpack_from("<HHIII", self.data, at)
            indices, where = set(), at + first
            for _ in range(count):
                _, _, index, _, step = struct.unpack_from("<IHHII", self.data, where)
                indices.add(index & VERSION_MASK)
                where += step
            yield at, self.text(file), indices
            at = at + following if following else None

    def save(self, path):
        with open(path, "wb") as file:
            file.write(self.data)


@functools.lru_cache(maxsize=None)
def interpreter_of(program):
    """The dynamic linker of a program, or None if it has none."""
    try:
        return ElfFile(program).interpreter
    except ValueError:
        return None


def is_program(path):
    return os.path.isfile(path) and os.access(path, os.X_OK) and bool(interpreter_of(path))
