# SPDX-License-Identifier: MIT
"""A Varlink connection, byte by byte, and sockets at paths of any length."""

from __future__ import annotations

import json
import os
import re
import socket
import time
from pathlib import Path
from typing import Any, Iterator, Sequence

from processes import PATIENCE
from strictjson import strict_json
from tested import INTERFACE, spell_out


class Closed(Exception):
    """The other side closed the connection."""


class CutOff(AssertionError):
    """The other side closed the connection and had not said all of a message."""


def connect_unix(path: Path | str) -> socket.socket:
    """Connects, however long the path is."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path = Path(path)
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        sock.connect(f"/proc/self/fd/{directory}/{path.name}")
    except BaseException:
        sock.close()
        raise
    finally:
        os.close(directory)
    return sock


def listen_unix(path: Path | str) -> socket.socket:
    """A listening socket at a path of any length."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path = Path(path)
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    saved = os.umask(0o177)
    try:
        sock.bind(f"/proc/self/fd/{directory}/{path.name}")
    finally:
        os.umask(saved)
        os.close(directory)
    sock.listen(128)
    return sock


class Varlink:
    """One connection, byte by byte."""

    def __init__(self, where: Path | str | socket.socket):
        self.socket = where if isinstance(where, socket.socket) else connect_unix(where)
        self.socket.settimeout(PATIENCE)
        self._buffer = b""

    def __enter__(self) -> Varlink:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Closes our end."""
        self.socket.close()

    def send_raw(self, data: bytes) -> None:
        """Sends bytes as they are."""
        self.socket.sendall(data)

    def send(self, method: str, parameters: Any = None, **members: Any) -> None:
        """Sends a call without waiting for its reply."""
        message: dict[str, Any] = {"method": method, **members}
        if parameters is not None:
            message["parameters"] = parameters
        self.send_raw(json.dumps(message).encode() + b"\0")

    def receive_raw(self, patience: float = PATIENCE) -> bytes:
        """The bytes of the next message, without its NUL; Closed at the end."""
        deadline = time.monotonic() + patience
        while b"\0" not in self._buffer:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            except TimeoutError:
                raise AssertionError(f"no message within {patience:.0f} s") from None
            if not data:
                if self._buffer:
                    raise CutOff(f"cut off within a message: {self._buffer[:200]!r}")
                raise Closed()
            self._buffer += data
        message, self._buffer = self._buffer.split(b"\0", 1)
        return message

    def receive(self, patience: float = PATIENCE) -> dict[str, Any]:
        """The next message: a strictly valid reply."""
        raw = self.receive_raw(patience)
        bare = re.sub(rb'"(?:[^"\\]|\\.)*"', b'""', raw)
        if re.search(rb"\s", bare):
            raise AssertionError(f"white space outside strings: {raw[:200]!r}")
        reply = strict_json(raw)
        if not isinstance(reply, dict) or not set(reply) <= {"parameters", "continues", "error"}:
            raise AssertionError(f"not a Varlink reply: {raw[:200]!r}")
        if "parameters" in reply and not isinstance(reply["parameters"], dict):
            raise AssertionError(f"parameters is no object: {raw[:200]!r}")
        if "continues" in reply and reply["continues"] is not True:
            raise AssertionError(f"continues is not true: {raw[:200]!r}")
        if "error" in reply and "continues" in reply:
            raise AssertionError(f"an error that continues: {raw[:200]!r}")
        return reply

    def call(self, method: str, parameters: Any = None, **members: Any) -> dict[str, Any]:
        """A call and its one reply."""
        self.send(method, parameters, **members)
        reply = self.receive()
        if "continues" in reply:
            raise AssertionError("continues without having been asked for")
        return reply

    def stream(self, method: str, parameters: Any = None) -> Iterator[dict[str, Any]]:
        """A call with 'more' and all its replies."""
        self.send(method, parameters, more=True)
        while True:
            reply = self.receive()
            yield reply
            if "continues" not in reply:
                return

    def verify(self, paths: Sequence[str], **options: Any) -> list[dict[str, Any]]:
        """The results of one Verify."""
        reply = self.call(f"{INTERFACE}.Verify", {"paths": list(paths), **options})
        if "error" in reply:
            raise AssertionError(f"Verify failed: {reply}")
        return [spell_out(result) for result in reply["parameters"]["results"]]

    def is_closed(self, patience: float = PATIENCE) -> bool:
        """Whether the other side closes, without another message, before patience ends."""
        try:
            self.receive_raw(patience)
        except Closed:
            return True
        except AssertionError:
            return False
        return False

    def alive(self) -> bool:
        """Whether a call is answered on this connection."""
        return "parameters" in self.call("org.varlink.service.GetInfo")
