#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes unicode.h: how characters look on a terminal, from Python's copy of the Unicode data.
To be run again, by hand, when there is a newer one worth having."""

import sys
import unicodedata

# Default_Ignorable_Code_Point (DerivedCoreProperties.txt), which Python does not have, without the
# variation selectors, which belong to the character before; and a blank that is called a symbol.
IGNORABLE = ((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
             (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F),
             (0x2800, 0x2800), (0x3164, 0x3164), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
             (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE00FF),
             (0xE01F0, 0xE0FFF))
# Prepended_Concatenation_Mark (PropList.txt): controls by their category, and written all the same.
WRITTEN = ((0x600, 0x605), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2),
           (0x110BD, 0x110BD), (0x110CD, 0x110CD))
# Of what is not assigned yet, that which will be wide (EastAsianWidth.txt); Python says so of all.
WIDE = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2FFFD),
        (0x30000, 0x3FFFD))
# Vowels and finals of Hangul that are written into the syllable before.
JAMO = (0x1160, 0x11FF)


def is_in(point, listed):
    """Whether it is in one of these ranges."""
    return any(first <= point <= last for first, last in listed)


def is_invisible(point):
    """Controls, and what has no shape, or turns the direction of others."""
    return is_in(point, IGNORABLE) or (
        unicodedata.category(chr(point)) in ("Cc", "Cf", "Zl", "Zp") and
        not is_in(point, WRITTEN))


def is_combining(point):
    """Written over or beside the character before, in its column."""
    return not is_invisible(point) and (
        unicodedata.category(chr(point)) in ("Mn", "Me") or JAMO[0] <= point <= JAMO[1])


def is_wide(point):
    """Two columns (UAX #11)."""
    if is_invisible(point) or is_combining(point):
        return False
    if unicodedata.category(chr(point)) == "Cn":
        return is_in(point, WIDE)
    return unicodedata.east_asian_width(chr(point)) in ("W", "F")


def ranges(holds):
    """The ranges of characters beyond ASCII of which 'holds' is true."""
    found, start = [], None
    for point in range(0x80, 0x110001):
        inside = point < 0x110000 and not 0xD800 <= point < 0xE000 and holds(point)
        if inside and start is None:
            start = point
        elif not inside and start is not None:
            found.append((start, point - 1))
            start = None
    return found


def write(name, comment, holds):
    """One table."""
    print(f"\n/* {comment} */\nstatic const struct range {name}[] = {{")
    items = [f"{{{first:#x}, {last:#x}}}," for first, last in ranges(holds)]
    for start in range(0, len(items), 4):
        print("\t" + " ".join(items[start:start + 4]))
    print("};")


print(f"""/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How characters look on a terminal, by Unicode {unicodedata.unidata_version}. Made by make-unicode.py.
 * Ranges of code points in ascending order, without ASCII.
 */

#include <stdint.h>

/* clang-format off */

struct range {{
	uint32_t first, last;
}};""")
write("invisible", "Without a shape, or turning the direction of others.", is_invisible)
write("combining", "In the column of the character before.", is_combining)
write("wide", "In two columns.", is_wide)
print("\n/* clang-format on */")
sys.stdout.flush()
