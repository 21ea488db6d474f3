# SPDX-License-Identifier: MIT
"""A daemon that is none: takes connections as tsuku-dltestd does (descriptor 3), and does what
BEHAVIOUR says to each call. Its process id is left in PIDS, a directory.

    fake_daemon.py BEHAVIOUR PIDS
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

# Nobody needs one for longer.
LIFE_SECONDS = 300
BEAT = b'{"parameters":{"results":[]},"continues":true}\0'


def reply(results: list[dict[str, Any]]) -> bytes:
    """One message with these results."""
    text = json.dumps({"parameters": {"results": results}, "continues": True},
                      separators=(",", ":"))
    return text.encode() + b"\0"


def good(path: str) -> dict[str, Any]:
    """A result."""
    return {"path": path, "ok": True}


def dribble(peer: socket.socket, _: list[str]) -> None:
    """A message that never ends, a byte each half second."""
    peer.sendall(b'{"parameters":{"results":[')
    while True:
        peer.sendall(b" ")
        time.sleep(0.5)


def stream(peer: socket.socket, _: list[str]) -> None:
    """The same, a kilobyte at a time."""
    peer.sendall(b'{"parameters":{"results":[')
    while True:
        peer.sendall(b" " * 1024)
        time.sleep(0.1)


def beat(peer: socket.socket, _: list[str]) -> None:
    """Nothing to tell, for ever."""
    while True:
        peer.sendall(BEAT)
        time.sleep(0.2)


def flood(peer: socket.socket, _: list[str]) -> None:
    """The same, as fast as possible."""
    while True:
        peer.sendall(BEAT * 1000)


def never_last(peer: socket.socket, paths: list[str]) -> None:
    """All answers, and no last word."""
    peer.sendall(reply([good(path) for path in paths]))
    beat(peer, paths)


def all_but_one(peer: socket.socket, paths: list[str]) -> None:
    """All answers but that about the last path."""
    for path in paths[:-1]:
        peer.sendall(reply([good(path)]))
    beat(peer, paths)


def silent_after_one(peer: socket.socket, paths: list[str]) -> None:
    """One answer, and not another word."""
    peer.sendall(reply([good(paths[0])]))
    time.sleep(LIFE_SECONDS)


def same_again(peer: socket.socket, paths: list[str]) -> None:
    """The same answer, for ever."""
    while True:
        peer.sendall(reply([good(paths[0])]))
        time.sleep(0.1)


def hang_up(_: socket.socket, __: list[str]) -> None:
    """Not a word, and gone."""


def read_call(peer: socket.socket) -> list[str] | None:
    """The paths of a call of Verify; None for another call, which is answered."""
    message = b""
    while not message.endswith(b"\0"):
        part = peer.recv(65536)
        if not part:
            raise ConnectionError
        message += part
    call = json.loads(message[:-1])
    if call["method"].endswith(".Verify"):
        return call["parameters"]["paths"]
    peer.sendall(b'{"parameters":{}}\0')
    return None


def serve(peer: socket.socket, behaviour: str) -> None:
    """One connection."""
    with peer:
        try:
            if behaviour == "deaf":
                time.sleep(LIFE_SECONDS)
            while True:
                paths = read_call(peer)
                if paths is not None:
                    globals()[behaviour](peer, paths)
                    return
        except OSError:
            pass


def main() -> None:
    """As the head says."""
    behaviour, pids = sys.argv[1:]
    Path(pids, str(os.getpid())).touch()
    # A private one is asked to end by the end of its connection alone.
    signal.alarm(LIFE_SECONDS)
    inherited = socket.socket(fileno=3)
    if not inherited.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        serve(inherited, behaviour)
        return
    while True:
        peer, _ = inherited.accept()
        threading.Thread(target=serve, args=(peer, behaviour), daemon=True).start()


if __name__ == "__main__":
    main()
