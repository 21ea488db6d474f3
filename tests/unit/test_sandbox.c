/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <stdio.h>
#include <string.h>

#include "loader_abi.h"
#include "sandbox.h"
#include "selftest.h"
#include "world.h"

static struct sandbox pretend(const char *text) {
	struct sandbox_pretence pretence;
	struct sandbox sandbox;

	cr_assert_eq(sandbox_pretence_parse(text, &pretence), 0);
	cr_assert_eq(sandbox_init(&sandbox, &pretence), 0);
	return sandbox;
}

static const char *first_lack(const struct sandbox *sandbox) {
	static struct sandbox_lack lacks[SANDBOX_LACKS_MAX];

	return sandbox_lacks(sandbox, lacks) > 0 ? lacks[0].what : "";
}

Test(sandbox, reads_pretences) {
	struct sandbox_pretence pretence;

	cr_expect_eq(sandbox_pretence_parse("no-seccomp,landlock=-38", &pretence), 0);
	cr_expect(pretence.no_seccomp);
	cr_expect_eq(pretence.landlock, -38);
	cr_expect_eq(sandbox_pretence_parse("", &pretence), 0);
	cr_expect_eq(pretence.landlock, INT_MAX);
	cr_expect_eq(sandbox_pretence_parse("landlock=", &pretence), -EINVAL);
	cr_expect_eq(sandbox_pretence_parse("landlock=x", &pretence), -EINVAL);
	cr_expect_eq(sandbox_pretence_parse("nothing", &pretence), -EINVAL);
}

Test(sandbox, fails_closed_without_seccomp) {
	struct sandbox sandbox = pretend("no-seccomp");

	cr_expect_not(sandbox_may_load(&sandbox));
	cr_expect_str_eq(first_lack(&sandbox), "seccomp");
	cr_expect_eq(sandbox.base.count, 0);
	sandbox_allow_unconfined(&sandbox);
	cr_expect(sandbox_may_load(&sandbox));
	sandbox_fini(&sandbox);
}

Test(sandbox, says_what_is_missing) {
	struct sandbox sandbox = pretend("no-notify");

	cr_expect(sandbox_may_load(&sandbox));
	cr_expect_not(sandbox.notify);
	cr_expect_gt(sandbox.child.count, 0, "then a child has its own filter");
	cr_expect_str_eq(first_lack(&sandbox), "denials");
	sandbox_fini(&sandbox);
	for (int abi = -38; abi <= 7; abi++) {
		char text[40];

		snprintf(text, sizeof(text), "landlock=%d", abi);
		sandbox = pretend(text);
		cr_expect(sandbox_may_load(&sandbox));
		cr_expect_leq(sandbox.landlock.abi, abi > 0 ? abi : 0);
		if (sandbox.landlock.abi < 6 && sandbox.notify)
			cr_expect_not_null(strstr(first_lack(&sandbox), "landlock"));
		sandbox_fini(&sandbox);
	}
}

Test(sandbox, gives_up_notifications) {
	struct sandbox sandbox = pretend("");

	cr_assert_eq(sandbox_give_up_notify(&sandbox), 0);
	cr_expect_not(sandbox.notify);
	cr_expect_gt(sandbox.base.count, 0);
	cr_expect_gt(sandbox.child.count, 0);
	sandbox_fini(&sandbox);
}

/* The token is in the filter where its placeholder was, and another each time. */
Test(sandbox, draws_another_token_each_time) {
	static const char *const pretences[] = {"", "no-notify"};
	const uint64_t placeholder = LOADER_AFFINITY_PLACEHOLDER;
	uint64_t last = placeholder;

	for (size_t i = 0; i < 2; i++) {
		struct sandbox sandbox = pretend(pretences[i]);
		unsigned found = 0;

		cr_expect_neq(sandbox.affinity_token, last);
		last = sandbox.affinity_token;
		for (size_t j = 0; j < sandbox.base.count; j++) {
			uint32_t operand = sandbox.base.code[j].k;

			cr_expect_neq(operand, (uint32_t)placeholder);
			cr_expect_neq(operand, (uint32_t)(placeholder >> 32));
			found += operand == (uint32_t)last;
			found += operand == (uint32_t)(last >> 32);
		}
		cr_expect_eq(found, 2);
		sandbox_fini(&sandbox);
	}
}

Test(sandbox, knows_which_acts_must_be_refused) {
	struct sandbox sandbox = pretend("");

	cr_expect_gt(selftest_count(), 10);
	cr_expect_null(selftest_name(selftest_count()));
	for (unsigned act = 0; act < selftest_count(); act++) {
		cr_expect_not_null(selftest_name(act));
		cr_expect(!sandbox.notify || sandbox.landlock.abi == 0 ||
			  selftest_applies(&sandbox, "/etc/hostname", act, SELFTEST_IN_ZYGOTE));
	}
	cr_expect(selftest_is_refusal(EPERM) && selftest_is_refusal(EACCES) &&
		  selftest_is_refusal(ENOSYS));
	cr_expect_not(selftest_is_refusal(0) || selftest_is_refusal(ENOENT));
	sandbox_fini(&sandbox);
}

/* What the self-test reads with 'root' allowed and 'searched' on the library path. */
static const char *unreadable_with(const char *root, const char *searched) {
	struct loadenv *env = world_env(root, searched);
	const char *unreadable = selftest_find_unreadable(env);
	loadenv_free(env);
	return unreadable;
}

Test(sandbox, tries_to_read_what_no_rule_covers, .init = tempdir_make, .fini = tempdir_remove) {
	cr_assert_eq(symlink("/etc", below("link")), 0);
	cr_expect_str_eq(unreadable_with(NULL, NULL), "/etc/hostname");
	cr_expect_str_eq(unreadable_with("/usr", tempdir), "/etc/hostname");
	cr_expect_str_eq(unreadable_with("/etc", NULL), "/");
	cr_expect_str_eq(unreadable_with(NULL, "/etc"), "/");
	cr_expect_str_eq(unreadable_with(below("link"), NULL), "/");
	cr_expect_str_eq(unreadable_with("/etc/hostname", NULL), "/");
	cr_expect_null(unreadable_with("/", NULL), "nothing is left");
}

Test(sandbox, tries_no_read_where_everything_may_be_read) {
	struct sandbox sandbox = pretend("");
	unsigned left_out = 0;

	for (unsigned act = 0; act < selftest_count(); act++) {
		bool applies = selftest_applies(&sandbox, NULL, act, SELFTEST_IN_CHILD);

		left_out += applies != selftest_applies(&sandbox, "/", act, SELFTEST_IN_CHILD);
	}
	cr_expect_eq(left_out, sandbox.landlock.abi > 0);
	sandbox_fini(&sandbox);
}
