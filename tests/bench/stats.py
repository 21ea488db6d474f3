# SPDX-License-Identifier: MIT
"""The few statistics of the benchmark: medians, and ratios of what was measured side by side."""

from __future__ import annotations

import statistics
from typing import Sequence


class Sample:
    """The repeats of one measurement."""

    def __init__(self, values: Sequence[float]):
        if not values:
            raise ValueError("a sample of nothing")
        self.values = list(values)
        self.median = statistics.median(self.values)
        self.least, self.most = min(self.values), max(self.values)

    def scaled(self, factor: float) -> Sample:
        """The same in another unit."""
        return Sample([value * factor for value in self.values])

    def text(self, digits: int = 2) -> str:
        """median (least..most)"""
        return f"{self.median:.{digits}f} ({self.least:.{digits}f}..{self.most:.{digits}f})"


def paired_ratio(values: Sequence[float], references: Sequence[float]) -> float:
    """The median of the ratios within each repeat. What slows the machine down for a while slows
    both sides of a pair, so this holds still where a ratio of medians does not."""
    if len(values) != len(references):
        raise ValueError("repeats without a partner")
    return statistics.median(value / reference for value, reference in zip(values, references))
