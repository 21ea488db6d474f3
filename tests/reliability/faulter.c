/* SPDX-License-Identifier: MIT */

/*
 * faulter: runs a program, follows the processes that come of it, and has chosen system calls of
 * one kind of them fail, or lists what they call.
 *
 *     faulter REPORT STAGE list PROGRAM ARGUMENT...
 *     faulter REPORT STAGE fail CALL ERRNO PROCESS FIRST LAST PROGRAM ARGUMENT...
 *
 * STAGE says which processes: 0 the program, 1 what it forks, 2 what that executes, 3 what that
 * forks, and so on. Of the calls named CALL those from the FIRST to the LAST (0: for ever), counted
 * in each process from 1, fail with ERRNO without being made, in the PROCESS-th of that stage (0:
 * in each). A line of REPORT is a call that was made, or one that failed: process, number, name,
 * place.
 *
 * strace counts likewise and cannot be had to leave out those whose children are meant, nor to
 * begin where it could not be executed: behind the filter and Landlock layer of a loader.
 */

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faulter.h"

/* The kernel's struct of PTRACE_GET_SYSCALL_INFO as far as it is needed here (ptrace(2)). */
struct call_info {
	uint8_t op;
	uint8_t pad[3];
	uint32_t arch;
	uint64_t instruction_pointer;
	uint64_t stack_pointer;
	uint64_t nr;
	uint64_t args[6];
};

enum {
	CALL_ENTRY = 1,
	CALL_EXIT = 2
};

static struct {
	FILE *report;
	int stage;
	int call; /* -1: none is to fail */
	int error;
	unsigned process, first, last;
	unsigned processes; /* of the stage, so far */
	pid_t root;
	int status; /* of the root */
	bool over;  /* true: no call is to fail any more */
} plan;

static void die(const char *what) {
	fprintf(stderr, "faulter: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void pass_on(int number) {
	if (plan.root > 0)
		kill(plan.root, number);
}

static bool is_watched(const struct tracee *tracee) {
	return tracee->stage == plan.stage && !plan.over;
}

/* Lets it go on, or altogether when neither it nor what comes of it is meant. */
static void resume(struct tracee *tracee, int number) {
	if (tracee->stage > plan.stage) {
		ptrace(PTRACE_DETACH, tracee->pid, NULL, (long)number);
		tracees_remove(tracee);
		return;
	}
	if (tracee->stage == plan.stage && tracee->index == 0)
		tracee->index = ++plan.processes;
	ptrace(is_watched(tracee) ? PTRACE_SYSCALL : PTRACE_CONT, tracee->pid, NULL, (long)number);
}

static void tell(struct tracee *tracee, const struct call_info *info) {
	char place[128];
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)info->nr);

	callsite_describe(tracee, info->stack_pointer, place, sizeof(place));
	fprintf(plan.report, "%u %u %s %s\n", tracee->index, tracee->count, name ? name : "?",
		place[0] ? place : "-");
	free(name);
}

static bool is_to_fail(const struct tracee *tracee) {
	return (plan.process == 0 || tracee->index == plan.process) &&
	       tracee->count >= plan.first && (plan.last == 0 || tracee->count <= plan.last);
}

static void make_fail(struct tracee *tracee) {
	if (plan.call == SYS_brk) {
		registers_ask_for_break(tracee->pid);
		return;
	}
	tracee->pending = plan.error;
	/* One that fails has closed it all the same. */
	if (plan.call != SYS_close)
		registers_skip_call(tracee->pid);
}

static void on_call(struct tracee *tracee) {
	struct call_info info = {0};

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof(info), &info) <= 0)
		return;
	if (info.op == CALL_ENTRY && plan.call < 0) {
		tell(tracee, &info);
	} else if (info.op == CALL_ENTRY && (int)info.nr == plan.call) {
		tracee->count++;
		if (!is_to_fail(tracee))
			return;
		tell(tracee, &info);
		fflush(plan.report);
		make_fail(tracee);
	} else if (info.op == CALL_EXIT && tracee->pending) {
		registers_set_result(tracee->pid, -tracee->pending);
		tracee->pending = 0;
		plan.over = plan.process > 0 && plan.last > 0 && tracee->count >= plan.last;
	}
}

/* One of its own stage when it is a thread, else of the next, in which nothing is executed yet. */
static struct tracee *add_child(pid_t pid, const struct tracee *parent, bool is_thread) {
	struct tracee *tracee = tracees_add(pid);

