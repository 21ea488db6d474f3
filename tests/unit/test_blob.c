/* SPDX-License-Identifier: MIT */
/* Bytes that a descriptor gives, where files may have any size and where they may have none. */
#include "blob.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void forbid_files(void) {
	const struct rlimit none = {0, 0};

	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
}

static void check(size_t size, mode_t expected) {
	char *bytes = malloc(size), *read_back = malloc(size + 1);
	size_t length = 0;
	struct blob blob;
	struct stat status;
	ssize_t part;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)(i * 7 % 251);
	cr_assert_eq(blob_new(size, &blob), 0);
	cr_assert_eq(write(blob.writes, bytes, size), (ssize_t)size);
	int fd = blob_finish(&blob);
	cr_assert_geq(fd, 0);
	cr_expect(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	cr_assert_eq(fstat(fd, &status), 0);
	cr_expect(!expected || (status.st_mode & S_IFMT) == expected);
	while ((part = read(fd, read_back + length, size + 1 - length)) > 0)
		length += (size_t)part;
	cr_expect_eq(length, size);
	cr_expect_arr_eq(read_back, bytes, size);
	close(fd);
	free(bytes);
	free(read_back);
}

Test(blob, gives_what_was_written) {
	check(1, S_IFIFO);
	check(40000, S_IFIFO);
	/* As many as a pipe may have for an ordinary user. */
	check(1 << 20, S_IFIFO);
}

Test(blob, there_may_be_more_than_a_pipe_takes) {
	/* Root has pipes of that size, too. */
	check((size_t)48 << 20, 0);
}

Test(blob, no_limit_of_file_sizes_concerns_it) {
	forbid_files();
	check(1 << 20, S_IFIFO);
}

Test(blob, what_cannot_be_had_is_an_error) {
	struct blob blob;

	forbid_files();
	if (blob_new((size_t)1 << 30, &blob) == 0) {
		cr_expect_lt(write(blob.writes, "x", 1), 0);
		blob_fini(&blob);
	}
	cr_expect_eq(blob.writes, -1);
	cr_expect_eq(blob.reads, -1);
}
