/* SPDX-License-Identifier: MIT */
#include "faulter.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#define TRACEES_MAX 512
/* Of the stack, so many words are looked at, and so many addresses found in them make a place. */
#define WORDS_MAX 160
#define FRAMES	  3

static struct tracee tracees[TRACEES_MAX];

struct tracee *tracees_find(pid_t pid) {
	for (unsigned i = 0; i < TRACEES_MAX; i++) {
		if (tracees[i].pid == pid)
			return &tracees[i];
	}
	return NULL;
}

struct tracee *tracees_add(pid_t pid) {
	struct tracee *free_one = tracees_find(0);

	if (!free_one) {
		fputs("faulter: too many processes\n", stderr);
		exit(125);
	}
	*free_one = (struct tracee){.pid = pid};
	return free_one;
}

void tracees_remove(struct tracee *tracee) {
	tracee->pid = 0;
}

pid_t process_number(pid_t pid, const char *name) {
	char path[64], line[256];
	int number = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *status = fopen(path, "re");
	while (status && number == 0 && fgets(line, sizeof(line), status)) {
		if (strncmp(line, name, strlen(name)) == 0)
			number = (int)strtol(line + strlen(name), NULL, 10);
	}
	if (status)
		fclose(status);
	return number;
}

/* A process may be killed at any moment; then what is asked of it fails, and waitpid() tells. */
static struct user_regs_struct registers_get(pid_t pid) {
	struct user_regs_struct registers = {0};
	struct iovec part = {&registers, sizeof(registers)};

	ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &part);
	return registers;
}

static void registers_set(pid_t pid, struct user_regs_struct *registers) {
	struct iovec part = {registers, sizeof(*registers)};

	ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &part);
}

#if defined(__x86_64__)

void registers_skip_call(pid_t pid) {
	struct user_regs_struct registers = registers_get(pid);

	registers.orig_rax = SYS_getpid;
	registers_set(pid, &registers);
}

void registers_ask_for_break(pid_t pid) {
	struct user_regs_struct registers = registers_get(pid);

	registers.rdi = 0;
	registers_set(pid, &registers);
}

void registers_set_result(pid_t pid, long value) {
	struct user_regs_struct registers = registers_get(pid);

	registers.rax = (unsigned long)value;
	registers_set(pid, &registers);
}

#elif defined(__aarch64__)

void registers_skip_call(pid_t pid) {
	int number = SYS_getpid;
	struct iovec part = {&number, sizeof(number)};

	ptrace(PTRACE_SETREGSET, pid, (void *)NT_ARM_SYSTEM_CALL, &part);
}

void registers_ask_for_break(pid_t pid) {
	registers_set_result(pid, 0);
}

void registers_set_result(pid_t pid, long value) {
	struct user_regs_struct registers = registers_get(pid);

	registers.regs[0] = (unsigned long)value;
	registers_set(pid, &registers);
}

#else
#error "which register holds the number of a system call?"
#endif

/* Takes one line of /proc/PID/maps. */
static void take_mapping(struct tracee *tracee, const char *line, const char *program) {
	uint64_t start, end;
	char rights[5], path[PATH_MAX];

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*s %*s %*s %4095s", &start, &end, rights,
		    path) != 4 ||
		rights[2] != 'x' || strcmp(path, program) != 0)
		return;
	if (tracee->text[1] == 0)
		tracee->text[0] = start;
	tracee->text[1] = end;
}

static void find_text(struct tracee *tracee) {
	char name[64], program[PATH_MAX], line[PATH_MAX + 128];

	snprintf(name, sizeof(name), "/proc/%d/exe", (int)tracee->pid);
	ssize_t length = readlink(name, program, sizeof(program) - 1);
	if (length < 0)
		return;
	program[length] = '\0';
	snprintf(name, sizeof(name), "/proc/%d/maps", (int)tracee->pid);
	FILE *maps = fopen(name, "re");
	while (maps && fgets(line, sizeof(line), maps))
		take_mapping(tracee, line, program);
	if (maps)
		fclose(maps);
}

void callsite_describe(struct tracee *tracee, uint64_t stack, char *text, unsigned size) {
	uint64_t words[WORDS_MAX];
	struct iovec here = {words, sizeof(words)},
		     there = {(void *)(uintptr_t)stack, sizeof(words)};
	unsigned used = 0, frames = 0;

	text[0] = '\0';
	if (tracee->text[1] == 0)
		find_text(tracee);
	ssize_t length = process_vm_readv(tracee->pid, &here, 1, &there, 1, 0);
	for (ssize_t i = 0; i < length / (ssize_t)sizeof(words[0]) && frames < FRAMES; i++) {
		if (words[i] <= tracee->text[0] || words[i] >= tracee->text[1])
			continue;
		int put = snprintf(text + used, size - used, "%s%" PRIx64, frames ? "," : "",
			words[i] - tracee->text[0]);
		if (put < 0 || (unsigned)put >= size - used)
			return;
		used += (unsigned)put;
		frames++;
	}
}