	tracee->stage = is_thread ? parent->stage : parent->stage | 1;
	memcpy(tracee->text, parent->text, sizeof(tracee->text));
	return tracee;
}

static void on_born(const struct tracee *parent, int event) {
	unsigned long pid = 0;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, NULL, &pid) == 0 && pid != 0 &&
		!tracees_find((pid_t)pid))
		add_child((pid_t)pid, parent, event == PTRACE_EVENT_CLONE);
}

/* It stopped before its parent could tell of it, which may have been killed meanwhile. */
static void on_stranger(pid_t pid) {
	pid_t group = process_number(pid, "Tgid:");
	struct tracee *leader = group == pid ? NULL : tracees_find(group);
	struct tracee *parent = leader ? leader : tracees_find(process_number(pid, "PPid:"));

	if (parent)
		resume(add_child(pid, parent, leader != NULL), 0);
	else
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

static void on_executed(struct tracee *tracee) {
	if (tracee->stage % 2 != 0) {
		tracee->stage++;
		tracee->index = 0;
	}
	memset(tracee->text, 0, sizeof(tracee->text));
}

static void on_stop(struct tracee *tracee, int status) {
	int number = WSTOPSIG(status), event = status >> 16;

	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		on_born(tracee, event);
		resume(tracee, 0);
		return;
	case PTRACE_EVENT_EXEC:
		on_executed(tracee);
		resume(tracee, 0);
		return;
	case PTRACE_EVENT_STOP:
		if (number == SIGTRAP)
			resume(tracee, 0);
		else
			ptrace(PTRACE_LISTEN, tracee->pid, NULL, NULL);
		return;
	default:
		break;
	}
	if (number != (SIGTRAP | 0x80)) {
		resume(tracee, number);
		return;
	}
	on_call(tracee);
	resume(tracee, 0);
}

static void follow(void) {
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid < 0)
			continue;
		struct tracee *tracee = tracees_find(pid);
		if (!WIFSTOPPED(status)) {
			if (pid == plan.root) {
				plan.status = status;
				plan.root = 0;
			}
			if (tracee)
				tracees_remove(tracee);
		} else if (tracee) {
			on_stop(tracee, status);
		} else {
			on_stranger(pid);
		}
	}
}

static void begin(char **program) {
	int gate[2];
	char byte = 0;

	if (pipe(gate) < 0)
		die("pipe");
	plan.root = fork();
	if (plan.root < 0)
		die("fork");
	if (plan.root == 0) {
		close(gate[1]);
		if (read(gate[0], &byte, 1) != 1)
			_exit(125);
		close(gate[0]);
		execv(program[0], program);
		_exit(126);
	}
	close(gate[0]);
	/* It executes the program from there on. */
	tracees_add(plan.root)->stage = -1;
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		       PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	if (ptrace(PTRACE_SEIZE, plan.root, NULL, options) < 0)
		die("ptrace");
	if (write(gate[1], &byte, 1) != 1)
		die("write");
	close(gate[1]);
}

static unsigned number_of(const char *text) {
	return (unsigned)strtoul(text, NULL, 10);
}

/* Returns the program and its arguments. */
static char **read_arguments(int argc, char **argv) {
	bool lists = argc > 4 && strcmp(argv[3], "list") == 0;

	if (!lists && argc < 10) {
		fputs("usage: faulter REPORT STAGE list PROGRAM ...\n"
		      "       faulter REPORT STAGE fail CALL ERRNO PROCESS FIRST LAST PROGRAM "
		      "...\n",
			stderr);
		exit(2);
	}
	plan.report = fopen(argv[1], "we");
	if (!plan.report)
		die(argv[1]);
	plan.stage = (int)number_of(argv[2]);
	plan.call = -1;
	if (lists)
		return argv + 4;
	plan.call = seccomp_syscall_resolve_name(argv[4]);
	plan.error = (int)number_of(argv[5]);
	plan.process = number_of(argv[6]);
	plan.first = number_of(argv[7]);
	plan.last = number_of(argv[8]);
	return argv + 9;
}

int main(int argc, char **argv) {
	char **program = read_arguments(argc, argv);
	struct sigaction action = {.sa_handler = pass_on};

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	begin(program);
	follow();
	fclose(plan.report);
	return WIFEXITED(plan.status) ? WEXITSTATUS(plan.status) : 128 + WTERMSIG(plan.status);
}
