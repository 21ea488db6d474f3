/* SPDX-License-Identifier: MIT */
#pragma once

/* The lookup of libraries that the dynamic linker did not find, to say where they are; and parts of
 * paths. */

/* The last part of 'path', within it: all of 'path' if that has no slash or ends with one, since an
 * empty name would tell nothing. */
const char *lookup_name(const char *path);

/* The directory of 'path': up to the last slash, or the root directory. The caller frees it. NULL
 * if there is no slash, or if out of memory. */
char *lookup_parent(const char *path);

/*
 * The directory that has the file 'name' and is near the library 'path': the library's own, one
 * right below or above that, or one of a package below 'home' (NULL: none). The caller frees it.
 * NULL if none of them has the file.
 */
char *lookup_near(const char *path, const char *home, const char *name);

/* The path of the library 'name', with a version behind the name or without, in the system's
 * directories. The caller frees it. NULL if none of them has the library. */
char *lookup_in_system(const char *name);
