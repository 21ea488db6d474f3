#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is checked is what is loaded, however fast a link changes its mind."""

import os
import threading
import time

import dltest_harness as harness
from dltest_harness import make

SECONDS = 3
ENOUGH = 150  # results, which take longer on a slow machine


class Swap(harness.TestCase):
    """A link that is re-pointed in a tight loop while it is asked about."""

    def setUp(self):
        super().setUp()
        self.link = self.home.package() / "link.so"

    def flip(self, link, targets, stop):
        new = str(link) + ".new"
        while not stop.is_set():
            for target in targets:
                os.symlink(target, new)
                os.rename(new, link)

    def ask_while_flipping(self, targets, path=None, **options):
        """Results for the link, or for another path with the link among the options."""
        link = self.link
        link.symlink_to(targets[0])
        stop = threading.Event()
        flipping = threading.Thread(target=self.flip, args=(link, targets, stop))
        flipping.start()
        results = []
        try:
            start = time.monotonic()
            with self.connect() as peer:
                while time.monotonic() - start < (SECONDS if len(results) >= ENOUGH else 60):
                    results += peer.verify([path or str(link)] * 50, details=True, **options)
        finally:
            stop.set()
            flipping.join()
        self.assertGreaterEqual(len(results), ENOUGH)
        return results

    def test_swap_to_the_outside(self):
        self.start_daemon()
        good = self.home.add("good.so")
        outside = self.base / "outside.so"
        make.put(harness.FIXTURES / "print.so", outside)
        seen = set()
        for result in self.ask_while_flipping([good, str(outside)]):
            seen.add(result.get("reason", "ok"))
            # Not a byte of what is outside was run, whatever the verdict.
            self.assertEqual(result["output"], "", result)
            if not result["ok"]:
                self.assertIn(result["reason"],
                              ("outside_roots", "permission_denied", "no_verdict",
                               "missing_dependency", "not_found", "load_error"), result)
        self.assertLessEqual({"ok", "outside_roots"}, seen)

    def test_swap_between_two_that_may_be_loaded(self):
        self.start_daemon()
        good, prints = self.home.add("good.so"), self.home.add("print.so")
        seen = set()
        for result in self.ask_while_flipping([good, prints]):
            seen.add(bool(result["output"]))
            if not result["ok"]:
                self.assertEqual(result["reason"], "no_verdict", result)
                self.assertIn("changed", result["error"])
        self.assertEqual(seen, {False, True})

    def test_swap_of_what_is_loaded_first(self):
        """Without Landlock, which would keep what is outside from being mapped."""
        self.start_daemon("--pretend", "landlock=0")
        good = self.home.add("good.so")
        # All are judged before the first is loaded, which gives the link time to change.
        slow = self.home.add("sleep_20ms.so")
        outside = self.base / "outside.so"
        make.put(harness.FIXTURES / "print.so", outside)
        seen = set()
        for result in self.ask_while_flipping([good, str(outside)], path=good,
                                              preload=[slow, str(self.link)], fresh=True):
            seen.add(result.get("reason", "ok"))
            if result["output"]:
                self.assertEqual(result.get("reason"), "no_verdict", result)
                self.assertIn("changed", result["error"])
        self.assertLessEqual({"ok", "no_verdict"}, seen)


if __name__ == "__main__":
    harness.main()
