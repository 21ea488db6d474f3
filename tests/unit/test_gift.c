/* SPDX-License-Identifier: MIT */
#include "gift.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hosttrial.h"
#include "needs.h"

static struct needs wants;
static char names[4096];
static size_t names_size;

static void tear_down(void) {
	needs_fini(&wants);
}

TestSuite(gift, .fini = tear_down);

static void read_names(int fd) {
	ssize_t length;

	names_size = 0;
	while ((length = read(fd, names + names_size, sizeof(names) - names_size)) > 0)
		names_size += (size_t)length;
	cr_assert_eq(length, 0);
}

static void expect_names(const char *wanted, size_t size) {
	cr_assert_eq(names_size, size);
	cr_expect_arr_eq(names, wanted, size);
}

Test(gift, a_program_and_names) {
	static const char wanted[] = "/bin/sh\0/standin\0\0one\0\0two\0V_2";
	const struct hosttrial trial = {"/bin/sh", &wants};
	struct stat given, there;
	struct gift gift;

	cr_assert_eq(needs_add(&wants, "one", NULL, "/by", NULL), 0);
	cr_assert_eq(needs_add(&wants, "two", "V_2", NULL, NULL), 0);
	cr_assert_eq(gift_make(&trial, "/standin", &gift), 0);
	cr_assert_eq(gift.count, 2);
	read_names(gift.fds[0]);
	expect_names(wanted, sizeof(wanted));
	cr_assert(fstat(gift.fds[1], &given) == 0 && stat("/bin/sh", &there) == 0);
	cr_expect_eq(given.st_ino, there.st_ino);
	gift_fini(&gift);
	cr_expect_eq(gift.count, 0);
}

Test(gift, a_program_that_is_not_there_is_told) {
	static const char wanted[] = "/no/program\0/standin\0No such file or directory";
	const struct hosttrial trial = {"/no/program", &wants};
	struct gift gift;

	cr_assert_eq(gift_make(&trial, "/standin", &gift), 0);
	cr_expect_eq(gift.count, 1);
	read_names(gift.fds[0]);
	expect_names(wanted, sizeof(wanted));
	gift_fini(&gift);
}

/* More than a pipe holds. */
Test(gift, very_many_names) {
	const struct hosttrial trial = {"/bin/sh", &wants};
	struct gift gift;
	char name[80];

	for (int i = 0; i < 16384; i++) {
		snprintf(name, sizeof(name), "a_rather_long_name_of_a_function_number_%d", i);
		cr_assert_eq(needs_add(&wants, name, NULL, NULL, NULL), 0);
	}
	cr_assert_eq(gift_make(&trial, "/standin", &gift), 0);
	for (names_size = 0;;) {
		ssize_t length = read(gift.fds[0], names, sizeof(names));
		cr_assert_geq(length, 0);
		if (length == 0)
			break;
		names_size += (size_t)length;
	}
	cr_expect_gt(names_size, (size_t)16384 * 40);
	gift_fini(&gift);
}
