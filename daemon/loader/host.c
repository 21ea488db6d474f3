/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <dlfcn.h>
#include <dltest/fact.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elfdyn.h"
#include "facts.h"
#include "hostcall.h"
#include "report.h"
#include "runpath.h"
#include "standin.h"

/* Largest program that is read; the largest seen has 100 MiB. */
#define PROGRAM_SIZE_MAX (1024L * 1024 * 1024)
/* Libraries that a program needs itself, of which each is tried as often. */
#define LIBRARIES_MAX 256
#define ROUNDS_MAX    4

/* A name that the library wants, with its version, NULL for none. */
struct want {
	const char *name, *version;
	bool is_met;	/* the host gives it */
	bool is_closed; /* a library of the host has it that does not open here */
};

struct host {
	const char *program; /* its path */
	struct elfdyn elf;
	bool *is_copied; /* of its symbols */
	struct want *wants;
	size_t wants_count;
	size_t given; /* names that are stood in for */
	size_t data;  /* those of them that are no functions */
};

/* The names end with their descriptor. */
static char *read_all(int fd, size_t *ret_size) {
	char *text = malloc(LOADER_NAMES_MAX + 1);

	*ret_size = 0;
	for (ssize_t length = 1; text && length != 0 && *ret_size < LOADER_NAMES_MAX;) {
		length = read(fd, text + *ret_size, LOADER_NAMES_MAX - *ret_size);
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			break;
		*ret_size += (size_t)length;
	}
	if (text)
		text[*ret_size] = '\0';
	return text;
}

/* The text at *cursor, which goes on behind it; NULL at the end. */
static const char *take_text(const char **cursor, const char *end) {
	const char *text = *cursor;

	if (text >= end)
		return NULL;
	*cursor = text + strlen(text) + 1;
	return text;
}

static bool take_wants(struct host *host, const char *cursor, const char *end) {
	const char *name, *version;

	for (const char *at = cursor; take_text(&at, end);) {
		/* The version behind the name. */
		if (take_text(&at, end))
			host->wants_count++;
	}
	host->wants = calloc(host->wants_count + 1, sizeof(*host->wants));
	for (size_t i = 0; host->wants && i < host->wants_count; i++) {
		name = take_text(&cursor, end);
		version = take_text(&cursor, end);
		host->wants[i] =
			(struct want){name, version && version[0] ? version : NULL, false, false};
	}
	return host->wants != NULL;
}

/* Maps the program, read-only. Returns NULL, or why nothing can be made of it. */
static const char *read_program(struct host *host, int fd) {
	struct stat status;
	ElfW(Ehdr) own;

	if (fstat(fd, &status) < 0)
		return strerror(errno);
	if (!S_ISREG(status.st_mode) || status.st_size < (off_t)sizeof(own) ||
		status.st_size > PROGRAM_SIZE_MAX)
		return "is no program";
	void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return strerror(errno);
	if (elfdyn_read(bytes, (size_t)status.st_size, &host->elf) < 0)
		return "is no program that can be linked with";
	host->is_copied = calloc(host->elf.symbols_count + 1, sizeof(bool));
	if (!host->is_copied)
		return strerror(ENOMEM);
	elfdyn_find_copies(&host->elf, host->is_copied);
	return NULL;
}

static enum standin_kind kind_of(const struct elfdyn_symbol *symbol) {
	if (ELF64_ST_TYPE(symbol->entry->st_info) == STT_TLS)
		return STANDIN_TLS;
	return symbol->is_code ? STANDIN_FUNCTION : STANDIN_DATA;
}

/* Whether a need of 'version' (NULL: of none) is met by 'symbol', of an object that has versions or
 * not (elf/dl-lookup.c). */
static bool has_version(const struct elfdyn_symbol *symbol, const char *version) {
	if (!symbol->version)
		return true;
	return version ? strcmp(symbol->version, version) == 0 : symbol->is_default;
}

/* Puts 'name' into the stand-in, if the program gives it. */
static bool give(struct host *host, const char *name, const char *version) {
	size_t index = elfdyn_find(&host->elf, name);
	struct elfdyn_symbol symbol;

	if (index == 0 || !elfdyn_symbol(&host->elf, index, &symbol) || !symbol.is_given ||
		host->is_copied[index] || !has_version(&symbol, version))
		return false;
	enum standin_kind kind = kind_of(&symbol);
	if (!standin_put(name, kind, (size_t)symbol.entry->st_size))
		return false;
	host->data += kind != STANDIN_FUNCTION;
	return true;
}

