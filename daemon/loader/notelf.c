/* SPDX-License-Identifier: MIT */
#include "notelf.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include <dltest/linkerscript.h>

/* What else is found under the name of a library, by its first bytes. */
static const struct {
	size_t size;
	const char *bytes, *words;
} kinds[] = {
	{8, "!<arch>\n", "is a static archive, not a shared library"},
	{8, "!<thin>\n", "is a static archive, not a shared library"},
	{2, "#!", "is a script, not a shared library"},
	{4, "BC\xc0\xde", "is LLVM bitcode, not a shared library"},
	{4, "\xde\xc0\x17\x0b", "is LLVM bitcode, not a shared library"},
	{2, "MZ", "is a program for DOS, not a shared library"},
	{4, "\xca\xfe\xba\xbe", "is a Java class file, not a shared library"},
	{4, "\0asm", "is WebAssembly, not a shared library"},
	{2, "\x1f\x8b", "is gzip-compressed data, not a shared library"},
	{6, "\3757zXZ\0", "is xz-compressed data, not a shared library"},
	{3, "BZh", "is bzip2-compressed data, not a shared library"},
	{4, "\x28\xb5\x2f\xfd", "is zstd-compressed data, not a shared library"},
	{4, "PK\3\4", "is a zip archive, not a shared library"},
	{8, "\xff\xfe\x7f\0E\0L\0", "was converted from binary to UTF-16: its bytes are damaged"},
	{7,
		"\xef\xbb\xbf\x7f"
		"ELF",
		"was converted from binary to UTF-8: its bytes are damaged"},
	{24, "version https://git-lfs.", "is a Git LFS pointer, not the shared library itself"},
};

static bool is_text(const unsigned char *bytes, size_t length) {
	for (size_t i = 0; i < length; i++) {
		if ((bytes[i] < ' ' && !memchr("\t\n\v\f\r\x1b", bytes[i], 6)) || bytes[i] == 0x7f)
			return false;
	}
	return true;
}

static const char *kind_of_text(const unsigned char *bytes, size_t length) {
	if (bytes[0] == '<')
		return "is an HTML or XML file, not a shared library";
	if (dltest_linkerscript_begins(bytes, length))
		return "is a linker script (text), not a shared library";
	return "is a text file, not a shared library";
}

const char *notelf_describe(const unsigned char *bytes, size_t length) {
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (length >= kinds[i].size && memcmp(bytes, kinds[i].bytes, kinds[i].size) == 0)
			return kinds[i].words;
	}
	return is_text(bytes, length) ? kind_of_text(bytes, length) : "is not an ELF file";
}

/* Whether the name ends in ".so", or in that and versions. */
static bool is_of_library(const char *name, const char *end) {
	const char *suffix = NULL;

	for (const char *at = name + 1; end - at >= 3; at++) {
		if (memcmp(at, ".so", 3) == 0 && (end - at == 3 || at[3] == '.'))
			suffix = at + 3;
	}
	for (const char *at = suffix; at && at < end; at++) {
		if (!isalnum((unsigned char)*at) && !strchr(".-_+", *at))
			return false;
	}
	return suffix != NULL;
}

size_t notelf_name_length(const unsigned char *bytes, size_t length) {
	const char *name = (const char *)bytes;

	if (length > 0 && bytes[length - 1] == '\n')
		length--;
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] <= ' ' || bytes[i] == 0x7f)
			return 0;
		if (bytes[i] == '/')
			name = (const char *)bytes + i + 1;
	}
	return is_of_library(name, (const char *)bytes + length) ? length : 0;
}
