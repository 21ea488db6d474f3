# SPDX-License-Identifier: MIT
"""Which system calls can fail, and how: of what their manual pages list that which is the machine's, not
an answer. That there is no such file, that it may not be entered or that the kernel knows no such
thing (ENOENT, EACCES, EINVAL, EOPNOTSUPP …) says something about what was asked; a run with that in
it is a run in another world, whose verdicts are other ones, and other tests have such worlds."""

from __future__ import annotations

import errno

# Those that do not return, and those that cannot fail but for arguments that make no sense.
NEVER = frozenset(
    "exit exit_group rt_sigreturn getpid getppid gettid getuid geteuid getgid getegid umask "
    "set_tid_address arch_prctl sched_yield restart_syscall clock_gettime gettimeofday "
    "rt_sigaction rt_sigprocmask sigaltstack".split())

_DESCRIPTOR = "EMFILE ENFILE ENOMEM"
_MEMORY = "ENOMEM"
_STORED = "EIO ENOSPC"

_LIST = {
    "openat open openat2 creat": "EMFILE ENFILE ENOMEM EINTR",
    "newfstatat fstat stat lstat statx statfs fstatfs access faccessat faccessat2": _MEMORY,
    "readlink readlinkat chdir fchdir getcwd": _MEMORY,
    "read pread64 readv getdents64": "EIO EINTR",
    "write pwrite64 pwritev": "ENOSPC EIO EINTR",
    # Of sockets here, as are those of recvmsg() and sendmsg().
    "writev": "ENOMEM ENOBUFS EINTR",
    "fsync fdatasync ftruncate fallocate": _STORED,
    "mkdir mkdirat unlink unlinkat rename renameat renameat2 fchmod fchmodat chmod link symlink":
        "EACCES ENOSPC EIO",
    "close": "EIO EINTR",
    "mmap mremap munmap mprotect madvise brk": _MEMORY,
    "clone clone3 fork vfork": "EAGAIN ENOMEM",
    "execve execveat": "ENOMEM EAGAIN ENFILE",
    "socket socketpair pipe pipe2 accept accept4": _DESCRIPTOR,
    "epoll_create1 eventfd2 signalfd4 timerfd_create inotify_init1 pidfd_open memfd_create":
        _DESCRIPTOR,
    "dup dup2 dup3 fcntl": "EMFILE EINTR",
    "connect": "EAGAIN EINTR ENOMEM",
    "bind": "EADDRINUSE ENOMEM",
    "listen": "EADDRINUSE",
    "sendmsg sendto": "ENOMEM ENOBUFS EINTR",
    "recvmsg recvfrom": "ENOMEM EINTR",
    "poll ppoll": "ENOMEM EINTR",
    "epoll_wait epoll_pwait epoll_pwait2 wait4 waitid nanosleep clock_nanosleep": "EINTR",
    "epoll_ctl": "ENOMEM ENOSPC",
    "inotify_add_watch": "ENOSPC ENOMEM",
    "flock": "ENOLCK EINTR EWOULDBLOCK",
    "futex": "EINTR",
    "getrandom": "EINTR ENOSYS",
    "ioctl seccomp landlock_add_rule landlock_restrict_self": _MEMORY,
    "landlock_create_ruleset": _DESCRIPTOR,
    "lseek": "ESPIPE",
    "getsockopt setsockopt getsockname getpeername": "ENOBUFS",
    "rseq set_robust_list": "ENOSYS",
}
_BY_NAME = {name: [getattr(errno, error) for error in errors.split()]
            for names, errors in _LIST.items() for name in names.split()}
# What comes of a filter.
_ELSE = [errno.EPERM]

# What is no error of a whole life: a signal, or that nothing has come yet.
_PASSING = {errno.EINTR, errno.EAGAIN}


def errors_of(call: str) -> list[int]:
    """The errors with which a call may fail, once."""
    return [] if call in NEVER else _BY_NAME.get(call, _ELSE)


def lasting_errors_of(call: str) -> list[int]:
    """Those with which it may fail from some moment on."""
    no_fork = call not in ("clone", "clone3", "fork", "vfork")
    return [error for error in errors_of(call) if not (error in _PASSING and no_fork)]
