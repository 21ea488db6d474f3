/* SPDX-License-Identifier: MIT */
/* What a process can tell of its own inheritance. */
#include <criterion/criterion.h>
#include <dltest/standing.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static struct dltest_standing take(void) {
	struct dltest_standing standing;

	dltest_standing_take(&standing);
	return standing;
}

static struct dltest_standing take_of(pid_t pid) {
	struct dltest_standing standing;

	cr_assert_eq(dltest_standing_take_of(pid, &standing), 0);
	return standing;
}

Test(standing, is_usual_here) {
	cr_expect_eq(take().kind, DLTEST_STANDING_USUAL);
}

Test(standing, says_nothing_when_usual) {
	struct dltest_standing_words words;

	dltest_standing_say(&words);
	cr_expect_eq(words.count, 0);
}

Test(standing, every_limit_has_the_kernels_name) {
	char line[128], *found[DLTEST_STANDING_LIMITS_MAX] = {0};
	size_t count;
	const struct dltest_limit *limits = dltest_standing_limits(&count);
	FILE *file = fopen("/proc/self/limits", "r");

	cr_assert_not_null(file);
	while (fgets(line, sizeof(line), file)) {
		for (size_t i = 0; i < count; i++) {
			size_t length = strlen(limits[i].name);

			if (strncmp(line + 4, limits[i].name, length) == 0 &&
				strncmp(line + 4 + length, "  ", 2) == 0)
				found[i] = "found";
		}
	}
	fclose(file);
	for (size_t i = 0; i < count; i++)
		cr_expect(found[i], "%s", limits[i].name);
}

/* Whatever is more than enough is all the same, and so is a soft limit. */
Test(standing, each_lower_hard_limit_is_another_standing) {
	size_t count;
	const struct dltest_limit *limits = dltest_standing_limits(&count);

	for (size_t i = 0; i < count; i++) {
		const struct dltest_standing before = take();
		struct rlimit limit;

		/* A soft limit of less memory, or none, would end this test. */
		if (limits[i].enough == 0 || limits[i].resource == RLIMIT_AS ||
			limits[i].resource == RLIMIT_DATA || limits[i].resource == RLIMIT_STACK)
			continue;
		cr_assert_eq(getrlimit((__rlimit_resource_t)limits[i].resource, &limit), 0);
		limit.rlim_max = limits[i].enough;
		limit.rlim_cur = limits[i].enough - 1;
		cr_assert_eq(setrlimit((__rlimit_resource_t)limits[i].resource, &limit), 0);
		const struct dltest_standing enough = take();
		cr_expect_eq(memcmp(before.limits, enough.limits, sizeof(enough.limits)), 0);
		limit.rlim_max = limits[i].enough - 1;
		cr_assert_eq(setrlimit((__rlimit_resource_t)limits[i].resource, &limit), 0);
		const struct dltest_standing after = take();
		cr_expect_eq(after.limits[i], limits[i].enough - 1, "%s", limits[i].name);
		cr_expect_eq(after.kind, DLTEST_STANDING_OTHER, "%s", limits[i].name);
	}
}

Test(standing, others_see_the_same_limits) {
	const struct rlimit low = {16, 16};

	cr_assert_eq(setrlimit(RLIMIT_SIGPENDING, &low), 0);
	const struct dltest_standing own = take();
	struct dltest_standing of = take_of(getpid());
	cr_expect_eq(memcmp(own.limits, of.limits, sizeof(own.limits)), 0);
	cr_expect_eq(dltest_standing_count_filters(getpid(), &of.filters), 0);
	cr_expect_eq(own.filters, of.filters);
	cr_expect_eq(own.capabilities, of.capabilities);
}

Test(standing, nobody_is_an_error) {
	struct dltest_standing standing;

	cr_expect_eq(dltest_standing_take_of(0x3fffffff, &standing), -ESRCH);
}

Test(standing, mdwe_is_said) {
	struct dltest_standing_words words;

	/* Linux 6.3 and later. */
	if (prctl(65 /* PR_SET_MDWE */, 1, 0, 0, 0) < 0)
		cr_skip("this kernel has no PR_SET_MDWE");
	dltest_standing_say(&words);
	cr_assert_eq(words.count, 1);
	cr_expect_str_eq(words.items[0], "mdwe");
	cr_expect_eq(take().kind, DLTEST_STANDING_OTHER);
}

Test(standing, no_new_privs_alone_is_usual) {
	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	cr_expect_eq(take().kind, DLTEST_STANDING_USUAL);
}

Test(standing, an_ordinary_user_has_no_capabilities_afterwards) {
	if (geteuid() == 0)
		cr_assert_eq(seteuid(65534), 0);
	dltest_standing_disown();
	cr_expect_eq(take().capabilities, 0);
}
