/* SPDX-License-Identifier: MIT */
#include "clibrary.h"

#include <string.h>
#include <sys/stat.h>

#include "list.h"
#include "tempdir.h"

TestSuite(clibrary, .init = tempdir_make, .fini = tempdir_remove);

/* The tests run with glibc. */
Test(clibrary, is_the_one_of_the_dynamic_linker) {
	struct stat status;

	cr_assert_not_null(clibrary_path());
	cr_expect_eq(clibrary_path()[0], '/');
	cr_expect_not_null(strstr(clibrary_path(), "/" CLIBRARY_NAME));
	cr_expect_eq(stat(clibrary_path(), &status), 0);
	cr_expect_not(clibrary_is_foreign(clibrary_path(), NULL));
}

Test(clibrary, another_of_its_name_is_foreign) {
	static const char *const names[] = {CLIBRARY_NAME, "libm.so.6", "libpthread.so.0"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cr_expect_not(clibrary_is_foreign(below("%s", names[i]), NULL), "it is not there");
		write_file(below("%s", names[i]), "");
		cr_expect(clibrary_is_foreign(below("%s", names[i]), NULL), "%s", names[i]);
	}
	write_file(below("libfoo.so.6"), "");
	cr_expect_not(clibrary_is_foreign(below("libfoo.so.6"), NULL));
	cr_expect_not(clibrary_is_foreign(CLIBRARY_NAME, NULL), "no path");
}

Test(clibrary, a_link_to_it_is_not_foreign) {
	cr_assert_eq(symlink(clibrary_path(), below(CLIBRARY_NAME)), 0);
	cr_expect_not(clibrary_is_foreign(below(CLIBRARY_NAME), NULL));
}

Test(clibrary, a_part_that_this_system_lacks_has_no_rival) {
	char own[4096];
	struct stat status;

	snprintf(own, sizeof(own), "%.*s/libc_malloc_debug.so.0",
		(int)(strrchr(clibrary_path(), '/') - clibrary_path()), clibrary_path());
	bool is_there = stat(own, &status) == 0;
	write_file(below("libc_malloc_debug.so.0"), "");
	cr_expect_eq(clibrary_is_foreign(below("libc_malloc_debug.so.0"), NULL), is_there);
}

Test(clibrary, is_found_in_directories_for_special_hardware) {
	cleanup_strv struct strv files = {0};

	make_dir("a/glibc-hwcaps/x86-64-v3");
	cr_assert_eq(clibrary_find_foreign(&files, below("a"), NULL), 0);
	cr_expect_eq(files.count, 0);
	write_file(below("a/glibc-hwcaps/x86-64-v3/" CLIBRARY_NAME), "");
	write_file(below("a/" CLIBRARY_NAME), "");
	write_file(below("a/libm.so.6"), "");
	for (int i = 0; i < 2; i++)
		cr_assert_eq(clibrary_find_foreign(&files, below("a"), NULL), 0);
	cr_expect_eq(files.count, 2);
	cr_expect(list_has(&files, below("a/" CLIBRARY_NAME)));
	cr_expect(list_has(&files, below("a/glibc-hwcaps/x86-64-v3/" CLIBRARY_NAME)));
}
