/* SPDX-License-Identifier: MIT */
#include "hosttable.h"

#include <criterion/criterion.h>
#include <string.h>

Test(hosttable, a_star_stands_for_anything) {
	cr_expect(hosttable_is_of("modInit", "modInit"));
	cr_expect(!hosttable_is_of("modInit", "modInit2"));
	cr_expect(hosttable_is_of("PyInit_*", "PyInit_"));
	cr_expect(hosttable_is_of("*_module", "ssl_module"));
	cr_expect(!hosttable_is_of("*_module", "module"));
	cr_expect(hosttable_is_of("mod_*_plugin_init", "mod_ssl_plugin_init"));
	cr_expect(!hosttable_is_of("mod_*_plugin_init", "mod_plugin_init"));
}

Test(hosttable, words_are_told_apart) {
	char word[8];

	cr_expect_eq(hosttable_count_words(NULL), 0);
	cr_expect_eq(hosttable_count_words(""), 0);
	cr_expect_eq(hosttable_count_words("a  bc d"), 3);
	cr_expect(hosttable_get_word("a bc d", 1, word, sizeof(word)));
	cr_expect_str_eq(word, "bc");
	cr_expect(!hosttable_get_word("a bc d", 3, word, sizeof(word)));
	cr_expect(!hosttable_get_word(NULL, 0, word, sizeof(word)));
	cr_expect(!hosttable_get_word("a-long-word", 0, word, sizeof(word)));
	cr_expect(hosttable_has_word("ab cd", "cd"));
	cr_expect(!hosttable_has_word("ab cd", "c"));
	cr_expect(hosttable_has_beginning("lua_ luaL_", "luaL_checkstring"));
	cr_expect(!hosttable_has_beginning("lua_ luaL_", "lua"));
	cr_expect(hosttable_names_file("lua lua5*", "lua5.4"));
	cr_expect(!hosttable_names_file("lua lua5*", "luac"));
}

/* What the table's readers take for granted. */
static void check_words(const char *host, const char *words, bool with_plus) {
	char word[128];

	for (size_t i = 0; i < hosttable_count_words(words); i++) {
		cr_expect(
			hosttable_get_word(words, i, word, sizeof(word)), "%s: '%s'", host, words);
		cr_expect(with_plus || !strchr(word, '+'), "%s: '%s'", host, word);
		const char *star = strchr(word, '*');
		cr_expect(!with_plus || !star || strchr(word, '+') || !strchr(star + 1, '*'),
			"%s: '%s'", host, word);
	}
}

static void check_paths(const char *host, const char *words) {
	char path[128];

	for (size_t word = 0; word < hosttable_count_words(words); word++) {
		cr_expect(hosttable_get_word(words, word, path, sizeof(path)));
		cr_expect_eq(path[0], '/', "%s: '%s'", host, path);
	}
}

Test(hosttable, every_row_makes_sense) {
	cr_expect_geq(hosttable_count, 40);
	for (size_t i = 0; i < hosttable_count; i++) {
		const struct host *host = &hosttable[i];

		cr_expect_not_null(host->name);
		cr_expect_not_null(host->programs, "%s", host->name);
		cr_expect(host->entries || host->lacked || !host->is_tagged, "%s", host->name);
		check_words(host->name, host->entries, true);
		check_words(host->name, host->lacked, false);
		check_words(host->name, host->family, false);
		check_words(host->name, host->programs, false);
		check_words(host->name, host->places, false);
		check_words(host->name, host->libraries, false);
		check_words(host->name, host->via, false);
		check_paths(host->name, host->places);
		check_paths(host->name, host->via);
	}
}
