/* SPDX-License-Identifier: MIT */
#include "platform.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#define MACHINES_MAX 4

/* Which level of the processor it needs; musl's <elf.h> does not know it (System V ABI of x86-64).
 */
#ifndef GNU_PROPERTY_X86_ISA_1_NEEDED
#define GNU_PROPERTY_X86_ISA_1_NEEDED 0xc0008002u
#endif

static const struct platform here = {NULL, NULL};
static const struct platform glibc = {"glibc", "the C library glibc"};
static const struct platform musl = {"musl", "the C library musl"};

/* The C library that this very program has. */
#ifdef __GLIBC__
#define OWN glibc
#else
#define OWN musl
#endif

struct platform platform_of_osabi(unsigned osabi) {
	static const struct {
		unsigned osabi;
		struct platform platform;
	} systems[] = {
		{ELFOSABI_HPUX, {"hpux", "HP-UX"}},
		{ELFOSABI_NETBSD, {"netbsd", "NetBSD"}},
		{ELFOSABI_SOLARIS, {"solaris", "Solaris"}},
		{ELFOSABI_AIX, {"aix", "AIX"}},
		{ELFOSABI_IRIX, {"irix", "IRIX"}},
		{ELFOSABI_FREEBSD, {"freebsd", "FreeBSD"}},
		{ELFOSABI_TRU64, {"tru64", "Tru64"}},
		{ELFOSABI_OPENBSD, {"openbsd", "OpenBSD"}},
	};

	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
		if (systems[i].osabi == osabi)
			return systems[i].platform;
	}
	return here;
}

struct note {
	uint32_t type;
	const char *owner;
	size_t owner_size; /* with its NUL */
	const unsigned char *contents;
	size_t size;
};

/* Takes the next note off *bytes. They are aligned to 4 bytes, also in 64-bit files (elf(5)); the
 * lengths of those that are aligned to 8 (NT_GNU_PROPERTY_TYPE_0) fit both. */
static bool next_note(const unsigned char **bytes, size_t *left, struct note *ret_note) {
	Elf32_Nhdr head;

	if (*left < sizeof(head))
		return false;
	memcpy(&head, *bytes, sizeof(head));
	const unsigned char *owner = *bytes + sizeof(head);
	size_t room = *left - sizeof(head), owner_room = ((size_t)head.n_namesz + 3) / 4 * 4;
	if (owner_room > room || head.n_descsz > room - owner_room)
		return false;
	*ret_note = (struct note){.type = head.n_type,
		.owner = (const char *)owner,
		.owner_size = head.n_namesz,
		.contents = owner + owner_room,
		.size = head.n_descsz};
	size_t contents_room = ((size_t)head.n_descsz + 3) / 4 * 4;
	if (contents_room > room - owner_room)
		contents_room = room - owner_room;
	*bytes = ret_note->contents + contents_room;
	*left = room - owner_room - contents_room;
	return true;
}

static bool is_owned_by(const struct note *note, const char *owner) {
	return note->owner_size == strlen(owner) + 1 &&
	       memcmp(note->owner, owner, note->owner_size) == 0;
}

/* The system of a NT_GNU_ABI_TAG. */
static struct platform of_abi_tag(const struct note *note) {
	uint32_t system;

	if (note->size < sizeof(system))
		return here;
	memcpy(&system, note->contents, sizeof(system));
	switch (system) {
	case ELF_NOTE_OS_GNU:
		return (struct platform){"hurd", "GNU/Hurd"};
	case ELF_NOTE_OS_SOLARIS2:
		return (struct platform){"solaris", "Solaris"};
	case ELF_NOTE_OS_FREEBSD:
		return (struct platform){"freebsd", "FreeBSD"};
	default:
		return here;
	}
}

