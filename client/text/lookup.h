/* SPDX-License-Identifier: MIT */
#pragma once

/* Parts of paths, and libraries that the dynamic linker did not find, to say where they are. */

/* The last part of 'path', within it: all of it where it has no slash or ends with one, since a
 * name that is empty would tell nothing. */
const char *lookup_name(const char *path);

/* 'path' up to its last slash, or the root directory. The caller frees it. NULL when it has no
 * slash, or without memory. */
char *lookup_parent(const char *path);

/*
 * The directory that has the file 'name' and is near the library 'path': its own, one right below
 * or above that, or one of a package below 'home' (NULL: none). The caller frees it. NULL when it
 * is in none of them.
 */
char *lookup_near(const char *path, const char *home, const char *name);

/* The path of 'name', with a version behind it or without, in the system's directories. The caller
 * frees it. NULL when it is in none of them. */
char *lookup_in_system(const char *name);
