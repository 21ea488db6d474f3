/* SPDX-License-Identifier: MIT */
#include "processors.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <dltest/cleanup.h>

void processors_init(struct processors *processors) {
	cpu_set_t set;

	*processors = (struct processors){.count = 1, .ids = {-1}};
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return;
	processors->count = 0;
	for (int id = 0; id < CPU_SETSIZE && processors->count < PROCESSORS_MAX; id++) {
		if (CPU_ISSET((size_t)id, &set))
			processors->ids[processors->count++] = id;
	}
	if (processors->count == 0)
		processors->count = 1;
}

int processors_choose(const struct processors *processors) {
	unsigned best = 0;

	for (unsigned i = 1; i < processors->count; i++) {
		if (processors->loads[i] < processors->loads[best])
			best = i;
	}
	return (int)best;
}

void processors_take(struct processors *processors, int index) {
	if (index >= 0)
		processors->loads[index]++;
}

void processors_give_back(struct processors *processors, int index) {
	if (index >= 0)
		processors->loads[index]--;
}

int processors_id(const struct processors *processors, int index) {
	return index < 0 ? -1 : processors->ids[index];
}

void processors_add_used(struct processors *processors, int index, uint64_t us) {
	if (index >= 0)
		processors->used_us[index] += us;
}

/* The text behind "cpuN " of a /proc/stat. */
static const char *find_line(const char *text, int id) {
	char name[24];

	snprintf(name, sizeof(name), "\ncpu%d ", id);
	const char *line = strstr(text, name);
	return line ? line + strlen(name) : NULL;
}

uint64_t processors_busy_us(const struct processors *processors, int index) {
	/* The lines of the processors come first. */
	static char text[PROCESSORS_MAX * 128];
	unsigned long long user, nice, system, irq, softirq, steal;
	int id = processors_id(processors, index);

	if (id < 0)
		return 0;
	cleanup_fd int fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	const char *line = find_line(text, id);
	if (!line || sscanf(line, "%llu %llu %llu %*u %*u %llu %llu %llu", &user, &nice, &system,
			     &irq, &softirq, &steal) != 6)
		return 0;
	return (user + nice + system + irq + softirq + steal) *
	       (1000000 / (uint64_t)sysconf(_SC_CLK_TCK));
}
