/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A trace: what the dynamic linker itself says is missing for a library, in its trace mode. That
 * maps and relocates, and runs no constructor and no IFUNC resolver of what it maps, but audit
 * libraries that the traced one names (DT_AUDIT, DT_DEPAUDIT); in a child of the zygote, confined
 * like one that loads. What it prints is read a few times while it runs. Runs in the daemon's loop;
 * non-logging.
 */

struct event_base;
struct trace;
struct tracetext;

/* A new trace, which is read from 'output', a descriptor of the caller's that must outlive it.
 * trace_free() frees *ret_trace. Returns 0 or -ENOMEM. */
int trace_new(struct event_base *base, int output, struct trace **ret_trace);

/* Frees 'trace'; NULL is nothing. Returns NULL. */
struct trace *trace_free(struct trace *trace);

/*
 * Ends 'trace', whose process has ended with 'wait_status' and may have printed more before.
 * Returns the text, which lives as long as the trace; NULL if it is of no use.
 */
const struct tracetext *trace_end(struct trace *trace, int wait_status);
