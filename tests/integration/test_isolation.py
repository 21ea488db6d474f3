#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No library changes another's answer."""

import dltest_harness as harness


class Isolation(harness.TestCase):
    """Neighbours in one call."""

    def test_a_loaded_library_hides_no_missing_dependency(self):
        # Has the SONAME that the other one needs.
        poser = self.home.add("poses_as_missing.so", package="another")
        needer = self.home.add("needs_missing.so")
        for paths in ([poser, needer], [needer, poser], [poser, needer, poser, needer]):
            for result in self.verify(*paths, status=1).results:
                self.assertEqual(result["ok"], result["path"] == poser, result)

    def test_the_programs_own_libraries_answer_for_nobody(self):
        result = self.verify_one("/usr/lib/nowhere/libevent.so")
        self.assertEqual(result["reason"], "not_found")

    def test_neighbours_of_trouble(self):
        good = [self.home.add("good.so", f"good-{i}.so") for i in range(20)]
        bad = [self.home.add(name) for name in (
            "crash_segv.so", "crash_abort.so", "exit_0.so", "exit_64.so", "print.so",
            "say_ok_and_die.so", "close_crash.so", "quick_exit_0.so")]
        paths = [path for i, path in enumerate(good) for path in (path, bad[i % len(bad)])]
        answer = self.verify(*paths, status=1)
        self.assertEqual([result["path"] for result in answer.results], paths)
        by_path = answer.by_path()
        for path in good:
            self.assertTrue(by_path[path]["ok"], by_path[path])
        for path in bad:
            self.assertEqual(by_path[path]["ok"], path.endswith("/print.so"), by_path[path])

    def test_the_same_path_twice(self):
        good, bad = self.home.add("good.so"), self.home.add("exit_1.so")
        answer = self.verify(good, bad, good, bad, good, status=1)
        self.assertEqual([result["ok"] for result in answer.results],
                         [True, False, True, False, True])

    def test_the_answer_is_about_each_time_it_was_asked(self):
        path = self.home.add("good.so")
        self.assertTrue(self.verify_one(path)["ok"])
        self.home.add("exit_1.so", "good.so")
        self.assertEqual(self.verify_one(path)["reason"], "exited")
        self.home.add("good.so")
        self.assertTrue(self.verify_one(path)["ok"])


if __name__ == "__main__":
    harness.main()
