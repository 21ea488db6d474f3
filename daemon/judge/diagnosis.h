/* SPDX-License-Identifier: MIT */
#pragma once

/* Puts into a verdict what a trace found out. Non-logging. */

struct facts;
struct tracetext;
struct verdict;

/*
 * Completes 'verdict' by 'text': its missing libraries, symbols and versions, each with who needs
 * it, the count of others in its error, and what memory needs to know. Returns 0 or -ENOMEM.
 */
int diagnosis_add_trace(struct verdict *verdict, const struct tracetext *text);

/* Says what it means, where the dynamic linker's words leave that to the reader. Returns 0 or
 * -ENOMEM. */
int diagnosis_explain(struct verdict *verdict);

/* Adds which versions of the same kind the library at 'provider' has, by the facts that a load of
 * it told, to the versions missed there. What there is no memory for is left out. */
void diagnosis_add_versions(
	struct verdict *verdict, const char *provider, const struct facts *facts);
