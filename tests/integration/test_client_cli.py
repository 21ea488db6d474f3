#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line of tsuku-dltest: options, output, exit statuses."""

import contextlib
import os
import pty
import re
import signal
import subprocess

import dltest_harness as harness
from dltest_harness import make


class Output(harness.TestCase):
    """What is printed."""

    def test_array(self):
        good, bad = self.home.add("good.so"), self.home.add("exit_1.so")
        answer = self.verify(bad, good, status=1)
        self.assertEqual([result["path"] for result in answer.results], [bad, good])
        self.assertIn(b'"ok":true', answer.out)
        self.assertTrue(answer.out.startswith(b'[{"path":"'))
        self.assertEqual(answer.err, b"")

    def test_path_is_given_back_as_it_was(self):
        self.home.add("good.so")
        directory = self.home.package()
        for path in ("good.so", "./good.so", "../lib/good.so", f"{directory}//good.so"):
            result = self.verify_one(path, cwd=directory)
            self.assertEqual((result["path"], result["ok"]), (path, True))

    def test_odd_names(self):
        names = ["new\nline.so", 'quo"te.so', "back\\slash.so", "sp ace.so", "tab\t.so",
                 "\x01\x1b[31m.so", "\u00fc\u4e2d\U0001f600.so", "-dash.so", "{}.so", "\x7f.so"]
        paths = [self.home.add("good.so", name) for name in names]
        answer = self.verify(*paths, status=0)
        self.assertEqual([result["path"] for result in answer.results], paths)

    def test_not_utf8(self):
        path = self.home.add("good.so", b"in\xffvalid\xc3.so")
        good = self.home.add("good.so")
        answer = self.run_client(os.fsencode(path), good)
        odd, even = answer.results
        self.assertEqual((odd["reason"], odd["ok"], even["ok"]), ("invalid_path", False, True))
        self.assertIn("in\ufffdvalid\ufffd.so", odd["path"])
        self.assertEqual(answer.status, 1)

    def test_odd_texts_of_the_linker(self):
        odd = b"lib\nnew\"line\\\xff\x1b.so"
        path = self.home.package() / "odd.so"
        make.needing(harness.FIXTURES / "needs_placeholder.so", path, odd)
        result = self.verify_one(str(path))
        self.assertEqual(result["reason"], "missing_dependency")
        self.assertNotIn("\n", result["error"])
        self.assertEqual(len(result["missing"]), 1)

    def test_jsonl(self):
        paths = [self.home.add("good.so", f"{i}.so") for i in range(20)]
        answer = self.run_client("--jsonl", *paths)
        self.assertEqual(sorted(line["path"] for line in answer.lines), sorted(paths))
        self.assertEqual(answer.status, 0)

    def test_jsonl_comes_at_once(self):
        good, hung = self.home.add("good.so"), self.home.add("sleep_forever.so")
        process = harness.popen([harness.CLIENT, "--jsonl", "--timeout", "30", hung, good],
                                env=self.home.environment(), stdout=subprocess.PIPE)
        self.assertTrue(harness.wait_readable(process.stdout, 10))
        self.assertIn(good.encode(), process.stdout.readline())
        process.kill()

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            answer = self.run_client(self.home.add("good.so"), stdout=full)
        self.assertEqual(answer.status, 2)
        self.assertIn(b"No space left", answer.err)

    def test_closed_pipe(self):
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "wb") as pipe:
            answer = self.run_client(self.home.add("good.so"), stdout=pipe, restore_signals=True)
        self.assertEqual(answer.status, -13)

    def test_no_standard_descriptors(self):
        good = self.home.add("good.so")
        answer = self.run_client(good, preexec_fn=lambda: os.close(0))
        self.assertTrue(answer.results[0]["ok"])
        for closed, arguments, status in (
                (">&-", [good], 2), (">&- 2>&-", [good], 2), ("2>&-", [good], 0),
                ("<&-", ["--files-from", "-"], 2), (">&-", ["--help"], 2)):
            with self.subTest(closed=closed, arguments=arguments):
                process = harness.popen(["/bin/sh", "-c", f'exec "$0" "$@" {closed}',
                                         harness.CLIENT, *arguments], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, env=self.home.environment())
                self.assertEqual(process.wait(30), status)

    def test_nothing_more_is_asked_than_can_be_written(self):
        hung = self.home.add("sleep_forever.so")
        with open("/dev/full", "wb") as full:
            answer = self.run_client("--jsonl", "--timeout", "60", self.home.add("good.so"), hung,
                                     stdout=full)
            self.assertEqual(answer.status, 2)
            self.assertLess(answer.seconds, 30)
            self.assertEqual(self.run_client("--help", stdout=full).status, 2)

    def test_progress_on_a_terminal_only(self):
        master, slave = pty.openpty()
        env = {"TERM": "xterm"}
        paths = [self.home.add("sleep_a_little.so", f"{i}.so") for i in range(60)]
        answer = self.run_client("--timeout", "20", *paths, stderr=slave, env=env)
        os.close(slave)
        shown = b""
        try:
            while chunk := os.read(master, 4096):
                shown += chunk
        except OSError:
            pass
        os.close(master)
        self.assertEqual(len(answer.results), 60)
        if answer.seconds > 1:
            self.assertIn(b" of 60", shown)
        self.assertEqual(self.run_client("--timeout", "20", *paths).err, b"")

    def test_progress_while_nothing_is_answered(self):
        master, slave = pty.openpty()
        process = harness.popen([harness.CLIENT, "--timeout", "60",
                                 self.home.add("sleep_forever.so")],
                                env=self.home.environment(TERM="xterm"),
                                stdout=subprocess.DEVNULL, stderr=slave)
        self.assertTrue(harness.wait_readable(master))
        self.assertIn(b"checked 0 of 1", os.read(master, 4096))
        process.terminate()
        self.assertEqual(process.wait(), -signal.SIGTERM)
        os.close(slave)
        left = b""
        with contextlib.suppress(OSError):
            while chunk := os.read(master, 4096):
                left += chunk
        os.close(master)
        self.assertTrue(left.endswith(b"\r\033[K"), left[-40:])


