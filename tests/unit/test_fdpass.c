/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "fdpass.h"

static int ends[2], pipe_ends[2];
static char buffer[16];
static int got;
static bool truncated;

static void set_up(void) {
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	cr_assert_eq(pipe(pipe_ends), 0);
	got = -2;
	truncated = false;
}

static void tear_down(void) {
	for (int i = 0; i < 2; i++) {
		fd_close(ends[i]);
		fd_close(pipe_ends[i]);
	}
	if (got >= 0)
		fd_close(got);
}

TestSuite(fdpass, .init = set_up, .fini = tear_down);

static ssize_t receive(void) {
	return fdpass_receive(ends[1], buffer, sizeof(buffer), &got, &truncated);
}

Test(fdpass, passes_a_descriptor_with_bytes) {
	char letter = 'x';

	cr_assert_eq(fdpass_send(ends[0], "hello", 5, &pipe_ends[1], 1), 5);
	cr_assert_eq(receive(), 5);
	cr_expect_arr_eq(buffer, "hello", 5);
	cr_expect_not(truncated);
	cr_expect(fcntl(got, F_GETFD) & FD_CLOEXEC);
	cr_assert_eq(write(got, "y", 1), 1, "it is the end of the pipe that is written to");
	cr_assert_eq(read(pipe_ends[0], &letter, 1), 1);
	cr_expect_eq(letter, 'y');
}

Test(fdpass, receives_bytes_without_a_descriptor) {
	cr_assert_eq(write(ends[0], "hello", 5), 5);
	cr_assert_eq(receive(), 5);
	cr_expect_eq(got, -1);
	cr_expect_not(truncated);
}

Test(fdpass, tells_of_a_second_descriptor_that_it_does_not_take) {
	cr_assert_eq(fdpass_send(ends[0], "hello", 5, pipe_ends, 2), 5);
	cr_assert_eq(receive(), 5);
	cr_expect_geq(got, 0);
	cr_expect(truncated);
}

Test(fdpass, takes_no_descriptor_that_nobody_wants) {
	cr_assert_eq(fdpass_send(ends[0], "hello", 5, &pipe_ends[1], 1), 5);
	cr_assert_eq(fdpass_receive(ends[1], buffer, sizeof(buffer), NULL, &truncated), 5);
	cr_expect(truncated);
	/* This was the last end to write to. */
	fd_close(pipe_ends[1]);
	pipe_ends[1] = -1;
	cr_expect_eq(read(pipe_ends[0], buffer, 1), 0);
}

Test(fdpass, tells_of_a_descriptor_that_there_is_no_room_for) {
	struct rlimit none;

	cr_assert_eq(fdpass_send(ends[0], "hello", 5, &pipe_ends[1], 1), 5);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &none), 0);
	const rlim_t before = none.rlim_cur;
	none.rlim_cur = 0;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ssize_t length = receive();
	none.rlim_cur = before;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	cr_expect_eq(length, 5);
	cr_expect_eq(got, -1);
	cr_expect(truncated);
}

Test(fdpass, does_not_wait) {
	cr_expect_eq(receive(), -EAGAIN);
	cr_expect_eq(got, -2, "nothing is written after a failure");
	while (fdpass_send(ends[0], buffer, sizeof(buffer), &pipe_ends[0], 1) > 0)
		;
	const ssize_t sent = fdpass_send(ends[0], buffer, sizeof(buffer), &pipe_ends[0], 1);
	cr_expect(sent == -EAGAIN || sent == -ETOOMANYREFS, "%zd", sent);
}

Test(fdpass, tells_the_end_and_raises_no_signal) {
	fd_close(ends[0]);
	cr_expect_eq(receive(), 0);
	cr_expect_eq(got, -1);
	ends[0] = -1;
	cr_expect_eq(fdpass_send(ends[1], "x", 1, &pipe_ends[0], 1), -EPIPE);
}
