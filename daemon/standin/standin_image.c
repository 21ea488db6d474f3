/* SPDX-License-Identifier: MIT */

/* The stand-in's file, byte by byte, as one constant. It is compiled for the machine that the
 * loader is for, and taken out of its object file by objcopy(1): so that it comes out right for
 * each class and byte order without a linker, which would put its own into it. */

#include <stddef.h>

#include "standin_layout.h"

#if __SIZEOF_POINTER__ == 8
#define CLASS ELFCLASS64
#else
#define CLASS ELFCLASS32
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTE_ORDER_OF_DATA ELFDATA2LSB
#else
#define BYTE_ORDER_OF_DATA ELFDATA2MSB
#endif

/* What calls convention the object has a part in: e_flags, which the dynamic linkers of these
 * machines compare. */
#if defined(__x86_64__)
#define MACHINE EM_X86_64
#define FLAGS	0
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#define FLAGS	0
#elif defined(__i386__)
#define MACHINE EM_386
#define FLAGS	0
#elif defined(__arm__)
#define MACHINE EM_ARM
#if defined(__ARM_PCS_VFP)
#define FLAGS (EF_ARM_EABI_VER5 | EF_ARM_ABI_FLOAT_HARD)
#else
#define FLAGS (EF_ARM_EABI_VER5 | EF_ARM_ABI_FLOAT_SOFT)
#endif
#elif defined(__riscv)
#define MACHINE EM_RISCV
#if defined(__riscv_float_abi_double)
#define FLAGS (EF_RISCV_RVC | EF_RISCV_FLOAT_ABI_DOUBLE)
#else
#define FLAGS EF_RISCV_RVC
#endif
#elif defined(__powerpc64__)
#define MACHINE EM_PPC64
#define FLAGS	2 /* ELFv2 */
#elif defined(__s390x__)
#define MACHINE EM_S390
#define FLAGS	0
#elif defined(__loongarch64)
#define MACHINE EM_LOONGARCH
#define FLAGS	0x43 /* LP64D, object ABI 1 */
#else
#error "Which machine is this, by elf(5)?"
#endif

enum {
	SEGMENTS = 6
};

struct image {
	ElfW(Ehdr) head;
	ElfW(Phdr) segments[SEGMENTS];
	char gap[STANDIN_TABLES - sizeof(ElfW(Ehdr)) - SEGMENTS * sizeof(ElfW(Phdr))];
	ElfW(Dyn) dynamic[STANDIN_DYNAMIC_COUNT];
	struct standin_hash hash;
};

#define TABLE(name)    (STANDIN_TABLES + offsetof(struct standin_tables, name))
#define TABLES_IN_FILE (offsetof(struct standin_tables, bloom))

_Static_assert(offsetof(struct image, dynamic) == STANDIN_TABLES, "where the tables begin");
_Static_assert(sizeof(struct image) >= STANDIN_TABLES + offsetof(struct standin_tables, hash) +
					       sizeof(struct standin_hash),
	"what the file has of them");
_Static_assert(offsetof(struct standin_tables, buckets) ==
		       offsetof(struct standin_tables, bloom) + sizeof(ElfW(Addr)),
	"parts of the hash table without a gap");
_Static_assert(offsetof(struct standin_tables, bloom) ==
		       offsetof(struct standin_tables, hash) + sizeof(struct standin_hash),
	"likewise");
_Static_assert(
	offsetof(struct standin_tables, chains) ==
		offsetof(struct standin_tables, buckets) + STANDIN_BUCKETS * sizeof(uint32_t),
	"likewise");

__attribute__((section(".standin"), used)) const struct image standin_image = {
	.head =
		{
			.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, CLASS, BYTE_ORDER_OF_DATA,
				EV_CURRENT, ELFOSABI_NONE},
			.e_type = ET_DYN,
			.e_machine = MACHINE,
			.e_version = EV_CURRENT,
			.e_phoff = offsetof(struct image, segments),
			.e_flags = FLAGS,
			.e_ehsize = sizeof(ElfW(Ehdr)),
			.e_phentsize = sizeof(ElfW(Phdr)),
			.e_phnum = SEGMENTS,
			.e_shentsize = sizeof(ElfW(Shdr)),
		},
	.segments =
		{
			{
				.p_type = PT_LOAD,
				.p_flags = PF_R,
				.p_filesz = offsetof(struct image, gap),
				.p_memsz = offsetof(struct image, gap),
				.p_align = STANDIN_ALIGN,
			},
			{
				.p_type = PT_LOAD,
				.p_flags = PF_R | PF_W,
				.p_offset = STANDIN_TABLES,
				.p_vaddr = STANDIN_TABLES,
				.p_paddr = STANDIN_TABLES,
				.p_filesz = TABLES_IN_FILE,
				.p_memsz = sizeof(struct standin_tables),
				.p_align = STANDIN_ALIGN,
			},
			/* Nothing may be done here. */
			{
				.p_type = PT_LOAD,
				.p_flags = 0,
				.p_offset = STANDIN_TABLES,
				.p_vaddr = STANDIN_FUNCTIONS,
				.p_paddr = STANDIN_FUNCTIONS,
				.p_filesz = 0,
				.p_memsz = STANDIN_FUNCTIONS_SIZE,
				.p_align = STANDIN_ALIGN,
			},
			{
				.p_type = PT_DYNAMIC,
				.p_flags = PF_R | PF_W,
				.p_offset = STANDIN_TABLES,
				.p_vaddr = STANDIN_TABLES,
				.p_paddr = STANDIN_TABLES,
				.p_filesz = sizeof(ElfW(Dyn)) * STANDIN_DYNAMIC_COUNT,
				.p_memsz = sizeof(ElfW(Dyn)) * STANDIN_DYNAMIC_COUNT,
				.p_align = sizeof(ElfW(Addr)),
			},
			{
				.p_type = PT_TLS,
				.p_flags = PF_R,
				.p_offset = STANDIN_TABLES,
				.p_vaddr = TABLE(data),
				.p_paddr = TABLE(data),
				.p_filesz = 0,
				.p_memsz = STANDIN_TLS_SIZE,
				.p_align = STANDIN_TLS_ALIGN,
			},
			/* Silence would be taken for the wish for an executable stack. */
			{
				.p_type = PT_GNU_STACK,
				.p_flags = PF_R | PF_W,
				.p_align = 16,
			},
		},
	.dynamic =
		{
			{DT_GNU_HASH, {TABLE(hash)}},
			{DT_SYMTAB, {TABLE(symbols)}},
			{DT_SYMENT, {sizeof(ElfW(Sym))}},
			{DT_STRTAB, {TABLE(names)}},
			{DT_STRSZ, {STANDIN_NAMES_SIZE}},
			{DT_NULL, {0}},
		},
	.hash =
		{
			.buckets_count = STANDIN_BUCKETS,
			.first_symbol = 1,
			.bloom_count = 1,
		},
};
