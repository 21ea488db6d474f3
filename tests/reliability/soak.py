#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Requests of all sorts for a long time to one daemon: what it holds does not grow, be it memory,
descriptors, zygotes or children. Measured when nothing runs, judged over the second half.

    soak.py --requests 1000000    # the long form
"""

from __future__ import annotations

import collections
import os
import random
import socket
from typing import Any, NamedTuple

import rig
from rig import INTERFACE, harness

OPTIONS = rig.options(__doc__, requests=6000, samples=24)
EXPECT: dict[str, str | None] = {
    "good.so": None, "needs_dep.so": None, "print.so": None, "crash_segv.so": "crashed",
    "needs_missing.so": "missing_dependency", "object.o": "not_a_library",
    "undefined_both.so": "undefined_symbol", "wants_two_notes.so": None, "exit_1.so": "exited",
    "not_there.so": "not_found",
}
AT_ONCE = 50
# How much more there may be at the end than at half-time, by the line through what was measured.
GROWTH_KIB, GROWTH_COUNT = 1024.0, 4.0


# A method, its parameters, and the libraries that it is about.
Asked = tuple[str, dict[str, Any] | None, list[str]]


class Sample(NamedTuple):
    """What the daemon holds."""

    requests: int
    rss_kib: int
    descriptors: int
    zygotes: int
    below: int


class Soak(rig.Case):
    """One daemon that is never left alone."""

    def setUp(self) -> None:
        super().setUp()
        self.home.add_private("libdltest_dep.so")
        self.paths = {name: str(self.home.package() / name) for name in EXPECT}
        for name in EXPECT:
            if name != "not_there.so":
                self.home.add(name)
        for number in range(6):
            (self.base / f"searched-{number}").mkdir()
        self.chance = random.Random(OPTIONS.seed)
        self.daemon = self.start_daemon()
        self.loads = self.connections = 0
        self.without: collections.Counter[str] = collections.Counter()

    def request(self) -> Asked:
        """What chance wants to know."""
        kind = self.chance.random()
        if kind < 0.10:
            return f"{INTERFACE}.Status", None, []
        if kind < 0.14:
            return "org.varlink.service.GetInfo", None, []
        if kind < 0.16:
            return f"{INTERFACE}.Nothing", None, []
        count = 1 if kind < 0.95 else 12
        # What is not there is looked for each time.
        weights = [0.1 if name == "not_there.so" else 1.0 for name in EXPECT]
        names = self.chance.choices(tuple(EXPECT), weights, k=count)
        options: dict[str, Any] = {"paths": [self.paths[name] for name in names]}
        if self.chance.random() < 0.2:
            options["details"] = True
        if kind < 0.18:
            options["fresh"] = True
        elif kind < 0.19:
            number = self.chance.randrange(6)
            options["library_path"] = [str(self.base / f"searched-{number}")]
        return f"{INTERFACE}.Verify", options, names

    def check(self, reply: dict[str, Any], asked: Asked) -> None:
        """Whether a reply is the right one."""
        method, _, names = asked
        if method.endswith("Nothing"):
            self.assertEqual(reply["error"], "org.varlink.service.MethodNotFound")
            return
        self.assertNotIn("error", reply)
        results = reply["parameters"].get("results", [])
        self.assertEqual([os.path.basename(result["path"]) for result in results], names)
        for name, result in zip(names, results):
            if result.get("reason") == "no_verdict":
                # Where others take the whole machine, a load may not begin in time.
                self.without[result["error"].removeprefix(f"{result['path']}: ")] += 1
            else:
                self.assertEqual(result.get("reason"), EXPECT[name], result)

    def burst(self) -> None:
        """Requests on a connection, all sent before the first reply is read."""
        self.connections += 1
        with harness.Varlink(self.home.socket) as peer:
            asked = [self.request() for _ in range(AT_ONCE)]
            for method, parameters, _ in asked:
                peer.send(method, parameters)
            if self.chance.random() < 0.3:
                peer.socket.shutdown(socket.SHUT_WR)
            for one in asked:
                self.check(peer.receive(120.0), one)

    def leave(self) -> None:
        """A connection that is closed before there is an answer."""
        self.connections += 1
        with harness.Varlink(self.home.socket) as peer:
            peer.send(f"{INTERFACE}.Verify", {"paths": list(self.paths.values()), "fresh": True})

    def sample(self, requests: int) -> Sample:
        """What there is when nothing runs."""
        self.wait_for_quiet(120.0)
        pid = self.daemon.pid
        status = self.status()
        self.loads = status["done"]
        return Sample(requests, rig.rss_kib(pid), harness.fd_count(pid), status["zygotes"],
                      len(harness.descendants(pid)))

    def judge(self, samples: list[Sample], name: str, limit: float) -> None:
        """How much a figure grows from half-time to the end."""
        half = samples[len(samples) // 2:]
        points = [(float(sample.requests), float(getattr(sample, name))) for sample in half]
        growth = rig.slope(points) * (half[-1].requests - half[0].requests)
        values = [getattr(sample, name) for sample in samples]
        self.say(f"{name}: {values[0]} at first, {values[len(values) // 2]} at half-time, "
                 f"{values[-1]} at last, {max(values)} at most; by the line {growth:+.1f} in the "
                 f"second half")
        self.assertLess(growth, limit, f"{name}: {values}")

    def test_soak(self) -> None:
        samples: list[Sample] = []
        requests, step = 0, max(OPTIONS.requests // OPTIONS.samples, AT_ONCE)
        while requests < OPTIONS.requests:
            if requests >= len(samples) * step:
                samples.append(self.sample(requests))
                if len(samples) % 10 == 0:
                    self.say(f"{samples[-1]}")
            self.burst()
            requests += AT_ONCE
            if self.chance.random() < 0.1:
                self.leave()
                requests += 1
        samples.append(self.sample(requests))
        self.say(f"{requests} requests on {self.connections} connections, {self.loads} loads; "
                 f"without a verdict: {dict(self.without)}")
        self.assertLess(self.without.total(), 1 + requests // 1000)
        self.judge(samples, "rss_kib", GROWTH_KIB)
        for name in ("descriptors", "zygotes", "below"):
            self.judge(samples, name, GROWTH_COUNT)
        self.assertEqual(self.the_daemon(), self.daemon.pid)
        self.end(self.daemon)


if __name__ == "__main__":
    harness.main()
