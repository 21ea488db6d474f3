/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "settled.h"
#include "tempdir.h"
#include "witness.h"

static struct moment start;
static struct witness *witness; /* of what happens from round 2 on; or NULL */

/* What is done from here on comes after the start of the load. */
static void start_load(void) {
	outlast_tick();
	start = moment_now();
	outlast_tick();
}

/* Whether 'path' led all the time to what 'stamp' was taken of. */
static bool check_stamp(const char *path, const struct stamp *stamp) {
	struct settled *settled = settled_new(&start);

	cr_assert_not_null(settled);
	settled_trust(settled, tempdir);
	witness_read(witness, 2);
	settled_hear(settled, witness, 2, 2);
	bool answer = settled_check(settled, path, stamp);
	cr_expect_eq(settled_check(settled, path, stamp), answer, "the same in one round");
	settled_free(settled);
	return answer;
}

static bool check(const char *path) {
	const struct stamp stamp = stamp_take(path);

	return check_stamp(path, &stamp);
}

/* d/e/file, l -> d, d/alias -> e/file, d/dangling -> e/nowhere */
static void set_up(void) {
	tempdir_make();
	make_dir("d");
	make_dir("d/e");
	write_file(below("d/e/file"), "content");
	cr_assert_eq(symlink("d", below("l")), 0);
	cr_assert_eq(symlink("e/file", below("d/alias")), 0);
	cr_assert_eq(symlink("e/nowhere", below("d/dangling")), 0);
	start_load();
}

static void tear_down(void) {
	witness = witness_free(witness);
	tempdir_remove();
}

TestSuite(settled, .init = set_up, .fini = tear_down);

static void have_a_witness(void) {
	witness = witness_new();
	cr_assert_not_null(witness);
	witness_watch_way(witness, below("d/e"), 1);
	witness_read(witness, 1);
}

Test(settled, every_path_is_settled_when_nothing_changes) {
	cr_expect(check(below("d/e/file")));
	cr_expect(check(below("l/e/file")));
	cr_expect(check(below("d/alias")));
	cr_expect(check(below("l/alias")));
	cr_expect(check(below("d/dangling")));
	cr_expect(check(below("d/e/nothing")));
	cr_expect(check(below("d/e/nothing/at/all")));
	cr_expect(check("/usr/lib"));
	cr_expect(check("/"));
}

Test(settled, changed_content_unsettles_the_file_alone) {
	write_file(below("d/e/file"), "c0ntent");
	set_old_times(below("d/e/file"));
	cr_expect_not(check(below("d/e/file")));
	cr_expect_not(check(below("l/alias")));
	cr_expect(check(below("d/e")), "the directory has not changed");
}

Test(settled, a_changed_mode_unsettles_the_file) {
	cr_assert_eq(chmod(below("d/e/file"), 0600), 0);
	cr_expect_not(check(below("d/e/file")));
}

Test(settled, a_file_that_appears_unsettles_what_led_nowhere) {
	write_file(below("d/e/nowhere"), "");
	set_old_times(below("d/e/nowhere"));
	set_old_times(below("d/e"));
	cr_expect_not(check(below("d/dangling")));
	cr_expect_not(check(below("d/e/nowhere")));
	cr_expect_not(check(below("d/e/other")));
	cr_expect(check(below("d/nothing")));
}

Test(settled, a_file_that_disappears_is_not_settled) {
	cr_assert_eq(unlink(below("d/e/file")), 0);
	cr_expect_not(check(below("d/e/file")));
	cr_expect_not(check(below("d/alias")));
}

Test(settled, a_symlink_moved_away_and_back_is_not_settled) {
	cr_assert_eq(rename(below("l"), below("l2")), 0);
	cr_assert_eq(rename(below("l2"), below("l")), 0);
	cr_expect_not(check(below("l/e/file")));
	cr_expect(check(below("d/e/file")));
}

Test(settled, a_directory_moved_away_and_back_is_not_settled) {
	cr_assert_eq(rename(below("d"), below("d2")), 0);
	cr_assert_eq(rename(below("d2"), below("d")), 0);
	cr_expect_not(check(below("d/e/file")));
	cr_expect_not(check(below("l/e/file")));
}

