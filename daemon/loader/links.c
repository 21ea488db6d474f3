/* SPDX-License-Identifier: MIT */
#include "links.h"

#include <dltest/fact.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elfform.h"
#include "facts.h"

/* As many as the kernel follows. */
#define LINKS_MAX 40

static bool read_link(const char *path, char target[PATH_MAX]) {
	ssize_t length = readlink(path, target, PATH_MAX - 1);

	if (length <= 0)
		return false;
	target[length] = '\0';
	return true;
}

/* Where the link at 'path' leads that has 'target' in it; false if that is longer than any path. */
static bool resolve(const char *path, const char *target, char next[PATH_MAX]) {
	const char *slash = strrchr(path, '/');
	int length = target[0] != '/' && slash ? (int)(slash - path) + 1 : 0;

	return snprintf(next, PATH_MAX, "%.*s%s", length, path, target) < PATH_MAX;
}

static bool tell(const char *path, const char *last, const char *target, char *text, size_t size) {
	bool is_first = strcmp(path, last) == 0;
	int length = snprintf(text, size, "%s%s%sis a symbolic link to %s, which is not there",
		is_first ? "" : "leads to ", is_first ? "" : last, is_first ? "" : ", which ",
		target);

	return length >= 0 && (size_t)length < size;
}

bool links_tell_dangling(const char *path, char *text, size_t size) {
	static char at[PATH_MAX], next[PATH_MAX], target[PATH_MAX];
	struct stat status;

	if (snprintf(at, sizeof(at), "%s", path) >= PATH_MAX)
		return false;
	for (int i = 0; i < LINKS_MAX && read_link(at, target); i++) {
		if (!resolve(at, target, next))
			return false;
		if (lstat(next, &status) < 0)
			return (errno == ENOENT || errno == ENOTDIR) &&
			       tell(path, at, target, text, size);
		memcpy(at, next, sizeof(at));
	}
	return false;
}

void links_tell_lost(const char *path, struct elfform_words *words) {
	static char target[PATH_MAX], directory[PATH_MAX];
	size_t length = strlen(words->text);

	if (!words->link[0] || !resolve(path, words->link, target) || !strchr(target, '/'))
		return;
	if (access(target, F_OK) == 0)
		snprintf(words->text + length, sizeof(words->text) - length, ", and %s is there",
			words->link);
	/* The verdict is another one when it comes or goes. */
	snprintf(
		directory, sizeof(directory), "%.*s", (int)(strrchr(target, '/') - target), target);
	facts_add_once(DLTEST_FACT_DIRECTORY, directory[0] ? directory : "/");
}
