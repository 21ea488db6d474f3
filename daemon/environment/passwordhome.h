/* SPDX-License-Identifier: MIT */
#pragma once

/* The home directories in the user's password entries, wherever those are kept. Non-logging. */

#include "strv.h"

/*
 * Appends to 'homes' the homes in all entries of the real and of the effective user: of
 * /etc/passwd, or, if a user has none there, of what else the system asks for users
 * (nsswitch.conf(5)). That may be a network's; it is asked by a process of its own, which has a
 * second. Such a process is left for the caller to reap if it does not end by then. To be called
 * while there is one thread. Returns 0 or -ENOMEM.
 */
int passwordhome_list(struct strv *homes);
