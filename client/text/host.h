/* SPDX-License-Identifier: MIT */
#pragma once

/* Programs that bring the symbols their plugins want, told by how those begin. */

struct result;

struct host {
	const char *prefix;  /* of a symbol */
	const char *name;    /* "Python" */
	const char *plugin;  /* "a Python extension" */
	const char *library; /* for --with, where X stands for its version */
};

/* The host that the undefined symbols of 'result' belong to; NULL for none that is known. */
const struct host *host_of(const struct result *result);
