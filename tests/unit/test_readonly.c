/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "readonly.h"

/* What the kernel knows of a file, in either form. */
static char status[512];

static int error_of(long result) {
	return result < 0 ? errno : 0;
}

/* The error, or 0, with which 'act' is made by a process of 'kind'. */
static int try(enum readonly_kind kind, int (*act)(void)) {
	int how;
	pid_t pid = fork();

	if (pid == 0) {
		readonly_enter(kind);
		/* _exit() has the sanitizers ask what the filter forbids. */
		syscall(SYS_exit_group, act());
	}
	cr_assert_eq(waitpid(pid, &how, 0), pid);
	cr_assert(WIFEXITED(how), "%#x", how);
	return WEXITSTATUS(how);
}

static int read_at(void) {
	return error_of(syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int write_at(void) {
	return error_of(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY));
}

Test(readonly, reads_and_does_not_write) {
	cr_expect_eq(try(READONLY_FILES, read_at), 0);
	cr_expect_eq(try(READONLY_SEARCHES, read_at), 0);
	cr_expect_eq(try(READONLY_MEMORY, read_at), EPERM);
	cr_expect_eq(try(READONLY_FILES, write_at), EPERM);
}

#ifdef SYS_open
static int read_old(void) {
	return error_of(syscall(SYS_open, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int write_old(void) {
	return error_of(syscall(SYS_open, "/dev/null", O_WRONLY));
}

static int make_old(void) {
	return error_of(syscall(SYS_open, "/dev/null", O_RDONLY | O_CREAT, 0600));
}

static int look_old(void) {
	return error_of(syscall(SYS_stat, "/", status));
}

static int look_at_link_old(void) {
	return error_of(syscall(SYS_lstat, "/", status));
}

Test(readonly, knows_the_calls_of_musl) {
	cr_expect_eq(try(READONLY_SEARCHES, read_old), 0);
	cr_expect_eq(try(READONLY_SEARCHES, look_old), 0);
	cr_expect_eq(try(READONLY_SEARCHES, look_at_link_old), 0);
	cr_expect_eq(try(READONLY_SEARCHES, write_old), EPERM);
	cr_expect_eq(try(READONLY_SEARCHES, make_old), EPERM);
	cr_expect_eq(try(READONLY_MEMORY, read_old), EPERM);
	cr_expect_eq(try(READONLY_MEMORY, look_old), EPERM);
}
#endif
