/* SPDX-License-Identifier: MIT */
#include <dltest/standing.h>

/* Nothing that is inherited there is looked at, and there is no confinement yet that would have
 * limits. */
const struct dltest_limit *dltest_standing_limits(size_t *ret_count) {
	*ret_count = 0;
	return NULL;
}

void dltest_standing_disown(void) {
}

void dltest_standing_take(struct dltest_standing *ret_standing) {
	*ret_standing = (struct dltest_standing){.kind = DLTEST_STANDING_USUAL};
}

int dltest_standing_take_of(pid_t pid, struct dltest_standing *ret_standing) {
	(void)pid;
	dltest_standing_take(ret_standing);
	return 0;
}

int dltest_standing_count_filters(pid_t pid, unsigned *ret_filters) {
	(void)pid;
	*ret_filters = 0;
	return 0;
}

void dltest_standing_say(struct dltest_standing_words *ret_words) {
	ret_words->count = 0;
}
