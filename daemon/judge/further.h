/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a further load that failed as well makes of the answer: whether it tells more than the load
 * before it, and the words that say which load the answer is of. For failurelook*.c and
 * hostwords.c alone; non-logging.
 */

#include <stdbool.h>
#include <stdint.h>

struct inquiry;
struct verdict;

/* True if 'trial', of a load in company that failed, tells more than 'answer', of one that failed
 * without with the words 'alone' (NULL: none): company had what was missing, and something else
 * ended it. What crashed alone got as far there. */
bool further_tells_more(
	const struct verdict *answer, const char *alone, const struct verdict *trial);

/* Has the error of 'answer', of a further load that did not end in time, name the time of all loads
 * together: it had what was left, which is no number that anybody has asked for. */
void further_tell_time(struct verdict *answer, uint32_t timeout_ms);

/* Has the error of the answer of 'inquiry', which is of a load in its company, say so, and what
 * would have been without: that 'missing' (NULL: nothing that has a name) was not found, which lies
 * in one of the company's directories, or else the words 'alone'. What did not end in time has had
 * that of the question with all loads before. Without memory for it, the error stays. */
void further_tell_company(struct inquiry *inquiry, const char *missing, const char *alone);

/* Makes 'answer', of a library that may have all it lacks in its company, say that its 'timeout_ms'
 * were over before that could be tried; a crash stays what it is. */
void further_tell_no_time(struct verdict *answer, uint32_t timeout_ms);

/* Makes 'answer', of a library that lacks symbols, say of 'trial', in which others were loaded
 * first, that it came further and did not end: all loads together had 'timeout_ms'. */
void further_tell_slow_with_relatives(
	struct verdict *answer, const struct verdict *trial, uint32_t timeout_ms);
