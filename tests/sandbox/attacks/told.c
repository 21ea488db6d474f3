/* SPDX-License-Identifier: MIT */
/* What a library has its trace or its report tell, as much of it as anybody takes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../daemon/abi/loader_abi.h"

static void write_all(int fd, const char *bytes, size_t size) {
	ssize_t length;

	while (size > 0 && (length = write(fd, bytes, size)) > 0) {
		bytes += length;
		size -= (size_t)length;
	}
}

#ifdef NAMES
#ifndef CHARACTER
#define CHARACTER '\1'
#endif
#define COUNT  16384
#define LENGTH 114

/* An audit library in a trace: libraries, symbols and versions that nobody has. */
unsigned la_version(unsigned version) {
	static char text[COUNT * (LENGTH + 64)], name[LENGTH + 1];

	memset(name, CHARACTER, LENGTH);
	for (int kind = 0; kind < 3; kind++) {
		static const char *const forms[] = {"\t%s%05d => not found\n",
			"undefined symbol: %s%05d\n",
			"x: /p: version `%s%05d' not found (required by /o)\n"};
		size_t size = 0;

		for (int i = 0; i < COUNT; i++)
			size += (size_t)sprintf(text + size, forms[kind], name, i);
		write_all(1, text, size);
	}
	return version;
}
#endif

#ifdef OBJECTS
/* It loaded, and many files with it, no two libraries with the same ones. */
__attribute__((constructor)) static void on_open(void) {
	static char facts[LOADER_FACTS_MAX];
	struct loader_report report = {.magic = LOADER_MAGIC_REPORT, .stage = LOADER_STAGE_OPENED};
	unsigned hash = 5381, size = 0;
	Dl_info info;

	if (dladdr((void *)on_open, &info) == 0)
		abort();
	for (const char *c = info.dli_fname; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	for (int i = 0; i < OBJECTS; i++)
		size += (unsigned)sprintf(facts + size, "o/usr/lib/%08x/%d", hash, i) + 1;
	report.facts_size = size;
	write_all(LOADER_FD_CHANNEL, (const char *)&report, sizeof(report));
	write_all(LOADER_FD_CHANNEL, facts, size);
	report = (struct loader_report){.magic = LOADER_MAGIC_REPORT, .stage = LOADER_STAGE_CLOSED};
	write_all(LOADER_FD_CHANNEL, (const char *)&report, sizeof(report));
	_exit(LOADER_EXIT_REPORTED);
}
#endif
