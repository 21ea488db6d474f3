/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The programs that are known to load plugins: by which names they find their way into one, what
 * names such a plugin lacks, and where they are installed. Pure data, and what compares names with
 * it. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>

/*
 * A host. Its fields are words with a blank between them, NULL for none. In a pattern of a symbol
 * one '*' stands for anything; those of files are of glob(7).
 */
struct host {
	const char *name; /* for people */
	/* What a plugin exports for it: patterns, of which one has to be met; in a word with '+'
	 * each part. */
	const char *entries;
	const char *lacked; /* names that a plugin of it lacks, any of which is an entry as well */
	/* How those names begin that a plugin lacks, half of them or three; NULL: however. */
	const char *family;
	const char *programs;  /* names of files */
	const char *places;    /* directories besides those where all programs are: patterns */
	const char *libraries; /* names of files with the same symbols, if the program has not */
	/* Its plugin that loads plugins of its own, which are those of this row: patterns of paths.
	 * NULL: the host loads them itself. */
	const char *via;
	/* A plugin of it may have a SONAME with a version, as libraries have. */
	bool is_versioned;
	/* Libraries of its packages are for it even without an entry (hostpackage.h). */
	bool has_packages;
	/* Which of its versions the plugin is for is in the plugin's own name. */
	bool is_tagged;
};

/* All hosts. */
extern const struct host hosttable[];
extern const size_t hosttable_count;

/* True if 'name' is of the 'pattern', in which one '*' may be. */
bool hosttable_is_of(const char *pattern, const char *name);

/* The number of words in 'words', which may be NULL. */
size_t hosttable_count_words(const char *words);

/* Copies word 'index' of 'words' to 'word' of 'size' bytes; false if there is none, or no room. */
bool hosttable_get_word(const char *words, size_t index, char *word, size_t size);

/* True if one of the 'words' is a pattern of glob(7) that the name of a file is of. */
bool hosttable_names_file(const char *words, const char *name);

/* True if 'name' begins with one of the 'words'. */
bool hosttable_has_beginning(const char *words, const char *name);

/* True if one of the 'words' is 'name'. */
bool hosttable_has_word(const char *words, const char *name);
