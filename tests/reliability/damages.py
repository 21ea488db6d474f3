# SPDX-License-Identifier: MIT
"""Damaged libraries from numbers: the same seed and number give the same bytes, by whatever was
damaged before."""

from __future__ import annotations

import random
import struct
import sys
from pathlib import Path
from typing import Callable

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "corpus"))
from elffile import ElfFile  # noqa: E402  pylint: disable=wrong-import-position

EHDR_FIELDS = ((4, "<B"), (5, "<B"), (6, "<B"), (7, "<B"), (8, "<B"), (16, "<H"), (18, "<H"),
               (20, "<I"), (24, "<Q"), (32, "<Q"), (40, "<Q"), (48, "<I"), (52, "<H"), (54, "<H"),
               (56, "<H"), (58, "<H"), (60, "<H"), (62, "<H"))
PHDR_FIELDS = ("type", "flags", "offset", "vaddr", "filesz", "memsz", "align")
SEGMENT_KINDS = (0, 1, 2, 3, 4, 6, 7, 0x6474E550, 0x6474E551, 0x6474E552, 0x6474E553)
FORM_SIZE = {"<B": 1, "<H": 2, "<I": 4, "<Q": 8, "<q": 8}
# Tables of the dynamic section by the tag that says where they are, and the size of an entry.
TABLES = {4: 4, 5: 1, 6: 24, 7: 24, 23: 24, 25: 8, 26: 8, 36: 8, 0x6FFFFEF5: 4, 0x6FFFFFF0: 2,
          0x6FFFFFFC: 20, 0x6FFFFFFE: 16}
RELOCATIONS = {7: 8, 23: 2}  # where they are, and the tag of their size
TAGS = (*range(38), *TABLES, 0x6FFFFFFB, 0x6FFFFFF9, 0x6FFFFFFA, 0x6FFFFFFD, 0x6FFFFFFF, 0x7FFFFFFD,
        0x7FFFFFFF, 0x6FFFFEF6, 0x6FFFFEFC, 0x70000001, -1)
ODD_TEXTS = (b"\xff\xfe", b"\xed\xa0\x80", b"\x1b[31m", b"\r\n", b"\x7f", b"\"},{\"ok\":true",
             b"/", b"$ORIGIN/", b"%n%s", b"\xc2\x85", "\u202e\u3164\U0001f980".encode(), b":;",
             b"libc.so.6", b"x" * 300, b"../" * 40)


