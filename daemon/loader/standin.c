/* SPDX-License-Identifier: MIT */
#include "standin.h"

#include "elfhash.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "standin_layout.h"

/* Of data of which the host does not say how large it is. */
#define UNKNOWN_SIZE 64
#define DATA_ALIGN   64
#define TLS_ALIGN    16

/* A symbol until it is shown: those of one bucket have to stand together then. */
struct waiting {
	uint32_t next; /* in its bucket; 0: none */
	uint32_t hash;
	uint32_t name; /* its offset in the names */
	enum standin_kind kind;
	size_t size;
	size_t offset; /* in the data or the thread's */
};

static struct {
	const char *path;
	uintptr_t base;
	struct standin_tables *tables;
	struct waiting waiting[STANDIN_SYMBOLS_MAX]; /* the first is none */
	uint32_t buckets[STANDIN_BUCKETS];	     /* the first of each; 0: none */
	size_t count, names_size, data_size, tls_size;
} standin;

const char *standin_open(const char *path) {
	struct link_map *map = NULL;
	void *handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);

	if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, &map) < 0)
		return dlerror();
	standin.path = path;
	standin.base = (uintptr_t)map->l_addr;
	standin.tables = (struct standin_tables *)(standin.base + STANDIN_TABLES);
	/* The first symbol is none, and its name is the empty one. */
	standin.count = standin.names_size = 1;
	return NULL;
}

static bool has(const char *name, uint32_t hash) {
	for (uint32_t at = standin.buckets[hash % STANDIN_BUCKETS]; at;
		at = standin.waiting[at].next) {
		if (standin.waiting[at].hash == hash &&
			strcmp(standin.tables->names + standin.waiting[at].name, name) == 0)
			return true;
	}
	return false;
}

static bool reserve(size_t *used, size_t room, size_t size, size_t align, size_t *ret_offset) {
	size_t offset = (*used + align - 1) / align * align;

	if (offset > room || size > room - offset)
		return false;
	*ret_offset = offset;
	*used = offset + size;
	return true;
}

static bool reserve_storage(struct waiting *symbol) {
	switch (symbol->kind) {
	case STANDIN_FUNCTION:
		return true;
	case STANDIN_DATA:
		/* The first bytes are where the segment of the threads' data begins. */
		return reserve(&standin.data_size, STANDIN_DATA_SIZE, symbol->size, DATA_ALIGN,
			&symbol->offset);
	case STANDIN_TLS:
		return reserve(&standin.tls_size, STANDIN_TLS_SIZE, symbol->size, TLS_ALIGN,
			&symbol->offset);
	}
	return false;
}

bool standin_put(const char *name, enum standin_kind kind, size_t size) {
	size_t name_size = strlen(name) + 1;
	struct waiting symbol = {
		.hash = elfhash_gnu(name), .kind = kind, .size = size ? size : UNKNOWN_SIZE};
	uint32_t *bucket = &standin.buckets[symbol.hash % STANDIN_BUCKETS];

	if (has(name, symbol.hash))
		return true;
	if (standin.count == STANDIN_SYMBOLS_MAX ||
		name_size > STANDIN_NAMES_SIZE - standin.names_size || !reserve_storage(&symbol))
		return false;
	symbol.name = (uint32_t)standin.names_size;
	memcpy(standin.tables->names + symbol.name, name, name_size);
	standin.names_size += name_size;
	symbol.next = *bucket;
	*bucket = (uint32_t)standin.count;
	standin.waiting[standin.count++] = symbol;
	return true;
}

static ElfW(Sym) describe(const struct waiting *waiting, size_t index) {
	static const unsigned char types[] = {
		[STANDIN_FUNCTION] = STT_FUNC,
		[STANDIN_DATA] = STT_OBJECT,
		[STANDIN_TLS] = STT_TLS,
	};
	/* The information is laid out alike in both classes. */
	ElfW(Sym) symbol = {
		.st_name = waiting->name,
		.st_info = ELF64_ST_INFO(STB_GLOBAL, types[waiting->kind]),
		/* Any section will do but none, which would leave it undefined. */
		.st_shndx = 1,
	};

	if (waiting->kind == STANDIN_FUNCTION) {
		symbol.st_value = (ElfW(Addr))(STANDIN_FUNCTIONS + index * STANDIN_FUNCTION_SIZE);
		symbol.st_size = STANDIN_FUNCTION_SIZE;
		return symbol;
	}
	symbol.st_value = (ElfW(Addr))waiting->offset;
	symbol.st_size = waiting->size;
	if (waiting->kind == STANDIN_DATA)
		symbol.st_value += STANDIN_TABLES + offsetof(struct standin_tables, data);
	return symbol;
}

/* Shows the symbols of a bucket from 'index' on. Returns the index behind them. */
static size_t show_bucket(size_t bucket, size_t index) {
	struct standin_tables *tables = standin.tables;

	if (standin.buckets[bucket] == 0)
		return index;
	tables->buckets[bucket] = (uint32_t)index;
	for (uint32_t at = standin.buckets[bucket]; at; at = standin.waiting[at].next) {
		const struct waiting *waiting = &standin.waiting[at];

		tables->symbols[index] = describe(waiting, index);
		/* The chain of a bucket ends where the lowest bit is set. What it says of the first
		 * symbol of all, which is none, is left out. */
		tables->chains[index - 1] = (waiting->hash & ~1u) | (waiting->next == 0);
		index++;
	}
	return index;
}

size_t standin_show(void) {
	size_t index = 1;

	for (size_t bucket = 0; bucket < STANDIN_BUCKETS; bucket++)
		index = show_bucket(bucket, index);
	/* Every name may be there: the chains tell. */
	standin.tables->bloom = ~(ElfW(Addr))0;
	return index - 1;
}

const char *standin_function_at(uintptr_t address) {
	uintptr_t start = standin.base + STANDIN_FUNCTIONS;

	if (!standin.tables || address < start || address - start >= STANDIN_FUNCTIONS_SIZE)
		return NULL;
	size_t index = (address - start) / STANDIN_FUNCTION_SIZE;
	return index < standin.count
		       ? standin.tables->names + standin.tables->symbols[index].st_name
		       : NULL;
}

bool standin_is_at(const char *path) {
	return standin.path && strcmp(path, standin.path) == 0;
}
