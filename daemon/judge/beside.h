/* SPDX-License-Identifier: MIT */
#pragma once

/* What a library needs, and what lies beside it where the dynamic linker does not look: no host
 * helps with that. Non-logging. */

#include <stdbool.h>

struct facts;
struct inquiry;
struct verdict;

/*
 * Judges 'trial', a load in which the library of 'inquiry' loaded in the company of its package.
 * Returns false if that was its host's to bring. True if a library that was missing alone lies in
 * the directory of who needs it, whose search path does not lead there, or where it was searched,
 * under another name: then the answer of the inquiry, which is about what is missing, is about
 * those alone, and says so. True as well if symbols or versions were missing alone, and such a
 * library has them, while another of its name was found; the answer says so, too. 'survey' tells
 * who brings the library, if anybody does.
 */
bool beside_judge(struct inquiry *inquiry, const struct facts *survey, const struct verdict *trial);
