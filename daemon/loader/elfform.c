/* SPDX-License-Identifier: MIT */
#include "elfform.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if __ELF_NATIVE_CLASS == 64
#define NATIVE_CLASS ELFCLASS64
#else
#define NATIVE_CLASS ELFCLASS32
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE_DATA ELFDATA2LSB
#else
#define NATIVE_DATA ELFDATA2MSB
#endif

#if defined(__x86_64__)
#define NATIVE_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define NATIVE_MACHINE EM_AARCH64
#elif defined(__i386__)
#define NATIVE_MACHINE EM_386
#elif defined(__arm__)
#define NATIVE_MACHINE EM_ARM
#elif defined(__riscv)
#define NATIVE_MACHINE EM_RISCV
#else
#error "name this machine's e_machine"
#endif

/* More program headers than any library has; glibc refuses far fewer with its own words. */
#define PHDRS_MAX 512

struct complaint {
	char *text;
	size_t size;
};

static enum dltest_reason complain(struct complaint *complaint, enum dltest_reason reason,
	const char *pattern, ...) __attribute__((format(printf, 3, 4)));

static enum dltest_reason complain(
	struct complaint *complaint, enum dltest_reason reason, const char *pattern, ...) {
	va_list arguments;

	va_start(arguments, pattern);
	vsnprintf(complaint->text, complaint->size, pattern, arguments);
	va_end(arguments);
	return reason;
}

static const char *machine_name(unsigned machine, char *buffer, size_t size) {
	static const struct {
		unsigned machine;
		const char *name;
	} names[] = {
		{EM_386, "i386"},
		{EM_68K, "m68k"},
		{EM_AARCH64, "aarch64"},
		{EM_ARM, "arm"},
		{EM_LOONGARCH, "loongarch"},
		{EM_MIPS, "mips"},
		{EM_PPC, "powerpc"},
		{EM_PPC64, "powerpc64"},
		{EM_RISCV, "riscv"},
		{EM_S390, "s390"},
		{EM_SPARCV9, "sparc64"},
		{EM_X86_64, "x86_64"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].machine == machine)
			return names[i].name;
	}
	snprintf(buffer, size, "ELF machine %u", machine);
	return buffer;
}

static enum dltest_reason check_magic(
	struct complaint *complaint, const unsigned char *bytes, size_t length) {
	if (length == 0)
		return complain(complaint, DLTEST_REASON_TRUNCATED, "the file is empty");
	if (length >= 8 && memcmp(bytes, "!<arch>\n", 8) == 0)
		return complain(complaint, DLTEST_REASON_NOT_A_LIBRARY,
			"is a static archive, not a shared library");
	if (length >= SELFMAG && memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return complain(complaint, DLTEST_REASON_NOT_A_LIBRARY,
			memchr(bytes, '\0', length) ? "is not an ELF file"
						    : "is a text file (a linker script?), not a "
						      "shared library");
	if (memcmp(bytes, ELFMAG, length < SELFMAG ? length : SELFMAG) != 0)
		return complain(complaint, DLTEST_REASON_NOT_A_LIBRARY, "is not an ELF file");
	if (length < sizeof(ElfW(Ehdr)))
		return complain(complaint, DLTEST_REASON_TRUNCATED,
			"the file is cut off within its ELF header");
	return DLTEST_REASON_NONE;
}

static enum dltest_reason check_machine(struct complaint *complaint, const ElfW(Ehdr) * header) {
	char theirs[32], ours[32];
	unsigned machine = header->e_machine;
	int data = header->e_ident[EI_DATA];

	if (data != NATIVE_DATA)
		return complain(complaint, DLTEST_REASON_WRONG_ARCHITECTURE,
			"is for a %s-endian machine", data == ELFDATA2MSB ? "big" : "little");
	if (machine != NATIVE_MACHINE)
		return complain(complaint, DLTEST_REASON_WRONG_ARCHITECTURE,
			"is for %s, this machine is %s",
			machine_name(machine, theirs, sizeof(theirs)),
			machine_name(NATIVE_MACHINE, ours, sizeof(ours)));
	if (header->e_ident[EI_CLASS] != NATIVE_CLASS)
		return complain(complaint, DLTEST_REASON_WRONG_ARCHITECTURE,
			"is a %d-bit library, this machine loads %d-bit ones",
			header->e_ident[EI_CLASS] == ELFCLASS32 ? 32 : 64, __ELF_NATIVE_CLASS);
	return DLTEST_REASON_NONE;
}

static enum dltest_reason check_type(struct complaint *complaint, const ElfW(Ehdr) * header) {
	switch (header->e_type) {
	case ET_DYN:
		return DLTEST_REASON_NONE;
	case ET_EXEC:
		return complain(complaint, DLTEST_REASON_NOT_A_LIBRARY,
			"is an executable, not a shared library");
	case ET_REL:
		return complain(complaint, DLTEST_REASON_NOT_A_LIBRARY,
			"is an object file, not a shared library");
	case ET_CORE:
		return complain(complaint, DLTEST_REASON_NOT_A_LIBRARY,
			"is a core file, not a shared library");
	default:
		return complain(complaint, DLTEST_REASON_NOT_A_LIBRARY,
			"is an ELF file of type %u, not a shared library", header->e_type);
	}
}

static enum dltest_reason check_segments(
	struct complaint *complaint, int fd, off_t size, const ElfW(Ehdr) * header) {
	static ElfW(Phdr) phdrs[PHDRS_MAX];
	size_t bytes = header->e_phnum * sizeof(phdrs[0]);
	uint64_t length = (uint64_t)size;

	/* What the dynamic linker refuses by itself is left to its own words. */
	if (header->e_phentsize != sizeof(phdrs[0]) || header->e_phnum > PHDRS_MAX)
		return DLTEST_REASON_NONE;
	if (header->e_phoff > length || bytes > length - header->e_phoff ||
		pread(fd, phdrs, bytes, (off_t)header->e_phoff) != (ssize_t)bytes)
		return complain(complaint, DLTEST_REASON_TRUNCATED,
			"the file is cut off within its program headers");
	for (size_t i = 0; i < header->e_phnum; i++) {
		uint64_t offset = phdrs[i].p_offset, filesz = phdrs[i].p_filesz;

		if (phdrs[i].p_type != PT_LOAD || filesz == 0)
			continue;
		if (offset > length || filesz > length - offset)
			return complain(complaint, DLTEST_REASON_TRUNCATED,
				"the file is cut off: it has %llu bytes, its segments need %llu",
				(unsigned long long)length, (unsigned long long)(offset + filesz));
	}
	return DLTEST_REASON_NONE;
}

enum dltest_reason elfform_check(int fd, off_t size, char *text, size_t text_size) {
	struct complaint complaint = {text, text_size};
	union {
		ElfW(Ehdr) elf;
		unsigned char bytes[256];
	} header;

	ssize_t length = pread(fd, header.bytes, sizeof(header.bytes), 0);
	if (length < 0)
		return complain(&complaint,
			errno == EISDIR ? DLTEST_REASON_NOT_A_FILE : DLTEST_REASON_LOAD_ERROR,
			"cannot be read: %s", strerror(errno));
	enum dltest_reason reason = check_magic(&complaint, header.bytes, (size_t)length);
	if (reason == DLTEST_REASON_NONE)
		reason = check_machine(&complaint, &header.elf);
	if (reason == DLTEST_REASON_NONE)
		reason = check_type(&complaint, &header.elf);
	if (reason == DLTEST_REASON_NONE)
		reason = check_segments(&complaint, fd, size, &header.elf);
	return reason;
}
