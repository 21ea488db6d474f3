#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a library says it opens by itself (.note.dlopen), as the daemon tries it."""

import os
import shutil
import time

import dltest_harness as harness
from dltest_harness import make

SOFT = "libdltest_soft.so"
# What a load that is given up takes longer than its timeout at most, on a busy machine.
SLACK = 1.0


class SoftNeeds(harness.TestCase):
    """Looks at results."""

    def check_fails(self, result, error, *names):
        """It fails for a need of its own that has these names."""
        self.assertFalse(result["ok"], result)
        self.assertEqual(result["reason"], "missing_dependency", result)
        self.assertRegex(result["error"], error)
        self.assertEqual(len(result["error"].splitlines()), 1)
        self.assertEqual(result["missing"], list(names))
        for key in ("signal", "exit_status", "phase", "symbols", "loads_with", "context"):
            self.assertNotIn(key, result)

    def check_loads(self, path, *options, warnings=()):
        """It loads, with a warning for each text when details are wanted and none otherwise."""
        plain = self.verify_one(path, *options)
        self.assertEqual(plain, {"path": path, "ok": True})
        result = self.verify_one(path, "--details", *options)
        self.assertTrue(result["ok"], result)
        self.assertEqual(harness.troubles(result.get("warnings", [])), list(warnings))
        return result


class NotRequired(SoftNeeds):
    """Never a reason to fail."""

    def test_suggested_and_absent(self):
        path = self.home.add("wants_soft.so")
        for options in ((), ("--bare",), ("--lazy",), ("--fresh",)):
            self.check_loads(path, *options, warnings=[
                f"wants {SOFT} for x (recommended), which is not there"])

    def test_suggested_and_present(self):
        self.home.add(SOFT)
        result = self.check_loads(self.home.add("wants_soft.so"))
        self.assertFalse([o for o in result["objects"] if o.endswith(SOFT)], "is not its own")

    def test_one_of_two_names(self):
        path = self.home.add("wants_one.so")
        self.check_loads(path, warnings=[
            f"wants libdltest_never.so or {SOFT} for sound (suggested), which is not there"])
        self.home.add(SOFT)
        self.check_loads(path)

    def test_each_need_is_told(self):
        self.home.add(SOFT)
        self.home.add("libdltest_soft_crash.so")
        self.check_loads(self.home.add("wants_two_notes.so"), warnings=[
            "wants libdltest_never.so (recommended), which is not there",
            "wants libdltest_soft_crash.so for b (suggested), which crashes"])

    def test_suggested_and_broken(self):
        self.home.add("libdltest_soft_broken.so")
        self.check_loads(self.home.add("wants_soft_broken.so"), warnings=[
            "wants libdltest_soft_broken.so for x (recommended), which does not load: "
            "libdltest_gone.so: cannot open shared object file: No such file or directory"])

    def test_suggested_and_ends_the_process(self):
        for kind, words in (("crash", "crashes"), ("exit", "ends the process")):
            self.home.add(f"libdltest_soft_{kind}.so")
            self.check_loads(self.home.add(f"wants_soft_{kind}.so"), warnings=[
                f"wants libdltest_soft_{kind}.so for x (recommended), which {words}"])

    def test_nothing_of_the_trial_in_the_result(self):
        self.home.add("libdltest_soft_noisy.so")
        result = self.check_loads(self.home.add("wants_soft_noisy.so"))
        self.assertEqual((result["output"], result["denied"]), ("", []))
        # It does make noise.
        result = self.verify_one(self.home.add("libdltest_soft_noisy.so"), "--details")
        self.assertEqual(result["output"], "noise\n")
        self.assertTrue(result["denied"])

    def test_notes_of_nonsense(self):
        for name in ("wants_nonsense.so", "wants_many.so"):
            result = self.verify_one(self.home.add(name), "--details", "--timeout", "20")
            self.assertTrue(result["ok"], result)
            self.assertIn(".note.dlopen", result["warnings"][0])
            for warning in result["warnings"][1:]:
                self.assertRegex(warning, r"^wants libdltest_never\.so .*which is not there$")
            self.assertLessEqual(len(result["warnings"]), 33)

    def test_dry_run_tries_no_needs(self):
        for name in ("requires_soft.so", "wants_soft.so"):
            result = self.verify_one(self.home.add(name), "--details", "--dry-run")
            self.assertTrue(result["ok"], result)
            self.assertNotIn("warnings", result)


