/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <elf.h>
#include <stdio.h>

/* Of the System V ABI; not in <elf.h> of musl before 1.2.4. */
#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

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

const char *machine_describe(unsigned machine, int class, int data, char *buffer, size_t size) {
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
