/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "deadline.h"
#include "paths.h"
#include "reach.h"
#include "tempdir.h"
#include "tree.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct paths paths;
static struct reach *reach;
static const struct deadline never = {0};

static void set_up(void) {
	tempdir_make();
	reach = reach_new();
	cr_assert_not_null(reach);
}

static void tear_down(void) {
	reach_free(reach);
	paths_fini(&paths);
	tempdir_remove();
}

TestSuite(paths, .init = set_up, .fini = tear_down);

static void expect_absolute(const char *path, const char *wanted) {
	char *absolute = paths_absolute(path);

	cr_assert_not_null(absolute);
	cr_expect_str_eq(absolute, wanted);
	free(absolute);
}

static void expect_paths(const char *const *wanted, size_t count) {
	cr_assert_eq(paths.count, count, "%zu", paths.count);
	for (size_t i = 0; i < count; i++)
		cr_expect_str_eq(paths.items[i].text, wanted[i]);
}

#define EXPECT_PATHS(...) \
	expect_paths( \
		(const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})))

static const char *list_of(const char *bytes, size_t length) {
	const char *path = below("list");
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	cr_assert_eq(fwrite(bytes, 1, length, file), length);
	cr_assert_eq(fclose(file), 0);
	return path;
}

Test(paths, relative_path_is_below_the_working_directory) {
	char wanted[128];

	cr_assert_eq(chdir(tempdir), 0);
	char *cwd = getcwd(NULL, 0);
	snprintf(wanted, sizeof(wanted), "%s/a/../b", cwd);
	free(cwd);
	expect_absolute("a/../b", wanted);
	expect_absolute("/a//b", "/a//b");
	cr_assert_eq(chdir("/"), 0);
	expect_absolute("a", "/a");
}

Test(paths, relative_path_is_nowhere_without_a_working_directory) {
	cr_assert_eq(chdir(make_dir("gone")), 0);
	cr_assert_eq(rmdir(below("gone")), 0);
	cr_expect_null(paths_absolute("a"));
	expect_absolute("/a", "/a");
	cr_assert_eq(chdir("/"), 0);
}

Test(paths, many_paths_keep_their_order) {
	for (size_t i = 0; i < 100; i++)
		cr_assert_eq(paths_add(&paths, below("%zu", i)), 0);
	cr_assert_eq(paths.count, 100);
	for (size_t i = 0; i < 100; i++)
		cr_expect_str_eq(paths.items[i].text, below("%zu", i));
}

Test(paths, list_leaves_out_empty_lines) {
	static const char list[] = "/a\n\n b \r\n/c";

	cr_assert_eq(paths_add_from(&paths, list_of(list, sizeof(list) - 1), '\n', reach), 0);
	EXPECT_PATHS("/a", " b \r", "/c");
}

Test(paths, list_separated_by_nul_may_have_newlines_in_paths) {
	static const char list[] = "/a\nb\0\0/c";

	cr_assert_eq(paths_add_from(&paths, list_of(list, sizeof(list) - 1), '\0', reach), 0);
	EXPECT_PATHS("/a\nb", "/c");
}

Test(paths, list_with_a_nul_within_a_line_is_refused) {
	static const char list[] = "/a\n/b\0c\n/d\n", last[] = "/a\0";

	cr_expect_eq(
		paths_add_from(&paths, list_of(list, sizeof(list) - 1), '\n', reach), -EBADMSG);
	EXPECT_PATHS("/a");
	cr_expect_eq(
		paths_add_from(&paths, list_of(last, sizeof(last) - 1), '\n', reach), -EBADMSG);
}

Test(paths, list_that_cannot_be_read_is_an_error) {
	cr_expect_eq(paths_add_from(&paths, below("nothing"), '\n', reach), -ENOENT);
	cr_expect_eq(paths_add_from(&paths, tempdir, '\n', reach), -EISDIR);
	cr_expect_eq(paths.count, 0);
}

/* What was told of a look at a tree. */
static struct {
	size_t looked_at;
	unsigned complaints;
} told;

static void on_look(void *context, size_t looked_at) {
	cr_assert_eq(context, &told);
	told.looked_at = looked_at;
}

static void on_complaint(void *context) {
	cr_assert_eq(context, &told);
	told.complaints++;
}

static int add_tree(const char *libs, const struct deadline *deadline) {
	const struct tree tree = {
		.libs = libs,
		.reach = reach,
		.deadline = deadline,
		.on_look = on_look,
		.on_complaint = on_complaint,
		.context = &told,
	};

	return tree_add(&paths, &tree);
}

/* As much of one as tells that it is one: it ends where its segments are to be. */
static const unsigned char library[] = {
	[0] = 0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 3, [18] = 62, [33] = 1, [56] = 1, [63] = 0};

static void write_bytes(const char *path, const unsigned char *bytes, size_t length) {
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	cr_assert_eq(fwrite(bytes, 1, length, file), length);
	cr_assert_eq(fclose(file), 0);
}

Test(paths, tree_comes_in_the_order_of_bytes) {
	static const char *const names[] = {
		"b.so", "a/z.so.1", "a.so", "a/y.so", "B.so", "a-b/x.so"};

	make_dir("a");
	make_dir("a-b");
	for (size_t i = 0; i < COUNT(names); i++)
		write_file(below("%s", names[i]), "");
	cr_assert_eq(paths_add(&paths, "before"), 0);
	cr_assert_eq(add_tree(tempdir, &never), 0);
	EXPECT_PATHS("before", below("B.so"), below("a-b/x.so"), below("a.so"), below("a/y.so"),
		below("a/z.so.1"), below("b.so"));
	cr_expect_not(paths.incomplete);
}

