/* SPDX-License-Identifier: MIT */
#pragma once

/* Exit statuses of tsuku-dltest. tsuku takes anything but the first three for a crash. */
enum dltest_exit {
	DLTEST_EXIT_OK = 0,	    /* every library loaded */
	DLTEST_EXIT_NOT_LOADED = 1, /* at least one did not */
	DLTEST_EXIT_USAGE = 2,	    /* usage error, or standard output could not be written */
	DLTEST_EXIT_NO_VERDICT = 3, /* for at least one path no verdict could be had */
};
