/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a dynamic linker's error text means. Tables of message forms for glibc (elf/dl-load.c,
 * dl-lookup.c, dl-version.c, dl-reloc.c, dl-tls.c), musl (ldso/dynlink.c) and dyld
 * (DyldAPIs.cpp, Loader.cpp). The text is data from a process that ran foreign code: nothing in
 * it is trusted. Non-logging.
 */

#include <dltest/reasons.h>

#include "strv.h"

/*
 * Classifies 'text'. Names in it are appended to 'missing' (libraries that could not be found) or
 * 'symbols' (symbols as "name" or "name, version V"; versions as "V in library"). A text of no
 * known form is DLTEST_REASON_LOAD_ERROR. Returns the reason, or DLTEST_REASON_NONE when there is
 * no memory.
 */
enum dltest_reason dlerror_classify(const char *text, struct strv *missing, struct strv *symbols);
