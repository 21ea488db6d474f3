# SPDX-License-Identifier: MIT
"""Clients of many kinds for storm.py: who asks as one should, and who does not. Each kind runs in a
process of its own, so that none of them waits for another."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import random
import select
import socket
import threading
import time
from typing import Any, Callable, NamedTuple

from rig import INTERFACE, harness

CONTEXT = multiprocessing.get_context("fork")
IDLE = 1000
BUSY_TRIES = 12
# Seconds after which an ordinary client has been forgotten, on whatever machine.
PATIENCE = 120.0


class World(NamedTuple):
    """What every client knows."""

    home: harness.Home
    paths: dict[str, str]
    expect: dict[str, str | None]
    deadline: float
    seed: int

    def connect(self) -> socket.socket:
        """A connection that does not wait for ever."""
        connection = harness.connect_unix(self.home.socket)
        connection.settimeout(5.0)
        return connection

    def is_over(self) -> bool:
        """Whether the storm is."""
        return time.monotonic() >= self.deadline

    def message(self, paths: list[str], **options: Any) -> bytes:
        """A call of Verify."""
        return json.dumps({"method": f"{INTERFACE}.Verify",
                           "parameters": {"paths": paths, **options}}).encode() + b"\0"


def is_no_answer(reply: dict[str, Any]) -> bool:
    """Whether it is to be asked again, as the client does: the daemon is busy, or the machine so
    much that a load could not begin."""
    return reply.get("error") == f"{INTERFACE}.Busy" or \
        reply["parameters"]["results"][0].get("reason") == "no_verdict"


def ask(world: World, name: str, **options: Any) -> float:
    """One right answer; the seconds it took."""
    start = time.monotonic()
    for number in range(BUSY_TRIES):
        with harness.Varlink(world.home.socket) as peer:
            peer.send(f"{INTERFACE}.Verify", {"paths": [world.paths[name]], **options})
            reply = peer.receive(PATIENCE)
        if not is_no_answer(reply):
            break
        time.sleep(0.01 * 2 ** min(number, 6))
    result, = reply["parameters"]["results"]
    if (result["path"], result.get("reason")) != (world.paths[name], world.expect[name]):
        raise AssertionError(f"wrong: {result}")
    return time.monotonic() - start


def ordinary(world: World, chance: random.Random) -> list[float]:
    """Asks, waits a little, and asks again."""
    seconds = []
    while not world.is_over():
        name = chance.choice(tuple(world.expect))
        seconds.append(ask(world, name, details=chance.random() < 0.2))
        time.sleep(chance.random() * 0.02)
    return seconds


def singles(world: World, _: random.Random) -> list[float]:
    """Has one library loaded again and again."""
    seconds = []
    while not world.is_over():
        seconds.append(ask(world, "good.so", fresh=True))
        time.sleep(0.005)
    return seconds


def swallow(connection: socket.socket, size: int) -> None:
    """Reads so many bytes, if they come."""
    while size > 0:
        data = connection.recv(65536)
        if not data:
            raise ConnectionResetError
        size -= len(data)


def flood_calls(world: World, _: random.Random) -> list[float]:
    """Thousands of small calls without waiting for the answers to each."""
    call = b'{"method":"org.varlink.service.GetInfo"}\0'
    with world.connect() as connection:
        while not world.is_over():
            connection.sendall(call * 2000)
            swallow(connection, 2000 * 100)
            while connection in select.select([connection], [], [], 0.02)[0]:
                swallow(connection, 1)
    return []


def flood_paths(world: World, chance: random.Random) -> list[float]:
    """Calls with thousands of paths each, of which most are remembered."""
    paths = [world.paths[name] for name in world.expect if name != "sleep_20ms.so"]
    with world.connect() as connection:
        while not world.is_over():
            connection.sendall(world.message(chance.choices(paths, k=4096)))
            data = b""
            while not data.endswith(b"\0"):
                data = connection.recv(1 << 20)
                if not data:
                    return []
    return []


def huge(world: World, chance: random.Random) -> list[float]:
    """Messages of nearly the size that is allowed, and of more."""
    while not world.is_over():
        with world.connect() as connection:
            size = chance.choice((1000000, 1 << 20, (1 << 20) + 1, 3 << 20))
            connection.sendall(b'{"method":"' + b"x" * (size - 13) + b'"}\0')
            swallow(connection, 1)
    return []


def dribbler(world: World, _: random.Random) -> list[float]:
    """A byte each half second."""
    message = world.message([world.paths["good.so"]])
    with world.connect() as connection:
        for byte in message:
            if world.is_over():
                break
            connection.sendall(bytes([byte]))
            time.sleep(0.5)
    return []


def idle(world: World, _: random.Random) -> list[float]:
    """A thousand connections at a time on which nothing is said; what is closed is opened anew."""
    crowd: list[socket.socket] = []
    try:
        while not world.is_over():
            for connection in list(crowd):
                with contextlib.suppress(BlockingIOError):
                    connection.recv(1, socket.MSG_DONTWAIT)
                    crowd.remove(connection)
                    connection.close()
            while len(crowd) < IDLE:
                crowd.append(world.connect())
            time.sleep(1.0)
    finally:
        for connection in crowd:
            connection.close()
    return []


def deaf(world: World, _: random.Random) -> list[float]:
    """Asks for as much as can be sent, and reads nothing."""
    message = world.message([world.paths["many_symbols.so"]] * 200)
    with world.connect() as connection:
        connection.settimeout(1.0)
        with contextlib.suppress(TimeoutError):
            while not world.is_over():
                connection.sendall(message)
        while not world.is_over() and connection.fileno() >= 0:
            time.sleep(0.2)
    return []


def leaver(world: World, chance: random.Random) -> list[float]:
    """Asks and goes away."""
    while not world.is_over():
        with world.connect() as connection:
            paths = chance.choices(tuple(world.paths.values()), k=chance.choice((1, 20, 400)))
            connection.sendall(world.message(paths, fresh=chance.random() < 0.5,
                                             timeout_ms=200))
            time.sleep(chance.choice((0, 0.001, 0.02, 0.1)))
    return []


def garbage(world: World, chance: random.Random) -> list[float]:
    """What is no message, and what nearly is one."""
    whole = world.message([world.paths["good.so"]])
    while not world.is_over():
        with world.connect() as connection:
            said = chance.choice((
                chance.randbytes(chance.choice((1, 100, 70000))) + b"\0", b"\0" * 5000,
                b"[" * 50000 + b"\0", whole[:-2] + b"\0", whole.replace(b'"paths"', b'"pa\xffths"'),
                whole[:-1], b'{"method":null}\0', b'{"method":"x.y","parameters":7}\0',
                bytes(byte ^ (chance.random() < 0.02) for byte in whole[:-1]) + b"\0"))
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            swallow(connection, 1)
    return []


Kind = Callable[[World, random.Random], list[float]]


def _again(kind: Kind, world: World, chance: random.Random, out: list[float],
           wrong: list[str]) -> None:
    """One client. Of those that ask for trouble, what they get does not matter."""
    while not world.is_over():
        try:
            out += kind(world, chance)
        except (OSError, harness.Closed) as error:
            if kind in (ordinary, singles):
                wrong.append(f"{error!r}")
                return
            time.sleep(0.01)
        except BaseException as error:  # pylint: disable=broad-except
            if kind in (ordinary, singles):
                wrong.append(f"{error!r}")
                return
            time.sleep(0.01)


def _work(kind: Kind, count: int, world: World, channel: Any) -> None:
    """A process of so many clients."""
    out: list[float] = []
    wrong: list[str] = []
    threads = [threading.Thread(target=_again, args=(
        kind, world, random.Random(f"{world.seed}:{kind.__name__}:{number}"), out, wrong))
        for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    channel.send((out, wrong))


class Crowd:
    """So many clients of a kind, in a process."""

    def __init__(self, kind: Kind, count: int, world: World):
        self.kind = kind
        self.channel, theirs = CONTEXT.Pipe(duplex=False)
        self.process = CONTEXT.Process(target=_work, args=(kind, count, world, theirs))
        self.process.start()
        theirs.close()

    def end(self) -> tuple[list[float], list[str]]:
        """What the calls took, and what went wrong."""
        out, wrong = self.channel.recv()
        self.process.join()
        self.channel.close()
        return out, wrong
