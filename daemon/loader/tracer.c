/* SPDX-License-Identifier: MIT */
#include "tracer.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "loader_abi.h"
#include "probe.h"

/* The zygote's own variables, and five more. */
#define VARIABLES_MAX 16

/* LD_PRELOAD takes elements between blanks and colons (ld.so(8)); the daemon has seen to it that no
 * path has any. */
static char *make_preload(const struct probe_job *job) {
	static char text[LOADER_JOB_TEXT_MAX] = "LD_PRELOAD=";
	size_t size = strlen(text);

	for (size_t i = 1; i < job->preload_count; i++) {
		size_t length = strlen(job->preload[i]);

		memcpy(text + size, job->preload[i], length);
		size += length;
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
	if (job->preload_count > 1)
		environment[count++] = make_preload(job);
	for (size_t i = 0; variables[i] && count < VARIABLES_MAX - 1; i++)
		environment[count++] = variables[i];
	if (job->preload_count > 0)
		execve(job->path, arguments, environment);
	_exit(LOADER_EXIT_EXECUTE);
}
