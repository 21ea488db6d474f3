/* SPDX-License-Identifier: MIT */
#include "loadersetup.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <string.h>

#include "loadenv.h"
#include "loader_abi.h"
#include "loaders.h"
#include "sandbox.h"
#include "tempdir.h"
#include "userhomes.h"

static const struct loader loader = {.libc = LOADERS_GLIBC};

TestSuite(loadersetup, .init = tempdir_make, .fini = tempdir_remove);

Test(loadersetup, writes_what_the_loader_reads) {
	static char bytes[100000];
	const struct sandbox_pretence pretence = {.no_notify = true, .landlock = INT_MAX};
	struct sandbox sandbox;
	struct strv none = {0};
	const struct userhomes nobodys = {.known = &none, .told = &none};
	struct loadenv *env;
	struct loader_setup head;

	const struct loadersetup_own own = {"/loader", NULL};

	make_dir("home/libs");
	cr_assert_eq(sandbox_init(&sandbox, &pretence), 0);
	cr_assert_eq(loadenv_new(&loader, below("home"), &nobodys, &none, &none, NULL, &env), 0);
	int fd = loadersetup_make(&sandbox, env, &own);
	cr_assert_geq(fd, 0);
	cr_expect(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ssize_t size = read(fd, bytes, sizeof(bytes));
	cr_assert_geq(size, (ssize_t)sizeof(head));
	memcpy(&head, bytes, sizeof(head));
	cr_expect_eq(head.magic, LOADER_MAGIC_SETUP);
	cr_expect_eq(head.version, LOADER_ABI_VERSION);
	cr_expect_eq(head.filter_count, sandbox.child.count);
	cr_expect_eq(head.trace_filter_count, sandbox.trace.count);
	cr_expect_eq(head.affinity_token, sandbox.affinity_token);
	cr_expect_eq(head.roots_count, env->roots.count);
	cr_assert_gt(head.libs_root, 0);
	cr_expect_str_eq(env->roots.items[head.libs_root - 1], below("home/libs"));
	size_t child_size = head.filter_count * sizeof(struct sock_filter);
	size_t trace_size = head.trace_filter_count * sizeof(struct sock_filter);
	size_t filter_size = child_size + trace_size;
	cr_expect_eq((size_t)size, sizeof(head) + filter_size + head.rules_size + head.roots_size);
	cr_expect_eq(memcmp(bytes + sizeof(head), sandbox.child.code, child_size), 0);
	cr_expect_eq(memcmp(bytes + sizeof(head) + child_size, sandbox.trace.code, trace_size), 0);
	cr_expect_str_eq(bytes + sizeof(head) + filter_size + head.rules_size, env->roots.items[0]);
	close(fd);
	loadenv_free(env);
	sandbox_fini(&sandbox);
}

Test(loadersetup, files_get_no_rights_of_directories) {
	const struct landlock_policy policy = landlock_policy_for(7);
	struct loadenv_rule rule = {.access = LOADENV_READ, .is_dir = true};

	cr_expect_eq(loadersetup_rights(&policy, &rule), policy.read);
	rule.is_dir = false;
	cr_expect_eq(loadersetup_rights(&policy, &rule), policy.read_file);
}
