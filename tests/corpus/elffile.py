# SPDX-License-Identifier: MIT
"""A 64-bit little-endian ELF file whose fields can be read and changed."""

from __future__ import annotations

import struct
from pathlib import Path

PT_LOAD, PT_DYNAMIC, PT_NOTE, PT_TLS = 1, 2, 4, 7
PT_GNU_STACK, PT_GNU_PROPERTY = 0x6474E551, 0x6474E553
DT_NEEDED, DT_STRTAB, DT_RELA, DT_JMPREL = 1, 5, 7, 23
DT_FLAGS_1, DT_VERDEF, DT_VERNEED = 0x6FFFFFFB, 0x6FFFFFFC, 0x6FFFFFFE
DF_1_NOOPEN = 0x40

# Offsets in the ELF header.
EI_CLASS, EI_DATA, EI_VERSION, EI_OSABI, EI_ABIVERSION, EI_PAD = 4, 5, 6, 7, 8, 9
E_TYPE, E_MACHINE, E_VERSION, E_PHOFF, E_SHOFF = 16, 18, 20, 32, 40
E_PHENTSIZE, E_PHNUM, E_SHNUM = 54, 56, 60

_PHDR = struct.Struct("<IIQQQQQQ")
_PHDR_FIELDS = {"type": (0, "<I"), "flags": (4, "<I"), "offset": (8, "<Q"), "vaddr": (16, "<Q"),
                "filesz": (32, "<Q"), "memsz": (40, "<Q"), "align": (48, "<Q")}


class ElfFile:
    """The bytes of a file; what is changed is written by save()."""

    def __init__(self, path: Path):
        self.path = path
        self.data = bytearray(path.read_bytes())

    def save(self, path: Path | None = None) -> Path:
        """Writes the file, or another one."""
        (path or self.path).write_bytes(self.data)
        return path or self.path

    def get(self, offset: int, form: str) -> int:
        """An integer, by a format of struct."""
        return struct.unpack_from(form, self.data, offset)[0]

    def put(self, offset: int, form: str, value: int) -> None:
        """Changes an integer."""
        struct.pack_into(form, self.data, offset, value)

    def phdrs(self) -> list[dict[str, int]]:
        """The program headers; 'at' is where each of them is."""
        start, count = self.get(E_PHOFF, "<Q"), self.get(E_PHNUM, "<H")
        found = []
        for at in range(start, start + count * _PHDR.size, _PHDR.size):
            phdr = {name: self.get(at + offset, form)
                    for name, (offset, form) in _PHDR_FIELDS.items()}
            found.append(phdr | {"at": at})
        return found

    def first(self, kind: int) -> dict[str, int]:
        """The first program header of a kind."""
        return next(phdr for phdr in self.phdrs() if phdr["type"] == kind)

    def put_phdr(self, phdr: dict[str, int], **fields: int) -> None:
        """Changes fields of a program header."""
        for name, value in fields.items():
            offset, form = _PHDR_FIELDS[name]
            self.put(phdr["at"] + offset, form, value)

    def offset_of(self, address: int) -> int:
        """Where in the file an address is."""
        for phdr in self.phdrs():
            if phdr["type"] == PT_LOAD and 0 <= address - phdr["vaddr"] < phdr["filesz"]:
                return address - phdr["vaddr"] + phdr["offset"]
        raise ValueError(hex(address))

    def dynamic(self) -> list[tuple[int, int, int]]:
        """The entries of the dynamic section: tag, value, and where the entry is."""
        phdr = self.first(PT_DYNAMIC)
        found = []
        for at in range(phdr["offset"], phdr["offset"] + phdr["filesz"], 16):
            found.append((self.get(at, "<q"), self.get(at + 8, "<Q"), at))
            if found[-1][0] == 0:
                break
        return found

    def entry(self, tag: int) -> int:
        """The value of a dynamic entry."""
        return next(value for found, value, _ in self.dynamic() if found == tag)
