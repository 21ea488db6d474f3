/* SPDX-License-Identifier: MIT */
#pragma once

/* The diagnosis: what a trace and other loads found out, put into a verdict. Non-logging. */

struct facts;
struct tracetext;
struct verdict;

/*
 * Completes 'verdict' by 'text': its missing libraries, symbols and versions, each with who needs
 * it, the count of others in its error, and what memory needs to know. Returns 0 or -ENOMEM.
 */
int diagnosis_add_trace(struct verdict *verdict, const struct tracetext *text);

/* Adds to the error of 'verdict' what it means, where the dynamic linker's words leave that to the
 * reader. Returns 0 or -ENOMEM. */
int diagnosis_explain(struct verdict *verdict);

/* Adds to the versions that 'verdict' misses in the library at 'provider' those of the same kind
 * that the library has, by the 'facts' of a load of it. Versions for which there is no memory are
 * left out.
 */
void diagnosis_add_versions(
	struct verdict *verdict, const char *provider, const struct facts *facts);
