/* SPDX-License-Identifier: MIT */
#pragma once

/* The check of tsuku-dltestd --check: what the sandbox gives here, tried out. Prints to stdout. */

struct loader;
struct sandbox;

/*
 * Confines a throw-away process as a load is confined, has it try the acts of selftest.h, and
 * prints how each went and what is missing. 'loader' is the one whose loads are meant, 'home'
 * $TSUKU_HOME or NULL. Returns 0 if everything was refused that must be, 1 if something was
 * possible or could not be tried, -errno.
 */
int check_run(struct sandbox *sandbox, const struct loader *loader, const char *home);
