/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "places.h"
#include "tempdir.h"

static struct places *places;

static void set_up(void) {
	tempdir_make();
	places = places_new();
	cr_assert_not_null(places);
	places_new_round(places);
}

static void tear_down(void) {
	places_free(places);
	tempdir_remove();
}

TestSuite(places, .init = set_up, .fini = tear_down);

Test(places, a_path_has_one_place) {
	write_file(below("file"), "");
	place_id one = places_get(places, below("file"));
	cr_expect_eq(places_get(places, below("file")), one);
	cr_expect_eq(places_find(places, below("file")), one);
	cr_expect_str_eq(places_path(places, one), below("file"));
	cr_expect(stamp_exists(places_stamp(places, one)));
	cr_expect_eq(places_count(places), 1);
	places_drop(places, one);
	cr_expect_eq(places_find(places, below("file")), one, "it was held twice");
	cr_expect_eq(places_count(places), 1);
	places_drop(places, one);
	cr_expect_eq(places_find(places, below("file")), PLACE_NONE);
	cr_expect_eq(places_count(places), 0);
}

Test(places, a_place_that_changes_is_dead_for_good) {
	place_id absent = places_get(places, below("file"));
	write_file(below("file"), "");
	cr_expect(places_check(places, absent, 1), "it was looked at in this round");
	uint64_t round = places_new_round(places);
	cr_expect(places_check(places, absent, round - 1));
	cr_expect_not(places_check(places, absent, round));
	cr_expect(places_is_dead(places, absent));
	cr_expect_eq(places_count_dead(places), 1);
	cr_assert_eq(unlink(below("file")), 0);
	round = places_new_round(places);
	cr_expect_not(places_check(places, absent, round), "though it is as it was");
	place_id again = places_get(places, below("file"));
	cr_expect_neq(again, absent);
	cr_expect_eq(places_find(places, below("file")), again);
	places_drop(places, absent);
	cr_expect_eq(places_count_dead(places), 0);
	cr_expect(places_check(places, again, round));
}

Test(places, getting_a_place_notices_a_change) {
	place_id absent = places_get(places, below("file"));
	write_file(below("file"), "");
	places_new_round(places);
	place_id present = places_get(places, below("file"));
	cr_expect_neq(absent, present);
	cr_expect(places_is_dead(places, absent));
	cr_expect(stamp_exists(places_stamp(places, present)));
}

Test(places, putting_another_stamp_kills_the_place) {
	write_file(below("file"), "");
	struct stamp stamp = stamp_take(below("file"));
	place_id right = places_put(places, below("file"), &stamp);
	cr_expect(places_check(places, right, places_new_round(places)));
	stamp.ctime_ns++;
	place_id wrong = places_put(places, below("file"), &stamp);
	cr_expect_neq(right, wrong);
	cr_expect(places_is_dead(places, right), "both cannot be");
	cr_expect_not(places_check(places, wrong, places_new_round(places)));
}

Test(places, numbers_of_dropped_places_are_used_once_more) {
	place_id ids[1000];

	for (unsigned pass = 0; pass < 3; pass++) {
		for (unsigned i = 0; i < 1000; i++)
			ids[i] = places_get(places, below("%u", i));
		cr_expect_eq(places_count(places), 1000);
		for (unsigned i = 0; i < 1000; i++) {
			cr_expect_lt(ids[i], 1000);
			places_drop(places, ids[(i * 7) % 1000]);
		}
	}
	cr_expect_eq(places_end(places), 1000);
	cr_expect_eq(places_count(places), 0);
}

Test(places, a_place_is_looked_at_once_since_a_round) {
	const uint64_t first = places_new_round(places);

	write_file(below("file"), "");
	place_id place = places_get(places, below("file"));
	outlast_tick();
	write_file(below("file"), "changed");
	places_new_round(places);
	cr_expect_eq(places_get_since(places, below("file"), first), place, "as it was then");
	const place_id now = places_get(places, below("file"));
	cr_expect_neq(now, place);
	cr_expect(places_is_dead(places, place));
	cr_expect_eq(places_get_since(places, below("file"), first), now);
}
