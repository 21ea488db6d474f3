/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The stand-in: a shared object of data alone, which stands in for the program that a plugin
 * expects to be loaded into. Its file exports nothing. The load child opens it before all else and
 * fills its tables in memory, so that no file is written for it, and none is made. This is where
 * what lies in it, from the address that it is mapped at; the file (standin_image.c) and who fills
 * it (loader/standin.c) have it in common.
 *
 * Both dynamic linkers read these tables at each lookup: glibc remembers where the parts of the
 * hash table are (_dl_setup_hash() in elf/dl-setup_hash.c), and so does musl (decode_dyn() in
 * ldso/dynlink.c), but not what is in them.
 */

#include <elf.h>
#include <link.h>
#include <stdint.h>

/* The largest page of the machines that Linux runs on. */
#define STANDIN_ALIGN 0x10000

/* The most that any plugin was seen to want of its host was 336 names. */
#define STANDIN_SYMBOLS_MAX 16384 /* with the first, which is none */
#define STANDIN_BUCKETS	    4093  /* a prime */
#define STANDIN_NAMES_SIZE  (2 * 1024 * 1024)
#define STANDIN_DATA_SIZE   (64 * 1024 * 1024)
#define STANDIN_TLS_SIZE    512
#define STANDIN_TLS_ALIGN   64

/* A function is an address that nothing is at, and so of whatever machine: a call of it is a fault,
 * and the fault says which one it was. As far apart as code may have to be aligned. */
#define STANDIN_FUNCTION_SIZE  16
#define STANDIN_FUNCTIONS_SIZE (STANDIN_SYMBOLS_MAX * STANDIN_FUNCTION_SIZE)

/* The head of DT_GNU_HASH. The tables behind it follow without a gap. */
struct standin_hash {
	uint32_t buckets_count;
	uint32_t first_symbol;
	uint32_t bloom_count;
	uint32_t bloom_shift;
};

enum {
	STANDIN_DYNAMIC_COUNT = 6
};

/* What can be written to. In the file it ends before 'bloom': the rest begins as zeros. */
struct standin_tables {
	ElfW(Dyn) dynamic[STANDIN_DYNAMIC_COUNT];
	struct standin_hash hash;
	ElfW(Addr) bloom; /* 0: it has no name at all */
	uint32_t buckets[STANDIN_BUCKETS];
	uint32_t chains[STANDIN_SYMBOLS_MAX];
	ElfW(Sym) symbols[STANDIN_SYMBOLS_MAX];
	char names[STANDIN_NAMES_SIZE];
	char data[STANDIN_DATA_SIZE] __attribute__((aligned(64)));
};

#define STANDIN_TABLES STANDIN_ALIGN
#define STANDIN_FUNCTIONS \
	((STANDIN_TABLES + sizeof(struct standin_tables) + STANDIN_ALIGN - 1) / STANDIN_ALIGN * \
		STANDIN_ALIGN)
