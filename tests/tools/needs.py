# SPDX-License-Identifier: MIT
"""The needs of a result: who needs it is told of the first of an object's (docs/PROTOCOL.md)."""

from __future__ import annotations

from typing import Any


def spell_out(result: dict[str, Any]) -> dict[str, Any]:
    """The result, with the object told of each of its needs."""
    needs = result.get("needs")
    if not isinstance(needs, list):
        return result
    told = ""
    spelled = []
    for need in needs:
        told = need.get("needed_by", told)
        rest = {key: value for key, value in need.items() if key != "needed_by"}
        spelled.append(rest | ({"needed_by": told} if told else {}))
    return result | {"needs": spelled}
