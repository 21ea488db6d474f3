# SPDX-License-Identifier: MIT
"""The file of remembered verdicts, read by other code than the daemon's and by what its form and
the documents say: what a reader may make of these bytes, and where in them what is."""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

from rig import harness

HEAD = struct.Struct("<8sQQ4I")
STAMP = struct.Struct("<3Q3q2I")
# What belongs to a verdict: a letter for each kind, and those that only a failure has.
TAGS = "emsclwdopfrOLNSXVBPAhHnkuaCt"
OF_FAILURE = "emslpfrOLNS"


def _reasons() -> list[tuple[str, str]]:
    """Word and class of each reason, by its number; 0 is that there is none."""
    text = (harness.SOURCE_DIR / "include/dltest/reasons.h").read_text()
    return [("", "LOADS"), *re.findall(r"X\([A-Z_]+, ([a-z_]+), ([A-Z]+)\)", text)]


REASONS = _reasons()
KEPT = {"LOADS", "FORM", "LINKER", "PROCESS"}


class Field(NamedTuple):
    """A piece of the file."""

    kind: str
    at: int
    size: int


class Verdict(NamedTuple):
    """A verdict as the file has it."""

    path: bytes
    reason: str
    signal: int
    exit_status: int
    error: bytes
    provisional: bool


class Damaged(ValueError):
    """These bytes allow no verdict."""


def checksum(data: bytes) -> int:
    """FNV-1a, 64 bits."""
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & 0xFFFFFFFFFFFFFFFF
    return value


def seal(data: bytearray) -> bytes:
    """Puts checksum and size right."""
    if len(data) >= HEAD.size:
        struct.pack_into("<QQ", data, 8, checksum(data[HEAD.size:]), len(data) - HEAD.size)
    return bytes(data)


class File:
    """The whole of it: places, verdicts, and every field."""

    def __init__(self, data: bytes):
        if len(data) < HEAD.size:
            raise Damaged("no head")
        self.data, self.at = data, HEAD.size
        magic, total, size, places, contexts, verdicts, _ = HEAD.unpack_from(data)
        self.fields = [Field("number", at, 4) for at in range(24, 36, 4)]
        if magic != b"dltmem7\n" or size != len(data) - HEAD.size or \
                total != checksum(data[HEAD.size:]):
            raise Damaged("head or checksum")
        self.conditions = self.text()
        self.places = [self.place() for _ in range(places)]
        self.contexts = [self.context() for _ in range(contexts)]
        self.verdicts = [self.verdict() for _ in range(verdicts)]

    def take(self, kind: str, size: int) -> bytes:
        """The next so many bytes."""
        if size > len(self.data) - self.at:
            raise Damaged("cut off")
        self.fields.append(Field(kind, self.at, size))
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, kind: str = "number") -> int:
        """The next number."""
        return struct.unpack("<I", self.take(kind, 4))[0]

    def text(self) -> bytes:
        """The next text."""
        return self.take("text", self.number())

    def place(self) -> bytes:
        """A stamp and the path that it is of."""
        self.take("stamp", STAMP.size)
        path = self.text()
        if not path.startswith(b"/"):
            raise Damaged("a path that is not absolute")
        return path

    def positions(self) -> list[bytes]:
        """Paths of places, by where in the file they are."""
        count = self.number()
        if count > (len(self.data) - self.at) // 4:
            raise Damaged("more places than bytes")
        positions = [self.number("position") for _ in range(count)]
        if any(position >= len(self.places) for position in positions):
            raise Damaged("no such place")
        return [self.places[position] for position in positions]

    def context(self) -> bytes:
        """What verdicts share."""
        key = self.text()
        self.positions()
        return key

    def verdict(self) -> Verdict:
        """A verdict, if it is one that a load can have given and that is kept."""
        if self.number() >= len(self.contexts):
            raise Damaged("no such context")
        objects, places = self.number(), self.positions()
        flags, reason = self.number("flags"), self.number("reason")
        signal, status = self.number("signal") & 0xFF, self.number("status")
        self.number()  # how long it took
        status = (status & 0xFFFF) - (status << 1 & 0x10000)
        texts = self.take("verdict", self.number())
        if objects >= len(places):
            raise Damaged("more objects than places")
        if reason >= len(REASONS) or REASONS[reason][1] not in KEPT:
            raise Damaged("a reason that is none, or never kept")
        word = REASONS[reason][0]
        if signal and (word != "crashed" or signal > 64 or signal == 9):
            raise Damaged("a signal")
        if status != -1 and (word != "exited" or not 0 <= status <= 255):
            raise Damaged("an exit status")
        return Verdict(places[0], word, signal, status, read_texts(texts, word), bool(flags & 2))


def read_texts(texts: bytes, word: str) -> bytes:
    """The error among the texts of a verdict."""
    if texts and not texts.endswith(b"\0"):
        raise Damaged("a text without an end")
    found = texts.split(b"\0")[:-1]
    try:
        texts.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise Damaged("no UTF-8") from error
    for text in found:
        if text[:1].decode() not in TAGS or not text:
            raise Damaged("a text of no kind")
        if not word and text[:1].decode() in OF_FAILURE:
            raise Damaged("a failure of what loads")
    errors = [text[1:] for text in found if text[:1] == b"e"]
    if len(errors) != (1 if word else 0):
        raise Damaged("no error, or two")
    return errors[0] if errors else b""