Test(settled, old_files_in_an_exchanged_directory_are_not_settled) {
	make_dir("other");
	make_dir("other/e");
	write_file(below("other/e/file"), "another");
	start_load();
	cr_assert_eq(rename(below("d"), below("old")), 0);
	cr_assert_eq(rename(below("other"), below("d")), 0);
	cr_expect_not(check(below("d/e/file")), "itself it is old enough");
	cr_expect(check(below("old/e")) == false, "moved, too");
}

Test(settled, a_directory_on_the_way_may_change_only_if_it_is_trusted) {
	/* The way to it leads through a directory that may have been another one. */
	write_file(below("d/new"), "");
	cr_expect_not(check(below("d/e/file")));
	/* One that is known to be the same may change. */
	write_file(below("new"), "");
	start_load();
	write_file(below("newer"), "");
	cr_expect(check(below("d/e/file")));
	cr_expect_not(check(tempdir), "but what it has in it is another matter");
}

/* The stamp of d/e/file, with a time that by no chance looks cut off: then it would be looked at.
 */
static struct stamp take_whole_stamp(void) {
	struct stamp stamp = stamp_take(below("d/e/file"));

	for (; stamp_is_cut(&stamp); stamp = stamp_take(below("d/e/file"))) {
		write_file(below("d/e/file"), "content");
		start_load();
	}
	return stamp;
}

Test(settled, what_changes_after_the_stamp_is_left_to_it) {
	const struct stamp stamp = take_whole_stamp();

	write_file(below("d/e/file"), "c0ntent");
	cr_expect(check_stamp(below("d/e/file"), &stamp), "it was so up to then");
	const struct stamp later = stamp_take(below("d/e/file"));
	cr_expect_not(stamp_equals(&later, &stamp), "whoever recalls it sees that");
	cr_expect_not(check_stamp(below("d/e/file"), &later));
}

Test(settled, the_way_is_judged_after_the_stamp) {
	const struct stamp stamp = stamp_take(below("d/e/file"));

	cr_assert_eq(rename(below("d"), below("old")), 0);
	make_dir("d");
	cr_assert_eq(rmdir(below("d")), 0);
	cr_assert_eq(rename(below("old"), below("d")), 0);
	const struct stamp later = stamp_take(below("d/e/file"));
	cr_assert(stamp_equals(&later, &stamp), "another file for a while, which no stamp shows");
	cr_expect_not(check_stamp(below("d/e/file"), &stamp));
	cr_expect_not(check_stamp(below("l/e/file"), &stamp));
}

Test(settled, a_path_is_settled_for_what_it_leads_to_alone) {
	write_file(below("d/e/twin"), "content");
	cr_assert_eq(symlink("e/twin", below("d/other")), 0);
	start_load();
	const struct stamp file = stamp_take(below("d/e/file")),
			   twin = stamp_take(below("d/e/twin")),
			   nothing = stamp_take(below("d/e/nothing"));
	cr_expect(check_stamp(below("d/alias"), &file));
	cr_expect_not(check_stamp(below("d/alias"), &twin));
	cr_expect_not(check_stamp(below("l/other"), &file));
	cr_expect_not(check_stamp(below("d/e/file"), &twin));
	cr_expect_not(check_stamp(below("d/e/file"), &nothing));
	cr_expect_not(check_stamp(below("d/e/nothing"), &file));
	cr_expect_not(check_stamp(below("d/dangling"), &file));
	const struct stamp unknown = {.unknown = true};
	cr_expect_not(check_stamp(below("d/e/file"), &unknown));
}

Test(settled, one_path_is_settled_for_one_stamp) {
	const struct stamp stamp = take_whole_stamp();
	struct settled *settled = settled_new(&start);

	write_file(below("d/e/file"), "c0ntent");
	const struct stamp later = stamp_take(below("d/e/file"));
	settled_trust(settled, tempdir);
	cr_expect(settled_check(settled, below("d/e/file"), &stamp));
	cr_expect_not(settled_check(settled, below("d/e/file"), &later));
	cr_expect(settled_check(settled, below("d/e/file"), &stamp));
	settled_free(settled);
}