Test(paths, tree_takes_files_named_like_libraries) {
	static const struct {
		const char *name;
		bool is_taken;
	} names[] = {
		{"a.so", true},
		{"a.so.1", true},
		{"a.so.1.2.30", true},
		{"a.so.1.1.1k", true},
		{"a.sobriety.so", true},
		{"a.dylib", true},
		{".dylib", false},
		{"a.so.", false},
		{"a.so.x", false},
		{"a.so.1-gdb.py", false},
		{"a.so.1.debug", false},
		{"a.a", false},
		{"so", false},
	};
	size_t taken = 0;

	make_dir("libs");
	for (size_t i = 0; i < COUNT(names); i++) {
		write_file(below("libs/%s", names[i].name), "");
		taken += names[i].is_taken;
	}
	cr_assert_eq(symlink("a.so", below("libs/link.so")), 0);
	cr_assert_eq(add_tree(below("libs"), &never), 0);
	cr_expect_eq(paths.count, taken);
	for (size_t i = 0; i < COUNT(names); i++) {
		bool is_there = false;

		for (size_t j = 0; j < paths.count; j++)
			is_there |=
				strcmp(paths.items[j].text, below("libs/%s", names[i].name)) == 0;
		cr_expect_eq(is_there, names[i].is_taken, "%s", names[i].name);
	}
}

Test(paths, tree_leaves_out_what_is_being_installed) {
	static const char *const directories[] = {".staging", "p", "p/.hidden", "p/x.so"};

	for (size_t i = 0; i < COUNT(directories); i++) {
		make_dir(directories[i]);
		write_file(below("%s/a.so", directories[i]), "");
	}
	cr_assert_eq(symlink("p", below("q")), 0);
	cr_assert_eq(add_tree(tempdir, &never), 0);
	EXPECT_PATHS(below("p/.hidden/a.so"), below("p/a.so"), below("p/x.so/a.so"));
}

Test(paths, tree_takes_libraries_whatever_their_names) {
	static const char *const names[] = {
		"README", "a.cmxs", "a.debug", "a.h", "a.node", "a.so", "a.so.24.0git"};

	for (size_t i = 0; i < COUNT(names); i++)
		write_bytes(below("%s", names[i]), library, sizeof(library));
	write_file(below("a.py"), "import this");
	cr_assert_eq(add_tree(tempdir, &never), 0);
	EXPECT_PATHS(below("README"), below("a.cmxs"), below("a.debug"), below("a.h"),
		below("a.node"), below("a.so"), below("a.so.24.0git"));
	for (size_t i = 0; i < paths.count; i++)
		cr_expect_eq(paths.items[i].kind, PATH_FOUND);
	/* With the root. */
	cr_expect_eq(told.looked_at, COUNT(names) + 2);
	cr_expect_eq(told.complaints, 0);
}

Test(paths, tree_knows_what_lies_beside_libraries_under_the_name_of_one) {
	write_file(below("libc.so"), "GROUP ( libc.so.6 )");
	write_file(below("libm.a"), "GROUP ( libm-2.36.a )");
	write_file(below("libx.so"), "libx.so.1");
	cr_assert_eq(paths_add(&paths, below("libc.so")), 0);
	cr_assert_eq(add_tree(tempdir, &never), 0);
	EXPECT_PATHS(below("libc.so"), below("libc.so"), below("libx.so"));
	cr_expect_eq(paths.items[0].kind, PATH_NAMED);
	cr_expect_eq(paths.items[1].kind, PATH_BESIDE);
	cr_expect_eq(paths.items[2].kind, PATH_FOUND);
}

Test(paths, tree_does_not_wait_for_what_is_no_file) {
	static const char *const names[] = {"fifo.so", "socket.so", "directory.so"};
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	cr_assert_eq(mkfifo(below("%s", names[0]), 0644), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", below("%s", names[1]));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	make_dir(names[2]);
	cr_assert_eq(add_tree(tempdir, &never), 0);
	cr_expect(paths.count == 0 && !paths.incomplete);
	close(fd);
}

Test(paths, tree_for_which_there_is_no_time_is_incomplete) {
	const struct deadline past = {1};

	write_file(below("a.so"), "");
	cr_assert_eq(add_tree(tempdir, &past), 0);
	cr_expect(paths.count == 0 && paths.incomplete);
	cr_expect_eq(told.complaints, 1);
}

Test(paths, tree_that_is_too_deep_is_incomplete) {
	char name[200] = "d";

	for (size_t depth = 1; depth < 66; depth++)
		strcat(name, "/d");
	make_dir(name);
	write_file(below("%s/a.so", name), "");
	write_file(below("b.so"), "");
	cr_assert_eq(add_tree(tempdir, &never), 0);
	EXPECT_PATHS(below("b.so"));
	cr_expect(paths.incomplete);
}

Test(paths, tree_that_is_not_there_has_no_paths) {
	cr_assert_eq(add_tree(below("nothing"), &never), 0);
	cr_expect(paths.count == 0 && !paths.incomplete);
}

Test(paths, tree_that_cannot_be_looked_at_is_incomplete) {
	write_file(below("file"), "");
	cr_assert_eq(add_tree(below("file"), &never), 0);
	cr_expect(paths.count == 0 && paths.incomplete);
}
