/* SPDX-License-Identifier: MIT */
#include "elfform.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
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

/* How many program headers, section headers or dynamic entries are read at a time. */
#define BATCH 64

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

/* Everything that is looked at. */
struct file {
	int fd;
	int error; /* an errno for which it could not be read, whatever its form; 0: none */
	uint64_t size;
	ElfW(Ehdr) header;
	ElfW(Phdr) dynamic; /* p_type is PT_NULL while none was found */
	bool has_segment;
};

/* Names of machines, as uname(1) or the compilers call them; several of them have one number and
 * differ in class or byte order. */
static const struct {
	unsigned machine;
	int class, data; /* 0: whatever it is */
	const char *name;
} machines[] = {
	{EM_386, 0, 0, "i386"},
	{EM_68K, 0, 0, "m68k"},
	{EM_AARCH64, ELFCLASS32, 0, "aarch64 with 32-bit pointers"},
	{EM_AARCH64, 0, ELFDATA2MSB, "aarch64_be"},
	{EM_AARCH64, 0, 0, "aarch64"},
	{EM_ALPHA, 0, 0, "alpha"},
	{EM_AMDGPU, 0, 0, "AMD GPUs"},
	{EM_ARM, 0, ELFDATA2MSB, "big-endian arm"},
	{EM_ARM, 0, 0, "arm"},
	{EM_BPF, 0, 0, "BPF"},
	{EM_CUDA, 0, 0, "CUDA GPUs"},
	{EM_IA_64, 0, 0, "ia64"},
	{EM_LOONGARCH, ELFCLASS64, 0, "loongarch64"},
	{EM_LOONGARCH, 0, 0, "loongarch32"},
	{EM_MIPS, ELFCLASS64, ELFDATA2LSB, "mips64el"},
	{EM_MIPS, ELFCLASS64, 0, "mips64"},
	{EM_MIPS, 0, ELFDATA2LSB, "mipsel"},
	{EM_MIPS, 0, 0, "mips"},
	{EM_PARISC, 0, 0, "parisc"},
	{EM_PPC, 0, 0, "powerpc"},
	{EM_PPC64, 0, ELFDATA2LSB, "powerpc64le"},
	{EM_PPC64, 0, 0, "powerpc64"},
	{EM_RISCV, ELFCLASS32, 0, "riscv32"},
	{EM_RISCV, 0, 0, "riscv64"},
	{EM_S390, ELFCLASS64, 0, "s390x"},
	{EM_S390, 0, 0, "s390"},
	{EM_SH, 0, 0, "sh"},
	{EM_SPARC, 0, 0, "sparc"},
	{EM_SPARC32PLUS, 0, 0, "sparc"},
	{EM_SPARCV9, 0, 0, "sparc64"},
	{EM_X86_64, ELFCLASS32, ELFDATA2LSB, "x32"},
	{EM_X86_64, 0, ELFDATA2LSB, "x86_64"},
};

static const char *machine_name(unsigned machine, int class, int data, char *buffer, size_t size) {
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (machines[i].machine == machine &&
			(machines[i].class == 0 || machines[i].class == class) &&
			(machines[i].data == 0 || machines[i].data == data))
			return machines[i].name;
	}
	snprintf(buffer, size, "a %d-bit %s-endian machine (ELF machine %u)",
		class == ELFCLASS32 ? 32 : 64, data == ELFDATA2MSB ? "big" : "little", machine);
	return buffer;
}

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
	{4, "\xfe\xed\xfa\xce", "is a Mach-O file, for macOS"},
	{4, "\xfe\xed\xfa\xcf", "is a Mach-O file, for macOS"},
	{4, "\xce\xfa\xed\xfe", "is a Mach-O file, for macOS"},
	{4, "\xcf\xfa\xed\xfe", "is a Mach-O file, for macOS"},
	{2, "MZ", "is a PE file (a DLL or a program), for Windows"},
	{4, "\0asm", "is WebAssembly, not a shared library"},
	{2, "\x1f\x8b", "is gzip-compressed data, not a shared library"},
	{6, "\3757zXZ\0", "is xz-compressed data, not a shared library"},
	{3, "BZh", "is bzip2-compressed data, not a shared library"},
	{4, "\x28\xb5\x2f\xfd", "is zstd-compressed data, not a shared library"},
	{4, "PK\3\4", "is a zip archive, not a shared library"},
	{24, "version https://git-lfs.", "is a Git LFS pointer, not the shared library itself"},
};

