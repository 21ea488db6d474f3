/* SPDX-License-Identifier: MIT */
#pragma once

/* Becomes the dynamic linker in its trace mode. */

struct probe_job;

/*
 * Executes the dynamic linker that is job->path, as ldd(1) does, for the library that is the first
 * of job->preload, with the rest of them loaded before it and 'variables' in its environment. Ends
 * the process with LOADER_EXIT_EXECUTE if that cannot be done.
 */
_Noreturn void tracer_run(const struct probe_job *job, char *const *variables);
