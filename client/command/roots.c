/* SPDX-License-Identifier: MIT */
#include "roots.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "reach.h"
#include "request.h"

/* Returns 0 or an errno. One may be that of a package that is not there, so it is no reason not to
 * go on. */
static int check(const char *root, struct reach *reach) {
	struct stat status;

	int r = reach_stat(reach, root, &status);
	int error = r < 0 ? -r : S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
	if (error)
		fprintf(stderr, "tsuku-dltest: --root %s: %s, allowing nothing by it\n", root,
			error == ETIMEDOUT ? "the file system does not answer" : strerror(error));
	return error;
}

void roots_check(struct request *request, struct reach *reach) {
	struct request_list *roots = &request->roots;

	for (size_t i = 0; i < roots->count;) {
		if (check(roots->items[i], reach) == ETIMEDOUT)
			request_list_remove(roots, i);
		else
			i++;
	}
}