/* Words of which a linker script has one near its beginning. */
static const char *const script_words[] = {
	"GNU ld script", "OUTPUT_FORMAT", "GROUP(", "GROUP (", "INPUT(", "INPUT ("};

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
	for (size_t i = 0; i < sizeof(script_words) / sizeof(script_words[0]); i++) {
		if (memmem(bytes, length, script_words[i], strlen(script_words[i])))
			return "is a linker script (text), not a shared library";
	}
	return "is a text file, not a shared library";
}

static const char *kind_of(const unsigned char *bytes, size_t length) {
	/* The number of machines in the one, the version of the format, from 45 on, in the other.
	 */
	if (length >= 8 && memcmp(bytes, "\xca\xfe\xba\xbe", 4) == 0)
		return bytes[7] < 45 ? "is a Mach-O file for several machines, for macOS"
				     : "is a Java class file, not a shared library";
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (length >= kinds[i].size && memcmp(bytes, kinds[i].bytes, kinds[i].size) == 0)
			return kinds[i].words;
	}
	return is_text(bytes, length) ? kind_of_text(bytes, length) : "is not an ELF file";
}

static enum dltest_reason check_magic(
	struct complaint *complaint, const unsigned char *bytes, size_t length) {
	size_t wanted = sizeof(ElfW(Ehdr));

	if (length == 0)
		return complain(complaint, DLTEST_REASON_TRUNCATED, "the file is empty");
	if (memcmp(bytes, ELFMAG, length < SELFMAG ? length : SELFMAG) != 0)
		return complain(
			complaint, DLTEST_REASON_NOT_A_LIBRARY, "%s", kind_of(bytes, length));
	if (length > EI_CLASS && bytes[EI_CLASS] == ELFCLASS32)
		wanted = sizeof(Elf32_Ehdr);
	if (length < wanted)
		return complain(complaint, DLTEST_REASON_TRUNCATED,
			"the file is cut off within its ELF header");
	return DLTEST_REASON_NONE;
}

/* The first fields are the same in both classes; e_machine is in the file's own byte order. */
static enum dltest_reason check_machine(struct complaint *complaint, const ElfW(Ehdr) * header) {
	char theirs[64], ours[64];
	int class = header->e_ident[EI_CLASS], data = header->e_ident[EI_DATA];
	unsigned machine = header->e_machine;

