/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who brings a library together with what lies beside it: another of its package that needs it, if
 * only indirectly, and whose DT_RPATH leads to its directory. Unlike a DT_RUNPATH, that holds for
 * what those need that it loads. Load child only.
 */

/* Tells of the library at 'path' who of the listed ones (listing.h) brings it, one of them
 * (DLTEST_FACT_BRINGER); and whether it has a DT_RPATH itself. */
void bringer_tell(const char *path);
