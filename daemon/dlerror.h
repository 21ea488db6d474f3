/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a dynamic linker's error text means. Tables of message forms for glibc (elf/dl-load.c,
 * dl-lookup.c, dl-version.c, dl-reloc.c, dl-tls.c), musl (ldso/dynlink.c) and dyld
 * (DyldAPIs.cpp, Loader.cpp). The text is data from a process that ran foreign code: nothing in
 * it is trusted. Forms are tied to both ends of the text as far as they have fixed ends, because
 * paths and symbols in it may contain anything. Non-logging.
 */

#include <dltest/reasons.h>

#include "strv.h"

/*
 * Classifies 'text', which came of loading the library 'path'. A complaint about the form of
 * another file than this is DLTEST_REASON_MISSING_DEPENDENCY: a library is not to blame for what
 * a dependency of it is. Names in it are appended to 'missing' (libraries that could not be found
 * or used, as the dynamic linker names them) or 'symbols' (symbols as "name" or "name, version
 * V"; versions as "V in library"). A text of no known form is DLTEST_REASON_LOAD_ERROR. Returns
 * the reason, or DLTEST_REASON_NONE when there is no memory.
 */
enum dltest_reason dlerror_classify_load(
	const char *path, const char *text, struct strv *missing, struct strv *symbols);

/*
 * The same if the path is not known. A complaint about a file's form is then taken to be about
 * the library itself.
 */
enum dltest_reason dlerror_classify(const char *text, struct strv *missing, struct strv *symbols);
