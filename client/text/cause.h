/* SPDX-License-Identifier: MIT */
#pragma once

/* The cause for which a library does not load, in few words that fit behind a number. */

struct jsontext;
struct result;

/* Appends the cause of 'result' to 'text', in equal words for equal causes: "missing libx.so.1",
 * "crashed". */
void cause_put(struct jsontext *text, const struct result *result);
