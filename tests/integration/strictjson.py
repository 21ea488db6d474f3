# SPDX-License-Identifier: MIT
"""JSON, strictly: what a lenient reader would let through is an error of what is tested."""

from __future__ import annotations

import json
import re
from typing import Any


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"key {key!r} twice")
        result[key] = value
    return result


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def strict_json(data: bytes) -> Any:
    """Parses what RFC 8259 and Varlink allow and nothing else."""
    text = data.decode("utf-8", "strict")
    if text.startswith("\ufeff"):
        raise ValueError("a byte order mark")
    value = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    json.dumps(value, ensure_ascii=False).encode("utf-8", "strict")  # refuses lone surrogates
    if re.search(r"\\u0000", text.replace("\\\\", "")):
        raise ValueError("\\u0000, which no Varlink peer takes")
    return value


def compact_json(data: bytes) -> Any:
    """The same for one line of output, which must have no blanks outside strings."""
    if not data.endswith(b"\n") or data.count(b"\n") != 1:
        raise ValueError(f"not exactly one line: {data[:200]!r}")
    bare = re.sub(rb'"(?:[^"\\]|\\.)*"', b'""', data[:-1])
    if re.search(rb"\s", bare):
        raise ValueError(f"a blank outside a string: {data[:200]!r}")
    return strict_json(data[:-1])
