/* SPDX-License-Identifier: MIT */
#include "dlerror.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>

/* One text to classify, and where the names in it go. */
struct message {
	const char *text;
	size_t length;
	const char *path; /* NULL: not known */
	struct strv *missing;
	struct strv *symbols;
	bool no_memory;
};

/* What a form says of the rest of the text. */
enum subject {
	SUBJECT_NONE,
	SUBJECT_FILE, /* the file is to blame that the text names, which may be a dependency */
};

struct form {
	const char *words;
	enum dltest_reason reason;
	enum subject subject;
};

/* What strerror() of glibc and of musl says. Not taken from this process's C library, so that the
 * texts of each can be read everywhere. */
static const struct {
	const char *words;
	int error;
} errors[] = {
	{"Cannot allocate memory", ENOMEM},
	{"Exec format error", ENOEXEC},
	{"File name too long", ENAMETOOLONG},
	{"Filename too long", ENAMETOOLONG},
	{"I/O error", EIO},
	{"Input/output error", EIO},
	{"Invalid argument", EINVAL},
	{"Is a directory", EISDIR},
	{"No file descriptors available", EMFILE},
	{"No such device", ENODEV},
	{"No such device or address", ENXIO},
	{"No such file or directory", ENOENT},
	{"Not a directory", ENOTDIR},
	{"Operation not permitted", EPERM},
	{"Out of memory", ENOMEM},
	{"Permission denied", EACCES},
	{"Stale file handle", ESTALE},
	{"Symbolic link loop", ELOOP},
	{"Too many levels of symbolic links", ELOOP},
	{"Too many open files", EMFILE},
	{"Too many open files in system", ENFILE},
	{"Value too large for data type", EOVERFLOW},
	{"Value too large for defined data type", EOVERFLOW},
};

/* glibc: "NAME: WORDS" or "NAME: WORDS: strerror". */
static const struct form glibc_forms[] = {
	{"cannot allocate memory in static TLS block", DLTEST_REASON_NO_STATIC_TLS, SUBJECT_NONE},
	{"cannot load any more object with static TLS", DLTEST_REASON_NO_STATIC_TLS, SUBJECT_NONE},
	{"cannot enable executable stack as shared object requires", DLTEST_REASON_EXECUTABLE_STACK,
		SUBJECT_NONE},
	{"wrong ELF class: ELFCLASS32", DLTEST_REASON_WRONG_ARCHITECTURE, SUBJECT_FILE},
	{"wrong ELF class: ELFCLASS64", DLTEST_REASON_WRONG_ARCHITECTURE, SUBJECT_FILE},
	{"ELF file data encoding not little-endian", DLTEST_REASON_WRONG_ARCHITECTURE,
		SUBJECT_FILE},
	{"ELF file data encoding not big-endian", DLTEST_REASON_WRONG_ARCHITECTURE, SUBJECT_FILE},
	{"CPU ISA level is lower than required", DLTEST_REASON_WRONG_ARCHITECTURE, SUBJECT_FILE},
	{"ELF file OS ABI invalid", DLTEST_REASON_WRONG_ARCHITECTURE, SUBJECT_FILE},
	{"invalid ELF header", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_FILE},
	{"only ET_DYN and ET_EXEC can be loaded", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_FILE},
	{"cannot dynamically load executable", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_FILE},
	{"cannot dynamically load position-independent executable", DLTEST_REASON_NOT_A_LIBRARY,
		SUBJECT_FILE},
	{"object file has no dynamic section", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_FILE},
	{"object file has no loadable segments", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_FILE},
	{"file too short", DLTEST_REASON_TRUNCATED, SUBJECT_FILE},
};

static bool has_prefix(const char *text, const char *prefix) {
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Whether the text up to 'length' ends in 'words'. */
static bool ends_in(const char *text, size_t length, const char *words) {
	size_t size = strlen(words);

	return length >= size && memcmp(text + length - size, words, size) == 0;
}

/* The last occurrence of 'words' that ends before 'end'; NULL if there is none. */
static const char *find_last(const char *start, const char *end, const char *words) {
	size_t size = strlen(words);

	if ((size_t)(end - start) < size)
		return NULL;
	for (size_t at = (size_t)(end - start) - size + 1; at-- > 0;) {
		if (memcmp(start + at, words, size) == 0)
			return start + at;
	}
	return NULL;
}

/* The error whose words, after ": ", end the text up to *length, which is shortened by them; 0 if
 * there are none. */
static int cut_error(const char *text, size_t *length) {
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		size_t size = strlen(errors[i].words);

		if (*length <= size + 2 || !ends_in(text, *length, errors[i].words) ||
			!ends_in(text, *length - size, ": "))
			continue;
		*length -= size + 2;
		return errors[i].error;
	}
	return 0;
}

