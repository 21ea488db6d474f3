/* SPDX-License-Identifier: MIT */
#pragma once

/* A JSON text that is being written: a buffer that grows. That there was no memory is kept, and
 * asked for at the end. */

#include <stdbool.h>
#include <stddef.h>

struct jsontext {
	char *bytes; /* NULL while empty */
	size_t length;
	size_t capacity;
	bool failed; /* true: there was no memory; the bytes are of no use */
};

/* Frees what 'text' holds, and leaves it empty. */
void jsontext_fini(struct jsontext *text);

static inline void cleanup_jsontext_p(struct jsontext *text) {
	jsontext_fini(text);
}
#define cleanup_jsontext __attribute__((cleanup(cleanup_jsontext_p)))

/* Appends 'length' bytes as they are. */
void jsontext_put(struct jsontext *text, const char *bytes, size_t length);

/* Appends a NUL-terminated text as it is. */
void jsontext_puts(struct jsontext *text, const char *string);

/* Appends 'value' as a JSON string; bytes that are not UTF-8 become U+FFFD. */
void jsontext_string(struct jsontext *text, const char *value);

/* Appends ,"name":["item",...] unless 'count' is 0. */
void jsontext_strings(
	struct jsontext *text, const char *name, const char *const *items, size_t count);
