# SPDX-License-Identifier: MIT
"""What a process can have from whoever started it: a function each, for preexec_fn of popen, which
fails where this machine or this user cannot have it."""

from __future__ import annotations

import ctypes
import os
import resource
import struct
from pathlib import Path
from typing import Callable

Act = Callable[[], None]

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long

# Numbers of x86-64 and aarch64.
_SYSCALLS = {"x86_64": {"set_mempolicy": 238, "ioprio_set": 251, "ioprio_get": 252, "keyctl": 250},
             "aarch64": {"set_mempolicy": 237, "ioprio_set": 30, "ioprio_get": 31, "keyctl": 219}}
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446

SET_DUMPABLE, SET_TSC, SET_SECCOMP, CAPBSET_DROP, SET_SECUREBITS = 4, 26, 22, 24, 28
SET_TIMERSLACK, MCE_KILL, SET_NO_NEW_PRIVS, SET_THP_DISABLE, SET_PDEATHSIG = 29, 33, 38, 41, 1
SET_SPECULATION, SCHED_CORE, SET_MDWE = 53, 62, 65


def _check(result: int, what: str) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result


def call(name: str | int, *arguments: int | bytes | None) -> int:
    """A system call."""
    number = name if isinstance(name, int) else _SYSCALLS[os.uname().machine][name]
    values = [ctypes.c_long(argument) if isinstance(argument, int) else argument
              for argument in arguments]
    return _check(_libc.syscall(ctypes.c_long(number), *values), str(name))


def prctl(option: int, *arguments: int) -> Act:
    """prctl(2)."""
    values = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    return lambda: _check(_libc.prctl(option, *values), f"prctl({option})") and None


def personality(bits: int) -> Act:
    """personality(2)."""
    return lambda: _check(_libc.personality(ctypes.c_ulong(bits)), "personality") and None


def limit(name: str, hard: int) -> Act:
    """A hard limit, and the soft one with it."""
    which = getattr(resource, f"RLIMIT_{name}")
    return lambda: resource.setrlimit(which, (hard, hard))


def soft_limit(name: str, soft: int) -> Act:
    """The soft limit alone."""
    which = getattr(resource, f"RLIMIT_{name}")
    return lambda: resource.setrlimit(which, (soft, resource.getrlimit(which)[1]))


def score(value: int) -> Act:
    """How likely a victim of want of memory it is."""
    return lambda: Path("/proc/self/oom_score_adj").write_text(str(value)) and None


def all_of(*acts: Act) -> Act:
    """One after the other."""
    def do() -> None:
        for act in acts:
            act()
    return do


def filtered() -> None:
    """A system call filter that allows everything."""
    prctl(SET_NO_NEW_PRIVS, 1)()
    allow = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7fff0000), 8)
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 1, ctypes.addressof(allow)), 16)
    _check(_libc.prctl(SET_SECCOMP, 2, program, 0, 0), "PR_SET_SECCOMP")


def landlocked() -> None:
    """A domain of Landlock that refuses next to nothing: to make block devices."""
    prctl(SET_NO_NEW_PRIVS, 1)()
    rules = call(_LANDLOCK_CREATE_RULESET, struct.pack("Q", 1 << 11), 8, 0)
    call(_LANDLOCK_RESTRICT_SELF, rules, 0)


def possible(act: Act) -> str:
    """Why a child of this process cannot have it, or an empty text."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            act()
        except (OSError, ValueError) as error:
            os.write(write_end, str(error).encode()[:200] or b"?")
        finally:
            os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as stream:
        why = stream.read().decode(errors="replace")
    os.waitpid(pid, 0)
    return why
