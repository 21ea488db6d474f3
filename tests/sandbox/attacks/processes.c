/* SPDX-License-Identifier: MIT */
/* Attacks that want to start programs or processes, or to outlive the load. */
#include "attack.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

/* A process that was made after all leaves a mark, and goes. */
static bool made(const char *what, long pid) {
	if (pid == 0) {
		say("A CHILD RUNS %s\n", what);
		for (;;)
			pause();
	}
	return attempt(what, pid);
}

static void fork_all_ways(void) {
	struct clone_args arguments;

	made("fork()", fork());
#ifdef SYS_fork
	made("SYS_fork", syscall(SYS_fork));
#endif
	made("clone(SIGCHLD)", syscall(SYS_clone, (long)SIGCHLD, 0, 0, 0, 0));
	made("clone(0)", syscall(SYS_clone, 0, 0, 0, 0, 0));
	made("clone(CLONE_PARENT)", syscall(SYS_clone, (long)CLONE_PARENT | SIGCHLD, 0, 0, 0, 0));
	made("clone(CLONE_UNTRACED)",
		syscall(SYS_clone, (long)CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0));
	made("clone, high word set", syscall(SYS_clone, 0x100000000L | (long)SIGCHLD, 0, 0, 0, 0));
	memset(&arguments, 0, sizeof(arguments));
	arguments.exit_signal = SIGCHLD;
	made("clone3", syscall(SYS_clone3, &arguments, sizeof(arguments)));
}

/* vfork() lends the stack to what it makes: a function of its own, which does not return there. */
static void vfork_all_ways(void) {
#ifdef SYS_vfork
	long pid = syscall(SYS_vfork);
	if (pid == 0)
		_exit(0);
	attempt("vfork", pid);
#endif
	long other = syscall(SYS_clone, (long)CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
	if (other == 0)
		_exit(0);
	attempt("clone(CLONE_VFORK)", other);
}

static void fork_bomb(void) {
	for (int i = 0; i < 400; i++)
		made("fork", fork());
}

static void outlive(void) {
	made("fork", fork());
	TRY(setsid());
	TRY(setpgid(0, getppid()));
	TRY(setpgid(getppid(), 0));
	TRY(daemon(0, 0));
	TRY_SYS(prctl, 36 /* PR_SET_CHILD_SUBREAPER */, 1, 0, 0, 0);
	TRY_SYS(prctl, 1 /* PR_SET_PDEATHSIG */, 0, 0, 0, 0);
}

static void spawn_programs(void) {
	char *const arguments[] = {"sh", "-c", "echo A PROGRAM RUNS", NULL};
	pid_t pid;

	errno = posix_spawn(&pid, "/bin/sh", NULL, NULL, arguments, environ);
	attempt("posix_spawn", errno ? -1 : 0);
	/* 127 is how it says that nothing could be executed. */
	errno = EPERM;
	attempt("system", system("echo A PROGRAM RUNS") == 127 << 8 ? -1 : 0);
	attempt_or("popen", popen("echo A PROGRAM RUNS", "r") ? 0 : -1, ENOMEM);
}

static void execute(void) {
	char *const shell[] = {"sh", "-c", "echo A PROGRAM RUNS", NULL};
	char *const through[] = {"ld.so", "/bin/echo", "A PROGRAM RUNS", NULL};
	int own = open(own_path(), O_RDONLY | O_CLOEXEC);

	TRY(execve("/bin/sh", shell, environ));
	TRY(execve(conf("interpreter"), through, environ));
	TRY(execve(conf("loader"), shell, environ));
	TRY(execve("/proc/self/exe", shell, environ));
	TRY(execve(own_path(), shell, environ));
	TRY(execve(below("libs", "script"), shell, environ));
	TRY_SYS(execveat, AT_FDCWD, "/bin/sh", shell, environ, 0);
	TRY_SYS(execveat, own, "", shell, environ, AT_EMPTY_PATH);
	TRY(fexecve(own, shell, environ));
	close(own);
}

static void namespaces(void) {
	static const struct {
		const char *name;
		unsigned long flag;
	} kinds[] = {
		{"user", CLONE_NEWUSER},
		{"mount", CLONE_NEWNS},
		{"pid", CLONE_NEWPID},
		{"net", CLONE_NEWNET},
		{"uts", CLONE_NEWUTS},
		{"ipc", CLONE_NEWIPC},
		{"cgroup", CLONE_NEWCGROUP},
		{"time", 0x80},
		{"descriptors", CLONE_FILES},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		attempt(kinds[i].name, syscall(SYS_unshare, kinds[i].flag));
		made(kinds[i].name, syscall(SYS_clone, kinds[i].flag | SIGCHLD, 0, 0, 0, 0));
	}
	TRY_SYS(setns, 0, 0);
	TRY(sethostname("attacked", 8));
	TRY(setdomainname("attacked", 8));
}

const struct attack attacks_processes[] = {
	{"execute", execute},
	{"fork_all_ways", fork_all_ways},
	{"fork_bomb", fork_bomb},
	{"namespaces", namespaces},
	{"outlive", outlive},
	{"spawn_programs", spawn_programs},
	{"vfork_all_ways", vfork_all_ways},
	{0},
};