static struct platform of_note(const struct note *note) {
	static const struct {
		const char *owner;
		struct platform platform;
	} owners[] = {
		{"Android", {"android", "Android"}},
		{"DragonFly", {"dragonfly", "DragonFly BSD"}},
		{"FreeBSD", {"freebsd", "FreeBSD"}},
		{"NetBSD", {"netbsd", "NetBSD"}},
		{"OpenBSD", {"openbsd", "OpenBSD"}},
	};

	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		if (is_owned_by(note, owners[i].owner))
			return owners[i].platform;
	}
	return note->type == NT_GNU_ABI_TAG && is_owned_by(note, ELF_NOTE_GNU) ? of_abi_tag(note)
									       : here;
}

struct platform platform_of_notes(const unsigned char *notes, size_t size) {
	struct platform found = here;
	struct note note;

	while (!found.name && next_note(&notes, &size, &note))
		found = of_note(&note);
	return found;
}

/* Of a list of properties, each a type, a size, and so many bytes filled up to eight. */
static unsigned level_of_properties(const unsigned char *bytes, size_t left) {
	struct {
		uint32_t type, size;
	} head;
	uint32_t needed;

	while (left >= sizeof(head)) {
		memcpy(&head, bytes, sizeof(head));
		bytes += sizeof(head);
		left -= sizeof(head);
		size_t room = ((size_t)head.size + 7) / 8 * 8;
		if (head.size > left)
			break;
		if (head.type == GNU_PROPERTY_X86_ISA_1_NEEDED && head.size == sizeof(needed)) {
			memcpy(&needed, bytes, sizeof(needed));
			return needed ? 32 - (unsigned)__builtin_clz(needed) : 0;
		}
		if (room > left)
			break;
		bytes += room;
		left -= room;
	}
	return 0;
}

unsigned platform_level_of_notes(const unsigned char *notes, size_t size) {
	unsigned level = 0;
	struct note note;

	while (level == 0 && next_note(&notes, &size, &note)) {
		if (note.type == NT_GNU_PROPERTY_TYPE_0 && is_owned_by(&note, ELF_NOTE_GNU))
			level = level_of_properties(note.contents, note.size);
	}
	return level;
}

bool platform_is_glibc(const char *name) {
	return strcmp(name, "libc.so.6") == 0 || strncmp(name, "ld-linux", 8) == 0;
}

void platform_take_need(struct platform_needs *needs, const char *name) {
	static const struct {
		const char *name;
		struct platform platform;
	} c_libraries[] = {
		{"libc.so.1", {"solaris", "Solaris"}},
		{"libc.so.7", {"freebsd", "FreeBSD"}},
		{"libc.so.12", {"netbsd", "NetBSD"}},
		{"libroot.so", {"haiku", "Haiku"}},
	};
	static const char *const androids[] = {
		"libandroid.so", "libdl.so", "libEGL.so", "liblog.so", "libm.so"};

	needs->has_glibc |= platform_is_glibc(name);
	needs->has_plain |= strcmp(name, "libc.so") == 0;
	for (size_t i = 0; i < sizeof(androids) / sizeof(androids[0]); i++)
		needs->has_androids |= strcmp(name, androids[i]) == 0;
	if (strncmp(name, "libc.musl-", 10) == 0)
		needs->c_library = musl;
	for (size_t i = 0; i < sizeof(c_libraries) / sizeof(c_libraries[0]); i++) {
		if (strcmp(name, c_libraries[i].name) == 0)
			needs->c_library = c_libraries[i].platform;
	}
}

/* What has glibc's is glibc's, whatever else it has. musl's, by the name that its own compiler
 * driver leaves, and Android's have the same name. */
static struct platform find_of_needs(const struct platform_needs *needs) {
	if (needs->has_glibc)
		return glibc;
	if (needs->c_library.name)
		return needs->c_library;
	if (!needs->has_plain)
		return here;
	return needs->has_androids ? (struct platform){"android", "Android"} : musl;
}

struct platform platform_of_needs(const struct platform_needs *needs) {
	struct platform found = find_of_needs(needs);

	return found.name == OWN.name ? here : found;
}

/* From DT_SUNW_SORTENT to DT_SUNW_CAPCHAINSZ (illumos, sys/link.h). Android has some of those below
 * for itself. */
