/* SPDX-License-Identifier: MIT */
#include "dlmessage.h"

#include <errno.h>
#include <string.h>

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
	{"Interrupted system call", EINTR},
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

bool dlmessage_begins_with(const char *text, const char *prefix) {
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool dlmessage_ends_in(const char *text, size_t length, const char *words) {
	size_t size = strlen(words);

	return length >= size && memcmp(text + length - size, words, size) == 0;
}

const char *dlmessage_find_last(const char *start, const char *end, const char *words) {
	size_t size = strlen(words);

	if ((size_t)(end - start) < size)
		return NULL;
	for (size_t at = (size_t)(end - start) - size + 1; at-- > 0;) {
		if (memcmp(start + at, words, size) == 0)
			return start + at;
	}
	return NULL;
}

int dlmessage_cut_error(const char *text, size_t *length) {
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		size_t size = strlen(errors[i].words);

		if (*length <= size + 2 || !dlmessage_ends_in(text, *length, errors[i].words) ||
			!dlmessage_ends_in(text, *length - size, ": "))
			continue;
		*length -= size + 2;
		return errors[i].error;
	}
	return 0;
}

void dlmessage_take(
	struct dlmessage *message, struct strv *list, const char *start, const char *end) {
	if (strv_take(list, strndup(start, (size_t)(end - start))) < 0)
		message->no_memory = true;
}

bool dlmessage_is_of_library(const struct dlmessage *message, size_t name_length) {
	if (!message->path)
		return true;
	return strlen(message->path) == name_length &&
	       memcmp(message->path, message->text, name_length) == 0;
}

enum dltest_reason dlmessage_blame(
	struct dlmessage *message, enum dltest_reason reason, size_t name_length) {
	if (dlmessage_is_of_library(message, name_length))
		return reason;
	dlmessage_take(message, message->missing, message->text, message->text + name_length);
	return DLTEST_REASON_MISSING_DEPENDENCY;
}

enum dltest_reason dlmessage_reason_of_error(int error) {
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

bool dlmessage_is_passing(int error) {
	return error == ENOMEM || error == EMFILE || error == ENFILE || error == EIO ||
	       error == EINTR;
}
