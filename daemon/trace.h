/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Has the dynamic linker itself say all that is missing for a library: its trace mode, which maps
 * and relocates and runs nothing of what it maps (no constructor, no IFUNC resolver), in a process
 * confined as loads are. Runs in the daemon's loop; non-logging.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct event_base;
struct loadenv;
struct sandbox;
struct strv;
struct trace;
struct tracetext;

struct trace_config {
	struct event_base *base;
	const struct sandbox *sandbox;
	const char *loader; /* absolute path of the loader program */
};

/* It is over; 'text' is what came of it, NULL if it could not be had. The trace is freed after the
 * call. */
typedef void (*trace_done_fn)(void *context, const struct tracetext *text);

/*
 * Starts a trace of the library at 'path' (absolute) in 'env', with 'preload' loaded first, to be
 * given up after 'timeout_ms'; with 'lazy', functions are not looked for. All must outlive it.
 * Returns 0, -ENOSYS where the dynamic linker has no such mode, -EINVAL if it cannot be told what
 * to preload, or other -errno.
 */
int trace_start(const struct trace_config *config, const struct loadenv *env, const char *path,
	const struct strv *preload, bool lazy, uint32_t timeout_ms, trace_done_fn done,
	void *context, struct trace **ret_trace);

/* Kills and frees it; nobody is told. */
struct trace *trace_free(struct trace *trace);

/* Its process. */
pid_t trace_pid(const struct trace *trace);

/* Takes note that its process has ended, which ends and frees the trace. */
void trace_on_exit(struct trace *trace, int wait_status);