class Required(SoftNeeds):
    """Without it the library does not work, by its own word."""

    def test_required_and_absent(self):
        path = self.home.add("requires_soft.so")
        for options in ((), ("--bare",), ("--lazy",), ("--details",), ("--fresh",)):
            result = self.verify_one(path, *options)
            self.check_fails(
                result, rf"^opens {SOFT} for x \(required\), which is not there$", SOFT)
            self.assertEqual(result["needs"], [{"name": SOFT, "needed_by": path}])
            self.assertNotIn("warnings", result)

    def test_required_and_present(self):
        self.home.add(SOFT)
        path = self.home.add("requires_soft.so")
        self.check_loads(path)
        self.check_loads(path, "--bare")

    def test_required_and_present_for_others(self):
        self.home.add(SOFT, package="other")
        self.check_fails(self.verify_one(self.home.add("requires_soft.so")), "not there$", SOFT)

    def test_two_required_needs(self):
        path = self.home.add("requires_two.so")
        names = ["libdltest_never.so", SOFT + ".1"]
        self.check_fails(
            self.verify_one(path),
            rf"^opens {SOFT} \(required\), which is not there \(1 more library is missing\)$",
            SOFT, *names)
        detailed = self.verify_one(path, "--details")
        self.assertEqual(detailed["warnings"], [
            f"opens {' or '.join(names)} for y (required), which is not there"])
        self.home.add(SOFT)
        self.check_fails(self.verify_one(path), "^opens libdltest_never.so or ", *names)
        self.home.add(SOFT, SOFT + ".1")
        self.check_loads(path)

    def test_required_and_broken(self):
        name = "libdltest_soft_broken.so"
        self.home.add(name)
        result = self.verify_one(self.home.add("requires_soft_broken.so"))
        self.check_fails(result, rf"^opens {name} for x \(required\), which does not load: "
                         r"libdltest_gone\.so: cannot open", name, "libdltest_gone.so")
        self.assertEqual(result["needs"], [{"name": name, "needed_by": result["path"]}])

    def test_required_and_ends_the_process(self):
        """What cannot be used is as good as not there."""
        for kind, words in (("crash", "crashes"), ("exit", "ends the process")):
            name = f"libdltest_soft_{kind}.so"
            self.home.add(name)
            result = self.verify_one(self.home.add(f"requires_soft_{kind}.so"))
            self.check_fails(result, f"which {words}$", name)

    def test_required_beside_preloads(self):
        """As many names as one need can have, and as many libraries loaded first as can be."""
        path = self.home.add("requires_one_of_16.so")
        before = []
        for number in range(64):
            before += ["--with", self.home.add("good.so", f"{number}.so", package="host")]
        self.check_fails(self.verify_one(path, *before, "--timeout", "30"), "not there$",
                         "libdltest_none.so", SOFT)
        self.home.add(SOFT)
        self.assertTrue(self.verify_one(path, *before, "--timeout", "30")["ok"])
        self.assertTrue(self.verify_one(path)["ok"])

    def test_required_and_loaded_first(self):
        path = self.home.add("requires_soft.so")
        self.assertTrue(self.verify_one(path, "--with", self.home.add(SOFT, package="host"))["ok"])

    def test_required_in_company(self):
        """It loads with the directories of its package on the path, and its needs as well."""
        plugins = self.home.package() / "plugins"
        plugins.mkdir()
        path = os.fsdecode(make.put(harness.FIXTURES / "needs_dep_requires_soft.so",
                                    plugins / "x.so"))
        self.home.add("libdltest_dep.so")
        self.check_fails(self.verify_one(path), f"^opens {SOFT}", SOFT)
        self.home.add(SOFT)
        result = self.verify_one(path)
        self.assertEqual(result, {"path": path, "ok": True,
                                  "context": [str(self.home.package())]})


@harness.timed
class Hanging(SoftNeeds):
    """A need that does not come back."""

    def test_a_hanging_need_costs_no_more_than_the_timeout(self):
        self.home.add("libdltest_soft_spin.so")
        for name, verb, priority in (("wants_soft_spin.so", "wants", "recommended"),
                                     ("requires_soft_spin.so", "opens", "required")):
            path = self.home.add(name)
            warning = (f"{verb} libdltest_soft_spin.so for x ({priority}), "
                       "which does not finish loading")

            def ask():
                start = time.monotonic()
                result = self.verify_one(path, "--details", "--fresh", "--timeout", "2")
                self.assertTrue(result["ok"], result)
                self.assertEqual(result["warnings"], [warning])
                self.assertLess(result["duration_us"], 1500000)  # without the trial
                return time.monotonic() - start
            self.within(2 + SLACK, ask)

    def test_a_hanging_need_does_not_hold_up_others(self):
        self.home.add("libdltest_soft_spin.so")
        hanging = [self.home.add("requires_soft_spin.so", f"{n}.so") for n in range(5)]
        good = [self.home.add("good.so", f"good-{n}.so") for n in range(20)]
        self.start_daemon()

        def ask():
            seen = {}
            start = time.monotonic()
            for reply in self.connect().stream(f"{harness.INTERFACE}.Verify", {
                    "paths": hanging + good, "timeout_ms": 3000, "fresh": True}):
                for result in reply["parameters"]["results"]:
                    self.assertTrue(result["ok"], result)
                    seen[result["path"]] = time.monotonic() - start
            self.assertEqual(set(seen), set(hanging + good))
            self.assertLess(max(seen[path] for path in good), min(seen[path] for path in hanging))
            return max(seen.values())
        self.within(3 + SLACK, ask)


