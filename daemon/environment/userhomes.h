/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The user's home directories, as far as anybody knows of them, which the search path alone must
 * not make readable: it is made of what somebody once needed, and nobody says with it that a
 * library may have the user's keys. Non-logging.
 */

#include <stdbool.h>

#include "strv.h"

struct sight;

/* Homes, absolute; none of it is owned. */
struct userhomes {
	const struct strv *known; /* to the daemon, whoever asks; NULL: none */
	const struct strv *told;  /* by who asks, and not among the former */
};

/*
 * Appends to 'homes' all that the daemon knows by itself, each once: those of the user's password
 * entries (passwordhome.h), $HOME, and the one that the tsuku home 'tsuku_home' (NULL: there is
 * none) lies in. Waits as passwordhome_list() does. Returns 0 or -ENOMEM.
 */
int userhomes_list(struct strv *homes, const char *tsuku_home);

/* Appends to 'others' those of 'told' that 'known' (NULL: none) has not and that tell something.
 * Returns 0 or -ENOMEM. */
int userhomes_list_others(struct strv *others, const struct strv *told, const struct strv *known);

/*
 * True if to read the directory 'dir', with all that is below it, is to read a home of 'homes':
 * under whatever name, symlinks and mounts included, and also if the home is not there yet. If
 * there is none at all in 'homes', true of whatever may be one or may hold one. True as well if it
 * cannot be told. What lies on file systems that may not answer is known by 'sight' (sight.h), or
 * wanted by it.
 */
bool userhomes_are_in(const struct userhomes *homes, const char *dir, struct sight *sight);
