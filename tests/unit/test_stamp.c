/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "stamp.h"
#include "tempdir.h"

TestSuite(stamp, .init = tempdir_make, .fini = tempdir_remove);

static bool same(struct stamp one, struct stamp other) {
	return stamp_equals(&one, &other);
}

Test(stamp, a_change_shows_though_the_mtime_is_put_back) {
	const char *path = below("file");

	write_file(path, "one");
	set_old_times(path);
	const struct stamp before = stamp_take(path);
	cr_expect(same(before, stamp_take(path)));
	outlast_tick();
	write_file(path, "two");
	set_old_times(path);
	const struct stamp after = stamp_take(path);
	cr_expect_eq(before.mtime_s, after.mtime_s);
	cr_expect_eq(before.size, after.size);
	cr_expect_eq(before.ino, after.ino);
	cr_expect_not(stamp_equals(&before, &after), "the ctime tells");
}

Test(stamp, another_way_to_a_file_shows) {
	make_dir("one");
	write_file(below("one/file"), "one");
	const struct stamp before = stamp_take(below("one/file"));
	cr_assert_eq(rename(below("one"), below("two")), 0);
	cr_assert_eq(symlink("two", below("one")), 0);
	const struct stamp after = stamp_take(below("one/file"));
	cr_expect_eq(before.ino, after.ino);
	cr_expect_eq(before.ctime_ns, after.ctime_ns);
	cr_expect_not(stamp_equals(&before, &after));
	cr_expect(same(after, stamp_take(below("two/file"))), "it is one file by one way");
}

Test(stamp, tells_why_there_is_nothing) {
	const struct stamp nothing = stamp_take(below("nothing"));
	cr_expect_not(stamp_exists(&nothing));
	cr_expect(same(nothing, stamp_take(below("nothing/at/all"))));
	write_file(below("file"), "");
	cr_expect_not(same(nothing, stamp_take(below("file/below"))), "ENOTDIR");
	cr_assert_eq(symlink("loop", below("loop")), 0);
	cr_expect_not(same(nothing, stamp_take(below("loop"))), "ELOOP");
}

Test(stamp, a_failed_look_equals_not_even_itself) {
	const char *path = below("file");
	struct rlimit limit;

	write_file(path, "");
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 0;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	const struct stamp stamp = stamp_take(path), nothing = stamp_take(below("nothing"));
	limit.rlim_cur = limit.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	cr_expect(stamp.unknown);
	cr_expect_not(stamp_equals(&stamp, &stamp));
	cr_expect_not(stamp_equals(&nothing, &nothing), "not even absence is certain");
}

Test(stamp, a_link_has_a_stamp_of_its_own) {
	write_file(below("file"), "");
	cr_assert_eq(symlink("file", below("link")), 0);
	const struct stamp file = stamp_take(below("file")), link = stamp_take_link(below("link"));
	cr_expect(same(file, stamp_take(below("link"))));
	cr_expect_neq(file.ino, link.ino);
}

static bool is_before(int64_t s, uint32_t ns, int64_t start_s, long start_ns) {
	const struct stamp stamp = {.ctime_s = s, .ctime_ns = ns};
	const struct moment start = {.real = {.tv_sec = start_s, .tv_nsec = start_ns}};

	return stamp_is_before(&stamp, &start);
}

Test(stamp, tells_what_is_before_a_moment) {
	cr_expect(is_before(100, 123456788, 100, 123456789));
	cr_expect_not(is_before(100, 123456789, 100, 123456789), "the same tick");
	cr_expect_not(is_before(100, 123456790, 100, 123456789));
	cr_expect(is_before(99, 999999999, 100, 0));
	cr_expect_not(is_before(101, 1, 100, 999999999));
	/* Of a clock that has since been set back. */
	cr_expect_not(is_before(5000, 1, 100, 5));
}

Test(stamp, coarse_times_must_be_older) {
	cr_expect_not(is_before(100, 0, 101, 999999999), "FAT: to two seconds");
	cr_expect(is_before(100, 0, 102, 1));
	cr_expect_not(is_before(100, 120000000, 100, 999999999), "exFAT: to 10 ms");
	cr_expect_not(is_before(100, 123456700, 100, 123456789), "NTFS: the tick of the start");
	cr_expect_not(is_before(100, 123456000, 100, 124000789), "UDF");
	cr_expect(is_before(100, 123456700, 100, 126000789));
}

Test(stamp, takes_extreme_times) {
	cr_expect(is_before(INT64_MIN, 0, 100, 0));
	cr_expect_not(is_before(INT64_MAX, 999999999, 100, 0));
	cr_expect(is_before(-5, 1, 100, 0));
}

static bool was_set(int64_t real_ms, int64_t monotonic_ms) {
	const struct moment earlier = {.real = {.tv_sec = 1000}, .monotonic = {.tv_sec = 10}};
	const struct moment later = {
		.real = {.tv_sec = 1000 + real_ms / 1000, .tv_nsec = real_ms % 1000 * 1000000},
		.monotonic = {.tv_sec = 10 + monotonic_ms / 1000,
			.tv_nsec = monotonic_ms % 1000 * 1000000}};

	return moment_clock_was_set(&earlier, &later);
}

Test(stamp, tells_that_the_clock_was_set) {
	cr_expect_not(was_set(0, 0));
	cr_expect_not(was_set(5000, 5000));
	cr_expect_not(was_set(5010, 5000), "two ticks");
	cr_expect(was_set(5030, 5000));
	cr_expect(was_set(-3600000, 5000), "set back");
	cr_expect(was_set(3600000, 5000), "set forward, or the machine was asleep");
}

Test(stamp, moments_follow_one_another) {
	const struct moment one = moment_now();
	outlast_tick();
	const struct moment other = moment_now();
	cr_expect_gt(other.monotonic.tv_nsec + other.monotonic.tv_sec * 1000000000,
		one.monotonic.tv_nsec + one.monotonic.tv_sec * 1000000000);
	cr_expect_not(moment_clock_was_set(&one, &other));
}

Test(stamp, times_that_may_be_cut_off_are_known) {
	const struct stamp fat = {.ctime_s = 2}, exfat = {.ctime_ns = 120000000},
			   ntfs = {.ctime_ns = 123456700}, fine = {.ctime_ns = 123456789};

	cr_expect(stamp_is_cut(&fat));
	cr_expect(stamp_is_cut(&exfat));
	cr_expect(stamp_is_cut(&ntfs));
	cr_expect_not(stamp_is_cut(&fine));
}
