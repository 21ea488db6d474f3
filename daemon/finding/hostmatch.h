/* SPDX-License-Identifier: MIT */
#pragma once

/* Which hosts of the table a plugin is for, by what it exports and lacks. Non-logging. */

#include <stdbool.h>
#include <stddef.h>

#include "hostfile.h"
#include "hosttable.h"
#include "strv.h"

#define HOSTMATCH_MAX 4

/*
 * Writes to 'ret_hosts' the hosts that 'plugin', which lacks 'names', is for: it has an entry for
 * them, and of the names enough are of their family. The one whose family has the most comes first.
 * Returns how many there are.
 */
size_t hostmatch_find(const struct hostfile *plugin, const struct strv *names,
	const struct host *ret_hosts[HOSTMATCH_MAX]);

/* The host whose family nearly all of the 'names' are of, and whose packages have libraries without
 * an entry; NULL if there is none. 'ret_is_all' says whether the family has all of them. */
const struct host *hostmatch_package(const struct strv *names, bool *ret_is_all);

/* True if 'plugin' has an entry that no other host has, whatever it lacks: what else gives its
 * names is not its host. */
bool hostmatch_is_certain(const struct hostfile *plugin);

/* The host of which the name of a program is, for people; NULL if none is known. */
const struct host *hostmatch_program(const char *name);

/*
 * Writes which version of its host a plugin is for, by the name of its file: "3.11" for
 * "x.cpython-311-x86_64-linux-gnu.so", "" if it does not say. False if 'host' has no versions in
 * the names of its plugins.
 */
bool hostmatch_version(const struct host *host, const char *plugin, char *version, size_t size);
