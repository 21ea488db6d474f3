/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "mapped.h"
#include "tempdir.h"

static struct mapped mapped;
static pid_t child;

static void tear_down(void) {
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	mapped_fini(&mapped);
	tempdir_remove();
}

TestSuite(mapped, .init = tempdir_make, .fini = tear_down);

/* Maps a file of this name here. */
static void map(const char *path) {
	write_file(path, "content");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	cr_assert_neq(mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0), MAP_FAILED);
	close(fd);
}

static bool has_c_library(void) {
	for (size_t i = 0; i < mapped.count; i++) {
		if (strstr(mapped.files[i].path, "/libc"))
			return true;
	}
	return false;
}

/* Starts a program from a file of this name. */
static void start_program(const char *path) {
	const struct moment now = moment_now();
	char command[600];
	int ready[2];
	char byte;

	snprintf(command, sizeof(command), "cp /bin/sleep %s", path);
	cr_assert_eq(system(command), 0);
	cr_assert_eq(pipe2(ready, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		execl(path, path, "60", NULL);
		_exit(1);
	}
	/* It is closed when the program is executed; then the C library has to be mapped. */
	close(ready[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 0);
	close(ready[0]);
	for (int i = 0; i < 1500 && !has_c_library(); i++) {
		usleep(20000);
		mapped_take(&mapped, child, &now);
	}
	cr_assert(has_c_library());
}

/* Takes what it has mapped, as if it had started at 'moment'. */
static bool take(const struct moment *moment) {
	mapped_take(&mapped, child, moment);
	return mapped_is_same(&mapped);
}

static bool has(const char *path) {
	for (size_t i = 0; i < mapped.count; i++) {
		if (strcmp(mapped.files[i].path, path) == 0)
			return true;
	}
	return false;
}

Test(mapped, is_the_same_while_nothing_changes) {
	start_program(below("file"));
	const struct moment now = moment_now();
	cr_expect(take(&now));
	cr_expect(has(below("file")));
	cr_expect_geq(mapped.count, 3, "the program, the C library, the dynamic linker");
	cr_expect(mapped_is_same(&mapped));
}

Test(mapped, notices_a_file_replaced_after_the_look) {
	start_program(below("file"));
	const struct moment now = moment_now();
	cr_assert(take(&now));
	write_file(below("new"), "content");
	cr_assert_eq(rename(below("new"), below("file")), 0);
	cr_expect_not(mapped_is_same(&mapped));
}

Test(mapped, notices_a_file_replaced_before_the_look) {
	start_program(below("file"));
	const struct moment now = moment_now();
	write_file(below("new"), "content");
	cr_assert_eq(rename(below("new"), below("file")), 0);
	cr_expect_not(take(&now), "the file of that name is another one");
}

Test(mapped, notices_a_file_changed_since_the_start) {
	start_program(below("file"));
	const struct moment now = moment_now();
	outlast_tick();
	cr_assert_eq(chmod(below("file"), 0700), 0);
	cr_expect_not(take(&now), "what is mapped may be the old or the new");
}

Test(mapped, is_not_the_same_with_more_files_than_can_be_told) {
	for (unsigned i = 0; i < MAPPED_MAX + 1; i++)
		map(below("%u", i));
	outlast_tick();
	const struct moment now = moment_now();
	child = 0;
	mapped_take(&mapped, getpid(), &now);
	cr_expect_not(mapped_is_same(&mapped));
}

Test(mapped, is_not_the_same_without_a_process) {
	const struct moment now = moment_now();
	mapped_take(&mapped, -1, &now);
	cr_expect_not(mapped_is_same(&mapped));
}
