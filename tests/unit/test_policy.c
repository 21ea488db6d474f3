/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <dltest/cleanup.h>
#include <dltest/standing.h>

#include "policy.h"
#include "sandbox.h"

static char *policy_of(const struct sandbox *sandbox) {
	struct dltest_standing standing;

	dltest_standing_take(&standing);
	return policy_describe(sandbox, &standing);
}

/* Verdicts on disk are found again by these bytes. */
Test(policy, has_version_kernel_sandbox_and_limits) {
	const struct sandbox sandbox = {.notify = true, .landlock = {.abi = 6}};
	cleanup_free char *text = policy_of(&sandbox), *expected = NULL;
	struct utsname system;

	cr_assert_not_null(text);
	cr_assert_eq(uname(&system), 0);
	cr_assert_geq(asprintf(&expected,
			      "policy 10\n%s %s %s %s\nseccomp 0, notify 1, landlock 6\nlimits 0 ",
			      system.sysname, system.release, system.version, system.machine),
		0);
	cr_expect_eq(strncmp(text, expected, strlen(expected)), 0, "'%s'", text);
	cr_expect(strstr(text, "\nmdwe 0, securebits 0, "), "'%s'", text);
	cr_expect(strstr(text, "\npersonality 0\n"), "'%s'", text);
	cr_expect(strstr(text, "\nuser "), "'%s'", text);
}

Test(policy, is_the_same_when_asked_again) {
	const struct sandbox sandbox = {0};
	cleanup_free char *one = policy_of(&sandbox), *other = policy_of(&sandbox);

	cr_expect_str_eq(one, other);
}

Test(policy, tells_sandboxes_apart) {
	const struct sandbox sandboxes[] = {
		{0},
		{.seccomp_error = ENOSYS},
		{.notify = true},
		{.landlock = {.abi = 1}},
	};
	const size_t count = sizeof(sandboxes) / sizeof(sandboxes[0]);

	for (size_t i = 0; i < count; i++) {
		cleanup_free char *one = policy_of(&sandboxes[i]);

		for (size_t j = i + 1; j < count; j++) {
			cleanup_free char *other = policy_of(&sandboxes[j]);

			cr_expect_str_neq(one, other);
		}
	}
}

Test(policy, tells_inherited_limits_apart) {
	const struct rlimit low = {16, 16};
	const struct sandbox sandbox = {0};
	cleanup_free char *before = policy_of(&sandbox);

	cr_assert_eq(setrlimit(RLIMIT_SIGPENDING, &low), 0);
	cleanup_free char *after = policy_of(&sandbox);
	cr_expect_str_neq(before, after);
}

Test(policy, tells_standings_apart) {
	const struct dltest_standing standings[] = {
		{0},
		{.limits = {1}},
		{.mdwe = 1},
		{.securebits = 1},
		{.filters = 1},
		{.domains = 1},
		{.capabilities = 2},
	};
	const size_t count = sizeof(standings) / sizeof(standings[0]);
	const struct sandbox sandbox = {0};

	for (size_t i = 0; i < count; i++) {
		cleanup_free char *one = policy_describe(&sandbox, &standings[i]);

		for (size_t j = i + 1; j < count; j++) {
			cleanup_free char *other = policy_describe(&sandbox, &standings[j]);

			cr_expect_str_neq(one, other);
		}
	}
}
