/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A wheel, which is what Python's packages come in: what is beside a directory of one, and belongs
 * to it. Load child only.
 */

/*
 * Lists (listing.h) what belongs to the directory at 'path', if that is of a wheel's: for NAME.libs
 * all directories that NAME-VERSION.dist-info/RECORD has files in, for NAME the directory
 * NAME.libs.
 */
void wheel_list(const char *path);
