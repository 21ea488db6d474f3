#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The calls that 'tsuku verify' makes, made here without tsuku: its two callers with their batches,
environments and limit, and what they take for a crash. tests/tsuku/verify.py has tsuku itself."""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import dltest_harness as harness
from dltest_harness import make

BATCH = 50
LIMIT = 5.0  # seconds for one process, of whatever many libraries
STRIPPED = {"LD_PRELOAD", "LD_AUDIT", "LD_DEBUG", "LD_DEBUG_OUTPUT", "LD_PROFILE",
            "LD_PROFILE_OUTPUT", "DYLD_INSERT_LIBRARIES", "DYLD_FORCE_FLAT_NAMESPACE",
            "DYLD_PRINT_LIBRARIES", "DYLD_PRINT_LIBRARIES_POST_LAUNCH"}
KEYS = {"path": str, "ok": bool, "error": str}


class Crash(Exception):
    """tsuku would halve the batch and try again, or give up."""


class Timeout(Exception):
    """tsuku would throw away every result of the library."""


def sanitized(environment, home):
    """The environment of the first caller: most of its own, and search paths that end in a colon
    where there was none before."""
    result = {name: value for name, value in environment.items() if name not in STRIPPED}
    for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
        result[name] = f"{home.libs}:{environment.get(name, '')}"
    return result


def decoded(out, whole):
    """The results as Go's decoder takes them: keys without regard to case, the last one wins.
    Stricter in that what follows has to be one newline and no number of blanks."""
    if whole:
        results = harness.compact_json(out)
    else:
        results = harness.compact_json(out.split(b"\n", 1)[0] + b"\n")
    for result in results:
        for key in result:
            if key.lower() in KEYS and key not in KEYS:
                raise Crash(f"{key!r} would be taken for {key.lower()!r}")
        for key, kind in KEYS.items():
            if key in result and not isinstance(result[key], kind):
                raise Crash(f"{key!r} is no {kind.__name__}: {result!r}")
    return results


class Tsuku(harness.TestCase):
    """A home as tsuku keeps it, and tsuku's way with its helper."""

    def setUp(self):
        super().setUp()
        self.calls = 0
        self.rivals = harness.Rivals()

    def prefix(self):
        """What the helper is started with: nothing."""
        return []

    def started(self, paths, environment, cwd=None):
        """Runs the helper for 5 s at most. Like Go's Run(), waits until both its streams have
        ended: a daemon that kept one of them would hold tsuku up for as long as it lives."""
        self.calls += 1
        start = time.monotonic()
        process = harness.popen([*self.prefix(), harness.CLIENT, *paths], env=environment,
                                cwd=cwd or "/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Timeout(f"{len(paths)} libraries:\n{self.daemon_log()}") from None
        return harness.Answer(process.returncode, out, err, time.monotonic() - start)

    def expect_calls(self, count):
        """So many, if nobody else wanted the processors: there was time for all of each batch."""
        share = self.rivals.share()
        if share < harness.RIVALS_MAX:
            self.assertEqual(self.calls, count)
        else:
            self.assertGreaterEqual(self.calls, count)
            print(f"others had {share:.2f} processors: {self.calls} calls", end=" ", flush=True)

    def batch(self, paths, environment, cwd=None):
        """One batch of the first caller. One for which there is no time is halved."""
        answer = self.started(paths, sanitized(environment, self.home), cwd)
        if answer.status == 3 and len(paths) > 1:
            half = len(paths) // 2
            return self.batch(paths[:half], environment, cwd) + \
                self.batch(paths[half:], environment, cwd)
        if answer.status not in (0, 1, 2):
            raise Crash(f"{answer}")
        try:
            results = decoded(answer.out, whole=True)
        except ValueError as error:
            raise Crash(f"{error}: {answer}") from error
        self.check(paths, results)
        self.assertEqual(answer.status, 0 if all(x["ok"] for x in results) else 1, answer)
        self.assertEqual(answer.err, b"")
        return results

    def check(self, paths, results):
        """What tsuku takes for granted, without a check of its own."""
        self.assertEqual([result["path"] for result in results], [str(path) for path in paths])
        for result in results:
            self.check_result(result)

    def ask(self, paths, cwd=None, **environment):
        """The first caller. It halves a batch that crashed; on a machine that nobody else wants the
        helper gives it no reason (expect_calls())."""
        environment = self.home.environment(**environment)
        results = []
        for start in range(0, len(paths), BATCH):
            results += self.batch(paths[start:start + BATCH], environment, cwd)
        return results

    def ask_directly(self, paths, **environment):
        """The second caller, for libraries of the system's packages: no batches, its environment
        as it is, and no look at the exit status where there is JSON."""
        answer = self.started(paths, self.home.environment(**environment))
        results = decoded(answer.out, whole=False)
        self.check(paths, results)
        return results

    def goods(self, count, package="demo"):
        """So many good libraries."""
        return [self.home.add("good.so", f"libgood-{i}.so.1", package) for i in range(count)]


class Batches(Tsuku):
    """The first caller: libraries below $TSUKU_HOME/libs."""

    def test_one_library_twice(self):
        paths = self.goods(1)
        self.assertTrue(self.ask(paths)[0]["ok"])
        daemon = self.the_daemon()
        self.assertTrue(self.ask(paths)[0]["ok"])
        self.assertEqual(self.the_daemon(), daemon)
        answer = self.run_client("--stop")
        self.assertEqual((answer.status, answer.out), (0, b""), answer)
        self.wait_for_no_daemon()

    def test_three_batches(self):
        results = self.ask(self.goods(120))
        self.assertTrue(all(result["ok"] for result in results))
        self.expect_calls(3)

    def test_odd_names(self):
        names = ["lib with blanks.so", "lib\u00fc\u4e2d.so", 'lib"quoted".so', "lib\\.so.1",
                 "libc++.so.1.0", "lib\n.so", "lib&<>\u2028.so"]
        self.assertEqual(sum(result["ok"] for result in self.ask(
            [self.home.add("good.so", name) for name in names])), len(names))

    def test_bad_among_good(self):
        bad = [self.home.add(name, f"lib{name}") for name in (
            "crash_segv.so", "crash_abort.so", "exit_0.so", "exit_1.so", "print_lots.so",
            "undefined_function.so", "say_ok_and_die.so", "close_crash.so")]
        broken = Path(self.home.package()) / "libtruncated.so"
        broken.write_bytes((harness.FIXTURES / "good.so").read_bytes()[:200])
        good = self.goods(40)
        results = {Path(result["path"]).name: result
                   for result in self.ask([*good[:20], *bad, str(broken), *good[20:]])}
        self.expect_calls(1)
        self.assertEqual(sum(result["ok"] for result in results.values()), 41)
        self.assertTrue(results["libprint_lots.so"]["ok"])
        self.assertIn("SIGSEGV", results["libcrash_segv.so"]["error"])

    def test_two_of_fifty_hang(self):
        good = self.goods(48)
        hung = [self.home.add("spin.so", "libspin.so"), self.home.add("sleep_forever.so")]
        results = self.ask([hung[0], *good[:24], hung[1], *good[24:]])
        self.expect_calls(1)
        self.assertEqual([result["path"] for result in results if not result["ok"]], hung)
        self.assertEqual({result.get("reason") for result in results}, {None, "timed_out"})

    def test_two_batches_at_once(self):
        packages = [[*self.goods(48, name), self.home.add("sleep_forever.so", package=name),
                     self.home.add("spin.so", package=name)] for name in ("one", "two")]
        answers = {}

        def run(number):
            try:
                answers[number] = self.ask(packages[number])
            except Exception as error:  # pylint: disable=broad-exception-caught
                answers[number] = error

        threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number in range(2):
            self.assertIsInstance(answers[number], list, answers[number])
            self.assertEqual(sum(result["ok"] for result in answers[number]), 48)
        self.expect_calls(2)
        self.the_daemon()

    def test_client_killed_in_the_middle(self):
        """What tsuku does after 5 s; the daemon is none the worse."""
        good, hung = self.goods(5), self.home.add("sleep_forever.so")
        environment = sanitized(self.home.environment(), self.home)
        self.ask(good[:1])
        daemon = self.the_daemon()
        process = harness.popen([harness.CLIENT, hung, *good], env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.assertTrue(all(result["ok"] for result in self.ask(good)))
        self.assertEqual(self.the_daemon(), daemon)


class Slow(Tsuku):
    """Batches for which there is no time: tsuku halves what crashes, and the helper has it do so
    before all is lost. What has been loaded is remembered, so that in the end all is right."""

    def check_all_load(self, fixture):
        paths = [self.home.add(fixture, f"libslow-{number}.so") for number in range(BATCH)]
        time.sleep(0.2)  # of what is quite new, no verdict is kept
        results = self.ask(paths)
        self.assertEqual([result["path"] for result in results], paths)
        self.assertEqual([result for result in results if not result["ok"]], [])

    def test_fifty_that_need_200_ms(self):
        self.check_all_load("burn_200.so")

    def test_fifty_that_need_400_ms(self):
        self.check_all_load("burn_400.so")

    def test_fifty_that_need_a_second(self):
        self.check_all_load("burn_1000.so")

    def test_fifty_that_sleep_and_load(self):
        self.check_all_load("sleep_1500.so")


class Environment(Tsuku):
    """What tsuku passes on without having thought of it."""

    # Of what tsuku does not strip, that which a C library, or a library, listens to.
    UNTHOUGHT = {"LD_BIND_NOW": "1", "LD_BIND_NOT": "1", "LD_ORIGIN_PATH": "/nowhere",
                 "LD_HWCAP_MASK": "0", "LD_SHOW_AUXV": "1", "LD_TRACE_PRELINKING": "1",
                 "LD_WARN": "1", "LD_VERBOSE": "1", "GLIBC_TUNABLES": "glibc.rtld.nns=1",
                 "MALLOC_PERTURB_": "7", "MALLOC_CHECK_": "3", "LANG": "de_DE.UTF-8",
                 "LC_ALL": "tr_TR.UTF-8", "GCONV_PATH": "/tmp", "LOCPATH": "/tmp",
                 "OPENSSL_CONF": "/nowhere", "PYTHONPATH": "/nowhere", "IFS": "x",
                 "BASH_ENV": "/nowhere", "NOTIFY_SOCKET": "/nowhere/notify", "LISTEN_FDS": "1",
                 "LISTEN_PID": "1", "LISTEN_FDNAMES": "varlink", "TERM": "xterm-256color"}
    # These have a loader print to standard output before the program begins. Only a client that
    # is linked statically, as it is everywhere else, can do without one.
    if harness.SANITIZED:
        del UNTHOUGHT["LD_SHOW_AUXV"], UNTHOUGHT["LD_TRACE_PRELINKING"]

    def test_variables_that_tsuku_did_not_think_of(self):
        self.assertTrue(self.ask(self.goods(1), **self.UNTHOUGHT)[0]["ok"])

    def test_current_directory_is_not_searched(self):
        """The colon at the end of tsuku's search path."""
        make.put(harness.FIXTURES / "poses_as_missing.so", self.base / "libdltest_gone.so")
        lost = self.home.add("needs_missing.so", "liblost.so")
        result, = self.ask([lost], cwd=self.base)
        self.assertIn("libdltest_gone.so: cannot open shared object file", result["error"])

    def test_callers_search_path(self):
        directory = self.base / "elsewhere"
        directory.mkdir()
        make.put(harness.FIXTURES / "poses_as_missing.so", directory / "libdltest_gone.so")
        result, = self.ask([self.home.add("needs_missing.so")], LD_LIBRARY_PATH=str(directory))
        self.assertTrue(result["ok"], result)

    def test_bare_environment(self):
        """A container's: no HOME, no session, nobody's directories; the home is all there is."""
        paths = self.goods(3)
        self.assertTrue(all(result["ok"] for result in self.ask(
            paths, HOME=None, PATH=None, LC_ALL=None, ASAN_OPTIONS=None)))
        self.assertTrue(self.ask(paths, HOME="/nonexistent", XDG_RUNTIME_DIR="/nonexistent",
                                 DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent/bus")[0]["ok"])

    def test_default_home(self):
        """Without $TSUKU_HOME it is ~/.tsuku, for tsuku and for its helper."""
        self.home = harness.Home(self.base, self.base / ".tsuku")
        self.assertTrue(self.ask(self.goods(1), TSUKU_HOME=None)[0]["ok"])
        self.the_daemon()
        self.assertTrue(self.home.socket.exists())

    def test_relative_home(self):
        """tsuku takes $TSUKU_HOME as it is, and so all paths are relative: to one daemon still."""
        self.assertTrue(self.ask(self.goods(1))[0]["ok"])
        daemon = self.the_daemon()
        self.home = harness.Home(self.base, Path(os.path.relpath(self.home.path)))
        paths = [os.path.relpath(path) for path in self.goods(2)]
        self.assertEqual([x["ok"] for x in self.ask(paths, cwd=os.getcwd())], [True, True])
        self.assertEqual(self.the_daemon(), daemon)


class ReadOnlyHome(Tsuku):
    """An image's: a private daemon each time, and nothing stays."""

    def prefix(self):
        """Permissions keep an ordinary user from writing, only a mount keeps root from it."""
        if os.geteuid() != 0:
            return []
        return ["/usr/bin/unshare", "--mount", "/bin/sh", "-ec",
                'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; exec "$@"', self.home.path]

    def test_good_and_bad_in_a_read_only_home(self):
        if os.geteuid() == 0:
            harness.needs(subprocess.run([*self.prefix(), "/bin/true"], check=False,
                                         capture_output=True).returncode == 0, "no mounts")
        paths = [*self.goods(3), self.home.add("crash_segv.so")]
        before = sorted(os.listdir(self.home.path))
        self.home.path.chmod(0o555)
        for _ in range(2):
            self.assertEqual([result["ok"] for result in self.ask(paths)], [True] * 3 + [False])
            self.wait_for_no_daemon()
        self.assertEqual(sorted(os.listdir(self.home.path)), before)


class Direct(Tsuku):
    """The second caller: what a package of the system has, at once and with nothing cleaned."""

    COUNT = 300

    def preloads(self, library):
        """Variables with which a loader would take another library in. A sanitizer wants to be
        the first of all, so its presets go without."""
        if harness.SANITIZED:
            return {}
        return {"LD_PRELOAD": str(library), "LD_AUDIT": str(library)}

    def system_libraries(self):
        """As tsuku finds them in a package: real files of that name that are ELF objects."""
        found = []
        for directory, names, files in os.walk("/usr/lib/x86_64-linux-gnu"
                                               if Path("/usr/lib/x86_64-linux-gnu").is_dir()
                                               else "/usr/lib"):
            names.sort()
            for name in sorted(files):
                path = Path(directory, name)
                if (name.endswith(".so") or ".so." in name) and path.resolve() == path:
                    with open(path, "rb") as stream:
                        if stream.read(4) == b"\x7fELF":
                            found.append(str(path))
        for path in found[:self.COUNT]:
            Path(path).read_bytes()  # a cold disk is not what is measured
        return found[:self.COUNT]

    def test_hundreds_of_system_libraries(self):
        paths = self.system_libraries()
        self.assertGreater(len(paths), 50)
        results = self.ask_directly(paths, **self.preloads(harness.FIXTURES / "good.so"),
                                    LD_LIBRARY_PATH=":", **Environment.UNTHOUGHT)
        self.assertFalse([x for x in results if x.get("reason") in (
            "outside_roots", "invalid_path", "no_verdict")])
        self.assertGreater(sum(result["ok"] for result in results), len(paths) * 9 // 10)

    def test_nothing_is_preloaded(self):
        """A preloaded library of the right name would be the dependency that is missing."""
        lost = self.home.add("needs_missing.so")
        result, = self.ask_directly(
            [lost], **self.preloads(harness.FIXTURES / "poses_as_missing.so"))
        self.assertEqual(result.get("reason"), "missing_dependency", result)

    def test_bad_libraries(self):
        """The exit status says that some failed; the second caller reads the JSON."""
        good, bad = self.goods(1)[0], self.home.add("crash_segv.so")
        hung = self.home.add("sleep_forever.so")
        self.assertEqual([x["ok"] for x in self.ask_directly([bad, good, hung])],
                         [False, True, False])


class Scripts(Tsuku):
    """What shell scripts and recipes look for in the output, standard error mixed in."""

    def shell(self, script, *args):
        """Runs a line of shell with the client as $0."""
        return subprocess.run(["/bin/sh", "-ec", script, harness.CLIENT, *args], cwd="/",
                              env=self.home.environment(), capture_output=True, check=False)

    def grep(self, paths, text):
        """Whether the output has a text, as tsuku's own test asks."""
        directory = str(self.home.package())
        script = (f'LD_LIBRARY_PATH="{directory}:${{LD_LIBRARY_PATH:-}}"; export LD_LIBRARY_PATH\n'
                  'out=$("$0" "$@" 2>&1) || [ $? -eq 1 ]\n'
                  f"echo \"$out\" | grep -q '{text}'")
        return self.shell(script, *paths).returncode == 0

    def test_greps(self):
        good, bad = self.goods(1)[0], self.home.add("crash_segv.so")
        self.assertTrue(self.grep([good, bad], '"ok":true'))
        self.assertTrue(self.grep([good, bad], '"ok":false'))
        self.assertFalse(self.grep([good], '"ok":false'))
        self.assertFalse(self.grep([bad], '"ok":true'))

    def test_version_on_standard_error(self):
        answer = self.shell('"$0" --version 2>&1 >/dev/null')
        self.assertEqual((answer.returncode, answer.stdout),
                         (0, f"tsuku-dltest v{harness.VERSION}\n".encode()))

    def test_no_argument(self):
        answer = self.shell('"$0"')
        self.assertEqual((answer.returncode, answer.stdout), (2, b""))
        self.assertRegex(answer.stderr, b"(?i)usage")


if __name__ == "__main__":
    harness.main()
