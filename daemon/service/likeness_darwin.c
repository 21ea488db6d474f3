/* SPDX-License-Identifier: MIT */
#include "likeness.h"

#include <errno.h>
#include <stdlib.h>

/* There is one file system for all, chroot(2) is for root, and of what is inherited nothing but
 * limits, which are not looked at. */
struct likeness {
	char nothing;
};

int likeness_new(const struct dltest_standing *standing, struct likeness **ret_likeness) {
	struct likeness *likeness = calloc(1, sizeof(*likeness));

	(void)standing;
	if (!likeness)
		return -ENOMEM;
	*ret_likeness = likeness;
	return 0;
}

struct likeness *likeness_free(struct likeness *likeness) {
	free(likeness);
	return NULL;
}

enum likeness_outcome likeness_compare(const struct likeness *likeness, int fd) {
	(void)likeness, (void)fd;
	return LIKENESS_SAME;
}

enum likeness_outcome likeness_compare_places(const struct likeness *likeness, int fd) {
	(void)likeness, (void)fd;
	return LIKENESS_SAME;
}

enum likeness_outcome likeness_compare_words(
	const struct likeness *likeness, const struct strv *words) {
	(void)likeness;
	(void)words;
	return LIKENESS_SAME;
}
