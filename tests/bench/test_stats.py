#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of stats.py and of the plot's axes."""

import unittest
import xml.etree.ElementTree

import plot
import stats


class Statistics(unittest.TestCase):
    """Sample and paired_ratio()."""

    def test_median_of_even_and_odd(self):
        """The middle, or the mean of the two in the middle."""
        self.assertEqual(stats.Sample([3, 1, 2]).median, 2)
        self.assertEqual(stats.Sample([4, 1, 2, 3]).median, 2.5)

    def test_text(self):
        """Median and range, in another unit."""
        self.assertEqual(stats.Sample([0.001, 0.003, 0.002]).scaled(1000).text(1), "2.0 (1.0..3.0)")

    def test_ratio_is_paired(self):
        """A disturbance that hits both sides of a pair does not count."""
        self.assertEqual(stats.paired_ratio([2, 20, 2], [1, 10, 1]), 2)
        self.assertEqual(stats.paired_ratio([2, 20, 3], [1, 1, 1]), 3)

    def test_what_makes_no_sense(self):
        """Nothing, and repeats without a partner, are refused."""
        self.assertRaises(ValueError, stats.Sample, [])
        self.assertRaises(ValueError, stats.paired_ratio, [1, 2], [1])


class Plot(unittest.TestCase):
    """plot.draw()."""

    def test_is_xml_with_all_lines(self):
        """Well-formed, one line and one entry of the legend for each contender."""
        text = plot.draw("a < b", "x", "y", {"one & two": [(1, 3.0), (500, 0.2)],
                                             "three": [(50, 1.0)]})
        root = xml.etree.ElementTree.fromstring(text)
        space = "{http://www.w3.org/2000/svg}"
        self.assertEqual(len(root.findall(f".//{space}polyline")), 2)
        labels = [node.text for node in root.iter(f"{space}text")]
        for label in ("a < b", "x", "y", "one & two", "three"):
            self.assertIn(label, labels)

    def test_ticks(self):
        """1, 2, 5 of each decade within the range."""
        self.assertEqual(plot.ticks(0.9, 12), [1, 2, 5, 10])


if __name__ == "__main__":
    unittest.main()
