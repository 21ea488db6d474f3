/* SPDX-License-Identifier: MIT */
/*
 * Stands in for libFuzzer where there is none: gives each seed as it is, then so many mutations of
 * them. The same each time.
 *     fuzz_NAME COUNT SEEDS-DIRECTORY
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define SIZE_LIMIT 65536

struct seed {
	uint8_t bytes[SIZE_LIMIT];
	size_t size;
};

static uint64_t state = 0x9e3779b97f4a7c15u;

/* xorshift64 (Marsaglia, 2003). */
static size_t below(size_t limit) {
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return limit ? (size_t)(state % limit) : 0;
}

static size_t mutate(uint8_t *bytes, size_t size) {
	size_t at = below(size + 1), length = below(16);

	switch (below(6)) {
	case 0:
		if (at < size)
			bytes[at] ^= (uint8_t)(1u << below(8));
		return size;
	case 1:
		if (at < size)
			bytes[at] = (uint8_t)below(256);
		return size;
	case 2:
		return at;
	case 3:
		length = length > size - at ? size - at : length;
		memmove(bytes + at, bytes + at + length, size - at - length);
		return size - length;
	case 4:
		length = length > size - at ? size - at : length;
		if (size + length > SIZE_LIMIT)
			return size;
		memmove(bytes + at + length, bytes + at, size - at);
		return size + length;
	default:
		if (at + 4 <= size)
			memset(bytes + at, below(2) ? 0xff : 0, 4);
		return size;
	}
}

static size_t read_seeds(const char *directory, struct seed *seeds, size_t limit) {
	size_t count = 0;
	DIR *dir = opendir(directory);
	struct dirent *entry;

	while (dir && count < limit && (entry = readdir(dir))) {
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		FILE *file = fopen(path, "re");
		if (!file)
			continue;
		seeds[count].size = fread(seeds[count].bytes, 1, SIZE_LIMIT, file);
		fclose(file);
		count++;
	}
	if (dir)
		closedir(dir);
	return count;
}

int main(int argc, char **argv) {
	static struct seed seeds[64], work;
	size_t count = argc == 3 ? read_seeds(argv[2], seeds, 64) : 0;

	if (count == 0) {
		fprintf(stderr, "usage: %s COUNT SEEDS-DIRECTORY\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < count; i++)
		LLVMFuzzerTestOneInput(seeds[i].bytes, seeds[i].size);
	for (long i = atol(argv[1]); i > 0; i--) {
		work = seeds[below(count)];
		for (size_t rounds = 1 + below(8); rounds > 0; rounds--)
			work.size = mutate(work.bytes, work.size);
		LLVMFuzzerTestOneInput(work.bytes, work.size);
	}
	printf("%zu seeds, %s mutations\n", count, argv[1]);
	return 0;
}
