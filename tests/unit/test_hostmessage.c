/* SPDX-License-Identifier: MIT */
#include "hostmessage.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct strv names, programs, libraries;

static void tear_down(void) {
	strv_fini(&names);
	strv_fini(&programs);
	strv_fini(&libraries);
}

TestSuite(hostmessage, .fini = tear_down);

static const struct hostquery query = {.kind = HOSTQUERY_SIBLINGS,
	.plugin = "/a/plugin.so",
	.names = &names,
	.programs = &programs,
	.own_count = 1,
	.libraries = &libraries,
	.package_depth = 3};

Test(hostmessage, a_question_comes_as_it_was_sent) {
	struct hostmessage message;
	struct hostmessage_query read;
	uint32_t number;

	strv_add(&names, "one");
	strv_add(&names, "");
	strv_add(&programs, "/bin");
	strv_add(&programs, "/usr/bin");
	cr_assert_eq(hostmessage_from_query(17, &query, &message), 0);
	cr_assert_eq(hostmessage_to_query(message.bytes, message.size, &number, &read), 0);
	cr_expect_eq(number, 17);
	cr_expect_eq(read.query.kind, HOSTQUERY_SIBLINGS);
	cr_expect_str_eq(read.query.plugin, "/a/plugin.so");
	cr_assert_eq(read.query.names->count, 2);
	cr_expect_str_eq(read.query.names->items[0], "one");
	cr_assert_eq(read.query.programs->count, 2);
	cr_expect_str_eq(read.query.programs->items[1], "/usr/bin");
	cr_expect_eq(read.query.own_count, 1);
	cr_expect_eq(read.query.package_depth, 3);
	cr_expect_eq(read.query.libraries->count, 0);
	cr_expect(!read.is_cut);
	hostmessage_query_fini(&read);
	free(message.bytes);
}

Test(hostmessage, names_beyond_what_counts_are_left_out_and_directories_tell) {
	struct hostmessage_query read;
	struct hostmessage message;
	char text[1024];
	uint32_t number;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 200; i++)
		strv_add(&names, text);
	cr_assert_eq(hostmessage_from_query(1, &query, &message), 0);
	cr_expect_leq(message.size, HOSTMESSAGE_MAX);
	cr_assert_eq(hostmessage_to_query(message.bytes, message.size, &number, &read), 0);
	cr_expect_eq(read.query.names->count, 128);
	cr_expect(!read.is_cut);
	hostmessage_query_fini(&read);
	free(message.bytes);
	for (int i = 0; i < 200; i++)
		strv_add(&programs, text);
	cr_assert_eq(hostmessage_from_query(1, &query, &message), 0);
	cr_expect_leq(message.size, HOSTMESSAGE_MAX);
	cr_assert_eq(hostmessage_to_query(message.bytes, message.size, &number, &read), 0);
	cr_expect_eq(read.query.names->count, 128);
	cr_expect(read.is_cut);
	hostmessage_query_fini(&read);
	free(message.bytes);
}

static struct hostfinding make_finding(void) {
	struct hostfinding finding = {.is_complete = true};

	hostfinding_add(&finding, "PostgreSQL", "/usr/bin/postgres", true);
	hostfinding_add(&finding, "tracer", "/bin/tracer", false);
	hostfinding_add(&finding, "Apache", NULL, true);
	hostfinding_add_via(&finding, "Apache", "/sbin/apache2", "/lib/mod_perl.so");
	strv_add(&finding.siblings, "/a/b.so");
	strv_add(&finding.searched, "/bin");
	strv_add(&finding.searched, "/usr/bin");
	return finding;
}