bool platform_is_tag_of_solaris(uint64_t tag) {
	return tag >= 0x60000013 && tag <= 0x6000001f;
}

static uint32_t read_number(const unsigned char *bytes, bool is_big) {
	uint32_t number = 0;

	for (int i = 0; i < 4; i++)
		number = number << 8 | bytes[is_big ? i : 3 - i];
	return number;
}

static const char *mach_machine(uint32_t type) {
	static const struct {
		uint32_t type;
		const char *name;
	} machines[] = {
		{0x00000007, "i386"},
		{0x01000007, "x86_64"},
		{0x0000000c, "arm"},
		{0x0100000c, "aarch64"},
		{0x0200000c, "aarch64 with 32-bit pointers"},
		{0x00000012, "powerpc"},
		{0x01000012, "powerpc64"},
	};

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (machines[i].type == type)
			return machines[i].name;
	}
	return "another machine";
}

/* Names the machines of a file for several, of which each has 'step' bytes in a table. */
static void name_machines(
	const unsigned char *bytes, size_t size, size_t step, char *words, size_t words_size) {
	uint32_t count = read_number(bytes + 4, true);
	size_t length = (size_t)snprintf(words, words_size, "is a Mach-O file for ");

	for (uint32_t i = 0; i < count && i < MACHINES_MAX; i++) {
		size_t at = 8 + i * step;

		if (at + 4 > size || length >= words_size)
			break;
		length += (size_t)snprintf(words + length, words_size - length, "%s%s",
			i == 0 ? "" : " and ", mach_machine(read_number(bytes + at, true)));
	}
	if (length < words_size)
		snprintf(words + length, words_size - length, "%s, for macOS",
			count > MACHINES_MAX ? " and others" : "");
}

static bool is_mach(const unsigned char *bytes, size_t size, char *words, size_t words_size) {
	if (size < 8)
		return false;
	uint32_t magic = read_number(bytes, true);
	/* The number of machines in the one, the version of a Java class, from 45 on, in the
	 * other. */
	if (magic == 0xcafebabe && read_number(bytes + 4, true) < 45)
		name_machines(bytes, size, 20, words, words_size);
	else if (magic == 0xcafebabf)
		name_machines(bytes, size, 32, words, words_size);
	else if ((magic | 1) == 0xfeedfacf)
		snprintf(words, words_size, "is a Mach-O file for %s, for macOS",
			mach_machine(read_number(bytes + 4, true)));
	else if ((magic & ~UINT32_C(0x01000000)) == 0xcefaedfe)
		snprintf(words, words_size, "is a Mach-O file for %s, for macOS",
			mach_machine(read_number(bytes + 4, false)));
	else
		return false;
	return true;
}

static const char *pe_machine(unsigned machine) {
	switch (machine) {
	case 0x014c:
		return "i386";
	case 0x8664:
		return "x86_64";
	case 0x01c0:
	case 0x01c4:
		return "arm";
	case 0xaa64:
	case 0xa641:
		return "aarch64";
	default:
		return "another machine";
	}
}

/* A PE file begins with a program for DOS, which tells where the rest is. */
static bool is_pe(const unsigned char *bytes, size_t size, char *words, size_t words_size) {
	if (size < 0x40 || memcmp(bytes, "MZ", 2) != 0)
		return false;
	uint32_t at = read_number(bytes + 0x3c, false);
	if (at > size || size - at < 6 || memcmp(bytes + at, "PE\0\0", 4) != 0)
		return false;
	snprintf(words, words_size, "is a PE file (a DLL or a program) for %s, for Windows",
		pe_machine(bytes[at + 4] | (unsigned)bytes[at + 5] << 8));
	return true;
}

struct platform platform_of_foreign(
	const unsigned char *bytes, size_t size, char *words, size_t words_size) {
	if (is_mach(bytes, size, words, words_size))
		return (struct platform){"macos", "macOS"};
	if (is_pe(bytes, size, words, words_size))
		return (struct platform){"windows", "Windows"};
	return here;
}
