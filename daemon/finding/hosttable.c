/* SPDX-License-Identifier: MIT */
#include "hosttable.h"

#include <fnmatch.h>
#include <string.h>

bool hosttable_is_of(const char *pattern, const char *name) {
	const char *star = strchr(pattern, '*');

	if (!star)
		return strcmp(pattern, name) == 0;
	size_t before = (size_t)(star - pattern), behind = strlen(star + 1), length = strlen(name);
	return length >= before + behind && memcmp(name, pattern, before) == 0 &&
	       memcmp(name + length - behind, star + 1, behind) == 0;
}

/* The next word at or behind *cursor, which is moved behind it; NULL if there is none. */
static const char *next_word(const char **cursor, size_t *ret_length) {
	const char *word = *cursor;

	if (!word)
		return NULL;
	word += strspn(word, " ");
	*ret_length = strcspn(word, " ");
	*cursor = word + *ret_length;
	return *ret_length > 0 ? word : NULL;
}

size_t hosttable_count_words(const char *words) {
	size_t count = 0, length;

	while (next_word(&words, &length))
		count++;
	return count;
}

bool hosttable_get_word(const char *words, size_t index, char *word, size_t size) {
	const char *found;
	size_t length;

	do
		found = next_word(&words, &length);
	while (found && index-- > 0);
	if (!found || length >= size)
		return false;
	memcpy(word, found, length);
	word[length] = '\0';
	return true;
}

bool hosttable_names_file(const char *words, const char *name) {
	char pattern[128];

	for (size_t i = 0; hosttable_get_word(words, i, pattern, sizeof(pattern)); i++) {
		if (fnmatch(pattern, name, 0) == 0)
			return true;
	}
	return false;
}

bool hosttable_has_beginning(const char *words, const char *name) {
	const char *word;
	size_t length;

	while ((word = next_word(&words, &length))) {
		if (strncmp(name, word, length) == 0)
			return true;
	}
	return false;
}

bool hosttable_has_word(const char *words, const char *name) {
	size_t size = strlen(name), length;
	const char *word;

	while ((word = next_word(&words, &length))) {
		if (length == size && memcmp(word, name, size) == 0)
			return true;
	}
	return false;
}
