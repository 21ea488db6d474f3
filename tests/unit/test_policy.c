/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <dltest/cleanup.h>

#include "policy.h"
#include "sandbox.h"

/* Verdicts on disk are found again by these bytes. */
Test(policy, has_version_kernel_sandbox_and_limits) {
	const struct sandbox sandbox = {.notify = true, .landlock = {.abi = 6}};
	cleanup_free char *text = policy_describe(&sandbox), *expected = NULL;
	struct utsname system;

	cr_assert_not_null(text);
	cr_assert_eq(uname(&system), 0);
	cr_assert_geq(asprintf(&expected,
			      "policy 4\n%s %s %s %s\nseccomp 0, notify 1, landlock 6\nlimits 0 ",
			      system.sysname, system.release, system.version, system.machine),
		0);
	cr_expect_eq(strncmp(text, expected, strlen(expected)), 0, "'%s'", text);
	cr_expect_eq(strchr(text + strlen(expected), '\n'), NULL, "'%s'", text);
}

Test(policy, is_the_same_when_asked_again) {
	const struct sandbox sandbox = {0};
	cleanup_free char *one = policy_describe(&sandbox), *other = policy_describe(&sandbox);

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
		cleanup_free char *one = policy_describe(&sandboxes[i]);

		for (size_t j = i + 1; j < count; j++) {
			cleanup_free char *other = policy_describe(&sandboxes[j]);

			cr_expect_str_neq(one, other);
		}
	}
}

Test(policy, tells_inherited_limits_apart) {
	const struct rlimit low = {16, 16};
	const struct sandbox sandbox = {0};
	cleanup_free char *before = policy_describe(&sandbox);

	cr_assert_eq(setrlimit(RLIMIT_SIGPENDING, &low), 0);
	cleanup_free char *after = policy_describe(&sandbox);
	cr_expect_str_neq(before, after);
}
