/* SPDX-License-Identifier: MIT */
#include "tracer.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "loader_abi.h"
#include "probe.h"

/* The zygote's own variables, and five more. */
#define VARIABLES_MAX 16

#define PRELOAD "LD_PRELOAD="

/* The zygote's own variable of this name, which has the C library, or NULL. */
static char *find_preload(char *const *variables) {
	for (; *variables; variables++) {
		if (strncmp(*variables, PRELOAD, strlen(PRELOAD)) == 0)
			return *variables;
	}
	return NULL;
}

/* LD_PRELOAD takes elements between blanks and colons (ld.so(8)); the daemon has seen to it that no
 * path has any. The zygote's come first, as they did when it started. */
static char *make_preload(const struct probe_job *job, const char *own) {
	static char text[LOADER_JOB_TEXT_MAX + PATH_MAX];
	size_t size = 0;

	own = own && strlen(own) < PATH_MAX ? own : PRELOAD;
	for (size_t i = 0; i < job->preload_count; i++) {
		const char *element = i == 0 ? own : job->preload[i];
		size_t length = strlen(element);

		memcpy(text + size, element, length);
		size += length;
		if (strcmp(element, PRELOAD) != 0)
			text[size++] = ':';
	}
	text[size] = '\0';
	return text;
}

void tracer_run(const struct probe_job *job, char *const *variables) {
	static char loaded[] = "LD_TRACE_LOADED_OBJECTS=1", warn[] = "LD_WARN=yes",
		    debug[] = "LD_DEBUG=libs,files", now[] = "LD_BIND_NOW=yes", name[] = "ldd";
	char *environment[VARIABLES_MAX] = {loaded, warn, debug};
	size_t count = 3;
	union {
		const char *in;
		char *out; /* execve() changes nothing of it */
	} library = {job->preload[0]};
	/* musl's goes by its name. */
	char *const arguments[] = {name, library.out, NULL};

	if (!(job->flags & LOADER_JOB_LAZY))
		environment[count++] = now;
	char *own = find_preload(variables);
	if (own || job->preload_count > 1)
		environment[count++] = make_preload(job, own);
	for (size_t i = 0; variables[i] && count < VARIABLES_MAX - 1; i++) {
		if (variables[i] != own)
			environment[count++] = variables[i];
	}
	if (job->preload_count > 0)
		execve(job->path, arguments, environment);
	_exit(LOADER_EXIT_EXECUTE);
}
