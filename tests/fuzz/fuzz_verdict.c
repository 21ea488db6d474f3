/* SPDX-License-Identifier: MIT */
/* What a load child may have written to its channel: its end, then the bytes. */
#include <dltest/utf8.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "holding.h"
#include "judgement.h"
#include "reply.h"
#include "verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const struct holding holding = {.denials = true};
	static char first[] = "/y.so", *items[] = {first};
	const struct strv preload = {.items = items, .count = 1};
	struct verdict verdict;

	if (size < 2)
		return 0;
	struct judgement_evidence evidence = {
		.path = "/x.so",
		.preload = &preload,
		.wait_status = data[0] << 8 | data[1],
		.reports = data + 2,
		.reports_size = size - 2,
		.output = data + 2,
		.output_size = size - 2,
		.timeout_ms = 1,
	};
	if (judgement_make(&evidence, &verdict) < 0)
		return 0;
	char *text = reply_result("/x.so", &verdict, &holding, 4096);
	if (text && !dltest_utf8_is_valid(text, strlen(text)))
		abort();
	free(text);
	verdict_fini(&verdict);
	return 0;
}
