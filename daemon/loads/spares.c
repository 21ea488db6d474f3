/* SPDX-License-Identifier: MIT */
#include "spares.h"

#include <stdbool.h>
#include <stddef.h>

#include "processors.h"
#include "zygote.h"

static bool is_spare(const struct load *load) {
	return load->state == LOAD_SPARE && !load->trace && load->processor >= 0;
}

struct load *spares_find(
	const struct zygote *zygote, const struct processors *processors, enum load_kind kind) {
	const unsigned *loads = processors->loads;
	struct load *load, *best = NULL;

	for (load = zygote_first_load(zygote); load; load = LIST_NEXT(load, link)) {
		if (!is_spare(load) || (kind == LOAD_PRINTING && load->output < 0))
			continue;
		if (!best || loads[load->processor] <= loads[best->processor])
			best = load;
	}
	/* One made anew on an idle processor is done sooner than one that has to share. */
	if (best && loads[best->processor] > loads[processors_choose(processors)])
		return NULL;
	return best;
}

size_t spares_count(const struct zygote *zygote) {
	const struct load *load;
	size_t count = 0;

	for (load = zygote_first_load(zygote); load; load = LIST_NEXT(load, link))
		count += load->state == LOAD_SPARE;
	return count;
}

int spares_choose_processor(const struct zygote *zygote, const struct processors *processors) {
	struct processors planned = *processors;
	struct load *load;

	for (load = zygote_first_load(zygote); load; load = LIST_NEXT(load, link)) {
		if (load->state == LOAD_SPARE)
			processors_take(&planned, load->processor);
	}
	return processors_choose(&planned);
}
