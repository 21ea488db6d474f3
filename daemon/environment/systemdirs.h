/* SPDX-License-Identifier: MIT */
#pragma once

/* The system's library directories. Non-logging. */

#include "strv.h"

struct sight;

/*
 * Appends to 'dirs' the resolved directories that hold the system's libraries, those that exist,
 * each once: what the dynamic linker searches by default and by the configuration file 'conf'
 * (ld.so.conf(5) form, with its include lines; /etc/ld.so.conf on Linux), /usr/lib and its
 * siblings, /usr/local/lib, and the stores of Nix and Guix. What lies on file systems that may
 * not answer is known by 'sight' (sight.h), or wanted by it; the configuration never lies there.
 * Returns 0 or -ENOMEM; a configuration that cannot be read adds nothing.
 */
int systemdirs_list(struct strv *dirs, const char *conf, struct sight *sight);

/* Appends the resolved form of the directory 'path' to 'dirs', unless 'dirs' has that already or
 * 'path' is no directory, as far as 'sight' knows. Returns 0 or -ENOMEM. */
int systemdirs_add_resolved(struct strv *dirs, const char *path, struct sight *sight);
