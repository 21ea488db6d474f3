/* SPDX-License-Identifier: MIT */
#pragma once

/* The company of a library: the directories of its own package, which a host that loads the library
 * would have on its search path. Non-logging. */

#include "facts.h"
#include "strv.h"

struct loadenv;
struct sight;

/* Directories tried at most. */
#define COMPANY_MAX 16

/*
 * Appends to 'dirs' the directories in which the package of the library at 'path' may have its
 * libraries, resolved, the most likely first, and none that 'env' searches anyway: below
 * $TSUKU_HOME/libs the package is the directory right below, its library directories and those on
 * the way to the library; elsewhere those on the way from the allowed directory it is in. What lies
 * on file systems that may not answer is known by 'sight' (sight.h), or wanted by it. Returns 0 or
 * -ENOMEM.
 */
int company_list(
	struct strv *dirs, const struct loadenv *env, const char *path, struct sight *sight);

/*
 * Appends to 'dirs' the directory 'dir', in which the package has a library, unless there are
 * 2 * COMPANY_MAX already, it is no directory, is searched anyway, is reached by a link, or is in
 * none that 'env' allows. Returns 0 or -ENOMEM.
 */
int company_add(struct strv *dirs, const struct loadenv *env, const char *dir, struct sight *sight);

/*
 * Appends to 'basis' what the failure with 'dirs' of the library at 'path' rests on, which failed
 * without them because of 'missing' and with the objects in 'basis': that 'dirs' have nothing else
 * that it would have taken. If they have, DLTEST_FACT_INCOMPLETE, since nobody tells what became of
 * that. Returns 0 or -ENOMEM.
 */
int company_basis(
	struct facts *basis, const struct strv *dirs, const struct strv *missing, const char *path);

/* Appends to 'used' those of 'dirs' in which an object of 'facts' lies that is neither that at
 * 'path' nor one of 'known', which were found without them. Returns 0 or -ENOMEM. */
int company_used(struct strv *used, const struct strv *dirs, const struct facts *facts,
	const struct facts *known, const char *path);

/* The first of 'dirs' that has a file of this name, which may be of any form; NULL if none has, as
 * far as 'sight' knows. */
const char *company_find(const struct strv *dirs, const char *name, struct sight *sight);
