/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the dynamic linker itself says is missing for a library: its trace mode, which maps and
 * relocates and runs no constructor and no IFUNC resolver of what it maps, but audit libraries that
 * the traced one names (DT_AUDIT, DT_DEPAUDIT); in a child of the zygote, confined like one that
 * loads. Reads what it prints a few times while it runs, in the daemon's loop; non-logging.
 */

struct event_base;
struct trace;
struct tracetext;

/* Reads from 'output', which is the caller's and must outlive the trace. Returns 0 or -ENOMEM. */
int trace_new(struct event_base *base, int output, struct trace **ret_trace);

struct trace *trace_free(struct trace *trace);

/*
 * The process has ended with 'wait_status': takes what it wrote before. What came of it lives as
 * long as the trace; NULL if it can be used for nothing.
 */
const struct tracetext *trace_end(struct trace *trace, int wait_status);
