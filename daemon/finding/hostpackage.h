/* SPDX-License-Identifier: MIT */
#pragma once

/* Whether a library lies in a package of Python, by what the directories around it are called and
 * have. Non-logging. */

#include <stdbool.h>

#include "hostquery.h"
#include "strv.h"

/*
 * True if the plugin of 'query' lies in such a package: one of the directories that may be of its
 * package is one of those that packages are installed in, has an __init__.py, or holds the
 * libraries of a wheel. What decided is appended to 'searched', be it there or not. False without
 * memory, and then 'ret_error' is -ENOMEM, else 0.
 */
bool hostpackage_has(const struct hostquery *query, struct strv *searched, int *ret_error);
