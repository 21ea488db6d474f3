/* SPDX-License-Identifier: MIT */
/* A program or library whose symbols are asked about. */
#include <stdlib.h>
#include <string.h>

#include "elfdyn.h"
#include "fuzz.h"

/* That many names are looked up again: each may be a walk through a table. */
#define FOUND_MAX 64

static size_t length_of_all;

static void look_at_symbols(const struct elfdyn *elf) {
	bool *is_copied = calloc(elf->symbols_count + 1, sizeof(*is_copied));
	struct elfdyn_symbol symbol;

	if (!is_copied)
		return;
	elfdyn_find_copies(elf, is_copied);
	for (size_t i = 0; i < elf->symbols_count; i++) {
		if (!elfdyn_symbol(elf, i, &symbol))
			continue;
		length_of_all += strlen(symbol.name);
		length_of_all += symbol.version ? strlen(symbol.version) : 0;
		size_t found = i < FOUND_MAX ? elfdyn_find(elf, symbol.name) : 0;
		if (found >= elf->symbols_count && found > 0)
			abort();
	}
	free(is_copied);
}

static void look_at_texts(const struct elfdyn *elf) {
	static const ElfW(Sxword) tags[] = {DT_NEEDED, DT_SONAME, DT_RUNPATH, DT_RPATH};

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		const char *text;

		for (size_t nth = 0; nth < FOUND_MAX && (text = elfdyn_text(elf, tags[i], nth));
			nth++)
			length_of_all += strlen(text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct elfdyn elf;
	char *bytes = malloc(size + 1);

	if (!bytes)
		return 0;
	if (size > 0)
		memcpy(bytes, data, size);
	if (elfdyn_read(bytes, size, &elf) == 0) {
		look_at_symbols(&elf);
		look_at_texts(&elf);
	}
	free(bytes);
	return 0;
}