static void take(struct message *message, struct strv *list, const char *start, const char *end) {
	if (strv_take(list, strndup(start, (size_t)(end - start))) < 0)
		message->no_memory = true;
}

static bool is_the_library(const struct message *message, size_t name_length) {
	if (!message->path)
		return true;
	return strlen(message->path) == name_length &&
	       memcmp(message->path, message->text, name_length) == 0;
}

/* 'reason' is about the file that the first 'name_length' bytes of the text name. */
static enum dltest_reason blame_file(
	struct message *message, enum dltest_reason reason, size_t name_length) {
	if (is_the_library(message, name_length))
		return reason;
	take(message, message->missing, message->text, message->text + name_length);
	return DLTEST_REASON_MISSING_DEPENDENCY;
}

/* The library was there and readable when it was looked at, so it has gone since. */
static enum dltest_reason reason_of_error(int error) {
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return DLTEST_REASON_NOT_FOUND;
	case EACCES:
	case EPERM:
		return DLTEST_REASON_PERMISSION_DENIED;
	case EISDIR:
		return DLTEST_REASON_NOT_A_FILE;
	case ELOOP:
	case ENAMETOOLONG:
		return DLTEST_REASON_INVALID_PATH;
	case ENOMEM:
		return DLTEST_REASON_OUT_OF_MEMORY;
	case ENOEXEC:
		return DLTEST_REASON_NOT_A_LIBRARY;
	default:
		return DLTEST_REASON_LOAD_ERROR;
	}
}

/* Errors that are the machine's at this moment, not the file's. */
static bool is_passing(int error) {
	return error == ENOMEM || error == EMFILE || error == ENFILE || error == EIO;
}

/* glibc: "NAME: cannot open shared object file: strerror". NAME is what was looked for: the path,
 * or a dependency as its user calls it. Also said of another machine's library. */
static enum dltest_reason classify_not_opened(struct message *message, size_t length, int error) {
	const char *end = message->text + length;

	if (is_passing(error))
		return reason_of_error(error);
	if (message->path && is_the_library(message, length))
		return reason_of_error(error);
	take(message, message->missing, message->text, end);
	return DLTEST_REASON_MISSING_DEPENDENCY;
}

/* glibc: "NAME: cannot read file data[: strerror]". */
static enum dltest_reason classify_not_read(struct message *message, size_t length, int error) {
	if (is_passing(error))
		return reason_of_error(error);
	return blame_file(message,
		error == EISDIR ? DLTEST_REASON_NOT_A_FILE : DLTEST_REASON_TRUNCATED, length);
}

/* How much of the text is the dynamic linker's: the loader may have added a line in brackets
 * (daemon/loader/dependency.h). */
static size_t said_length(const struct message *message) {
	const char *end = message->text + message->length;
	const char *line = find_last(message->text, end, "\n(");

	return line && end[-1] == ')' ? (size_t)(line - message->text) : message->length;
}

/* glibc's texts that may begin with anything, since a dependency may be called anything. */
static enum dltest_reason classify_glibc_opening(struct message *message) {
	static const char not_opened[] = ": cannot open shared object file";
	static const char not_read[] = ": cannot read file data";
	size_t length = said_length(message);
	int error = cut_error(message->text, &length);

	if (error && ends_in(message->text, length, not_opened))
		return classify_not_opened(message, length - strlen(not_opened), error);
	if (ends_in(message->text, length, not_read))
		return classify_not_read(message, length - strlen(not_read), error);
	return DLTEST_REASON_NONE;
}

/* glibc's texts of the table. */
static enum dltest_reason classify_glibc_end(struct message *message) {
	size_t length = said_length(message);

