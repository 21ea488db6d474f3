/* SPDX-License-Identifier: MIT */
#pragma once

/* Readers, each of the texts of one dynamic linker; for dlerror*.c alone. */

#include <dltest/reasons.h>

struct dlmessage;

/* Each reader returns the reason that a text of its linker says, with the names in the text taken,
 * or DLTEST_REASON_NONE if the text is not known to be of that linker. */

/* glibc's texts that may begin with anything, since a dependency may be called anything. */
enum dltest_reason dlerror_of_glibc_opening(struct dlmessage *message);

/* glibc's texts that end in fixed words. */
enum dltest_reason dlerror_of_glibc_end(struct dlmessage *message);

/* glibc's texts with a name at their end. */
enum dltest_reason dlerror_of_glibc_middle(struct dlmessage *message);

/* musl's texts. */
enum dltest_reason dlerror_of_musl(struct dlmessage *message);

/* dyld's texts. */
enum dltest_reason dlerror_of_dyld(struct dlmessage *message);
