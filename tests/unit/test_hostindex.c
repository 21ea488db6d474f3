/* SPDX-License-Identifier: MIT */
#include "hostindex.h"

#include "hostexpand.h"
#include "hosts_world.h"

TestSuite(hostindex, .init = make_hosts_world, .fini = remove_hosts_world);

static void begin(void) {
	hostindex_begin(hosts_index, clock_now_ms() + 60000);
}

/* What the file of this name is in 'bin'; NULL: no ELF file, or none at all. */
static const struct hostfile *look_at(const char *name) {
	const struct hostdir *dir = hostindex_dir(hosts_index, below("bin"));

	for (size_t i = 0; dir && i < hostdir_count(dir); i++) {
		if (strcmp(hostdir_name(dir, i), name) == 0)
			return hostindex_file(hosts_index, dir, i);
	}
	return NULL;
}

Test(hostindex, tells_what_files_are) {
	copy_host("program", "bin/program");
	copy_host("mute_program", "bin/mute");
	copy_host("library.so", "bin/library");
	write_file(below("bin/script"), "#!/bin/sh\n");
	begin();
	cr_expect(look_at("program")->is_program);
	cr_expect_eq(look_at("program")->exports, HOSTFILE_EXPORTS_MIN);
	cr_expect(look_at("mute")->is_program);
	cr_expect(!look_at("library")->is_program);
	cr_expect_str_eq(look_at("library")->soname, "libdltest_api.so.1");
	cr_expect(hostfile_has_version(look_at("library")));
	cr_expect_null(look_at("script"));
	cr_expect_null(look_at("none"));
	cr_expect(hostindex_is_whole(hosts_index));
	cr_expect_null(hostindex_dir(hosts_index, below("none")));
	cr_expect_null(hostindex_dir(hosts_index, below("bin/program")));
}

Test(hostindex, sees_what_has_changed) {
	copy_host("program", "bin/program");
	begin();
	cr_expect_not_null(look_at("program"));
	cr_expect_null(look_at("another"));
	const unsigned char *mapped = look_at("program")->elf.bytes;
	begin();
	cr_expect_eq(look_at("program")->elf.bytes, mapped, "it is mapped once");
	copy_host("program", "bin/another");
	copy_host("mute_program", "bin/program");
	begin();
	cr_expect_not_null(look_at("another"));
	cr_expect_eq(look_at("program")->exports, 0);
	/* Without a change of the directory. */
	outlast_tick();
	write_file(below("bin/another"), "cut off");
	begin();
	cr_expect_null(look_at("another"));
	cr_assert_eq(unlink(below("bin/program")), 0);
	begin();
	cr_expect_null(look_at("program"));
}

Test(hostindex, waits_for_no_fifo) {
	cr_assert_eq(mkfifo(below("bin/fifo"), 0644), 0);
	cr_assert_eq(symlink("/dev/tty", below("bin/tty")), 0);
	begin();
	cr_expect_null(look_at("fifo"));
	cr_expect_null(look_at("tty"));
}

Test(hostindex, tells_aliases) {
	copy_host("program", "bin/b");
	cr_assert_eq(symlink("b", below("bin/a")), 0);
	cr_assert_eq(symlink("../bin/b", below("bin/c")), 0);
	begin();
	const struct hostdir *dir = hostindex_dir(hosts_index, below("bin"));
	cr_assert_eq(hostdir_count(dir), 3);
	cr_expect(hostdir_is_alias(dir, 0));
	cr_expect(!hostdir_is_alias(dir, 1));
	cr_expect(!hostdir_is_alias(dir, 2));
	cr_expect_not_null(look_at("a"));
}

Test(hostindex, counts_names_that_are_given) {
	strv_add(&names, "dltest_api_nowhere");
	copy_host("small_program", "bin/small");
	begin();
	cr_expect_eq(hostindex_count(hosts_index, look_at("small"), &names, 0), 3);
	cr_expect_eq(hostindex_count(hosts_index, look_at("small"), &names, 3), 3);
	cr_expect_eq(hostindex_count(hosts_index, look_at("small"), &names, 4), 0);
}

Test(hostindex, says_when_the_time_was_over) {
	copy_host("program", "bin/program");
	hostindex_begin(hosts_index, clock_now_ms());
	cr_expect(hostindex_is_over(hosts_index));
	cr_expect_null(look_at("program"));
	cr_expect(!hostindex_is_whole(hosts_index));
	begin();
	cr_expect_not_null(look_at("program"));
	cr_expect(hostindex_is_whole(hosts_index));
}

Test(hostindex, expands_patterns_with_the_newest_first) {
	struct strv places = {0}, searched = {0};

	make_dir("sql/9.6/bin");
	make_dir("sql/15/bin");
	make_dir("sql/10/bin");
	make_dir("sql/.hidden/bin");
	make_dir("sql/11");
	write_file(below("sql/12"), "");
	begin();
	cr_assert_eq(hostindex_expand(hosts_index, below("sql/*/bin"), &places, &searched), 0);
	cr_assert_geq(places.count, 3);
	cr_expect_str_eq(places.items[0], below("sql/15/bin"));
	cr_expect_str_eq(places.items[1], below("sql/11/bin"));
	cr_expect_str_eq(places.items[2], below("sql/10/bin"));
	cr_expect_str_eq(places.items[3], below("sql/9.6/bin"));
	cr_expect(has(&searched, below("sql")));
	cr_expect(has(&searched, below("sql/15/bin")));
	cr_assert_eq(hostindex_expand(hosts_index, below("no/*/bin"), &places, &searched), 0);
	cr_expect_eq(places.count, 4);
	cr_expect(has(&searched, below("no")));
	strv_fini(&places);
	strv_fini(&searched);
}
