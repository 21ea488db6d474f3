/* SPDX-License-Identifier: MIT */
#include "retired.h"

#include <stdlib.h>

#include "log.h"
#include "zygote.h"

struct retired_zygote {
	TAILQ_ENTRY(retired_zygote) link;
	struct zygote *zygote;
};

void retired_add(struct retired *retired, struct zygote *zygote) {
	struct retired_zygote *entry = calloc(1, sizeof(*entry));

	if (!entry) {
		log_error("out of memory, leaking a loader process");
		return;
	}
	entry->zygote = zygote;
	TAILQ_INSERT_TAIL(retired, entry, link);
}

struct zygote *retired_find(const struct retired *retired, pid_t pid) {
	const struct retired_zygote *entry;

	TAILQ_FOREACH (entry, retired, link) {
		if (zygote_pid(entry->zygote) == pid)
			return entry->zygote;
	}
	return NULL;
}

static void drop(struct retired *retired, struct retired_zygote *entry) {
	TAILQ_REMOVE(retired, entry, link);
	zygote_free(entry->zygote);
	free(entry);
}

void retired_sweep(struct retired *retired) {
	struct retired_zygote *entry, *next;

	for (entry = TAILQ_FIRST(retired); entry; entry = next) {
		next = TAILQ_NEXT(entry, link);
		if (zygote_is_broken(entry->zygote) || zygote_count_busy(entry->zygote) == 0)
			drop(retired, entry);
	}
}

void retired_fini(struct retired *retired) {
	struct retired_zygote *entry;

	while ((entry = TAILQ_FIRST(retired)))
		drop(retired, entry);
}
