/* SPDX-License-Identifier: MIT */
/*
 * Prints what loader_driver.py has a second time, for test_loader_driver.py: of each record a line
 * "NAME SIZE OFFSET:SIZE...", with a pair for each field in its order, of each number a line
 * "NAME VALUE".
 */
#include <stddef.h>
#include <stdio.h>

#include "loader_abi.h"

#define FIELD(record, field) \
	printf(" %zu:%zu", offsetof(struct record, field), sizeof(((struct record *)0)->field))

#define NUMBER(name, value) printf("%s %llu\n", name, (unsigned long long)(value))

static void print_setup(void) {
	printf("SETUP %zu", sizeof(struct loader_setup));
	FIELD(loader_setup, magic);
	FIELD(loader_setup, version);
	FIELD(loader_setup, daemon_pid);
	FIELD(loader_setup, cpu_seconds);
	FIELD(loader_setup, landlock_fs);
	FIELD(loader_setup, landlock_net);
	FIELD(loader_setup, landlock_scoped);
	FIELD(loader_setup, landlock_proc);
	FIELD(loader_setup, landlock_flags);
	FIELD(loader_setup, landlock_attr_size);
	FIELD(loader_setup, filter_count);
	FIELD(loader_setup, trace_filter_count);
	FIELD(loader_setup, rules_count);
	FIELD(loader_setup, rules_size);
	FIELD(loader_setup, roots_count);
	FIELD(loader_setup, roots_size);
	FIELD(loader_setup, libs_root);
	FIELD(loader_setup, unused);
	FIELD(loader_setup, affinity_token);
	printf("\n");
}

static void print_control(void) {
	printf("COMMAND %zu", sizeof(struct loader_command));
	FIELD(loader_command, kind);
	FIELD(loader_command, id);
	FIELD(loader_command, cpu);
	FIELD(loader_command, unused);
	printf("\nEVENT %zu", sizeof(struct loader_event));
	FIELD(loader_event, kind);
	FIELD(loader_event, id);
	FIELD(loader_event, cpu_us);
	FIELD(loader_event, value);
	printf("\n");
}

static void print_channel(void) {
	printf("JOB %zu", sizeof(struct loader_job));
	FIELD(loader_job, magic);
	FIELD(loader_job, flags);
	FIELD(loader_job, preload_count);
	FIELD(loader_job, text_size);
	FIELD(loader_job, companions);
	FIELD(loader_job, unused);
	printf("\nHELLO %zu", sizeof(struct loader_hello));
	FIELD(loader_hello, magic);
	FIELD(loader_hello, pid);
	printf("\nREPORT %zu", sizeof(struct loader_report));
	FIELD(loader_report, magic);
	FIELD(loader_report, stage);
	FIELD(loader_report, reason);
	FIELD(loader_report, text_size);
	FIELD(loader_report, facts_size);
	FIELD(loader_report, about);
	FIELD(loader_report, duration_ns);
	printf("\n");
}

static void print_numbers(void) {
	NUMBER("VERSION", LOADER_ABI_VERSION);
	NUMBER("MAGIC_SETUP", LOADER_MAGIC_SETUP);
	NUMBER("MAGIC_HELLO", LOADER_MAGIC_HELLO);
	NUMBER("MAGIC_JOB", LOADER_MAGIC_JOB);
	NUMBER("MAGIC_REPORT", LOADER_MAGIC_REPORT);
	NUMBER("LAZY", LOADER_JOB_LAZY);
	NUMBER("FACTS", LOADER_JOB_FACTS);
	NUMBER("LATENT", LOADER_JOB_LATENT);
	NUMBER("SOFT_NEED", LOADER_JOB_SOFT_NEED);
	NUMBER("SURVEY", LOADER_JOB_SURVEY);
	NUMBER("CHECKED", LOADER_STAGE_CHECKED);
	NUMBER("OPENED", LOADER_STAGE_OPENED);
	NUMBER("CLOSED", LOADER_STAGE_CLOSED);
	NUMBER("EXIT_REPORTED", LOADER_EXIT_REPORTED);
	NUMBER("COMMAND_FORK", LOADER_COMMAND_FORK);
	NUMBER("EVENT_READY", LOADER_EVENT_READY);
	NUMBER("EVENT_NOT_FORKED", LOADER_EVENT_NOT_FORKED);
	NUMBER("EVENT_EXITED", LOADER_EVENT_EXITED);
}

int main(void) {
	print_setup();
	print_control();
	print_channel();
	print_numbers();
	return 0;
}
