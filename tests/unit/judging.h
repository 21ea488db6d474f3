/* SPDX-License-Identifier: MIT */
#pragma once

/* A load child as its judge sees it: what it has reported, and the verdict. */

#include <criterion/criterion.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "judgement.h"
#include "loader_abi.h"
#include "verdict.h"

#define EXITED(status) ((status) << 8)
#define ROOM	       (256 * 1024)

/* One child: what it has reported, and the verdict. */
static char reports[ROOM];
static size_t reports_size;
static struct verdict verdict;
static struct strv preload;
static size_t preload_offset;

static inline void put(enum loader_stage stage, enum dltest_reason reason, const char *text,
	const char *facts, size_t facts_size) {
	struct loader_report head = {
		.magic = LOADER_MAGIC_REPORT,
		.stage = stage,
		.reason = reason,
		.text_size = text ? (uint32_t)strlen(text) : 0,
		.facts_size = (uint32_t)facts_size,
		.duration_ns = 5000000,
	};

	memcpy(reports + reports_size, &head, sizeof(head));
	reports_size += sizeof(head);
	if (text)
		memcpy(reports + reports_size, text, head.text_size);
	reports_size += head.text_size;
	if (facts)
		memcpy(reports + reports_size, facts, facts_size);
	reports_size += facts_size;
}

/* Forgets the child for the next one. */
static inline void begin_child(void) {
	verdict_fini(&verdict);
	reports_size = 0;
}

static inline void judge_after(enum judgement_cause cause, int wait_status) {
	struct judgement_evidence evidence = {
		.reports = reports,
		.reports_size = reports_size,
		.wait_status = wait_status,
		.cause = cause,
		.timeout_ms = 1500,
		.elapsed_us = 77,
		.path = "/x.so",
		.preload = &preload,
		.preload_offset = preload_offset,
	};

	cr_assert_eq(judgement_make(&evidence, &verdict), 0);
}

static inline void judge(int wait_status) {
	judge_after(JUDGEMENT_CAUSE_ITSELF, wait_status);
}

static inline void put_about(uint32_t about) {
	const struct loader_report head = {
		.magic = LOADER_MAGIC_REPORT, .stage = LOADER_STAGE_BEGUN, .about = about};

	memcpy(reports + reports_size, &head, sizeof(head));
	reports_size += sizeof(head);
}

static inline void judging_tear_down(void) {
	begin_child();
	strv_fini(&preload);
}