class Options(harness.TestCase):
    """Options and exit statuses."""

    def test_usage(self):
        for args in ((), ("--no-such",), ("--timeout",), ("--timeout", "0", "x"),
                     ("--timeout", "-1", "x"), ("--timeout", "601", "x"), ("--timeout", "nan", "x"),
                     ("--timeout", "3x", "x"), ("-0", "x"), ("--files-from", "/nonexistent"),
                     ("--status", "x"), ("--root", "", "x"), ("--with", b"\xff", "x"),
                     ("--status", "--stop"), ("--files-from", "a", "--files-from", "b"),
                     (*["--with", "/" + "x" * 4000] * 20, "x")):
            with self.subTest(args=args):
                answer = self.run_client(*args)
                self.assertEqual((answer.status, answer.out), (2, b""), answer)
                self.assertTrue(answer.err.strip())
                self.assertLessEqual(answer.err.count(b"\n"), 2)

    def test_options_among_paths(self):
        """Wherever they stand, shortened or bundled; with whatever C library."""
        good, other = self.home.add("good.so", "a.so"), self.home.add("good.so", "-b.so")
        answer = self.run_client(good, "--det", "--timeout=20", "--", "--dry-run", other)
        self.assertEqual([result["path"] for result in answer.results], [good, "--dry-run", other])
        self.assertIn("duration_us", answer.results[0])
        answer = self.run_client(good, "-0V")
        self.assertEqual((answer.status, answer.out), (0, b""), answer)
        self.assertIn(b" v", answer.err)

    def test_complaint_names_the_option(self):
        self.assertIn(b"Usage: tsuku-dltest ", self.run_client("--frob", "x").err)
        for args, name in ((("--frob", "x"), b"frob"), (("--timeout",), b"timeout"),
                           (("--all=3",), b"all"), (("-x",), b"x"), (("--d", "x"), b"d")):
            with self.subTest(args=args):
                first = self.run_client(*args).err.splitlines()[0]
                self.assertRegex(first, rb"^tsuku-dltest: .*\b" + name + rb"\b")

    def test_help_and_version(self):
        answer = self.run_client("--help")
        self.assertEqual((answer.status, answer.err), (0, b""))
        for option in ("--jsonl", "--details", "--dry-run", "--timeout", "--lazy", "--fresh",
                       "--bare", "--root", "--with", "--files-from", "--null", "--all",
                       "--no-daemon", "--status", "--stop", "--version"):
            self.assertIn(option.encode(), answer.out)
        answer = self.run_client("--version")
        self.assertEqual((answer.status, answer.out, answer.err),
                         (0, b"", f"tsuku-dltest v{harness.VERSION}\n".encode()))

    def test_each_flag_is_taken(self):
        """By the client, and what is a parameter by the daemon as well."""
        others = {"--help", "--version", "--status", "--stop", "--null"}
        answer = self.run_client("--help").out.decode()
        flags = set(re.findall(r"^(?:  -\w, |      )(--[a-z-]+)  ", answer, re.M)) - others
        self.assertIn("--lazy", flags)
        path = self.home.add("good.so")
        for flag in sorted(flags):
            with self.subTest(flag):
                self.assertEqual(self.run_client(flag, path).status, 0)

    def test_files_from(self):
        paths = [self.home.add("good.so", f"{i}.so") for i in range(3)]
        listing = self.base / "list"
        listing.write_text("\n".join(paths[1:]) + "\n\n")
        answer = self.run_client(paths[0], "--files-from", listing)
        self.assertEqual([result["path"] for result in answer.results], paths)
        odd = self.home.add("good.so", "new\nline.so")
        answer = self.run_client("--files-from", "-", "--null", stdin=odd.encode() + b"\0")
        self.assertEqual([result["path"] for result in answer.results], [odd])
        answer = self.run_client("--files-from", "-", stdin=b"")
        self.assertEqual((answer.results, answer.status), ([], 0))

    def test_files_from_what_has_nuls(self):
        paths = "\0".join([self.home.add("good.so"), self.home.add("exit_1.so"), ""]).encode()
        answer = self.run_client("--files-from", "-", stdin=paths)
        self.assertEqual((answer.status, answer.out), (2, b""))
        self.assertIn(b"-0", answer.err)
        self.assertEqual(len(self.run_client("--files-from", "-", "-0", stdin=paths).results), 2)

    def test_root_that_is_not_there(self):
        good = self.home.add("good.so")
        for root, why in ((self.base / "none", b"No such"), (good, b"Not a directory")):
            answer = self.run_client("--root", root, good)
            self.assertEqual(answer.status, 0)
            self.assertIn(why, answer.err)

    def test_library_path_that_is_not_utf8(self):
        answer = self.run_client(self.home.add("good.so"),
                                 env={"LD_LIBRARY_PATH": os.fsdecode(b"/x\xff:/usr/lib")})
        self.assertEqual(answer.status, 0)
        self.assertIn(b"LD_LIBRARY_PATH", answer.err)

    def test_timeout_is_rounded(self):
        result = self.verify_one(self.home.add("sleep_forever.so"), "--timeout", "0.1005")
        self.assertIn("0.101 s", result["error"])

    def test_ten_thousand(self):
        path = self.home.add("good.so")
        listing = "".join(f"{path}\n" for _ in range(10000)).encode()
        answer = self.run_client("--dry-run", "--files-from", "-", stdin=listing, timeout=120)
        self.assertEqual(len(answer.results), 10000)
        self.assertEqual(answer.status, 0)

    def test_double_dash(self):
        self.home.add("good.so", "-x.so")
        answer = self.run_client("--", "-x.so", cwd=self.home.package())
        self.assertEqual(answer.status, 0)

    def test_status_and_stop(self):
        answer = self.run_client("--status")
        self.assertEqual((answer.status, answer.out), (3, b""))
        self.assertEqual(self.run_client("--stop").status, 0)
        self.verify(self.home.add("good.so"), status=0)
        status = harness.compact_json(self.run_client("--status").out)
        self.assertEqual(status["pid"], self.the_daemon())
        self.assertEqual(self.run_client("--stop").status, 0)
        self.wait_for_no_daemon()
        self.assertFalse(self.home.socket.exists())

    def test_no_daemon(self):
        answer = self.run_client("--no-daemon", self.home.add("good.so"))
        self.assertTrue(answer.results[0]["ok"])
        self.assertFalse(self.home.socket.exists())
        self.assertFalse(harness.daemons_running())


if __name__ == "__main__":
    harness.main()
