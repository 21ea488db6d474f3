/* SPDX-License-Identifier: MIT */

/*
 * What an unconfined dlopen() in a fresh process says: the verdict that the confined one must
 * equal. Links the C library alone, as the loader does. Reads paths from standard input, one a
 * line; writes "1<TAB>path<TAB>" or "0<TAB>path<TAB>why" for each. With a number as its argument,
 * libraries meet another memory than without, each number another one: to some that are broken it
 * matters what is beside them.
 */

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOADED	   64
#define DEADLINE_S 20
#define TEXT_MAX   4096

static long shift;

/* Takes memory that stays: pages of the file, pages of nothing, and a piece of the heap. */
static void shift_memory(const char *path) {
	int fd = open(path, O_RDONLY);

	for (long i = 0; i < shift; i++) {
		int flags = i % 2 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_PRIVATE;

		mmap(NULL, 1, PROT_READ, flags, i % 2 ? -1 : fd, 0);
		memset(malloc((size_t)i * 600 + 1), (int)i, (size_t)i * 600 + 1);
	}
	close(fd);
}

static _Noreturn void load(const char *path, int report) {
	int null = open("/dev/null", O_RDWR);

	setsid();
	alarm(DEADLINE_S);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	shift_memory(path);
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (shift)
		free(malloc(10000)); /* finds what was overwritten */
	if (handle && dlclose(handle) == 0)
		_exit(LOADED);
	const char *error = dlerror();
	if (error && write(report, error, strlen(error)) < 0)
		_exit(2);
	_exit(1);
}

static size_t read_text(int fd, char text[TEXT_MAX]) {
	size_t filled = 0;
	ssize_t length;

	while (filled < TEXT_MAX - 1 &&
		(length = read(fd, text + filled, TEXT_MAX - 1 - filled)) > 0)
		filled += (size_t)length;
	text[filled] = '\0';
	for (char *c = text; *c; c++) {
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	}
	return filled;
}

static int judge(const char *path) {
	char text[TEXT_MAX];
	int report[2], status;

	if (pipe(report) < 0)
		return -1;
	pid_t pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0) {
		close(report[0]);
		load(path, report[1]);
	}
	close(report[1]);
	/* A library may leave the pipe open in a process of its own: the end of the child counts.
	 */
	if (waitpid(pid, &status, 0) < 0)
		return -1;
	fcntl(report[0], F_SETFL, O_NONBLOCK);
	size_t length = read_text(report[0], text);
	close(report[0]);
	if (length == 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == LOADED))
		snprintf(text, sizeof(text), "%s %d",
			WIFSIGNALED(status) ? "signal" : "exit status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	printf("%d\t%s\t%s\n", WIFEXITED(status) && WEXITSTATUS(status) == LOADED, path, text);
	return fflush(stdout);
}

int main(int argc, char **argv) {
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;

	shift = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	while ((length = getline(&line, &capacity, stdin)) > 0) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		if (judge(line) < 0)
			return 1;
	}
	free(line);
	return 0;
}
