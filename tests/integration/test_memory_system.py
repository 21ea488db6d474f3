#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Remembered verdicts: when the system changes, or the loader itself."""

import os
import shutil
import subprocess
import time

import dltest_harness as harness


class Namespaces(harness.TestCase):
    """With mounts of a daemon's own: only root can do that."""

    def setUp(self):
        super().setUp()
        harness.needs_root("it needs root to mount something")

    def in_namespace(self, script, *more):
        """Runs the client several times in a mount namespace; the results in their order."""
        path = self.home.add("needs_dep.so")
        good = self.home.add("good.so")
        prelude = f"""
        set -eu
        mount --make-rprivate /
        ask() {{ sleep 0.05; {harness.CLIENT} --details "$@" || [ $? = 1 ]; }}
        # What comes of one load, and what is said of it afterwards; of the next one if somebody
        # has changed a directory above the loader meanwhile.
        twice() {{
            ask "$@"
            for _ in {{1..20}}; do
                again=$(ask "$@")
                [[ $again != *'"cached":true'* ]] || break
            done
            echo "$again"
        }}
        """
        process = subprocess.run(
            ["unshare", "-m", "bash", "-c", prelude + script, "bash", path, good, *more],
            env=self.home.environment(), cwd=self.base, capture_output=True, timeout=120,
            check=False)
        self.assertEqual(process.returncode, 0, process.stderr)
        return [harness.compact_json(line)[0] for line in process.stdout.splitlines(True)]

    def check(self, answers, *expected):
        """Compares whether it loads, and whether it was remembered."""
        self.assertEqual([(answer["ok"], answer["cached"]) for answer in answers],
                         list(expected), answers)

    def test_c_library_upgraded(self):
        libc = os.path.realpath(f"/lib/{os.uname().machine}-linux-gnu/libc.so.6")
        harness.needs(os.path.exists(libc), "no C library where Debian has it")
        answers = self.in_namespace(f"""
        twice "$2"
        cp {libc} libc.new
        touch -r {libc} libc.new
        mount --bind libc.new {libc}
        twice "$2"
        umount -l {libc}
        twice "$2"
        """)
        self.check(answers, (True, False), (True, True), (True, False), (True, True),
                   (True, False), (True, True))

    def test_c_library_overwritten_in_the_old_process(self):
        """The zygote runs on with the old one; what it says is not remembered."""
        libc = os.path.realpath(f"/lib/{os.uname().machine}-linux-gnu/libc.so.6")
        harness.needs(os.path.exists(libc), "no C library where Debian has it")
        answers = self.in_namespace(f"""
        cp -a {libc} libc.new
        mount --bind libc.new {libc}
        sleep 0.05
        twice "$2"; ask "$2"
        touch -r {libc} libc.new
        twice "$2"; ask "$2"
        """)
        self.check(answers, (True, False), (True, True), (True, True),
                   (True, False), (True, True), (True, True))

    def test_cache_of_the_dynamic_linker_rewritten(self):
        answers = self.in_namespace("""
        cp /etc/ld.so.cache cache; cp -a /etc/ld.so.conf conf
        mount --bind cache /etc/ld.so.cache
        mkdir custom; cp "$3" custom/libdltest_dep.so
        twice --root custom "$1"
        echo "$PWD/custom" > list
        /sbin/ldconfig -X -f list -C cache.new
        cat cache.new > cache
        twice --root custom "$1"
        """, str(harness.FIXTURES / "libdltest_dep.so"))
        self.check(answers, (False, False), (False, True), (True, False), (True, True))

    def test_another_file_system_comes_to_light(self):
        """A directory mounted over another has times of long ago."""
        answers = self.in_namespace("""
        mkdir one; mount -t tmpfs tmpfs one
        export LD_LIBRARY_PATH=$PWD/one
        twice "$1"
        mkdir two; cp "$3" two/libdltest_dep.so; touch -d 2001-01-01 two two/*
        mount --bind two one
        twice "$1"
        umount -l one
        twice "$1"
        cp "$3" one/libdltest_dep.so
        twice "$1"
        """, str(harness.FIXTURES / "libdltest_dep.so"))
        self.check(answers, (False, False), (False, True), (True, False), (True, True),
                   (False, False), (False, True), (True, False), (True, True))

    def test_two_namespaces(self):
        """A daemon answers nobody who sees other files; the client takes one of its own."""
        answers = self.in_namespace("""
        mkdir one; mount -t tmpfs tmpfs one; cp "$3" one/libdltest_dep.so
        export LD_LIBRARY_PATH=$PWD/one
        twice "$1"
        unshare -m bash -c 'umount "$0/one"; ls "$0/one" >&2; exec "$@"' "$PWD" \
            %s --details "$1" || true
        """ % harness.CLIENT, str(harness.FIXTURES / "libdltest_dep.so"))
        self.check(answers, (True, False), (True, True), (False, False))
        # And one outside sees no such directory.
        env = {"LD_LIBRARY_PATH": str(self.base / "one")}
        self.run_client("--stop")
        self.wait_for_no_daemon()
        answer = self.run_client("--details", str(self.home.package() / "needs_dep.so"), env=env)
        self.assertEqual(answer.results[0]["reason"], "missing_dependency")


class Loader(harness.TestCase):
    """The loader of an installed tree."""

    def test_loader_upgraded(self):
        prefix = self.base / "prefix"
        subprocess.run([os.environ["DLTEST_CMAKE"], "--install", harness.BUILD_DIR, "--prefix",
                        prefix], check=True, stdout=subprocess.DEVNULL) \
            if (harness.BUILD_DIR / "CMakeCache.txt").exists() else \
            shutil.copytree(harness.CLIENT.parent, prefix / "bin")
        client = prefix / "bin" / harness.CLIENT.name
        loader = next(iter(prefix.rglob(harness.LOADER.name)))
        path = self.home.add("good.so")

        def ask():
            time.sleep(0.05)
            return self.run_client("--details", path, client=client).results[0]
        def remember():
            """The loader is below /tmp, in which others may make changes at any moment: then it is
            not certain that it was the same all the time."""
            self.assertFalse(ask()["cached"])
            self.assertTrue(any(ask()["cached"] for _ in range(20)))

        remember()
        shutil.copy2(loader, f"{loader}.new")
        os.rename(f"{loader}.new", loader)
        remember()


if __name__ == "__main__":
    harness.main()