class Memory(SoftNeeds):
    """A remembered verdict holds as long as what was found, and what was not."""

    def ask(self, path, *options):
        """The result, asked for until it is the remembered one; it never differs."""
        first = self.verify_one(path, "--details", *options)
        self.assertFalse(first["cached"], first)

        def again():
            result = self.verify_one(path, "--details", *options)
            for key in ("ok", "reason", "missing", "needs", "error", "warnings"):
                self.assertEqual(result.get(key), first.get(key))
            return result["cached"]
        harness.wait_until(again, "it was remembered")
        return first

    def directory(self):
        """Where the library and its needs are."""
        return self.home.package()

    def test_required_need_appears_and_disappears(self):
        for name, options in (("requires_soft.so", ()), ("requires_soft.so", ("--bare",))):
            path = self.home.add(name)
            for _ in range(2):
                self.check_fails(self.ask(path, *options), "not there$", SOFT)
                self.home.add(SOFT)
                self.assertTrue(self.ask(path, *options)["ok"])
                os.unlink(self.directory() / SOFT)

    def test_warning_appears_and_disappears(self):
        path = self.home.add("wants_soft.so")
        for _ in range(2):
            self.assertEqual(len(self.ask(path)["warnings"]), 1)
            self.home.add(SOFT)
            self.assertNotIn("warnings", self.ask(path))
            os.unlink(self.directory() / SOFT)

    def test_need_appears_for_who_asks_without_details(self):
        path = self.home.add("requires_soft.so")
        for _ in range(3):
            self.check_fails(self.verify_one(path), "not there$", SOFT)
        self.home.add(SOFT)
        for _ in range(3):
            self.assertTrue(self.verify_one(path)["ok"])
        os.unlink(self.directory() / SOFT)
        self.check_fails(self.verify_one(path), "not there$", SOFT)

    def test_required_need_behind_a_link(self):
        """The link is there all the time, and the directory with it does not change."""
        target = self.base / "target.so"
        os.symlink(target, self.directory() / SOFT)
        path = self.home.add("requires_soft.so")
        options = ("--root", self.base)
        for _ in range(2):
            self.check_fails(self.ask(path, *options), "not there$", SOFT)
            make.put(harness.FIXTURES / SOFT, target)
            self.assertTrue(self.ask(path, *options)["ok"])
            os.unlink(target)

    def test_warning_behind_a_link(self):
        target = self.base / "target.so"
        os.symlink(target, self.directory() / SOFT)
        path = self.home.add("wants_soft.so")
        options = ("--root", self.base)
        for _ in range(2):
            self.assertEqual(len(self.ask(path, *options)["warnings"]), 1)
            make.put(harness.FIXTURES / SOFT, target)
            self.assertNotIn("warnings", self.ask(path, *options))
            os.unlink(target)

    def test_need_broken_in_place(self):
        soft = self.home.add(SOFT)
        path = self.home.add("requires_soft.so")
        self.assertTrue(self.ask(path)["ok"])
        with open(soft, "r+b") as file:
            file.truncate(40)
        self.check_fails(self.verify_one(path), "does not load", SOFT, soft)

    def test_what_the_need_needs(self):
        """Where only the need itself searches."""
        deep = self.directory() / "deep"
        deep.mkdir()
        self.home.add("libdltest_soft_deep.so")
        path = self.home.add("requires_soft_deep.so")
        names = ("libdltest_soft_deep.so", "libdltest_dep.so")
        for _ in range(3):
            self.check_fails(self.verify_one(path), "does not load", *names)
        dep = make.put(harness.FIXTURES / "libdltest_dep.so", deep / "libdltest_dep.so")
        self.assertTrue(self.ask(path)["ok"])
        os.unlink(dep)
        self.check_fails(self.verify_one(path), "does not load", *names)

    def test_failures_are_not_remembered(self):
        for kind in ("crash", "exit", "broken"):
            self.home.add(f"libdltest_soft_{kind}.so")
            path = self.home.add(f"wants_soft_{kind}.so")
            for _ in range(4):
                result = self.verify_one(path, "--details")
                self.assertEqual(len(result["warnings"]), 1)
                self.assertFalse(result["cached"])
            shutil.copy(harness.FIXTURES / SOFT, self.directory() / f"libdltest_soft_{kind}.so")
            self.assertNotIn("warnings", self.verify_one(path, "--details"))


if __name__ == "__main__":
    harness.main()