Test(settled, paths_that_are_written_otherwise_are_settled) {
	cr_expect(check(below("d/./e/file")));
	cr_expect(check(below("d/e/../e/file")));
	cr_expect(check(below("d//e/file")));
	cr_expect(check(below("d/e/")));
	write_file(below("d/e/file"), "c0ntent");
	cr_expect_not(check(below("d/./e/file")));
	cr_expect_not(check(below("d/e/../e/file")));
}

Test(settled, names_beside_the_way_may_change_before_a_witness) {
	have_a_witness();
	write_file(below("d/new"), "");
	cr_assert_eq(unlink(below("d/new")), 0);
	cr_expect(check(below("d/e/file")));
	cr_expect(check(below("l/e/file")));
	cr_expect(check(below("d/nothing")));
	cr_expect(check(below("l/nothing/at/all")));
	cr_expect_not(check(below("d/new")), "this one was there for a while");
	cr_expect_not(check(below("d/new/below")));
	cr_expect_not(check(below("l/new")));
	cr_expect_not(check(below("d")), "the directory as a whole");
}

Test(settled, a_witness_knows_of_ways_that_led_elsewhere_for_a_while) {
	have_a_witness();
	write_file(below("d/new"), "");
	cr_assert_eq(rename(below("d/e"), below("d/f")), 0);
	cr_assert_eq(rename(below("d/f"), below("d/e")), 0);
	cr_expect_not(check(below("d/e/file")));
	cr_expect_not(check(below("d/e/nothing")));
}

/* vfat leaves alone the times of what is moved; here they are older than the load. */
Test(settled, a_witness_knows_of_directories_moved_without_a_trace) {
	have_a_witness();
	cr_assert_eq(rename(below("d/e"), below("d/f")), 0);
	cr_assert_eq(rename(below("d/f"), below("d/e")), 0);
	start_load();
	write_file(below("d/new"), "");
	cr_expect_not(check(below("d/e/file")));
	cr_expect_not(check(below("l/e/file")));
	cr_expect_not(check(below("d/alias")));
	cr_expect_not(check(below("d/e/nothing")));
	cr_expect(check(below("d/nothing")));
}

Test(settled, a_witness_knows_of_files_moved_without_a_trace) {
	have_a_witness();
	cr_assert_eq(rename(below("d/e/file"), below("d/e/other")), 0);
	cr_assert_eq(rename(below("d/e/other"), below("d/e/file")), 0);
	start_load();
	write_file(below("d/e/new"), "");
	cr_expect_not(check(below("d/e/file")));
	cr_expect_not(check(below("d/alias")));
	cr_expect(check(below("d/e/nothing")));
}

Test(settled, a_witness_knows_of_ways_that_were_closed_for_a_while) {
	have_a_witness();
	cr_assert_eq(chmod(below("d"), 0), 0);
	cr_assert_eq(chmod(below("d"), 0755), 0);
	write_file(below("d/new"), "");
	cr_expect_not(check(below("d/e/file")));
	cr_expect_not(check(below("d/nothing")));
}

Test(settled, what_had_no_witness_has_one_the_next_time) {
	witness = witness_new();
	write_file(below("d/new"), "");
	cr_expect_not(check(below("d/e/file")));
	struct stat status;
	cr_assert_eq(stat(below("d"), &status), 0);
	cr_expect(witness_saw_same(witness, &status, 3));
}

Test(settled, a_new_hard_link_unsettles_the_file) {
	cr_assert_eq(link(below("d/e/file"), below("hard")), 0);
	cr_expect_not(check(below("d/e/file")), "its ctime has changed");
}

Test(settled, a_loop_of_symlinks_is_never_settled) {
	cr_assert_eq(symlink("b", below("a")), 0);
	cr_assert_eq(symlink("a", below("b")), 0);
	start_load();
	cr_expect_not(check(below("a")));
	cr_expect_not(check(below("a/file")));
}

Test(settled, times_of_the_future_are_not_settled) {
	/* What has times of the future is not certain to be as it was. */
	start.real.tv_sec -= 3600;
	cr_expect_not(check(below("d/e/file")));
}
