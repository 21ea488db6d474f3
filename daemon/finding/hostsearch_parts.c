/* SPDX-License-Identifier: MIT */
#include "hostsearch_parts.h"

#include <dltest/cleanup.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether a program was taken, with the same plugin to be loaded first. */
static bool is_taken(
	const struct hostsearch *search, const struct hostfound *known, const struct stamp *stamp) {
	for (size_t i = 0; i < search->found_count; i++) {
		const struct hostfound *found = &search->found[i];

		if (found->via == known->via && stamp_equals(&found->stamp, stamp))
			return true;
	}
	return false;
}

/* The next number at or behind *cursor, which is moved behind it; "5.1" is one. */
static const char *next_number(const char **cursor, size_t *ret_length) {
	const char *number = *cursor + strcspn(*cursor, "0123456789");

	*ret_length = strspn(number, "0123456789.");
	*cursor = number + *ret_length;
	while (*ret_length > 0 && number[*ret_length - 1] == '.')
		--*ret_length;
	return *ret_length > 0 ? number : NULL;
}

static bool has_number(const char *path, const char *number, size_t length) {
	const char *other;
	size_t other_length;

	while ((other = next_number(&path, &other_length))) {
		if (other_length == length && memcmp(other, number, length) == 0)
			return true;
	}
	return false;
}

/* How many numbers of one path the other has, too: most often that is a version. */
static size_t count_shared_numbers(const char *one, const char *other) {
	const char *number;
	size_t length, count = 0;

	while ((number = next_number(&one, &length)))
		count += has_number(other, number, length);
	return count;
}

int hostsearch_take(struct hostsearch *search, const struct hostdir *dir, const char *dir_path,
	size_t at, const struct hostfound *known) {
	const struct hostfile *file = hostindex_file(search->index, dir, at);
	struct hostfound found = *known;

	if (!file || search->found_count == HOSTFOUND_MAX || is_taken(search, known, &file->stamp))
		return 0;
	cleanup_free char *path = NULL;
	if (asprintf(&path, "%s/%s", dir_path, hostdir_name(dir, at)) < 0)
		return -ENOMEM;
	/* What has just been looked at is there, or has gone. */
	found.path = realpath(path, NULL);
	if (!found.path)
		return errno == ENOMEM ? -ENOMEM : 0;
	found.stamp = file->stamp;
	found.kinship = count_shared_numbers(found.path, search->query->plugin);
	search->found[search->found_count++] = found;
	return 0;
}
