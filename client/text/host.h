/* SPDX-License-Identifier: MIT */
#pragma once

/* Hosts: programs that bring the symbols which their plugins want, told by how the symbols begin.
 */

struct result;

struct host {
	const char *prefix;  /* of a symbol */
	const char *name;    /* "Python" */
	const char *plugin;  /* "a Python extension" */
	const char *library; /* for --with, with X for the version */
};

/* The host that the undefined symbols of 'result' belong to; NULL for none that is known. */
const struct host *host_of(const struct result *result);
