/* SPDX-License-Identifier: MIT */
/* Attacks on the verdict: what the loader tells the daemon, and how. */
#include "attack.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "../../../daemon/abi/loader_abi.h"

#define FDS 64

static void write_everywhere(const void *bytes, size_t length) {
	for (int fd = 3; fd < FDS; fd++) {
		if (write(fd, bytes, length) < 0)
			continue;
	}
}

/* A frame that begins as the loader's do, and says what was not asked. */
static void forge_reports(void) {
	static char frame[64] = "1rtd\3\0\0\0";

	for (int kind = 0; kind < 16; kind++) {
		frame[4] = (char)kind;
		write_everywhere(frame, 40);
		write_everywhere(frame, sizeof(frame));
	}
	_exit(64);
}

static void garbage_reports(void) {
	static char garbage[65536];

	memset(garbage, 0xff, sizeof(garbage));
	for (int i = 0; i < 64; i++)
		write_everywhere(garbage, sizeof(garbage));
	_exit(64);
}

static void half_a_report(void) {
	write_everywhere("1rtd", 4);
	_exit(64);
}

/* A gibibyte to whoever reads. */
static void flood_reports(void) {
	static char block[1 << 20];

	for (int fd = 0; fd < FDS; fd++) {
		int flags = fcntl(fd, F_GETFL);

		if (flags >= 0)
			fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	}
	for (int i = 0; i < 1024; i++) {
		for (int fd = 1; fd < 8; fd++) {
			if (write(fd, block, sizeof(block)) < 0)
				continue;
		}
	}
	_exit(64);
}

static void close_everything(void) {
	for (int fd = 0; fd < FDS; fd++)
		close(fd);
}

static void replace_everything(void) {
	int own = open(own_path(), O_RDONLY);

	for (int fd = 0; fd < FDS; fd++) {
		if (fd != own)
			dup2(own, fd);
	}
}

static void report(uint32_t stage, uint32_t about) {
	const struct loader_report head = {
		.magic = LOADER_MAGIC_REPORT, .stage = stage, .about = about};

	if (write(LOADER_FD_CHANNEL, &head, sizeof(head)) != sizeof(head))
		say("ODD: no channel\n");
}

/* Its own crash, said to be of what was loaded before it. */
static void blame_others(void) {
	for (uint32_t about = 1; about < 4; about++)
		report(LOADER_STAGE_BEGUN, about);
	*(volatile int *)8 = 1;
}

/* What the loader says of a library that loads, before anybody knows whether this one does. */
static void forge_success(void) {
	report(LOADER_STAGE_OPENED, 0);
	report(LOADER_STAGE_CLOSED, 0);
	_exit(LOADER_EXIT_REPORTED);
}

static void *exit_main(void *argument) {
	_exit(64);
	return argument;
}

static void exit_in_thread(void) {
	pthread_t id;

	if (pthread_create(&id, NULL, exit_main, NULL) == 0)
		pthread_join(id, NULL);
}

static void end_the_thread(void) {
	pthread_exit(NULL);
}

static void jump_nowhere(void) {
	static jmp_buf nowhere;

	longjmp(nowhere, 1);
}

const struct attack attacks_report[] = {
	{"blame_others", blame_others},
	{"close_everything", close_everything},
	{"end_the_thread", end_the_thread},
	{"exit_in_thread", exit_in_thread},
	{"flood_reports", flood_reports},
	{"forge_reports", forge_reports},
	{"forge_success", forge_success},
	{"garbage_reports", garbage_reports},
	{"half_a_report", half_a_report},
	{"jump_nowhere", jump_nowhere},
	{"replace_everything", replace_everything},
	{0},
};