	cut_error(message->text, &length);
	for (size_t i = 0; i < sizeof(glibc_forms) / sizeof(glibc_forms[0]); i++) {
		const struct form *form = &glibc_forms[i];
		size_t size = strlen(form->words) + 2;

		if (length < size || !ends_in(message->text, length, form->words) ||
			!ends_in(message->text, length - size + 2, ": "))
			continue;
		if (form->subject == SUBJECT_FILE)
			return blame_file(message, form->reason, length - size);
		return form->reason;
	}
	return DLTEST_REASON_NONE;
}

/* Where ": WORDS" begins: right after the path if that is the name in front, else the last
 * occurrence, since names of files may contain it and names of symbols do not. */
static const char *find_after_name(
	const struct message *message, const char *end, const char *words) {
	size_t length = message->path ? strlen(message->path) : 0;

	if (length && length < message->length && has_prefix(message->text, message->path) &&
		has_prefix(message->text + length, words))
		return message->text + length;
	return find_last(message->text, end, words);
}

/* glibc: "PROVIDER: version `V' not found (required by REQUESTER)". */
static bool take_version(struct message *message) {
	static const char opening[] = ": version `", closing[] = "' not found (required by ";
	const char *end = message->text + message->length;
	char *entry;

	if (!ends_in(message->text, message->length, ")"))
		return false;
	const char *version_end = find_last(message->text, end, closing);
	size_t path_length = message->path ? strlen(message->path) : 0;
	if (path_length && path_length + strlen(closing) < message->length &&
		ends_in(message->text, message->length - 1, message->path)) {
		const char *requester = end - 1 - path_length;

		if (ends_in(message->text, (size_t)(requester - message->text), closing))
			version_end = requester - strlen(closing);
	}
	const char *version = version_end ? find_last(message->text, version_end, opening) : NULL;
	if (!version)
		return false;
	const char *provider_end = version;
	version += strlen(opening);
	if (asprintf(&entry, "%.*s in %.*s", (int)(version_end - version), version,
		    (int)(provider_end - message->text), message->text) < 0)
		entry = NULL;
	if (strv_take(message->symbols, entry) < 0)
		message->no_memory = true;
	return true;
}

/* glibc before 2.30: "LIBRARY: symbol S, version V not defined in file F with link time reference",
 * with more in brackets at times. */
static bool take_old_symbol(struct message *message) {
	const char *marker = strstr(message->text, " not defined in file ");

	if (!marker || !strstr(marker, " with link time reference"))
		return false;
	const char *symbol = find_after_name(message, marker, ": symbol ");
	if (!symbol)
		return false;
	take(message, message->symbols, symbol + strlen(": symbol "), marker);
	return true;
}

/* glibc's texts with a name at their end. */
static enum dltest_reason classify_glibc_middle(struct message *message) {
	static const char undefined[] = ": undefined symbol: ";
	const char *end = message->text + message->length;

	if (take_version(message))
		return DLTEST_REASON_MISSING_VERSION;
	const char *marker = find_after_name(message, end, undefined);
	if (marker) {
		take(message, message->symbols, marker + strlen(undefined), end);
		return DLTEST_REASON_UNDEFINED_SYMBOL;
	}
	if (take_old_symbol(message))
		return DLTEST_REASON_UNDEFINED_SYMBOL;
	/* Whatever there was no memory for, it is not the library's fault. */
	size_t length = message->length;
	if (cut_error(message->text, &length) == ENOMEM ||
		strcmp(message->text, "out of memory") == 0)
		return DLTEST_REASON_OUT_OF_MEMORY;
	return DLTEST_REASON_NONE;
}

/* musl: "NAME: strerror" of a dependency, up to 'length'; DLTEST_REASON_NONE if it is not that. */
static enum dltest_reason classify_musl_needed(
	struct message *message, const char *name, size_t length) {
	int error = cut_error(name, &length);

	if (error == 0)
		return DLTEST_REASON_NONE;
	if (is_passing(error))
		return reason_of_error(error);
	take(message, message->missing, name, name + length);
	return DLTEST_REASON_MISSING_DEPENDENCY;
}

/* musl: "Error loading shared library NAME: strerror[ (needed by REQUESTER)]". */
static enum dltest_reason classify_musl_loading(struct message *message, const char *name) {
	static const char needed[] = " (needed by ";
	size_t length = strlen(name);
	size_t path_length = message->path ? strlen(message->path) : 0;
	enum dltest_reason reason = DLTEST_REASON_NONE;
	int error = cut_error(name, &length);

