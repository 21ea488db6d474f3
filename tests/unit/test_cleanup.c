/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>

#include <dltest/cleanup.h>

static int frees;

struct thing {
	int value;
};

static void thing_free(struct thing *thing) {
	frees++;
	free(thing);
}

DEFINE_CLEANUP(struct thing *, thing_free);

static bool is_open(int fd) {
	return fcntl(fd, F_GETFD) >= 0;
}

static int open_null(void) {
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	return fd;
}

Test(cleanup, fd_closes_at_the_end_of_its_scope) {
	int seen;

	{
		cleanup_fd int fd = open_null();
		seen = fd;
		cr_expect(is_open(seen));
	}
	cr_expect_not(is_open(seen));
}

Test(cleanup, a_stolen_fd_stays_open) {
	int kept;

	{
		cleanup_fd int fd = open_null();
		kept = steal_fd(&fd);
		cr_expect_eq(fd, -1);
	}
	cr_expect(is_open(kept));
	cr_expect_eq(fd_close(kept), -1);
	cr_expect_not(is_open(kept));
}

Test(cleanup, closing_keeps_errno) {
	errno = E2BIG;
	cr_expect_eq(fd_close(-1), -1);
	cr_expect_eq(errno, E2BIG);
	cr_expect_eq(fd_close(100000), -1);
	cr_expect_eq(errno, E2BIG);
	{
		cleanup_fd int fd = open_null();
		cleanup_free char *memory = malloc(16);
		cleanup_file FILE *file = fopen("/dev/null", "re");
		cleanup_dir DIR *dir = opendir("/");
		cr_expect(fd >= 0 && memory && file && dir);
		errno = E2BIG;
	}
	cr_expect_eq(errno, E2BIG);
}

Test(cleanup, nothing_is_cleaned_up_twice_or_when_null) {
	cleanup_free char *memory = NULL;
	cleanup_file FILE *file = NULL;
	cleanup_dir DIR *dir = NULL;
	cleanup_fd int fd = -1;

	cr_expect_null(memory);
	cr_expect_null(file);
	cr_expect_null(dir);
	cr_expect_eq(fd, -1);
}

Test(cleanup, a_defined_cleanup_frees_once) {
	frees = 0;
	{
		CLEANUP(thing_free_p) struct thing *thing = malloc(sizeof(*thing));
		cr_assert_not_null(thing);
	}
	cr_expect_eq(frees, 1);
	{
		CLEANUP(thing_free_p) struct thing *thing = NULL;
		cr_expect_null(thing);
	}
	cr_expect_eq(frees, 1);
}

Test(cleanup, a_stolen_pointer_is_not_freed) {
	struct thing *kept;

	frees = 0;
	{
		CLEANUP(thing_free_p) struct thing *thing = malloc(sizeof(*thing));
		cr_assert_not_null(thing);
		thing->value = 7;
		kept = steal_ptr(&thing);
		cr_expect_null(thing);
	}
	cr_expect_eq(frees, 0);
	cr_expect_eq(kept->value, 7);
	free(kept);
}

Test(cleanup, steal_evaluates_its_argument_once) {
	char first[] = "first", second[] = "second";
	char *pointers[] = {first, second};
	char **next = pointers;

	cr_expect_eq(steal_ptr(next++), first);
	cr_expect_eq(next, pointers + 1);
	cr_expect_null(pointers[0]);
	cr_expect_eq(pointers[1], second);
}
