/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Finds its way in a JSON text without copying it: the client passes results on as they came.
 * The tokens are jsmn's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of the text: with its quotes where it is a string. */
struct jsonscan_slice {
	const char *at;
	size_t length;
};

struct jsonscan;

/*
 * Takes 'text' apart, which must stay. *scan is NULL, or was used for another text and is used
 * again. Returns 0, -EPROTO when it is not one JSON object, -ENOMEM; in any case jsonscan_free()
 * frees *scan.
 */
int jsonscan_read(const char *text, size_t length, struct jsonscan **scan);

struct jsonscan *jsonscan_free(struct jsonscan *scan);

/* The root object. */
size_t jsonscan_root(const struct jsonscan *scan);

/*
 * The value of the member 'name' of the object that is value number 'object'. Returns its number,
 * or 0 when there is none or 'object' is no object.
 */
size_t jsonscan_member(const struct jsonscan *scan, size_t object, const char *name);

/* How many items the array that is value 'array' has; 0 if it is no array. */
size_t jsonscan_count(const struct jsonscan *scan, size_t array);

/* The first item of an array; the one after 'item'. To be called no more than there are items. */
size_t jsonscan_first(const struct jsonscan *scan, size_t array);
size_t jsonscan_next(const struct jsonscan *scan, size_t item);

/* The text of value number 'value'. */
struct jsonscan_slice jsonscan_slice(const struct jsonscan *scan, size_t value);

bool jsonscan_is_true(const struct jsonscan *scan, size_t value);

/* The whole number that is value 'value'; -1 if it is none, negative, or above 18 digits. */
int64_t jsonscan_integer(const struct jsonscan *scan, size_t value);

/* The string that is value 'value' without its escapes; the caller frees it. NULL when it is no
 * string or there is no memory. */
char *jsonscan_string(const struct jsonscan *scan, size_t value);