	if (error)
		return reason_of_error(error);
	if (!ends_in(name, length, ")"))
		return DLTEST_REASON_LOAD_ERROR;
	if (path_length && ends_in(name, length - 1, message->path) &&
		ends_in(name, length - 1 - path_length, needed))
		reason = classify_musl_needed(
			message, name, length - 1 - path_length - strlen(needed));
	/* Else the first with an error before it: a requester's path may have more. */
	for (const char *marker = strstr(name, needed); marker && reason == DLTEST_REASON_NONE;
		marker = strstr(marker + 1, needed))
		reason = classify_musl_needed(message, name, (size_t)(marker - name));
	return reason ? reason : DLTEST_REASON_LOAD_ERROR;
}

/* musl: "Error relocating LIBRARY: SYMBOL: what is the matter". */
static enum dltest_reason classify_musl_relocating(struct message *message, const char *rest) {
	static const char not_found[] = ": symbol not found";
	size_t length = strlen(rest);

	if (ends_in(rest, length, not_found)) {
		const char *end = rest + length - strlen(not_found);
		size_t path_length = message->path ? strlen(message->path) : 0;
		const char *start = rest + path_length;

		if (path_length == 0 || !has_prefix(rest, message->path) ||
			!has_prefix(start, ": "))
			start = find_last(rest, end, ": ");
		if (!start || start + 2 > end)
			return DLTEST_REASON_LOAD_ERROR;
		take(message, message->symbols, start + 2, end);
		return DLTEST_REASON_UNDEFINED_SYMBOL;
	}
	/* The defining library's path follows, so neither end is fixed. */
	if (strstr(rest, ": initial-exec TLS resolves to dynamic definition in "))
		return DLTEST_REASON_NO_STATIC_TLS;
	if (cut_error(rest, &length) == ENOMEM || strstr(rest, ": cannot allocate TLSDESC for "))
		return DLTEST_REASON_OUT_OF_MEMORY;
	return DLTEST_REASON_LOAD_ERROR;
}

static enum dltest_reason classify_musl(struct message *message) {
	static const char loading[] = "Error loading shared library ";
	static const char relocating[] = "Error relocating ";

	if (has_prefix(message->text, loading))
		return classify_musl_loading(message, message->text + strlen(loading));
	if (has_prefix(message->text, relocating))
		return classify_musl_relocating(message, message->text + strlen(relocating));
	/* A loader that was linked statically: our fault. */
	if (strcmp(message->text, "Dynamic loading not supported") == 0)
		return DLTEST_REASON_NO_VERDICT;
	return DLTEST_REASON_NONE;
}

/* dyld: how it begins to say what is wrong with a file that it tried. In order of weight: the
 * first of these that occurs decides. */
static const struct form dyld_tried[] = {
	/* A refusal of our own sandbox must never be put down to the library. */
	{"file system sandbox blocked ", DLTEST_REASON_NO_VERDICT, SUBJECT_NONE},
	{"blocked by sandbox", DLTEST_REASON_NO_VERDICT, SUBJECT_NONE},
	{"mach-o file, but is an incompatible architecture", DLTEST_REASON_WRONG_ARCHITECTURE,
		SUBJECT_FILE},
	{"fat file, but missing compatible architecture", DLTEST_REASON_WRONG_ARCHITECTURE,
		SUBJECT_FILE},
	{"mach-o, but wrong architecture", DLTEST_REASON_WRONG_ARCHITECTURE, SUBJECT_FILE},
	{"no matching architecture in universal wrapper", DLTEST_REASON_WRONG_ARCHITECTURE,
		SUBJECT_FILE},
	{"not a mach-o file", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_FILE},
	{"slice is not valid mach-o file", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_FILE},
	{"unknown file type", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_FILE},
	{"not a file", DLTEST_REASON_NOT_A_FILE, SUBJECT_FILE},
	{"file too short", DLTEST_REASON_TRUNCATED, SUBJECT_FILE},
};

/* dyld: how the whole text begins, after "dlopen(PATH, MODE): ". */
static const struct form dyld_files[] = {
	{"cannot dlopen a main executable", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_FILE},
	{"unloadable mach-o file type", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_FILE},
	{"image not found", DLTEST_REASON_NOT_FOUND, SUBJECT_FILE},
};

