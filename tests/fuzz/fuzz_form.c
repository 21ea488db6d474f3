/* SPDX-License-Identifier: MIT */
/* A file in a tree of libraries. */
#include "form.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static int fd = -1;
	enum form form;

	if (fd < 0)
		fd = memfd_create("file", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	/* It can be read, whatever is in it. */
	if (form_find(fd, &form) < 0 || form > FORM_BESIDE)
		abort();
	if (form_find_of_text(fd, &form) < 0 || form == FORM_LIBRARY)
		abort();
	return 0;
}
