/* SPDX-License-Identifier: MIT */
#include "summary.h"

#include <stdio.h>

#include <dltest/reasons.h>

#include "cause.h"
#include "jsontext.h"
#include "result.h"
#include "screen.h"

/* Bytes of a cause, and how many are named. */
#define CAUSE_MAX_BYTES 80
#define CAUSES_MAX	8

void summary_fini(struct summary *summary) {
	tally_fini(&summary->causes);
	tally_fini(&summary->skips);
}

void summary_add(struct summary *summary, const struct result *result) {
	cleanup_jsontext struct jsontext cause = {0};

	if (result->ok) {
		summary->loaded++;
		for (size_t i = 0; i < result->warnings.count; i++)
			forecast_take(&summary->forecast, result->warnings.items[i]);
		return;
	}
	if (result->reason == DLTEST_REASON_NO_VERDICT) {
		summary->without_verdict++;
		return;
	}
	if (result->skipped)
		summary->skipped++;
	else
		summary->not_loaded++;
	cause_put(&cause, result);
	jsontext_put(&cause, "", 1);
	if (!cause.failed)
		tally_add(result->skipped ? &summary->skips : &summary->causes, cause.bytes);
}

/* What 'tally' has of the causes of 'count' libraries. */
static void put_causes(
	const struct screen *screen, struct tally *tally, size_t count, struct jsontext *words) {
	size_t named = 0;
	char number[40];

	tally_sort(tally);
	for (size_t i = 0; i < tally->count && i < CAUSES_MAX; i++) {
		snprintf(number, sizeof(number), "%s%zu ", i == 0 ? ": " : ", ",
			tally->items[i].count);
		jsontext_puts(words, number);
		screen_put_short(screen, words, CAUSE_MAX_BYTES, tally->items[i].words);
		named += tally->items[i].count;
	}
	if (named < count) {
		size_t others = count - named;

		snprintf(number, sizeof(number), ", %zu other%s", others, others == 1 ? "" : "s");
		jsontext_puts(words, number);
	}
}

void summary_put(struct summary *summary, const struct screen *screen, struct jsontext *text) {
	cleanup_jsontext struct jsontext words = {0};
	char number[80];

	snprintf(number, sizeof(number), "%zu ok", summary->loaded);
	jsontext_puts(&words, number);
	if (summary->not_loaded > 0) {
		snprintf(number, sizeof(number), ", %zu not", summary->not_loaded);
		jsontext_puts(&words, number);
		put_causes(screen, &summary->causes, summary->not_loaded, &words);
	}
	if (summary->skipped > 0) {
		snprintf(number, sizeof(number), "; %zu skipped", summary->skipped);
		jsontext_puts(&words, number);
		put_causes(screen, &summary->skips, summary->skipped, &words);
	}
	if (summary->without_verdict > 0) {
		snprintf(number, sizeof(number), "; %zu without a verdict",
			summary->without_verdict);
		jsontext_puts(&words, number);
	}
	jsontext_put(&words, "", 1);
	if (words.failed)
		text->failed = true;
	else
		screen_put_lines(screen, text, 0, 0, words.bytes);
	/* Of a single one it is right above. */
	if (summary->loaded > 1)
		forecast_put(&summary->forecast, screen, text);
}
