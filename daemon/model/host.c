/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <stdlib.h>

struct host *host_new(void) {
	return calloc(1, sizeof(struct host));
}

struct host *host_free(struct host *host) {
	if (!host)
		return NULL;
	free(host->name);
	free(host->program);
	free(host->called);
	strv_fini(&host->unchecked);
	strv_fini(&host->after);
	free(host);
	return NULL;
}
