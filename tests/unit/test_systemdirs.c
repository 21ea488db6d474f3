/* SPDX-License-Identifier: MIT */
#include "systemdirs.h"

#include <errno.h>
#include <sys/resource.h>

#include "list.h"
#include "tempdir.h"

/* Descriptors, more than a look takes wherever it is. */
#define MANY 64

TestSuite(systemdirs, .init = tempdir_make, .fini = tempdir_remove);

Test(systemdirs, reads_the_configuration) {
	cleanup_strv struct strv dirs = {0};
	char text[2000];

	make_dir("a");
	make_dir("b");
	make_dir("c d");
	make_dir("conf.d");
	snprintf(text, sizeof(text), "%s\n%s/\nrelative\n", below("b"), below("c d"));
	write_file(below("conf.d/one.conf"), text);
	snprintf(text, sizeof(text),
		"# nothing\n  %s  # a\n\n%s\ninclude conf.d/*.conf\ninclude %s\n%s\n", below("a"),
		below("missing"), below("conf"), below("a"));
	write_file(below("conf"), text);
	cr_assert_eq(systemdirs_list(&dirs, below("conf"), NULL), 0);
	cr_expect(list_has(&dirs, below("a")));
	cr_expect(list_has(&dirs, below("b")));
	cr_expect(list_has(&dirs, below("c d")));
	cr_expect_not(list_has(&dirs, below("missing")));
	for (size_t i = 0; i < dirs.count; i++) {
		cr_expect_eq(dirs.items[i][0], '/');
		for (size_t j = 0; j < i; j++)
			cr_expect_str_neq(dirs.items[i], dirs.items[j], "each once");
	}
}

Test(systemdirs, has_the_default_directories) {
	cleanup_strv struct strv dirs = {0};

	cr_assert_eq(systemdirs_list(&dirs, below("none"), NULL), 0);
	cr_expect(list_has(&dirs, "/usr/lib"));
}

Test(systemdirs, adds_what_resolves_to_a_directory_once) {
	cleanup_strv struct strv dirs = {0};

	make_dir("real");
	cr_assert_eq(symlink("real", below("link")), 0);
	write_file(below("file"), "");
	cr_assert_eq(systemdirs_add_resolved(&dirs, below("link"), NULL), 0);
	cr_assert_eq(systemdirs_add_resolved(&dirs, below("real"), NULL), 0);
	cr_assert_eq(systemdirs_add_resolved(&dirs, below("file"), NULL), 0);
	cr_assert_eq(systemdirs_add_resolved(&dirs, below("none"), NULL), 0);
	cr_assert_eq(systemdirs_add_resolved(&dirs, "/", NULL), 0);
	cr_expect_eq(dirs.count, 1);
	cr_expect_str_eq(dirs.items[0], below("real"));
}

/* Leaves the process 'count' descriptors that it can open. Not on what Criterion has open. */
static void leave_free(int count) {
	struct rlimit limit;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	int next = dup(STDERR_FILENO);
	cr_assert_geq(next, 0);
	close(next);
	limit.rlim_cur = (rlim_t)(next + count);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Without what it names, libraries in directories of the system's would be refused. */
Test(systemdirs, a_configuration_that_cannot_be_read_now_is_not_taken_for_an_empty_one) {
	cleanup_strv struct strv dirs = {0};

	make_dir("conf.d");
	write_file(below("conf.d/one.conf"), "/usr/lib\n");
	write_file(below("conf"), "include conf.d/*.conf\n");
	/* The table of mounts is open from the first look on. */
	cr_assert_eq(systemdirs_list(&dirs, below("conf"), NULL), 0);
	strv_fini(&dirs);
	/* The file, the directory it names and what that names need one each, and more where there
	 * are mounts that may not answer. */
	int count = 0, r;
	do {
		leave_free(count++);
		r = systemdirs_list(&dirs, below("conf"), NULL);
		cr_assert(r == 0 || r == -EMFILE, "%d with %d descriptors", r, count - 1);
	} while (r != 0 && count < MANY);
	cr_expect_eq(r, 0);
	cr_expect_geq(count, 4);
}
