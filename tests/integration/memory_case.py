# SPDX-License-Identifier: MIT
"""What the tests of remembered verdicts share."""

import os
import time
from pathlib import Path

import dltest_harness as harness
from dltest_harness import make

OLD = (10**18, 10**18)


def copy(fixture, target, times=None):
    """A copy of a fixture put in place by a rename, with its times or those given."""
    new = Path(f"{target}.new")
    make.put(harness.FIXTURES / fixture, new)
    if times:
        os.utime(new, ns=times)
    os.rename(new, target)


def overwrite(target, content):
    """Other content in the same file, with the times of before."""
    status = os.stat(target)
    with open(target, "r+b") as file:
        file.write(content)
        file.truncate()
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def repoint(link, target):
    """Has a symlink lead elsewhere."""
    new = f"{link}.new"
    os.symlink(target, new)
    os.rename(new, link)


class Case(harness.TestCase):
    """A daemon, and what it says."""

    def setUp(self):
        super().setUp()
        self.start_daemon(*self.daemon_options())
        self.peer = self.connect()
        self.lib = self.home.package()

    def daemon_options(self):
        """Arguments for the daemon."""
        return ()

    def ask(self, path, **options):
        """One answer, with details."""
        return self.peer.verify([str(path)], **{"details": True, **options})[0]

    def verdict(self, result):
        """What does not differ between an answer and the same one remembered."""
        return {key: value for key, value in result.items() if key != "cached"}

    def remember(self, path, **options):
        """Asks until it is remembered: what has only just been made is not at once."""
        fresh = self.ask(path, fresh=True, **options)
        self.assertFalse(fresh["cached"])
        answer = harness.wait_until(
            lambda: (lambda result: result if result["cached"] else None)(
                self.ask(path, **options)), f"{path} was remembered: {fresh}")
        for key in set(fresh) - {"cached", "duration_us"}:
            self.assertEqual(fresh[key], answer[key], key)
        # And again the same, with the duration of the load itself.
        self.assertEqual(self.ask(path, **options), answer)
        return answer

    def expect(self, path, reason=None, **options):
        """The answer after a change: not remembered, and this one."""
        result = self.ask(path, **options)
        self.assertFalse(result["cached"], result)
        self.assertEqual(result.get("reason"), reason, result)
        self.assertEqual(result["ok"], reason is None, result)
        return result

    def never(self, path, reason, times=3, **options):
        """A verdict that is not kept, however often it is asked for."""
        time.sleep(0.05)
        for _ in range(times):
            result = self.ask(path, **options)
            self.assertEqual(result.get("reason"), reason, result)
            self.assertFalse(result["cached"], result)