/* Whether one of the files that "tried: 'FILE' (words…), …" or "Did find:\n\tFILE: words…" names
 * has these words said of it. */
static bool is_said_of_a_file(const char *body, const char *words) {
	size_t size = strlen(words);

	for (const char *at = strstr(body, words); at; at = strstr(at + size, words)) {
		size_t before = (size_t)(at - body);

		if (ends_in(body, before, "' (") || ends_in(body, before, ": "))
			return true;
	}
	return false;
}

static enum dltest_reason classify_dyld_tried(const char *body) {
	for (size_t i = 0; i < sizeof(dyld_tried) / sizeof(dyld_tried[0]); i++) {
		if (is_said_of_a_file(body, dyld_tried[i].words))
			return dyld_tried[i].reason;
	}
	if (is_said_of_a_file(body, "no such file"))
		return DLTEST_REASON_NOT_FOUND;
	return DLTEST_REASON_LOAD_ERROR;
}

/* Takes what follows 'words' up to one of 'stops', if the body begins so. */
static bool take_after(struct message *message, struct strv *list, const char *body,
	const char *words, const char *stops) {
	if (!has_prefix(body, words))
		return false;
	body += strlen(words);
	take(message, list, body, body + strcspn(body, stops));
	return true;
}

/* The body of "dlopen(PATH, MODE): BODY", MODE being a number as C writes it; NULL for none. */
static const char *dyld_body(const struct message *message) {
	static const char call[] = "dlopen(";
	const char *cursor = message->text + strlen(call);

	if (!has_prefix(message->text, call))
		return NULL;
	if (message->path && has_prefix(cursor, message->path))
		cursor += strlen(message->path);
	for (cursor = strstr(cursor, ", "); cursor; cursor = strstr(cursor + 1, ", ")) {
		const char *mode = cursor + 2;
		size_t digits = strspn(mode, "0123456789abcdefx");

		if (digits > 0 && has_prefix(mode + digits, "): "))
			return mode + digits + 3;
	}
	return NULL;
}

static enum dltest_reason classify_dyld(struct message *message) {
	const char *body = dyld_body(message);

	if (!body)
		return DLTEST_REASON_NONE;
	if (has_prefix(body, "Library not loaded: ")) {
		/* The reason it gives is about the dependency, unless our sandbox was it. */
		if (classify_dyld_tried(body) == DLTEST_REASON_NO_VERDICT)
			return DLTEST_REASON_NO_VERDICT;
		take_after(message, message->missing, body, "Library not loaded: ", "\n");
		return DLTEST_REASON_MISSING_DEPENDENCY;
	}
	if (take_after(message, message->symbols, body, "Symbol not found: ", "\n") ||
		take_after(message, message->symbols, body, "symbol not found in flat namespace '",
			"'\n"))
		return DLTEST_REASON_UNDEFINED_SYMBOL;
	for (size_t i = 0; i < sizeof(dyld_files) / sizeof(dyld_files[0]); i++) {
		if (has_prefix(body, dyld_files[i].words))
			return dyld_files[i].reason;
	}
	if (has_prefix(body, "tried: '") || has_prefix(body, "no suitable image found."))
		return classify_dyld_tried(body);
	return DLTEST_REASON_LOAD_ERROR;
}

enum dltest_reason dlerror_classify_load(
	const char *path, const char *text, struct strv *missing, struct strv *symbols) {
	/* What is hardest to mistake comes first. */
	static enum dltest_reason (*const linkers[])(struct message *) = {
		classify_glibc_opening,
		classify_dyld,
		classify_musl,
		classify_glibc_end,
		classify_glibc_middle,
	};
	struct message message = {.text = text,
		.length = strlen(text),
		.path = path,
		.missing = missing,
		.symbols = symbols};

	for (size_t i = 0; i < sizeof(linkers) / sizeof(linkers[0]); i++) {
		enum dltest_reason reason = linkers[i](&message);

		if (message.no_memory)
			return DLTEST_REASON_NONE;
		if (reason != DLTEST_REASON_NONE)
			return reason;
	}
	return DLTEST_REASON_LOAD_ERROR;
}

enum dltest_reason dlerror_classify(const char *text, struct strv *missing, struct strv *symbols) {
	return dlerror_classify_load(NULL, text, missing, symbols);
}
