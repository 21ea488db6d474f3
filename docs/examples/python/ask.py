#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks tsuku-dltestd which shared libraries load, by the package varlink, which needs no code to be
generated: it gets the interface from the daemon."""

from __future__ import annotations

import os
import socket
import sys

import varlink

INTERFACE = "dev.tsuku.DlTest"
# How the program ends, as tsuku-dltest does; of several, the greatest.
LOADS, DOES_NOT_LOAD, USAGE, NO_VERDICT = range(4)
# Seconds. With 'more' the daemon says something every 4 s.
PATIENCE = 12


def socket_path() -> str:
    """Where the daemon listens."""
    home = os.environ.get("TSUKU_HOME") or os.path.expanduser("~/.tsuku")
    return os.environ.get("TSUKU_DLTEST_SOCKET") or f"{home}/dltest.sock"


def print_result(result: dict) -> int:
    """A line. New daemons have new reasons: any is a no, but for no_verdict."""
    if result["ok"]:
        print(f"{result['path']}: loads")
        return LOADS
    print(f"{result['path']}: {result['reason']}: {result['error']}")
    return NO_VERDICT if result["reason"] == "no_verdict" else DOES_NOT_LOAD


def ask(paths: list[str], connection: socket.socket) -> int:
    """Prints the results as they become known."""
    # Not os.path.abspath(): what it makes of 'link/..' is another directory.
    paths = [os.path.join(os.getcwd(), path) for path in paths]
    daemon = varlink.Client().open(INTERFACE, connection=connection)
    return max(print_result(result)
               for reply in daemon.Verify(paths=paths, _more=True)
               for result in reply["results"])


def main() -> int:
    """As the head says."""
    if len(sys.argv) < 2:
        print("Usage: ask.py LIBRARY...", file=sys.stderr)
        return USAGE
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        try:
            connection.connect(socket_path())
        except OSError as error:
            print(f"ask: no daemon at {socket_path()} ({error}): 'tsuku-dltest LIBRARY' starts one",
                  file=sys.stderr)
            return NO_VERDICT
        try:
            return ask(sys.argv[1:], connection)
        except varlink.VarlinkError as error:
            if error.error() == f"{INTERFACE}.Busy":
                print("ask: the daemon is busy, try again in a moment", file=sys.stderr)
            else:
                print(f"ask: {error.error()}: {error.parameters()}", file=sys.stderr)
        except OSError as error:
            print(f"ask: the daemon has hung up, or says nothing ({error})", file=sys.stderr)
        return NO_VERDICT


if __name__ == "__main__":
    sys.exit(main())
