/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The stand-in in this process (standin_layout.h): an object with just the symbols that are put
 * into it, for all that is loaded later. None of its functions can be executed: what a call of one
 * comes to is for hostcall.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum standin_kind {
	STANDIN_FUNCTION,
	STANDIN_DATA, /* zeros */
	STANDIN_TLS,  /* zeros of each thread */
};

/* Opens the stand-in at 'path', without a symbol so far. Returns NULL, or why it cannot be opened,
 * in words that last until the next call of the dynamic linker. */
const char *standin_open(const char *path);

/* Puts a symbol into it, of 'size' bytes if it is no function (0: not known). A name that it has
 * already stays as it is. Returns false if there is no room for it. */
bool standin_put(const char *name, enum standin_kind kind, size_t size);

/* Has the dynamic linker see all symbols that were put into it, and how many those are. */
size_t standin_show(void);

/* The name of the function at 'address'; NULL if there is none of the stand-in's.
 * Async-signal-safe. */
const char *standin_function_at(uintptr_t address);

/* True if 'path' is that of the stand-in. */
bool standin_is_at(const char *path);