static bool gives_all(struct host *host) {
	bool all = true;

	for (size_t i = 0; i < host->wants_count; i++) {
		struct want *want = &host->wants[i];

		want->is_met = give(host, want->name, want->version);
		host->given += want->is_met;
		all = all && want->is_met;
	}
	return all;
}

/* The libraries that the program needs, and where they are. */
struct library {
	char *name;
	char path[PATH_MAX]; /* "": it has to be searched for */
	bool is_open;
	char *trouble; /* why it did not open; NULL: not known */
};

struct libraries {
	struct library items[LIBRARIES_MAX];
	size_t count;
	struct library *sought; /* the one whose path is looked for */
};

static void look_in(void *context, const struct runpath_element *element) {
	struct libraries *libraries = context;
	struct library *library = libraries->sought;

	if (library->path[0] || element->kind != RUNPATH_DIRECTORY)
		return;
	int length = snprintf(
		library->path, sizeof(library->path), "%s/%s", element->text, library->name);
	if (length >= (int)sizeof(library->path) || access(library->path, R_OK) < 0)
		library->path[0] = '\0';
}

static void find_library(struct host *host, struct libraries *libraries) {
	const char *runpath = elfdyn_text(&host->elf, DT_RUNPATH, 0);

	if (!runpath)
		runpath = elfdyn_text(&host->elf, DT_RPATH, 0);
	if (runpath)
		runpath_split(host->program, runpath, look_in, libraries);
}

static void list_libraries(struct host *host, struct libraries *libraries) {
	const char *name;

	while (libraries->count < LIBRARIES_MAX &&
		(name = elfdyn_text(&host->elf, DT_NEEDED, libraries->count))) {
		libraries->sought = &libraries->items[libraries->count];
		libraries->sought->name = strdup(name);
		if (!libraries->sought->name)
			return;
		libraries->count++;
		find_library(host, libraries);
	}
}

/* Reads the file at 'path'; false if that cannot be done. The caller unmaps its bytes. */
static bool read_library(const char *path, struct elfdyn *ret_elf) {
	struct stat status;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	void *bytes = MAP_FAILED;

	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
		status.st_size <= PROGRAM_SIZE_MAX)
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd >= 0)
		close(fd);
	if (bytes == MAP_FAILED)
		return false;
	if (elfdyn_read(bytes, (size_t)status.st_size, ret_elf) == 0)
		return true;
	munmap(bytes, (size_t)status.st_size);
	return false;
}

static void unmap(const struct elfdyn *elf) {
	munmap((void *)(uintptr_t)elf->bytes, elf->size);
}

/* What a library of the program's own wants of it is there, too, when it is loaded. */
static void give_to_library(struct host *host, const char *path) {
	struct elfdyn_symbol symbol;
	struct elfdyn elf;

	if (!read_library(path, &elf))
		return;
	for (size_t i = 1; i < elf.symbols_count; i++) {
		if (elfdyn_symbol(&elf, i, &symbol) && symbol.is_wanted)
			give(host, symbol.name, symbol.version);
	}
	unmap(&elf);
}

static void open_library(struct library *library) {
	const char *where = library->path[0] ? library->path : library->name;

	library->is_open = dlopen(where, RTLD_LAZY | RTLD_GLOBAL) != NULL;
	const char *error = library->is_open ? NULL : dlerror();
	free(library->trouble);
	library->trouble = error ? strdup(error) : NULL;
}

/* They may lack each other: as long as one more opens, the others are tried once more. */
static void open_libraries(struct libraries *libraries) {
	bool any = true;

	for (int round = 0; round < ROUNDS_MAX && any; round++) {
		any = false;
		for (size_t i = 0; i < libraries->count; i++) {
			struct library *library = &libraries->items[i];

			if (library->is_open)
				continue;
			open_library(library);
			any = any || library->is_open;
		}
	}
}

static void tell_stage(uint64_t start_ns, enum loader_host_about about, const char *text) {
	const struct report report = {
		.stage = LOADER_STAGE_HOST, .about = about, .text = text, .start_ns = start_ns};

	report_send(&report);
}