Test(hostmessage, an_answer_comes_as_it_was_sent) {
	struct hostfinding finding = make_finding(), read;
	struct hostmessage message;
	uint32_t number;

	cr_assert_eq(hostmessage_from_finding(4000000000, &finding, &message), 0);
	cr_assert_eq(hostmessage_to_finding(message.bytes, message.size, &number, &read), 0);
	cr_expect_eq(number, 4000000000);
	cr_assert_eq(read.candidates_count, 4);
	cr_expect_str_eq(read.candidates[0].name, "PostgreSQL");
	cr_expect_str_eq(read.candidates[0].program, "/usr/bin/postgres");
	cr_expect(read.candidates[0].by_entry);
	cr_expect(!read.candidates[1].by_entry);
	cr_expect_null(read.candidates[2].program);
	cr_expect_null(read.candidates[2].via);
	cr_expect_str_eq(read.candidates[3].program, "/sbin/apache2");
	cr_expect_str_eq(read.candidates[3].via, "/lib/mod_perl.so");
	cr_expect(read.candidates[3].by_entry);
	cr_expect_eq(read.siblings.count, 1);
	cr_expect_eq(read.searched.count, 2);
	cr_expect(read.is_complete);
	hostfinding_fini(&read);
	hostfinding_fini(&finding);
	free(message.bytes);
}

Test(hostmessage, an_answer_without_room_is_not_complete) {
	struct hostfinding finding = make_finding(), read;
	struct hostmessage message;
	char path[PATH_MAX];
	uint32_t number;

	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	for (int i = 0; i < 50; i++)
		strv_add(&finding.searched, path);
	cr_assert_eq(hostmessage_from_finding(1, &finding, &message), 0);
	cr_expect_leq(message.size, HOSTMESSAGE_MAX);
	cr_assert_eq(hostmessage_to_finding(message.bytes, message.size, &number, &read), 0);
	cr_expect_eq(read.candidates_count, 4);
	cr_expect(!read.is_complete);
	hostfinding_fini(&read);
	hostfinding_fini(&finding);
	free(message.bytes);
}

Test(hostmessage, no_more_candidates_than_there_is_room_for) {
	struct hostfinding finding = {0};

	for (int i = 0; i < 2 * HOSTFINDING_CANDIDATES_MAX; i++)
		cr_assert_eq(hostfinding_add(&finding, "x", "/x", true), 0);
	cr_expect_eq(finding.candidates_count, HOSTFINDING_CANDIDATES_MAX);
	hostfinding_fini(&finding);
}

/* Reads a block of just this size, so that a sanitizer sees what is read behind. */
static void read_both(const char *bytes, size_t size) {
	char *copy = malloc(size > 0 ? size : 1);
	struct hostmessage_query read;
	struct hostfinding finding;
	uint32_t number;

	memcpy(copy, bytes, size);
	if (hostmessage_to_query(copy, size, &number, &read) == 0)
		hostmessage_query_fini(&read);
	if (hostmessage_to_finding(copy, size, &number, &finding) == 0) {
		for (size_t i = 0; i < finding.candidates_count; i++) {
			const char *program = finding.candidates[i].program;
			const char *via = finding.candidates[i].via;

			cr_assert(!program || program[0] == '/');
			cr_assert(!via || (program && via[0] == '/'));
		}
		hostfinding_fini(&finding);
	}
	free(copy);
}

Test(hostmessage, survives_what_makes_no_sense) {
	struct hostfinding finding = make_finding();
	struct hostmessage messages[2];

	strv_add(&names, "one");
	strv_add(&programs, "/bin");
	cr_assert_eq(hostmessage_from_query(1, &query, &messages[0]), 0);
	cr_assert_eq(hostmessage_from_finding(1, &finding, &messages[1]), 0);
	for (int i = 0; i < 2; i++) {
		for (size_t at = 0; at < messages[i].size; at++) {
			char kept = messages[i].bytes[at];

			read_both(messages[i].bytes, at);
			for (int value = 0; value < 256; value += 17) {
				messages[i].bytes[at] = (char)value;
				read_both(messages[i].bytes, messages[i].size);
			}
			messages[i].bytes[at] = kept;
		}
		free(messages[i].bytes);
	}
	hostfinding_fini(&finding);
}
