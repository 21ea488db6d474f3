/* SPDX-License-Identifier: MIT */
/* The file of remembered verdicts. Its checksum is put right, so that what is behind it is reached.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "memory.h"
#include "memory_file.h"

#define HEAD_SIZE 40

static void mend(uint8_t *bytes, size_t size) {
	uint64_t checksum = UINT64_C(0xcbf29ce484222325), length = size - HEAD_SIZE;

	for (size_t i = HEAD_SIZE; i < size; i++)
		checksum = (checksum ^ bytes[i]) * UINT64_C(0x100000001b3);
	memcpy(bytes + 8, &checksum, sizeof(checksum));
	memcpy(bytes + 16, &length, sizeof(length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (size < HEAD_SIZE)
		return 0;
	uint8_t *bytes = malloc(size);
	struct memory *memory = memory_new();
	if (bytes && memory) {
		memcpy(bytes, data, size);
		mend(bytes, size);
		memory_load(memory, (const char *)bytes, size, "x");
	}
	free(bytes);
	memory_free(memory);
	return 0;
}
