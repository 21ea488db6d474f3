# SPDX-License-Identifier: MIT
"""Whether loader_driver.py has the records and numbers of loader_abi.h as the compiler has them
(loader_layout.c, whose program is the first argument)."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
import unittest

import loader_driver

PROGRAM = sys.argv.pop(1)


def layout(record: struct.Struct) -> list[str]:
    """Size of a record, then offset and size of each of its fields."""
    fields = []
    offset = 0
    for count, letter in re.findall(r"(\d*)([A-Za-z])", record.format):
        for _ in range(int(count or 1)):
            size = struct.calcsize("=" + letter)
            fields.append(f"{offset}:{size}")
            offset += size
    return [str(record.size), *fields]


class LoaderDriver(unittest.TestCase):
    """What is known on one side and on the other."""

    def setUp(self) -> None:
        printed = subprocess.run([PROGRAM], check=True, capture_output=True, text=True).stdout
        self.compiled = {name: rest for name, *rest in map(str.split, printed.splitlines())}

    def test_records_and_numbers_are_the_compilers(self) -> None:
        for name, expected in self.compiled.items():
            with self.subTest(name):
                have = getattr(loader_driver, name)
                self.assertEqual(
                    layout(have) if isinstance(have, struct.Struct) else [str(have)], expected)

    def test_all_that_the_driver_has_is_compared(self) -> None:
        have = {name for name, value in vars(loader_driver).items()
                if name.isupper() and isinstance(value, (int, struct.Struct))}
        self.assertEqual(have, set(self.compiled))


if __name__ == "__main__":
    unittest.main()