	if ((class != ELFCLASS32 && class != ELFCLASS64) ||
		(data != ELFDATA2LSB && data != ELFDATA2MSB))
		return complain(complaint, DLTEST_REASON_NOT_A_LIBRARY,
			"begins like an ELF file, but its header makes no sense");
	if (data != NATIVE_DATA)
		machine = (machine & 0xff) << 8 | machine >> 8;
	if (machine != NATIVE_MACHINE || class != NATIVE_CLASS || data != NATIVE_DATA)
		return complain(complaint, DLTEST_REASON_WRONG_ARCHITECTURE,
			"is for %s, this machine is %s",
			machine_name(machine, class, data, theirs, sizeof(theirs)),
			machine_name(
				NATIVE_MACHINE, NATIVE_CLASS, NATIVE_DATA, ours, sizeof(ours)));
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

/* Whether 'size' bytes at 'offset' are all in the file. */
static bool is_within(const struct file *file, uint64_t offset, uint64_t size) {
	return offset <= file->size && size <= file->size - offset;
}

static ssize_t read_some(int fd, uint64_t offset, void *buffer, size_t size) {
	ssize_t length;

	do
		length = pread(fd, buffer, size, (off_t)offset);
	while (length < 0 && errno == EINTR);
	return length;
}

static bool read_at(struct file *file, uint64_t offset, void *buffer, size_t size) {
	if (!is_within(file, offset, size))
		return false;
	ssize_t length = read_some(file->fd, offset, buffer, size);
	if (length < 0)
		file->error = errno;
	return length == (ssize_t)size;
}

/* Whether all pages are in the file that the dynamic linker maps of it for a segment and touches
 * itself. */
static bool is_mappable(const struct file *file, const ElfW(Phdr) * phdr) {
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (phdr->p_filesz > 0)
		return is_within(file, phdr->p_offset, phdr->p_filesz);
	/* Of a segment without contents, the rest of the page is zeroed that it begins in. That
	 * page comes from the file, too. */
	if (phdr->p_memsz == 0 || phdr->p_vaddr % page == 0)
		return true;
	return phdr->p_offset / page * page < file->size;
}

static enum dltest_reason check_segment(
	struct complaint *complaint, struct file *file, const ElfW(Phdr) * phdr) {
	if (phdr->p_type == PT_DYNAMIC)
		file->dynamic = *phdr;
	if (phdr->p_type != PT_LOAD)
		return DLTEST_REASON_NONE;
	file->has_segment = true;
	if (is_mappable(file, phdr))
		return DLTEST_REASON_NONE;
	uint64_t end = phdr->p_offset + phdr->p_filesz;
	if (end < phdr->p_offset)
		end = UINT64_MAX;
	return complain(complaint, DLTEST_REASON_TRUNCATED,
		"the file is cut off: it has %llu bytes, its segments need %llu",
		(unsigned long long)file->size, (unsigned long long)end);
}

static enum dltest_reason check_segments(struct complaint *complaint, struct file *file) {
	ElfW(Phdr) phdrs[BATCH];
	enum dltest_reason reason = DLTEST_REASON_NONE, first = DLTEST_REASON_NONE;
	size_t left = file->header.e_phnum, count;

