/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "queue.h"

#define OWNERS 4
#define JOBS   200

/* Of the owners of a test, which runs in a process of its own. */
static struct account accounts[OWNERS];

Test(queue, takes_turns_between_owners) {
	struct queue *queue = queue_new();
	struct queue_owner many, one;
	struct job jobs[5] = {0}, single = {0};

	queue_owner_init(&many, &accounts[0]);
	queue_owner_init(&one, &accounts[1]);
	for (int i = 0; i < 5; i++)
		queue_push(queue, &many, &jobs[i]);
	queue_push(queue, &one, &single);
	cr_expect_eq(queue_length(queue), 6);
	cr_expect_eq(queue_pop(queue), &jobs[0]);
	cr_expect_eq(queue_pop(queue), &single);
	for (int i = 1; i < 5; i++)
		cr_expect_eq(queue_pop(queue), &jobs[i]);
	cr_expect_null(queue_pop(queue));
	queue_free(queue);
}

Test(queue, turns_to_who_has_been_served_least) {
	struct queue *queue = queue_new();
	struct queue_owner dear, cheap;
	struct job of_dear[3] = {0}, of_cheap[3] = {0};

	queue_owner_init(&dear, &accounts[0]);
	queue_owner_init(&cheap, &accounts[1]);
	for (int i = 0; i < 3; i++) {
		queue_push(queue, &dear, &of_dear[i]);
		queue_push(queue, &cheap, &of_cheap[i]);
	}
	cr_expect_eq(queue_pop(queue), &of_dear[0]);
	accounts[0].served_us = 1000;
	for (int i = 0; i < 3; i++) {
		cr_expect_eq(queue_pop(queue), &of_cheap[i]);
		accounts[1].served_us += 10;
	}
	cr_expect_eq(queue_pop(queue), &of_dear[1]);
	queue_free(queue);
}

Test(queue, has_who_comes_begin_where_the_others_are) {
	struct queue *queue = queue_new();
	struct queue_owner old, new;
	struct job of_old[3] = {0}, of_new[2] = {0};

	queue_owner_init(&old, &accounts[0]);
	queue_owner_init(&new, &accounts[1]);
	accounts[0].served_us = 5000;
	for (int i = 0; i < 3; i++)
		queue_push(queue, &old, &of_old[i]);
	queue_pop(queue);
	accounts[0].served_us += 10;
	for (int i = 0; i < 2; i++)
		queue_push(queue, &new, &of_new[i]);
	cr_expect_eq(queue_pop(queue), &of_new[0]);
	accounts[1].served_us += 20;
	cr_expect_eq(queue_pop(queue), &of_old[1], "it has saved nothing up");
	queue_free(queue);
}

Test(queue, tells_apart_what_was_sought_in_vain) {
	struct queue *queue = queue_new();
	struct queue_owner owner;
	struct job jobs[3] = {0};

	queue_owner_init(&owner, &accounts[0]);
	for (int i = 0; i < 3; i++)
		queue_push(queue, &owner, &jobs[i]);
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(queue_pop_unsought(queue), &jobs[i]);
		queue_push_missed(queue, &jobs[i]);
	}
	cr_expect_eq(queue_length(queue), 3);
	for (int i = 0; i < 2; i++)
		cr_expect_eq(queue_pop(queue), &jobs[i], "they come in the same order");
	queue_pause_owner(queue, &owner);
	cr_expect_null(queue_pop_unsought(queue));
	queue_resume_owner(queue, &owner);
	cr_expect_eq(queue_pop_unsought(queue), &jobs[2]);
	cr_expect_null(queue_pop_unsought(queue));
	queue_push_missed(queue, &jobs[2]);
	queue_pause_owner(queue, &owner);
	cr_expect_null(queue_pop(queue));
	queue_remove_owner(queue, &owner);
	cr_expect_eq(queue_length(queue), 0);
	queue_free(queue);
}

Test(queue, puts_back_in_front) {
	struct queue *queue = queue_new();
	struct queue_owner owner;
	struct job jobs[3] = {0};

	queue_owner_init(&owner, &accounts[0]);
	for (int i = 0; i < 3; i++)
		queue_push(queue, &owner, &jobs[i]);
	struct job *first = queue_pop(queue);
	queue_push_front(queue, first);
	cr_expect_eq(queue_pop(queue), first);
	cr_expect_eq(queue_length(queue), 2);
	queue_free(queue);
}

Test(queue, gives_what_was_put_back_by_who_is_paused) {
	struct queue *queue = queue_new();
	struct queue_owner owner;
	struct job jobs[2] = {0};

	queue_owner_init(&owner, &accounts[0]);
	for (int i = 0; i < 2; i++)
		queue_push(queue, &owner, &jobs[i]);
	queue_push_front(queue, queue_pop(queue));
	queue_pause_owner(queue, &owner);
	cr_expect_eq(queue_pop(queue), &jobs[0]);
	cr_expect_null(queue_pop(queue));
	queue_push_front(queue, &jobs[0]);
	queue_remove_owner(queue, &owner);
	cr_expect_eq(queue_length(queue), 0);
	cr_expect_null(queue_pop(queue));
	queue_free(queue);
}

