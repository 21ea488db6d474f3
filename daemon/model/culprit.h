/* SPDX-License-Identifier: MIT */
#pragma once

/* Whose code it was that ended a process, or did not end. Pure data; non-logging. */

struct culprit {
	char *object; /* path of the library */
	char *place;  /* in it, and what was being done: "+0x1c4, a constructor" */
	char *code;   /* that was to be executed, in hexadecimal; may be empty */
};

/* A culprit with copies of the texts; 'role' may be empty. culprit_free() frees *ret_culprit, what
 * it was before is freed. Returns 0, or -ENOMEM and leaves it as it was. */
int culprit_new(const char *object, const char *place, const char *role, const char *code,
	struct culprit **ret_culprit);

/* The name of the library's file. */
const char *culprit_name(const struct culprit *culprit);

/* Frees 'culprit'; NULL is nothing. Returns NULL. */
struct culprit *culprit_free(struct culprit *culprit);