/* The file of 'library': where the program says, or beside any that is loaded. */
static bool find_file(struct library *library) {
	struct link_map *object = NULL;
	void *all = dlopen(NULL, RTLD_LAZY);

	if (library->path[0])
		return true;
	if (!all || dlinfo(all, RTLD_DI_LINKMAP, &object) < 0)
		return false;
	for (; object; object = object->l_next) {
		const char *slash = strrchr(object->l_name, '/');

		if (slash &&
			snprintf(library->path, sizeof(library->path), "%.*s/%s",
				(int)(slash - object->l_name), object->l_name,
				library->name) < (int)sizeof(library->path) &&
			access(library->path, R_OK) == 0)
			return true;
	}
	library->path[0] = '\0';
	return false;
}

/* Marks what a library that does not open here has. */
static void mark_closed(struct host *host, struct library *library) {
	struct elfdyn elf;

	if (!find_file(library) || !read_library(library->path, &elf))
		return;
	for (size_t i = 0; i < host->wants_count; i++) {
		struct want *want = &host->wants[i];

		want->is_closed = want->is_closed || elfdyn_find(&elf, want->name) > 0;
	}
	unmap(&elf);
}

static void tell_left(const struct host *host) {
	for (size_t i = 0; i < host->wants_count; i++) {
		const struct want *want = &host->wants[i];

		if (!want->is_met && !dlsym(RTLD_DEFAULT, want->name))
			facts_add(want->is_closed ? DLTEST_FACT_HOST_UNCHECKED
						  : DLTEST_FACT_HOST_LACKS,
				want->name);
	}
}

/* A library that takes part in the static TLS of a program cannot be had later, nor can those that
 * need it: what they have is not lacking for that. */
static void tell_closed(struct host *host, struct libraries *libraries) {
	for (size_t i = 0; i < libraries->count; i++) {
		struct library *library = &libraries->items[i];

		if (library->is_open || !library->trouble)
			continue;
		facts_add(DLTEST_FACT_HOST_LIBRARY, library->trouble);
		mark_closed(host, library);
	}
}

static void tell_given(const struct host *host, uint64_t start_ns) {
	char text[48];

	snprintf(text, sizeof(text), "%zu %zu", host->given, host->data);
	tell_stage(start_ns, LOADER_HOST_GIVEN, text);
}

static void stand_in(struct host *host, uint64_t start_ns) {
	static struct libraries libraries;
	bool all = gives_all(host);

	tell_given(host, start_ns);
	if (!all) {
		list_libraries(host, &libraries);
		for (size_t i = 0; i < libraries.count; i++) {
			if (libraries.items[i].path[0])
				give_to_library(host, libraries.items[i].path);
		}
	}
	/* Whatever the program is, the library's code is not to read it. */
	munmap((void *)(uintptr_t)host->elf.bytes, host->elf.size);
	standin_show();
	hostcall_watch(start_ns);
	if (all)
		return;
	tell_stage(start_ns, LOADER_HOST_LIBRARIES, NULL);
	open_libraries(&libraries);
	tell_closed(host, &libraries);
	tell_left(host);
	tell_stage(start_ns, LOADER_HOST_READY, NULL);
}

static void tell_trouble(const char *program, const char *words) {
	char text[PATH_MAX + 200];

	snprintf(text, sizeof(text), "%s: %s", program, words);
	facts_add(DLTEST_FACT_HOST_TROUBLE, text);
}

void host_stand_in(const struct host_gift *gift, uint64_t start_ns) {
	static struct host host;
	const char *standin, *trouble;
	size_t size;

	char *text = read_all(gift->names, &size);
	const char *cursor = text, *end = text ? text + size : NULL;
	close(gift->names);
	host.program = take_text(&cursor, end);
	standin = take_text(&cursor, end);
	trouble = take_text(&cursor, end);
	if (!trouble || !take_wants(&host, cursor, end))
		_exit(LOADER_EXIT_PROTOCOL);
	if (gift->program >= 0)
		trouble = read_program(&host, gift->program);
	if (gift->program >= 0)
		close(gift->program);
	if (!trouble)
		trouble = standin_open(standin);
	if (trouble)
		tell_trouble(host.program, trouble);
	else
		stand_in(&host, start_ns);
}