Test(queue, what_was_returned_waits_with_who_is_paused) {
	struct queue *queue = queue_new();
	struct queue_owner owner;
	struct job jobs[2] = {0};

	queue_owner_init(&owner, &accounts[0]);
	for (int i = 0; i < 2; i++)
		queue_push(queue, &owner, &jobs[i]);
	queue_return(queue, queue_pop(queue));
	cr_expect_eq(queue_length(queue), 2);
	queue_pause_owner(queue, &owner);
	cr_expect_null(queue_pop(queue));
	queue_resume_owner(queue, &owner);
	cr_expect_eq(queue_pop(queue), &jobs[0]);
	cr_expect_eq(queue_pop(queue), &jobs[1]);
	queue_free(queue);
}

Test(queue, keeps_what_is_at_work_when_the_rest_goes) {
	struct queue *queue = queue_new();
	struct queue_owner owner;
	struct job jobs[4] = {0};

	queue_owner_init(&owner, &accounts[0]);
	for (int i = 0; i < 4; i++)
		queue_push(queue, &owner, &jobs[i]);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(queue_pop(queue), &jobs[i]);
	jobs[0].at_work = jobs[2].at_work = true;
	for (int i = 0; i < 3; i++)
		queue_push_front(queue, &jobs[i]);
	queue_pause_owner(queue, &owner);
	queue_remove_waiting(queue, &owner);
	cr_expect_eq(queue_length(queue), 2);
	cr_expect_eq(queue_pop(queue), &jobs[2]);
	cr_expect_eq(queue_pop(queue), &jobs[0]);
	cr_expect_null(queue_pop(queue));
	queue_free(queue);
}

Test(queue, passes_over_who_is_paused) {
	struct queue *queue = queue_new();
	struct queue_owner owner;
	struct job job = {0};

	queue_owner_init(&owner, &accounts[0]);
	queue_pause_owner(queue, &owner);
	queue_push(queue, &owner, &job);
	cr_expect_eq(queue_length(queue), 1);
	cr_expect_null(queue_pop(queue));
	queue_resume_owner(queue, &owner);
	cr_expect_eq(queue_pop(queue), &job);
	queue_free(queue);
}

Test(queue, forgets_an_owner) {
	struct queue *queue = queue_new();
	struct queue_owner gone, stays;
	struct job jobs[3] = {0}, other = {0};

	queue_owner_init(&gone, &accounts[0]);
	queue_owner_init(&stays, &accounts[1]);
	for (int i = 0; i < 3; i++)
		queue_push(queue, &gone, &jobs[i]);
	queue_push(queue, &stays, &other);
	queue_remove_owner(queue, &gone);
	cr_expect_eq(queue_length(queue), 1);
	cr_expect_eq(queue_pop(queue), &other);
	cr_expect_null(queue_pop(queue));
	queue_free(queue);
}

/* Whatever happens, nobody waits longer than one turn of everybody else. */
Test(queue, is_fair_at_random) {
	struct queue *queue = queue_new();
	struct queue_owner owners[OWNERS];
	static struct job jobs[OWNERS][JOBS];
	size_t pushed[OWNERS] = {0}, popped[OWNERS] = {0}, waiting[OWNERS] = {0};

	srand(7);
	for (int i = 0; i < OWNERS; i++)
		queue_owner_init(&owners[i], &accounts[i]);
	for (int step = 0; step < 2000; step++) {
		int owner = rand() % OWNERS;

		if (rand() % 2 && pushed[owner] < JOBS) {
			queue_push(queue, &owners[owner], &jobs[owner][pushed[owner]++]);
			continue;
		}
		struct job *job = queue_pop(queue);
		for (int i = 0; i < OWNERS; i++) {
			bool his = job && job->owner == &owners[i];

			if (his)
				cr_assert_eq(job, &jobs[i][popped[i]++], "each one's in order");
			waiting[i] = his || popped[i] == pushed[i] ? 0 : waiting[i] + 1;
			cr_assert_leq(waiting[i], OWNERS, "owner %d waits", i);
		}
	}
	queue_free(queue);
}

Test(queue, gives_jobs_of_idle_owners_alone) {
	struct queue *queue = queue_new();
	struct queue_owner busy, idle;
	struct job one = {0}, other = {0};

	queue_owner_init(&busy, &accounts[0]);
	queue_owner_init(&idle, &accounts[1]);
	queue_push(queue, &busy, &one);
	queue_push(queue, &idle, &other);
	busy.running = 1;
	cr_expect_eq(queue_pop_idle_owner(queue), &other);
	cr_expect_null(queue_pop_idle_owner(queue), "for the one left something runs");
	cr_expect_eq(queue_pop(queue), &one);
	queue_free(queue);
}
