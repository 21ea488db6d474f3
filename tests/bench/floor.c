/* SPDX-License-Identifier: MIT */

/*
 * The floor of the benchmark: what loading each library in a process of its own costs when nothing
 * else is done. fork(), dlopen(), dlclose(), _exit(); no sandbox, no protocol. As many at once as
 * there are processors, each child kept to one, because the daemon's load children are. Links the
 * C library alone, as the loader does.
 *
 *     bench_floor [-j JOBS] [-f] [PATH...]
 *
 * Paths are the arguments, or come NUL-terminated on standard input. Prints one character a path:
 * 1 it loaded, 0 it did not, S a signal ended it, X it ended itself. With -f, page faults of the
 * children follow: the mean of all.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS_MAX   64
#define LOADED	   64
#define FAILED	   65
#define DEADLINE_S 3

struct floor {
	char **paths;
	char *verdicts;
	size_t count;
	int processors[JOBS_MAX];
	struct slot {
		pid_t pid; /* 0: free */
		size_t index;
	} slots[JOBS_MAX];
	size_t jobs;
	long faults;
};

static _Noreturn void load(const char *path, int processor) {
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)processor, &set);
	sched_setaffinity(0, sizeof(set), &set);
	alarm(DEADLINE_S);
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	_exit(handle && dlclose(handle) == 0 ? LOADED : FAILED);
}

static int start(struct floor *floor, size_t slot, size_t index) {
	pid_t pid = fork();

	if (pid == 0)
		load(floor->paths[index], floor->processors[slot]);
	if (pid < 0)
		return -errno;
	floor->slots[slot].pid = pid;
	floor->slots[slot].index = index;
	return 0;
}

static char judge(int status) {
	if (!WIFEXITED(status))
		return 'S';
	return WEXITSTATUS(status) == LOADED ? '1' : WEXITSTATUS(status) == FAILED ? '0' : 'X';
}

/* Waits for a child's end; returns its slot, which is free then, or -errno. */
static int reap(struct floor *floor) {
	struct rusage usage;
	int status;

	for (;;) {
		pid_t pid = wait4(-1, &status, 0, &usage);
		if (pid < 0)
			return -errno;
		for (size_t i = 0; i < floor->jobs; i++) {
			if (floor->slots[i].pid != pid)
				continue;
			floor->slots[i].pid = 0;
			floor->verdicts[floor->slots[i].index] = judge(status);
			floor->faults += usage.ru_minflt;
			return (int)i;
		}
	}
}

static int run(struct floor *floor) {
	size_t next = 0;
	int r = 0;

	for (; next < floor->count && next < floor->jobs && r >= 0; next++)
		r = start(floor, next, next);
	for (size_t done = 0; done < floor->count && r >= 0; done++) {
		r = reap(floor);
		if (r >= 0 && next < floor->count)
			r = start(floor, (size_t)r, next++);
	}
	return r;
}

static int find_processors(struct floor *floor) {
	cpu_set_t set;
	size_t found = 0;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return -errno;
	for (int cpu = 0; cpu < CPU_SETSIZE && found < JOBS_MAX; cpu++) {
		if (CPU_ISSET((size_t)cpu, &set))
			floor->processors[found++] = cpu;
	}
	if (floor->jobs == 0)
		floor->jobs = found;
	for (size_t i = found; i < floor->jobs; i++)
		floor->processors[i] = floor->processors[i % found];
	return 0;
}

static int read_paths(struct floor *floor) {
	char *path = NULL;
	size_t size = 0, room = 0;

	while (getdelim(&path, &size, '\0', stdin) > 0) {
		if (floor->count == room) {
			room = room ? 2 * room : 1024;
			char **paths = realloc(floor->paths, room * sizeof(*paths));
			if (!paths)
				return -ENOMEM;
			floor->paths = paths;
		}
		floor->paths[floor->count++] = path;
		path = NULL;
	}
	free(path);
	return 0;
}

/* What libraries print is of no interest; the verdicts go where standard output was. */
static int hide_output(void) {
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	close(null);
	return out;
}

int main(int argc, char **argv) {
	static struct floor floor;
	bool faults = false;
	int option;

	while ((option = getopt(argc, argv, "j:f")) != -1) {
		if (option == 'j')
			floor.jobs = strtoul(optarg, NULL, 10);
		else if (option == 'f')
			faults = true;
		else
			return 2;
	}
	floor.paths = argv + optind;
	floor.count = (size_t)(argc - optind);
	if (floor.count == 0) {
		floor.paths = NULL;
		if (read_paths(&floor) < 0)
			return 2;
	}
	floor.verdicts = calloc(floor.count + 1, 1);
	if (!floor.verdicts || floor.jobs > JOBS_MAX || find_processors(&floor) < 0)
		return 2;
	int out = hide_output();
	if (out < 0 || run(&floor) < 0)
		return 2;
	dprintf(out, "%s\n", floor.verdicts);
	if (faults && floor.count > 0)
		dprintf(out, "%ld\n", floor.faults / (long)floor.count);
	return 0;
}
