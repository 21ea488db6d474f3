/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What an ELF file says to the dynamic linker, read from its bytes: the symbols that it gives and
 * wants, and the libraries that it needs. Of files of this machine's class and byte order, for any
 * bytes: nothing outside of them is read, and all loops end. Compiled into the daemon and, once
 * more, into the loader. Non-logging.
 */

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is used of a file; points into its bytes, which must stay. */
struct elfdyn {
	const unsigned char *bytes;
	size_t size;
	const ElfW(Ehdr) * head;
	const ElfW(Phdr) * segments;
	size_t segments_count;
	const ElfW(Dyn) * entries; /* of PT_DYNAMIC */
	size_t entries_count;
	const char *strings; /* DT_STRTAB; ends with a NUL before 'strings_size' */
	size_t strings_size;
	const ElfW(Sym) * symbols;
	size_t symbols_count;	     /* by the hash table; DT_SYMTAB alone has no end */
	const ElfW(Half) * versions; /* DT_VERSYM, one a symbol; NULL: none */
	const uint32_t *gnu_hash;    /* DT_GNU_HASH, of 'gnu_hash_size' bytes; NULL: none */
	size_t gnu_hash_size;
	const uint32_t *hash;		  /* DT_HASH, all of it there; NULL: none */
	const unsigned char *definitions; /* DT_VERDEF, aligned to nothing; NULL: none */
	size_t definitions_size;	  /* what there may be of it */
	const unsigned char *needs;	  /* DT_VERNEED, likewise */
	size_t needs_size;
	bool has_interpreter; /* there is a PT_INTERP */
};

/* A dynamic symbol. */
struct elfdyn_symbol {
	const char *name;    /* never NULL, in the file's bytes */
	const char *version; /* likewise; NULL: it has none, or that of the file as a whole */
	const ElfW(Sym) * entry;
	bool is_given;	/* the file defines it for others: its own, not another object's that it had
			 * copied (R_*_COPY) or that has the version of a library it needs */
	bool is_wanted; /* it is undefined, and not weak */
	bool is_default; /* of a given one with a version: the one that is bound to without (@@) */
	bool is_code;	 /* it is a function, or a name without a type in an executable segment */
};

/* Reads 'size' 'bytes' of a file, aligned as of malloc(3) or mmap(2). Returns 0, or -EINVAL for
 * what is no ELF file of this class and byte order with a dynamic section, or has tables that lie
 * outside of it. The machine is the caller's to check (head->e_machine). */
int elfdyn_read(const void *bytes, size_t size, struct elfdyn *ret_elf);

/* The symbol 'index', below elf->symbols_count. False for one without a name or with a name outside
 * of the table: there is none. Whether it was copied is not looked at: elfdyn_find_copies(). */
bool elfdyn_symbol(const struct elfdyn *elf, size_t index, struct elfdyn_symbol *ret_symbol);

/* Sets is_copied[i] for each symbol i that the dynamic relocations copy from another object
 * (R_*_COPY of this machine); 'is_copied' has elf->symbols_count elements, false to begin with. */
void elfdyn_find_copies(const struct elfdyn *elf, bool *is_copied);

/* The index of a symbol 'name' that is given, of whatever version, by a hash table, or one after
 * the other where there is none; 0 if there is none. */
size_t elfdyn_find(const struct elfdyn *elf, const char *name);

/* The text of the 'nth' entry with 'tag' (DT_NEEDED, DT_SONAME, DT_RUNPATH, DT_RPATH), from 0; NULL
 * if there are fewer. */
const char *elfdyn_text(const struct elfdyn *elf, ElfW(Sxword) tag, size_t nth);