class Damager:
    """Victims, and what can be done to them."""

    def __init__(self, directory: Path):
        self.victims = [ElfFile(path) for path in sorted(directory.glob("*.so"))]
        self.chance = random.Random()
        self.ways: tuple[Callable[[ElfFile], None], ...] = (
            self.flip, self.flip_early, self.overwrite, self.truncate, self.ehdr, self.phdr,
            self.phdr, self.overlap, self.swap_phdrs, self.absurd, self.dynamic, self.dynamic,
            self.dynamic_order, self.relocation, self.relocation, self.table, self.table, self.text,
            self.splice)

    def make(self, seed: int, number: int) -> tuple[str, bytes]:
        """What was done, and what became of it."""
        chance = self.chance
        chance.seed(f"{seed}:{number}")
        victim = chance.choice(self.victims)
        elf = ElfFile.__new__(ElfFile)
        elf.path, elf.data = victim.path, bytearray(victim.data)
        done = [victim.path.stem]
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            way = chance.choice(self.ways)
            try:
                way(elf)
            except (struct.error, ValueError, StopIteration, IndexError, OverflowError):
                # Too damaged already for this one to find its place.
                self.flip(elf)
            done.append(way.__name__)
        return "+".join(done), bytes(elf.data)

    def extreme(self, form: str, size: int = 0x4000) -> int:
        """A value that somebody may not have thought of."""
        top = 1 << 8 * FORM_SIZE[form]
        chance = self.chance
        value = chance.choice((
            0, 1, 2, 7, 8, top - 1, top - 2, top - 8, top // 2, top // 2 - 1, 0xFFF, 0x1000, 0x1001,
            size, size - 1, size + 1, size // 2, top - 0x1000, top - size, chance.randrange(top),
            1 << chance.randrange(8 * FORM_SIZE[form]), 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
            0x7FFFFFFFF000, 0x800000000000, chance.randrange(0x10000)))
        value %= top
        return value - top if form == "<q" and value >= top // 2 else value

    def near(self, form: str, value: int) -> int:
        """An extreme value, or one that is nearly right."""
        if self.chance.random() < 0.5:
            return self.extreme(form)
        return (value + self.chance.choice((-4096, -16, -8, -1, 1, 4, 8, 16, 24, 4096, 65536))) \
            % (1 << 8 * FORM_SIZE[form])

    def flip(self, elf: ElfFile) -> None:
        """Some bits anywhere."""
        elf.data = elf.data or bytearray(b"\x7fELF")
        for _ in range(self.chance.choice((1, 1, 2, 8, 64))):
            at = self.chance.randrange(len(elf.data))
            elf.data[at] ^= 1 << self.chance.randrange(8)

    def flip_early(self, elf: ElfFile) -> None:
        """Some bits where the headers and tables are."""
        for _ in range(self.chance.choice((1, 1, 2, 8))):
            at = self.chance.randrange(min(len(elf.data), 0x1400))
            elf.data[at] ^= 1 << self.chance.randrange(8)

    def overwrite(self, elf: ElfFile) -> None:
        """A stretch of one byte, or of noise."""
        length = self.chance.choice((1, 4, 8, 64, 512, 4096))
        at = self.chance.randrange(len(elf.data))
        length = min(length, len(elf.data) - at)
        noise = self.chance.randbytes(length)
        elf.data[at:at + length] = self.chance.choice((noise, bytes(length), b"\xff" * length))

    def truncate(self, elf: ElfFile) -> None:
        """Cut off, or with something behind its end."""
        size = len(elf.data)
        ends = [phdr["offset"] + phdr["filesz"] for phdr in elf.phdrs()]
        end = self.chance.choice((self.chance.randrange(size), self.chance.choice(ends),
                                  self.chance.choice(ends) - 1, size & ~4095, size - 1, 0, 63, 64,
                                  self.chance.randrange(2048), size + 10000))
        end = min(max(end, 0), size + 10000)
        elf.data[end:] = b""
        elf.data.extend(bytes(max(end - size, 0)))

    def ehdr(self, elf: ElfFile) -> None:
        """A field of the ELF header."""
        at, form = self.chance.choice(EHDR_FIELDS)
        elf.put(at, form, self.near(form, elf.get(at, form)))

    def phdr(self, elf: ElfFile) -> None:
        """A field of a program header."""
        phdr = self.chance.choice(elf.phdrs())
        name = self.chance.choice(PHDR_FIELDS)
        if name == "type":
            value = self.chance.choice((*SEGMENT_KINDS, self.extreme("<I")))
        elif name == "flags":
            value = self.chance.choice((*range(8), self.extreme("<I")))
        else:
            value = self.near("<Q", phdr[name])
        elf.put_phdr(phdr, **{name: value})

    def overlap(self, elf: ElfFile) -> None:
        """A segment where another one is, wholly or in part."""
        one, other = self.chance.sample(elf.phdrs(), 2)
        shift = self.chance.choice((0, 0, 8, 4096, -4096))
        names = self.chance.choice((("vaddr",), ("offset",), ("vaddr", "offset"),
                                    ("vaddr", "memsz"), ("offset", "filesz"), PHDR_FIELDS[2:]))
        elf.put_phdr(one, **{name: max(other[name] + (shift if name != "align" else 0), 0)
                             for name in names})

    def swap_phdrs(self, elf: ElfFile) -> None:
        """Program headers in another order, or one of them twice."""
        one, other = (phdr["at"] for phdr in self.chance.sample(elf.phdrs(), 2))
        first, second = (bytes(elf.data[at:at + 56]) for at in (one, other))
        elf.data[one:one + 56] = second
        if self.chance.random() < 0.6:
            elf.data[other:other + 56] = first

    def absurd(self, elf: ElfFile) -> None:
        """A size that no machine has."""
        phdr = self.chance.choice(elf.phdrs())
        size = self.chance.choice((1 << 20, 1 << 30, 1 << 32, 1 << 40, 1 << 46, 1 << 47, 1 << 62,
                                   (1 << 64) - 4096, (1 << 63) - 1))
        names = self.chance.choice((("memsz",), ("filesz", "memsz"), ("align",), ("filesz",)))
        elf.put_phdr(phdr, **{name: size for name in names})

    def dynamic(self, elf: ElfFile) -> None:
        """A tag or a value of the dynamic section."""
        _, value, at = self.chance.choice(elf.dynamic())
        if self.chance.random() < 0.35:
            elf.put(at, "<q", self.chance.choice((*TAGS, self.extreme("<q"))))
        else:
            values = [other for _, other, _ in elf.dynamic()]
            elf.put(at + 8, "<Q", self.chance.choice((self.near("<Q", value),
                                                      self.chance.choice(values))))

    def dynamic_order(self, elf: ElfFile) -> None:
        """Entries swapped, doubled, or without an end."""
        entries = elf.dynamic()
        (_, _, one), (_, _, other) = self.chance.sample(entries, 2)
        first, second = (bytes(elf.data[at:at + 16]) for at in (one, other))
        elf.data[one:one + 16] = second
        if self.chance.random() < 0.5:
            elf.data[other:other + 16] = first
        if self.chance.random() < 0.3:
            elf.data[entries[-1][2]:entries[-1][2] + 16] = first

    def relocation(self, elf: ElfFile) -> None:
        """A relocation that goes anywhere, of any kind, by any symbol."""
        tag = self.chance.choice(tuple(RELOCATIONS))
        start = elf.offset_of(elf.entry(tag))
        at = start + self.chance.randrange(max(elf.entry(RELOCATIONS[tag]) // 24, 1)) * 24
        field = self.chance.randrange(4)
        if field == 0:
            elf.put(at, "<Q", self.near("<Q", elf.get(at, "<Q")))
        elif field == 1:
            elf.put(at + 8, "<I", self.chance.choice((*range(44), self.extreme("<I"))))
        elif field == 2:
            elf.put(at + 12, "<I", self.chance.choice((*range(24), self.extreme("<I"))))
        else:
            elf.put(at + 16, "<Q", self.near("<Q", elf.get(at + 16, "<Q")))

    def table(self, elf: ElfFile) -> None:
        """Some words of a table: symbols, hashes, versions, functions to be called."""
        tag, size = self.chance.choice(
            [(tag, TABLES[tag]) for tag, _, _ in elf.dynamic() if tag in TABLES])
        start = elf.offset_of(elf.entry(tag))
        for _ in range(self.chance.choice((1, 1, 3, 20))):
            form = self.chance.choice(("<B", "<H", "<I", "<Q"))
            at = start + self.chance.randrange(12) * size + self.chance.randrange(0, size, 1)
            elf.put(at, form, self.near(form, elf.get(at, form)))

    def text(self, elf: ElfFile) -> None:
        """Names that are no names."""
        start = elf.offset_of(elf.entry(5))
        odd = self.chance.choice(ODD_TEXTS)
        for _ in range(self.chance.choice((1, 1, 4))):
            at = start + self.chance.randrange(max(elf.entry(10), 1))
            elf.data[at:at + len(odd)] = odd[:max(len(elf.data) - at, 0)]

    def splice(self, elf: ElfFile) -> None:
        """A stretch of another library."""
        other = self.chance.choice(self.victims).data
        at = self.chance.randrange(len(elf.data)) & self.chance.choice((~0, ~0xF, ~0xFFF))
        length = self.chance.choice((16, 256, 4096, 65536))
        elf.data[at:at + length] = other[at:at + length]
