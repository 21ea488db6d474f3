# SPDX-License-Identifier: MIT
"""What is expected of each attack."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Expect:
    """How the load of an attacking library must end."""

    # What 'denied' must have: regular expressions that match from the start.
    denied: tuple[str, ...] = ()
    # None: it loads.
    reasons: tuple[str | None, ...] = (None,)
    signal: str | None = None
    timeout_ms: int = 10000
    # It lives to tell what it tried.
    tells: bool = True
    # It reads, which nothing but Landlock forbids.
    reads: bool = False


ENDED = Expect(reasons=("exited", "crashed", "no_verdict"), tells=False)
# Nobody reads beyond what a report may have: it waits for a reader until its deadline.
STUCK = Expect(reasons=("exited", "crashed", "no_verdict", "timed_out"), timeout_ms=300,
               tells=False)
FILLERS = ("memory_bomb_of_tables", "memory_bomb_read_only")
# An attack that is no use by itself, and has a test of its own.
APART = {"take_pipes_for_a_while"}
TOO_LARGE = Expect(reasons=("out_of_memory",), timeout_ms=60000, tells=False)

EXPECT: dict[str, Expect] = {
    # files
    "anonymous_files": Expect(("memfd_create dltest-attack", "execveat", "linkat",
                               "open for writing: /proc/self/fd/")),
    "change_attributes": Expect(("chmod /.*canaries/file", "fchmod", "chown /", "utimensat",
                                 "setxattr /", "fsetxattr", "removexattr /")),
    "change_contents": Expect(("truncate /.*canaries/file", "copy_file_range", "sendfile",
                               "splice", "sync")),
    "change_tree": Expect(("unlinkat /.*canaries/file", "renameat2", "linkat", "symlinkat",
                           "mkdirat", "mknodat", "unlink /", "rename /", "rmdir /")),
    "create_files": Expect(("open for writing: /.*dltest-attack", "memfd_create dltest-attack")),
    "lock_and_watch": Expect(("flock", "fcntl 0x6", "fcntl 0x400", "inotify_init1",
                              "fanotify_init", "open_by_handle_at")),
    "mounts": Expect(("mount /", "umount2 /", "chroot /", "pivot_root", "swapon", "acct")),
    "null_device": Expect(("open for writing: /dev/null/", "open for writing: /dev/zero",
                           "open for writing: /dev/ptmx")),
    "odd_names": Expect(("open for writing: 🦀🦀", "open for writing: \ufffd", "open for writing:$",
                         "open for writing: new\\?line")),
    "open_for_writing": Expect(("open for writing: /.*canaries/file",
                                "open for writing: /dev/full")),
    "read_home": Expect(reads=True),
    "read_processes": Expect(reads=True),
    "read_secrets": Expect(reads=True),
    "take_pipes": Expect(),
    # kernel
    "administration": Expect(("reboot", "kexec_load", "init_module", "syslog", "clock_settime",
                              "setuid", "setresuid", "capset")),
    "crash_by_another_name": Expect(reasons=("crashed",), signal="SIGSEGV", tells=False),
    "foreign_abi": Expect(reasons=("crashed",), signal="SIGSYS", tells=False),
    "foreign_x32": Expect(reasons=("crashed",), signal="SIGSYS", tells=False),
    "kernel_interfaces": Expect(("bpf", "perf_event_open", "keyctl", "add_key", "personality")),
    "terminal": Expect(("ioctl 0x5412", "ioctl 0x541c")),
    "undo_landlock": Expect(reads=True),
    "undo_the_sandbox": Expect(("seccomp", "prctl 0x16", "prctl 0x1$", "prctl 0x4$",
                                "ioctl 0xc0502100")),
    "unknown_numbers": Expect(),
    # limits
    "busy_threads": Expect(reasons=("timed_out",), timeout_ms=500, tells=False),
    "descriptor_bomb": Expect(("fcntl 0x407",)),
    "drip": Expect(("socket AF_INET",), ("timed_out",), timeout_ms=1000, tells=False),
    "fault_loop": Expect(reasons=("timed_out",), timeout_ms=300, tells=False),
    # Killed for it where the daemon is asked; elsewhere it harms nobody until its deadline.
    "flood": Expect(("socket AF_INET",), ("crashed", "timed_out"), timeout_ms=1500, tells=False),
    "memory_bomb": TOO_LARGE,
    "memory_bomb_of_tables": TOO_LARGE,
    "memory_bomb_read_only": TOO_LARGE,
    "memory_tricks": Expect(("mmap",)),
    "open_many": Expect(),
    "set_flags": Expect(),
    "thread_bomb": Expect(reasons=("timed_out", "out_of_memory", "crashed"), timeout_ms=500,
                          tells=False),
    "want_core_file": Expect(),
    # memory
    "ask_about_others": Expect(("getpriority", "getsid", "getpgid", "get_robust_list",
                                "prlimit64")),
    "change_limits": Expect(("prlimit64",)),
    "change_scheduling": Expect(("setpriority", "sched_setaffinity", "ioprio_set")),
    "reach_into_memory": Expect(("process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd")),
    "shared_memory": Expect(("shmget", "shmctl", "semget", "msgget")),
    "take_the_token": Expect(("sched_setaffinity",)),
    "trace_others": Expect(("ptrace",)),
    # network
    "io_uring": Expect(),
    "reach_listeners": Expect(("socket AF_INET$", "socket AF_INET6", "socket AF_UNIX")),
    "send_descriptors": Expect(("sendmsg",)),
    "socket_calls": Expect(("connect", "sendmsg", "bind", "accept4", "recvmmsg")),
    "socket_families": Expect(("socket AF_INET$", "socket AF_INET6", "socket AF_UNIX",
                               "socket AF_NETLINK", "socket AF_PACKET", "socket AF_ALG",
                               "socket AF_VSOCK")),
    "socket_pair": Expect(("socketpair AF_INET$", "sendmsg", "connect", "bind", "sendto",
                           "recvfrom", "setsockopt")),
    # processes
    "execute": Expect(("execve /bin/sh", "execve /proc/self/exe", "execveat")),
    "fork_all_ways": Expect(("clone", "fork")),
    "fork_bomb": Expect(("clone",)),
    "namespaces": Expect(("unshare", "setns", "sethostname")),
    "outlive": Expect(("setsid", "setpgid", "prctl 0x24", "prctl 0x1$")),
    "spawn_programs": Expect(("clone",)),
    "vfork_all_ways": Expect(("vfork", "clone")),
    # report
    "blame_others": Expect(reasons=("crashed",), signal="SIGSEGV", tells=False),
    "close_everything": Expect(reasons=("exited", "no_verdict", None), tells=False),
    # It may wait for the dynamic linker, which waits for the constructor.
    "end_the_thread": STUCK,
    "exit_in_thread": ENDED,
    "flood_reports": STUCK,
    "forge_reports": ENDED,
    # What is said in a process is the word of the code that runs there.
    "forge_success": Expect(tells=False),
    "garbage_reports": STUCK,
    "half_a_report": ENDED,
    "jump_nowhere": ENDED,
    "replace_everything": Expect(reasons=("exited", "no_verdict", None), tells=False),
    # signals
    "signal_by_pipe": Expect(("fcntl 0x8", "fcntl 0xa", "ioctl 0x5452")),
    "signal_by_timer": Expect(("timer_create", "mq_open")),
    "signal_itself": Expect(tells=False),
    "signal_itself_forever": Expect(reasons=("crashed", "timed_out"), timeout_ms=1500, tells=False),
    "signal_others": Expect(("kill", "tkill", "tgkill", "rt_sigqueueinfo", "pidfd_open")),
}
