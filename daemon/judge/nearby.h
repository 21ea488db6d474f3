/* SPDX-License-Identifier: MIT */
#pragma once

/* What is not what a library lacks, and like it: said in the error, since it is what people look
 * for next. Non-logging. */

struct facts;
struct sight;
struct verdict;

/* Adds to the error of 'verdict', which is about a library that is missing, what 'survey' found
 * that is like it. */
void nearby_tell_like(struct verdict *verdict, const struct facts *survey);

/* Adds to the error of 'verdict', which is about a symbol that is missing, who has that by
 * 'survey'. */
void nearby_tell_definer(struct verdict *verdict, const struct facts *survey);

/* Adds to the error of 'verdict' which of the libraries that it was found to lack something with
 * are variants for better processors that hide another file (ld.so(8), glibc-hwcaps); of what lies
 * where it may not be looked at nothing is said. */
void nearby_tell_variant(struct verdict *verdict, struct sight *sight);
