/* SPDX-License-Identifier: MIT */
#include "inquiry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "request.h"
#include "sight.h"

void inquiry_fini(struct inquiry *inquiry) {
	verdict_fini(&inquiry->answer);
	sight_free(inquiry->sight);
	strv_fini(&inquiry->company);
	strv_fini(&inquiry->package);
	strv_fini(&inquiry->found);
	strv_fini(&inquiry->companions);
	strv_fini(&inquiry->library_path);
	strv_fini(&inquiry->preload);
}

void inquiry_spend(struct inquiry *inquiry, uint64_t elapsed_us) {
	uint64_t elapsed_ms = (elapsed_us + 999) / 1000;
	uint32_t left_ms = inquiry->left_ms;

	inquiry->left_ms = elapsed_ms < left_ms ? left_ms - (uint32_t)elapsed_ms : 0;
}

bool inquiry_has_time(const struct inquiry *inquiry) {
	return inquiry->left_ms >= INQUIRY_LEFT_MIN_MS;
}

void inquiry_plan(struct inquiry *inquiry) {
	strv_fini(&inquiry->library_path);
	strv_fini(&inquiry->preload);
	inquiry->plan = (struct secondlook_plan){
		.path = inquiry->question.path, .timeout_ms = inquiry->left_ms};
}

bool inquiry_is_found(const char *found, const char *name) {
	size_t length = strlen(name);

	return strncmp(found, name, length) == 0 && found[length] == '/';
}

const char *inquiry_misnamed(const char *found) {
	const char *path = strchr(found, '/');
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash && !inquiry_is_found(found, slash + 1) ? path : NULL;
}

int inquiry_plan_company(struct inquiry *inquiry) {
	struct strv *library_path = &inquiry->library_path;

	int r = strv_add_all(library_path, &inquiry->company);
	if (r == 0)
		r = strv_add_all(library_path, &inquiry->question.request->library_path);
	if (r == 0)
		inquiry->plan.library_path = library_path;
	for (size_t i = 0; i < inquiry->companions.count && r == 0; i++)
		r = inquiry_plan_preload(inquiry, inquiry->companions.items[i]);
	inquiry->plan.companions = inquiry->companions.count;
	return r;
}

int inquiry_plan_preload(struct inquiry *inquiry, const char *name) {
	int r = strv_add(&inquiry->preload, name);

	if (r == 0)
		inquiry->plan.preload = &inquiry->preload;
	return r;
}

int inquiry_plan_text(struct inquiry *inquiry, char letter, const char *text) {
	cleanup_free char *full = NULL;

	if (strlen(text) >= DLTEST_PATH_MAX - 1)
		return 0;
	if (asprintf(&full, "%c%s", letter, text) < 0) {
		full = NULL;
		return -ENOMEM;
	}
	return inquiry_plan_preload(inquiry, full);
}
