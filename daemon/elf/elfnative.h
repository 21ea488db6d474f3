/* SPDX-License-Identifier: MIT */
#pragma once

/* What the header of an ELF file says that is for this machine. */

#include <elf.h>
#include <link.h>

#if __SIZEOF_POINTER__ == 8
#define ELFNATIVE_CLASS ELFCLASS64
#else
#define ELFNATIVE_CLASS ELFCLASS32
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ELFNATIVE_DATA ELFDATA2LSB
#else
#define ELFNATIVE_DATA ELFDATA2MSB
#endif

/* e_machine, and the relocation by which a program has a variable of a library copied to itself. */
#if defined(__x86_64__)
#define ELFNATIVE_MACHINE EM_X86_64
#define ELFNATIVE_COPY	  R_X86_64_COPY
#elif defined(__aarch64__)
#define ELFNATIVE_MACHINE EM_AARCH64
#define ELFNATIVE_COPY	  R_AARCH64_COPY
#elif defined(__i386__)
#define ELFNATIVE_MACHINE EM_386
#define ELFNATIVE_COPY	  R_386_COPY
#elif defined(__arm__)
#define ELFNATIVE_MACHINE EM_ARM
#define ELFNATIVE_COPY	  R_ARM_COPY
#elif defined(__riscv)
#define ELFNATIVE_MACHINE EM_RISCV
#define ELFNATIVE_COPY	  R_RISCV_COPY
#else
#error "name this machine's e_machine"
#endif
