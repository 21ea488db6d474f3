/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A scan of a JSON text, which finds values without copying the text: the client passes results on
 * as they came. The tokens are jsmn's. Values have numbers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of the text: a string with its quotes, or another value. */
struct jsonscan_slice {
	const char *at;
	size_t length;
};

struct jsonscan;

/*
 * Scans the 'length' bytes at 'text', which must stay. *scan is NULL, or the scan of another text,
 * whose memory is reused. Returns 0, -EPROTO if the text is not one JSON object, or -ENOMEM; in any
 * case jsonscan_free() frees *scan.
 */
int jsonscan_read(const char *text, size_t length, struct jsonscan **scan);

/* Frees 'scan'; NULL is nothing. Returns NULL. */
struct jsonscan *jsonscan_free(struct jsonscan *scan);

/* The number of the root object. */
size_t jsonscan_root(const struct jsonscan *scan);

/*
 * The number of the value of the member 'name' of the object that is value 'object'; 0 if there is
 * no such member, or 'object' is no object.
 */
size_t jsonscan_member(const struct jsonscan *scan, size_t object, const char *name);

/* The number of items of the array that is value 'array'; 0 if the value is no array. */
size_t jsonscan_count(const struct jsonscan *scan, size_t array);

/* The number of the first item of an array, or of the one after 'item'; there must be such an item.
 */
size_t jsonscan_first(const struct jsonscan *scan, size_t array);
size_t jsonscan_next(const struct jsonscan *scan, size_t item);

/* The slice of the text that is value 'value'. */
struct jsonscan_slice jsonscan_slice(const struct jsonscan *scan, size_t value);

/* True if value 'value' is the literal true. */
bool jsonscan_is_true(const struct jsonscan *scan, size_t value);

/* The whole number that is value 'value'; -1 if the value is none, negative, or above 18 digits. */
int64_t jsonscan_integer(const struct jsonscan *scan, size_t value);

/* A copy of the string that is value 'value' without its escapes, which the caller frees; NULL if
 * the value is no string, or if out of memory. */
char *jsonscan_string(const struct jsonscan *scan, size_t value);
