# SPDX-License-Identifier: MIT
"""Draws lines on two logarithmic axes as SVG, readable on light and on dark."""

from __future__ import annotations

import math
from typing import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 80, 200, 50, 60

STYLE = """
  svg { background: #ffffff; font: 13px sans-serif; }
  text { fill: #24292f; }
  .title { font-size: 16px; font-weight: bold; }
  .axis { stroke: #57606a; }
  .grid { stroke: #d0d7de; }
  polyline { fill: none; stroke-width: 2; }
  .c0 { stroke: #57606a; } .c1 { stroke: #bc4c00; } .c2 { stroke: #8250df; }
  .c3 { stroke: #0969da; } .c4 { stroke: #1a7f37; } .c5 { stroke: #bf3989; }
  .c6 { stroke: #9a6700; } .c7 { stroke: #cf222e; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; }
    text { fill: #e6edf3; }
    .axis { stroke: #8b949e; }
    .grid { stroke: #30363d; }
    .c0 { stroke: #afb8c1; } .c1 { stroke: #ffa657; } .c2 { stroke: #d2a8ff; }
    .c3 { stroke: #79c0ff; } .c4 { stroke: #7ee787; } .c5 { stroke: #ff9bce; }
    .c6 { stroke: #e3b341; } .c7 { stroke: #ff7b72; }
  }
"""
# Not by colour alone.
DASHES = ("8 3", "2 3", "10 3 2 3", "none", "5 5", "12 4", "1 5", "6 2 2 2")


def ticks(least: float, most: float) -> list[float]:
    """1, 2 and 5 of each decade between the two."""
    found: list[float] = []
    for exponent in range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1):
        for digit in (1, 2, 5):
            value = digit * 10 ** exponent if exponent >= 0 else digit / 10 ** -exponent
            if least <= value <= most:
                found.append(value)
    return found


class _Axis:
    """Values of one direction to positions on the page."""

    def __init__(self, values: Sequence[float], start: float, end: float):
        self.least, self.most = min(values) / 1.3, max(values) * 1.3
        self.start, self.end = start, end

    def at(self, value: float) -> float:
        """Where a value is."""
        share = math.log(value / self.least) / math.log(self.most / self.least)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """The values to label."""
        return ticks(self.least, self.most)


def _text(x: float, y: float, text: str, extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {extra}>{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {kind}/>'


def _frame(across: _Axis, up: _Axis, x_label: str, y_label: str) -> list[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = []
    for value in across.ticks():
        x = across.at(value)
        parts.append(_line(x, TOP, x, bottom, 'class="grid"'))
        parts.append(_text(x, bottom + 18, f"{value:g}", 'text-anchor="middle"'))
    for value in up.ticks():
        y = up.at(value)
        parts.append(_line(LEFT, y, right, y, 'class="grid"'))
        parts.append(_text(LEFT - 8, y + 4, f"{value:g}", 'text-anchor="end"'))
    parts.append(_line(LEFT, bottom, right, bottom, 'class="axis"'))
    parts.append(_line(LEFT, TOP, LEFT, bottom, 'class="axis"'))
    parts.append(_text((LEFT + right) / 2, HEIGHT - 18, x_label, 'text-anchor="middle"'))
    middle = (TOP + bottom) / 2
    parts.append(_text(22, middle, y_label,
                       f'text-anchor="middle" transform="rotate(-90 22 {middle:.1f})"'))
    return parts


def draw(title: str, x_label: str, y_label: str,
         lines: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """The SVG; 'lines' has the points of each name, all of them positive."""
    points = [point for line in lines.values() for point in line]
    across = _Axis([x for x, _ in points], LEFT, WIDTH - RIGHT)
    up = _Axis([y for _, y in points], HEIGHT - BOTTOM, TOP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
             f'width="{WIDTH}" height="{HEIGHT}" role="img">',
             f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>",
             _text(LEFT, 28, title, 'class="title"'),
             *_frame(across, up, x_label, y_label)]
    for number, (name, line) in enumerate(lines.items()):
        kind = f'class="c{number % 8}" stroke-dasharray="{DASHES[number % 8]}"'
        path = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in sorted(line))
        parts.append(f'<polyline points="{path}" {kind}/>')
        parts += [f'<circle cx="{across.at(x):.1f}" cy="{up.at(y):.1f}" r="3" fill="none" '
                  f'class="c{number % 8}"/>' for x, y in line]
        y = TOP + 14 + 22 * number
        x = WIDTH - RIGHT + 16
        parts.append(_line(x, y - 4, x + 30, y - 4, kind + ' stroke-width="2"'))
        parts.append(_text(x + 38, y, name))
    return "\n".join([*parts, "</svg>"]) + "\n"
