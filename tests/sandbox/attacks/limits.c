/* SPDX-License-Identifier: MIT */
/* Attacks that want more than their share. */
#include "attack.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define GIB (1UL << 30)

/* Until it is ended: touched memory is what costs. */
static void fill_memory(int flags, int protection) {
	const size_t size = 64 << 20;

	for (size_t total = 0; total <= 4 * GIB; total += size) {
		char *block = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

		if (block == MAP_FAILED) {
			say("ODD mmap() failed with %d after %zu bytes\n", errno, total);
			return;
		}
		for (size_t at = 0; at < size; at += 4096)
			block[at] = 1;
		mprotect(block, size, protection);
	}
	say("WORKED 4 GiB\n");
}

static void memory_bomb(void) {
	fill_memory(0, PROT_READ | PROT_WRITE);
}

/* Does not count as data any more. */
static void memory_bomb_read_only(void) {
	fill_memory(0, PROT_READ);
}

/* A page in each of many tables of pages, which cost as much. */
static void memory_bomb_of_tables(void) {
	const size_t size = 4096 * GIB;
	char *sparse = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (sparse == MAP_FAILED) {
		say("ODD mmap() of terabytes failed with %d\n", errno);
		return;
	}
	madvise(sparse, size, MADV_NOHUGEPAGE);
	for (size_t at = 0; at < size; at += 2 << 20)
		sparse[at] = 1;
	say("WORKED %zu tables\n", size >> 21);
}

static void memory_tricks(void) {
	attempt("mmap(MAP_SHARED | MAP_ANONYMOUS)",
		(long)mmap(NULL, GIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	attempt("mmap(PROT_NONE, MAP_SHARED | MAP_ANONYMOUS)",
		(long)mmap(NULL, GIB, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	/* Counted as stack, and growing by itself. */
	attempt("mmap(MAP_GROWSDOWN)", (long)mmap(NULL, GIB, PROT_READ | PROT_WRITE,
					       MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0));
	TRY_OR(mlock(own_path(), 1 << 20), ENOMEM);
	/* Locking memory is limited, or not known at all. */
	TRY_SYS(mlockall, 3);
}

static void descriptor_bomb(void) {
	int ends[2], made = 0;

	while (pipe(ends) == 0 && made++ < 1000)
		;
	TRY_OR(made >= 1000 ? 0 : -1, EMFILE);
	if (made > 64)
		say("WORKED %d pipes\n", made);
	TRY_OR(eventfd(0, 0), EMFILE);
	TRY_OR(epoll_create1(0), EMFILE);
	for (int fd = 3; fd < 16; fd++)
		TRY_SYS(fcntl, fd, F_SETPIPE_SZ, 1 << 20);
}

/* What is open already, and whatever others may have set of it. */
static void set_flags(void) {
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFL) & O_APPEND)
			say("READ flags that another load has set of %d\n", fd);
	}
	for (int fd = 0; fd < 3; fd++)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_APPEND);
	say("TRIED 1\n");
}

/* A core file would be none of its own memory alone where it is piped to a program. */
static void want_core_file(void) {
	struct rlimit none = {0, 0}, one = {1, 1}, before, now;
	const struct rlimit much = {RLIM_INFINITY, RLIM_INFINITY};

	getrlimit(RLIMIT_CORE, &before);
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_CORE, &much);
	getrlimit(RLIMIT_CORE, &now);
	if (now.rlim_cur != before.rlim_cur || now.rlim_max != before.rlim_max)
		say("WORKED: the limit of core files is %lu\n", (unsigned long)now.rlim_cur);
	/* Where it was 0 from the start nobody can raise it. */
	if (before.rlim_max > one.rlim_max)
		say("ODD limit of core files: %lu\n", (unsigned long)before.rlim_max);
	say("TRIED 1\n");
}

static void *sleeper(void *argument) {
	pause();
	return argument;
}

static void thread_bomb(void) {
	for (;;) {
		pthread_t id;

		if (pthread_create(&id, NULL, sleeper, NULL) != 0)
			usleep(1000);
	}
}

static void *spinner(void *argument) {
	for (;;)
		;
	return argument;
}

/* Wants its processor as often as it can have threads, whose small stacks no limit counts much. */
static void busy_threads(void) {
	pthread_attr_t small;
	pthread_t id;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 << 10);
	for (int i = 0; i < 500; i++)
		pthread_create(&id, &small, spinner, NULL);
	spinner(NULL);
}

/* Stays on the processor while its deadline is left, whatever it gets. */
static void on_segv(int number) {
	(void)number;
	for (;;)
		;
}

static void fault_loop(void) {
	signal(SIGSEGV, on_segv);
	*(volatile int *)8 = 1;
}

static void open_many(void) {
	void *last = NULL;

	for (int i = 0; i < 20000; i++) {
		last = dlopen(own_path(), RTLD_NOW);
		if (!last)
			break;
	}
	if (!last)
		say("ODD dlopen of itself\n");
	TRY_OR(dlopen(below("home", "private.so"), RTLD_NOW) ? 0 : (errno = EACCES, -1), 0);
}

static void *hammer(void *argument) {
	for (;;)
		syscall(SYS_socket, 2, 1, 0);
	return argument;
}

/* Refused calls as fast as eight threads can make them: each one is the daemon's to answer. */
static void flood(void) {
	pthread_t id;

	for (int i = 0; i < 7; i++)
		pthread_create(&id, NULL, hammer, NULL);
	hammer(NULL);
}

/* A refused call every few milliseconds until the deadline. */
static void drip(void) {
	for (;;) {
		syscall(SYS_socket, 2, 1, 0);
		usleep(5000);
	}
}

const struct attack attacks_limits[] = {
	{"busy_threads", busy_threads},
	{"descriptor_bomb", descriptor_bomb},
	{"drip", drip},
	{"fault_loop", fault_loop},
	{"flood", flood},
	{"memory_bomb", memory_bomb},
	{"memory_bomb_of_tables", memory_bomb_of_tables},
	{"memory_bomb_read_only", memory_bomb_read_only},
	{"memory_tricks", memory_tricks},
	{"open_many", open_many},
	{"set_flags", set_flags},
	{"thread_bomb", thread_bomb},
	{"want_core_file", want_core_file},
	{0},
};
