/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is not there, and something like it is: another version of a library, or one whose name was
 * cut or mistyped; and who has a symbol. Of the files that are listed (listing.h), and of the
 * system's directories. Load child only.
 */

struct setup;

/* Tells of a file that is like the library 'name', if one is (DLTEST_FACT_NEAR). */
void nearby_tell_like(const struct setup *setup, const char *name);

/* Tells which of the listed libraries defines 'symbol' for others, one of them
 * (DLTEST_FACT_DEFINER). */
void nearby_tell_definer(const char *symbol);
