/* SPDX-License-Identifier: MIT */
/* Attacks on the memory, the limits and the scheduling of other processes. */
#include "attack.h"

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "../../../daemon/abi/loader_abi.h"

#define TARGETS 3

static long target(int index) {
	const long targets[TARGETS] = {conf_number("bystander"), conf_number("daemon"), getppid()};

	return targets[index];
}

static void trace_others(void) {
	for (int i = 0; i < TARGETS; i++) {
		TRY_SYS(ptrace, PTRACE_ATTACH, target(i), 0, 0);
		TRY_SYS(ptrace, 0x4206 /* PTRACE_SEIZE */, target(i), 0, 0);
	}
	TRY_SYS(ptrace, PTRACE_TRACEME, 0, 0, 0);
}

static void reach_into_memory(void) {
	char secret[16] = "";
	struct iovec here = {secret, sizeof(secret)};
	struct iovec there = {(void *)conf_number("bystander_memory"), sizeof(secret)};

	TRY_SYS(process_vm_readv, target(0), &here, 1, &there, 1, 0);
	TRY_SYS(process_vm_writev, target(0), &here, 1, &there, 1, 0);
	for (int i = 0; i < TARGETS; i++) {
		TRY_SYS(process_vm_readv, target(i), &here, 1, &there, 1, 0);
		TRY_SYS(kcmp, getpid(), target(i), 0, 0, 0);
		TRY_SYS(migrate_pages, target(i), 0, NULL, NULL);
		TRY_SYS(move_pages, target(i), 0, NULL, NULL, NULL, 0);
	}
	for (int fd = 0; fd < 16; fd++) {
		TRY_SYS(pidfd_getfd, fd, 0, 0);
		TRY_SYS(process_madvise, fd, NULL, 0, 0, 0);
	}
#ifdef SYS_process_mrelease
	TRY_SYS(process_mrelease, 0, 0);
#endif
}

static void change_limits(void) {
	struct rlimit none = {0, 0}, much = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit old;

	for (int i = 0; i < TARGETS; i++) {
		TRY_SYS(prlimit64, target(i), RLIMIT_NOFILE, &none, NULL);
		TRY_SYS(prlimit64, target(i), RLIMIT_CPU, &none, NULL);
		TRY_SYS(prlimit64, target(i), RLIMIT_CORE, NULL, &old);
	}
	/* What the kernel itself refuses. For RLIMIT_CORE see want_core_file(). */
	TRY_SYS(prlimit64, 0, RLIMIT_CPU, &much, NULL);
	TRY_SYS(prlimit64, 0, RLIMIT_FSIZE, &much, NULL);
#ifdef SYS_setrlimit
	TRY_SYS(setrlimit, RLIMIT_DATA, &much);
#endif
}

static void change_scheduling(void) {
	struct sched_param parameter = {.sched_priority = 0};
	unsigned char attributes[48] = {48};
	unsigned long mask = 1;

	/* Its own: it is kept on one processor. */
	TRY_SYS(sched_setaffinity, 0, sizeof(mask), &mask);
	for (int i = 0; i < TARGETS; i++) {
		TRY_SYS(setpriority, PRIO_PROCESS, target(i), 19);
		TRY_SYS(setpriority, PRIO_PGRP, target(i), 19);
		TRY_SYS(sched_setaffinity, target(i), sizeof(mask), &mask);
		TRY_SYS(sched_setscheduler, target(i), SCHED_BATCH, &parameter);
		TRY_SYS(sched_setparam, target(i), &parameter);
		TRY_SYS(sched_setattr, target(i), attributes, 0);
		TRY_SYS(ioprio_set, 1, target(i), 3 << 13);
	}
	TRY_SYS(setpriority, PRIO_USER, getuid(), 19);
	TRY_SYS(ioprio_set, 3, getuid(), 3 << 13);
}

/* How others stand with the scheduler, and where a thread of theirs keeps its locks. */
static void ask_about_others(void) {
	void *head;
	size_t size;

	for (int i = 0; i < TARGETS; i++) {
		TRY_SYS(getpriority, PRIO_PROCESS, target(i));
		TRY_SYS(getpriority, PRIO_PGRP, target(i));
		TRY_SYS(getsid, target(i));
		TRY_SYS(getpgid, target(i));
		TRY_SYS(get_robust_list, target(i), &head, &size);
		TRY_SYS(prlimit64, target(i), RLIMIT_NOFILE, NULL, &head);
	}
	TRY_SYS(getpriority, PRIO_USER, getuid() ? getuid() : 1);
	errno = 0;
	if (getsid(0) < 0 || getpgid(0) < 0 || (getpriority(PRIO_PROCESS, 0) == -1 && errno))
		say("ODD: it may not ask about itself\n");
}

/* What the kernel has in the place of a page that was thrown away: of a file mapped privately, what
 * the file has, whatever was written over it. */
static void throw_away(const struct loader_setup *setup) {
	cpu_set_t all, own;

	memset(&all, 0xff, sizeof(all));
	sched_getaffinity(0, sizeof(own), &own);
	int before = CPU_COUNT(&own);
	uint64_t wiped = setup->affinity_token;
	madvise((void *)setup, 4096, MADV_DONTNEED);
	uint64_t token = setup->affinity_token;
	if (wiped || token)
		say("READ the token: %llx, then %llx\n", wiped, token);
	TRY_SYS(sched_setaffinity, 0, sizeof(all), &all, token);
	sched_getaffinity(0, sizeof(own), &own);
	if (CPU_COUNT(&own) > before)
		say("WORKED: %d processors instead of %d\n", CPU_COUNT(&own), before);
}

/* The loader's set-up, wherever it is, with what each child has wiped in it. */
static void take_the_token(void) {
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	char line[600];
	int found = 0;

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx rw-p", &start, &end) != 2 || !strstr(line, " rw-p"))
			continue;
		for (unsigned long page = start; page < end && page < start + (64 << 20);
			page += 4096) {
			const struct loader_setup *setup = (const void *)page;

			if (setup->magic != LOADER_MAGIC_SETUP)
				continue;
			found++;
			throw_away(setup);
		}
	}
	if (!found)
		say("there is no set-up to be found\n");
}

static void shared_memory(void) {
	char buffer[64] = "";

	TRY_SYS(shmget, 0x646c7431, 4096, 01600);
	TRY_SYS(shmat, conf_number("shm"), NULL, 0);
	TRY_SYS(shmctl, conf_number("shm"), 0 /* IPC_RMID */, NULL);
	TRY_SYS(semget, 0x646c7431, 1, 01600);
	TRY_SYS(semctl, conf_number("sem"), 0, 0, 0);
	TRY_SYS(semop, conf_number("sem"), buffer, 1);
	TRY_SYS(msgget, 0x646c7431, 01600);
	TRY_SYS(msgsnd, conf_number("msg"), buffer, 1, 04000);
	TRY_SYS(msgrcv, conf_number("msg"), buffer, 1, 0L, 04000);
	TRY_SYS(msgctl, conf_number("msg"), 0, NULL);
}

const struct attack attacks_memory[] = {
	{"change_limits", change_limits},
	{"ask_about_others", ask_about_others},
	{"change_scheduling", change_scheduling},
	{"reach_into_memory", reach_into_memory},
	{"shared_memory", shared_memory},
	{"take_the_token", take_the_token},
	{"trace_others", trace_others},
	{0},
};