	for (uint64_t at = file->header.e_phoff; left > 0; left -= count) {
		count = left < BATCH ? left : BATCH;
		if (!read_at(file, at, phdrs, count * sizeof(phdrs[0])))
			return complain(complaint, DLTEST_REASON_TRUNCATED,
				"the file is cut off within its program headers");
		at += count * sizeof(phdrs[0]);
		/* The first complaint counts, but PT_DYNAMIC is wanted in any case. */
		for (size_t i = 0; i < count; i++) {
			struct complaint *target = first ? &(struct complaint){0} : complaint;

			reason = check_segment(target, file, &phdrs[i]);
			if (!first)
				first = reason;
		}
	}
	return first;
}

/* Whether the dynamic section has been taken out of the file, as it is of one that has only what
 * debuggers want. The program headers may still tell of segments. */
static bool is_debug_file(struct file *file) {
	ElfW(Shdr) sections[BATCH];
	size_t left = file->header.e_shnum, count;

	if (file->header.e_shentsize != sizeof(sections[0]))
		return false;
	for (uint64_t at = file->header.e_shoff; left > 0; left -= count) {
		count = left < BATCH ? left : BATCH;
		if (!read_at(file, at, sections, count * sizeof(sections[0])))
			return false;
		at += count * sizeof(sections[0]);
		for (size_t i = 0; i < count; i++) {
			if (sections[i].sh_type == SHT_NOBITS &&
				(sections[i].sh_flags & SHF_ALLOC) &&
				file->dynamic.p_type == PT_DYNAMIC &&
				sections[i].sh_addr == file->dynamic.p_vaddr &&
				sections[i].sh_size == file->dynamic.p_memsz)
				return true;
		}
	}
	return false;
}

/* The value of the first dynamic entry of this kind; false if there is none. */
static bool find_entry(struct file *file, ElfW(Sxword) tag, uint64_t *ret_value) {
	ElfW(Dyn) entries[BATCH];
	uint64_t at = file->dynamic.p_offset;
	uint64_t left = file->dynamic.p_filesz / sizeof(entries[0]), count;

	for (; left > 0; left -= count) {
		count = left < BATCH ? left : BATCH;
		if (!read_at(file, at, entries, (size_t)count * sizeof(entries[0])))
			return false;
		at += count * sizeof(entries[0]);
		for (size_t i = 0; i < count; i++) {
			if (entries[i].d_tag == DT_NULL)
				return false;
			if (entries[i].d_tag == tag) {
				*ret_value = entries[i].d_un.d_val;
				return true;
			}
		}
	}
	return false;
}

/* Where in the file the address is; false if it is in no segment's contents. */
static bool find_offset(struct file *file, uint64_t address, uint64_t *ret_offset) {
	uint64_t at = file->header.e_phoff;
	ElfW(Phdr) phdr;

	for (size_t i = 0; i < file->header.e_phnum; i++, at += sizeof(phdr)) {
		if (!read_at(file, at, &phdr, sizeof(phdr)))
			return false;
		if (phdr.p_type != PT_LOAD || address < phdr.p_vaddr ||
			address - phdr.p_vaddr >= phdr.p_filesz)
			continue;
		*ret_offset = address - phdr.p_vaddr + phdr.p_offset;
		return true;
	}
	return false;
}

static bool is_pie(struct file *file) {
	uint64_t flags;

	return find_entry(file, DT_FLAGS_1, &flags) && (flags & DF_1_PIE);
}

static enum dltest_reason check_contents(struct complaint *complaint, struct file *file) {
	/* What the dynamic linker refuses by itself is left to its own words. */
	if (file->header.e_phentsize != sizeof(ElfW(Phdr)))
		return DLTEST_REASON_NONE;
	enum dltest_reason reason = check_segments(complaint, file);
	if (is_debug_file(file))
		return complain(complaint, DLTEST_REASON_NOT_A_LIBRARY,
			"is a file of debugging information, not the shared library itself");
	if (reason)
		return reason;
	if (!file->has_segment)
		return complain(complaint, DLTEST_REASON_NOT_A_LIBRARY,
			"is an ELF file with nothing to load, not a shared library");
	if (file->dynamic.p_type == PT_NULL)
		return complain(complaint, DLTEST_REASON_NOT_A_LIBRARY,
			"is an ELF file without a dynamic section, not a shared library");
	if (is_pie(file))
		return complain(complaint, DLTEST_REASON_NOT_A_LIBRARY,
			"is an executable (position-independent), not a shared library");
	return DLTEST_REASON_NONE;
}

enum dltest_reason elfform_check(int fd, off_t size, char *text, size_t text_size) {
	struct complaint complaint = {text, text_size};
	struct file file = {.fd = fd, .size = (uint64_t)size};
	unsigned char bytes[1024];
	ssize_t length = read_some(fd, 0, bytes, sizeof(bytes));
	if (length < 0)
		return complain(&complaint,
			errno == EISDIR ? DLTEST_REASON_NOT_A_FILE : DLTEST_REASON_NO_VERDICT,
			"cannot be read: %s", strerror(errno));
	enum dltest_reason reason = check_magic(&complaint, bytes, (size_t)length);
	if (reason)
		return reason;
	/* A 32-bit file may be shorter; of it only the first fields are looked at. */
	memcpy(&file.header, bytes,
		(size_t)length < sizeof(file.header) ? (size_t)length : sizeof(file.header));
	reason = check_machine(&complaint, &file.header);
	if (reason == DLTEST_REASON_NONE)
		reason = check_type(&complaint, &file.header);
	if (reason == DLTEST_REASON_NONE)
		reason = check_contents(&complaint, &file);
	if (file.error)
		return complain(&complaint, DLTEST_REASON_NO_VERDICT, "cannot be read: %s",
			strerror(file.error));
	return reason;
}

bool elfform_search_path(int fd, off_t size, char *list, size_t list_size) {
	struct complaint nowhere = {NULL, 0};
	struct file file = {.fd = fd, .size = (uint64_t)size};
	uint64_t strings, name, offset;

	if (!read_at(&file, 0, &file.header, sizeof(file.header)) ||
		file.header.e_phentsize != sizeof(ElfW(Phdr)) || check_segments(&nowhere, &file))
		return false;
	if (!find_entry(&file, DT_RUNPATH, &name) && !find_entry(&file, DT_RPATH, &name))
		return false;
	if (!find_entry(&file, DT_STRTAB, &strings) || !find_offset(&file, strings + name, &offset))
		return false;
	ssize_t length = pread(fd, list, list_size, (off_t)offset);
	return length > 0 && memchr(list, '\0', (size_t)length);
}
