/* SPDX-License-Identifier: MIT */
#pragma once

/* Why a library does not load, in few words that fit behind a number. */

struct jsontext;
struct result;

/* Appends the cause, equal for equal causes: "missing libx.so.1", "crashed". */
void cause_put(struct jsontext *text, const struct result *result);
