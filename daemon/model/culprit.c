/* SPDX-License-Identifier: MIT */
#include "culprit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int culprit_new(const char *object, const char *place, const char *role, const char *code,
	struct culprit **ret_culprit) {
	struct culprit *culprit = calloc(1, sizeof(*culprit));

	if (!culprit)
		return -ENOMEM;
	if (asprintf(&culprit->place, "%s%s%s", place, role[0] ? ", " : "", role) < 0)
		culprit->place = NULL;
	culprit->object = strdup(object);
	culprit->code = strdup(code);
	if (!culprit->place || !culprit->object || !culprit->code) {
		culprit_free(culprit);
		return -ENOMEM;
	}
	culprit_free(*ret_culprit);
	*ret_culprit = culprit;
	return 0;
}

const char *culprit_name(const struct culprit *culprit) {
	const char *slash = strrchr(culprit->object, '/');

	return slash ? slash + 1 : culprit->object;
}

struct culprit *culprit_free(struct culprit *culprit) {
	if (!culprit)
		return NULL;
	free(culprit->object);
	free(culprit->place);
	free(culprit->code);
	free(culprit);
	return NULL;
}
