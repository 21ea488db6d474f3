/* SPDX-License-Identifier: MIT */
#include "hostmatch.h"

#include <stdio.h>
#include <string.h>

/* Symbols of a plugin that are looked through for its entry. */
#define SYMBOLS_MAX 65536

/* Of what a library of a package lacks so much has to be of the host's family, if nothing else says
 * that it is for that. */
#define PACKAGE_PERCENT 90

static bool exports(const struct hostfile *plugin, const char *pattern) {
	struct elfdyn_symbol symbol;
	size_t count = plugin->elf.symbols_count;

	if (!strchr(pattern, '*'))
		return hostfile_gives(plugin, pattern);
	for (size_t i = 1; i < count && i < SYMBOLS_MAX; i++) {
		if (elfdyn_symbol(&plugin->elf, i, &symbol) && symbol.is_given &&
			hosttable_is_of(pattern, symbol.name))
			return true;
	}
	return false;
}

/* Whether all parts of a word are exported; the word is taken apart. */
static bool exports_all(const struct hostfile *plugin, char *word) {
	char *rest;

	for (char *part = strtok_r(word, "+", &rest); part; part = strtok_r(NULL, "+", &rest)) {
		if (!exports(plugin, part))
			return false;
	}
	return true;
}

static bool has_entry(
	const struct host *host, const struct hostfile *plugin, const struct strv *names) {
	char word[128];

	for (size_t i = 0; hosttable_get_word(host->entries, i, word, sizeof(word)); i++) {
		if (exports_all(plugin, word))
			return true;
	}
	for (size_t i = 0; host->lacked && i < names->count; i++) {
		if (hosttable_has_word(host->lacked, names->items[i]))
			return true;
	}
	return false;
}

/* The number of names that are of the family; 0 if these are not enough. */
static size_t count_family(const struct host *host, const struct strv *names) {
	size_t count = 0;

	/* What says nothing counts for less than what does. */
	if (!host->family)
		return (names->count + 1) / 2;
	for (size_t i = 0; i < names->count; i++)
		count += hosttable_has_beginning(host->family, names->items[i]);
	/* Of what is lacked by a plugin of a plugin most may be of the latter's own kind. */
	return count >= 3 || count * 2 >= names->count || host->via ? count : 0;
}

size_t hostmatch_find(const struct hostfile *plugin, const struct strv *names,
	const struct host *ret_hosts[HOSTMATCH_MAX]) {
	bool has_version = hostfile_has_version(plugin);
	size_t counts[HOSTMATCH_MAX + 1], found = 0;
	const struct host *hosts[HOSTMATCH_MAX + 1];

	for (size_t i = 0; i < hosttable_count; i++) {
		const struct host *host = &hosttable[i];
		size_t count = has_version && !host->is_versioned ? 0 : count_family(host, names);

		if (count == 0 || !has_entry(host, plugin, names))
			continue;
		size_t at = found;
		for (; at > 0 && counts[at - 1] < count; at--) {
			counts[at] = counts[at - 1];
			hosts[at] = hosts[at - 1];
		}
		counts[at] = count;
		hosts[at] = host;
		if (found < HOSTMATCH_MAX)
			found++;
	}
	for (size_t i = 0; i < found; i++)
		ret_hosts[i] = hosts[i];
	return found;
}

const struct host *hostmatch_package(const struct strv *names, bool *ret_is_all) {
	for (size_t i = 0; i < hosttable_count; i++) {
		const struct host *host = &hosttable[i];
		size_t count = host->has_packages ? count_family(host, names) : 0;

		if (count == 0 || count * 100 < names->count * PACKAGE_PERCENT)
			continue;
		*ret_is_all = count == names->count;
		return host;
	}
	return NULL;
}

bool hostmatch_is_certain(const struct hostfile *plugin) {
	const struct strv none = {0};

	for (size_t i = 0; i < hosttable_count; i++) {
		if (hosttable[i].is_tagged && has_entry(&hosttable[i], plugin, &none))
			return true;
	}
	return false;
}

const struct host *hostmatch_program(const char *name) {
	for (size_t i = 0; i < hosttable_count; i++) {
		if (hosttable_names_file(hosttable[i].programs, name))
			return &hosttable[i];
	}
	return NULL;
}

bool hostmatch_version(const struct host *host, const char *plugin, char *version, size_t size) {
	const char *slash = strrchr(plugin, '/');
	const char *tag = strstr(slash ? slash : plugin, ".cpython-");
	char major, rest[8];

	if (!host->is_tagged)
		return false;
	version[0] = '\0';
	/* The letters behind the number are of builds whose extensions others cannot load. */
	if (tag && sscanf(tag, ".cpython-%1c%7[0-9td]", &major, rest) == 2)
		snprintf(version, size, "%c.%s", major, rest);
	return true;
}
