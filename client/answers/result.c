/* SPDX-License-Identifier: MIT */
#include "result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>

#include "jsonscan.h"

/* The members that are lists of strings. */
static const struct {
	char name[12];
	size_t offset;
} lists[] = {
	{"missing", offsetof(struct result, missing)},
	{"symbols", offsetof(struct result, symbols)},
	{"context", offsetof(struct result, context)},
	{"loads_with", offsetof(struct result, loads_with)},
	{"objects", offsetof(struct result, objects)},
	{"denied", offsetof(struct result, denied)},
	{"warnings", offsetof(struct result, warnings)},
};

#define LISTS (sizeof(lists) / sizeof(*lists))

static struct result_list *list_of(struct result *result, size_t number) {
	return (struct result_list *)(void *)((char *)result + lists[number].offset);
}

static char *take_text(const struct jsonscan *scan, size_t object, const char *name) {
	size_t value = jsonscan_member(scan, object, name);

	return value ? jsonscan_string(scan, value) : NULL;
}

static int64_t take_number(const struct jsonscan *scan, size_t object, const char *name) {
	return jsonscan_integer(scan, jsonscan_member(scan, object, name));
}

static bool take_flag(const struct jsonscan *scan, size_t object, const char *name) {
	return jsonscan_is_true(scan, jsonscan_member(scan, object, name));
}

static enum dltest_reason take_reason(const struct jsonscan *scan, size_t object) {
	cleanup_free char *word = take_text(scan, object, "reason");

	for (unsigned i = DLTEST_REASON_NONE + 1u; word && i < DLTEST_REASON_COUNT_; i++) {
		if (strcmp(dltest_reason_name((enum dltest_reason)i), word) == 0)
			return (enum dltest_reason)i;
	}
	return DLTEST_REASON_LOAD_ERROR;
}

static int take_list(struct result_list *list, const struct jsonscan *scan, size_t array) {
	size_t count = jsonscan_count(scan, array), item = jsonscan_first(scan, array);

	if (count == 0)
		return 0;
	list->items = calloc(count, sizeof(*list->items));
	if (!list->items)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++, item = jsonscan_next(scan, item)) {
		char *text = jsonscan_string(scan, item);

		if (text)
			list->items[list->count++] = text;
	}
	return 0;
}

/* Takes 'need' out of value 'item'. Who needs it is told of the first of an object's needs: it is
 * that of the one 'before' if nothing is told, and not known if an empty one is. */
static void take_need(struct result_need *need, const struct result_need *before,
	const struct jsonscan *scan, size_t item) {
	size_t available = jsonscan_member(scan, item, "available");
	size_t versions = jsonscan_count(scan, available);
	size_t newest = jsonscan_first(scan, available);

	need->name = take_text(scan, item, "name");
	need->version = take_text(scan, item, "version");
	need->needed_by = take_text(scan, item, "needed_by");
	need->provider = take_text(scan, item, "provider");
	for (size_t i = 1; i < versions; i++)
		newest = jsonscan_next(scan, newest);
	need->newest = versions > 0 ? jsonscan_string(scan, newest) : NULL;
	if (!need->needed_by && before && before->needed_by)
		need->needed_by = strdup(before->needed_by);
}

static void need_fini(struct result_need *need) {
	free(need->name);
	free(need->version);
	free(need->needed_by);
	free(need->provider);
	free(need->newest);
	*need = (struct result_need){0};
}

static int take_needs(struct result *result, const struct jsonscan *scan, size_t array) {
	size_t count = jsonscan_count(scan, array), item = jsonscan_first(scan, array);

	if (count == 0)
		return 0;
	result->needs = calloc(count, sizeof(*result->needs));
	if (!result->needs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++, item = jsonscan_next(scan, item)) {
		struct result_need *need = &result->needs[result->needs_count];

		take_need(need, result->needs_count > 0 ? need - 1 : NULL, scan, item);
		if (need->name)
			result->needs_count++;
		else
			need_fini(need);
	}
	return 0;
}

static void take_host(struct result_host *host, const struct jsonscan *scan, size_t object) {
	if (object == 0)
		return;
	host->name = take_text(scan, object, "name");
	host->program = take_text(scan, object, "program");
	host->called = take_text(scan, object, "called");
	host->then = take_text(scan, object, "then");
}

int result_init(struct result *result, const struct jsonscan *scan, size_t object) {
	size_t sandbox = jsonscan_member(scan, object, "sandbox");
	int r = 0;

	*result = (struct result){
		.ok = take_flag(scan, object, "ok"),
		.cached = take_flag(scan, object, "cached"),
		.blind = sandbox > 0 && !take_flag(scan, sandbox, "denials"),
		.duration_us = take_number(scan, object, "duration_us"),
		.error = take_text(scan, object, "error"),
		.output = take_text(scan, object, "output"),
		.platform = take_text(scan, object, "platform"),
	};
	take_host(&result->host, scan, jsonscan_member(scan, object, "host"));
	if (!result->ok)
		result->reason = take_reason(scan, object);
	for (size_t i = 0; i < LISTS && r == 0; i++) {
		size_t array = jsonscan_member(scan, object, lists[i].name);

		r = take_list(list_of(result, i), scan, array);
	}
	return r < 0 ? r : take_needs(result, scan, jsonscan_member(scan, object, "needs"));
}

void result_fail(struct result *result, enum dltest_reason reason, const char *error) {
	*result = (struct result){
		.reason = reason,
		.duration_us = -1,
		.error = strdup(error),
	};
}

static void list_fini(struct result_list *list) {
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
}

void result_fini(struct result *result) {
	for (size_t i = 0; i < result->needs_count; i++)
		need_fini(&result->needs[i]);
	free(result->needs);
	for (size_t i = 0; i < LISTS; i++)
		list_fini(list_of(result, i));
	free(result->host.name);
	free(result->host.program);
	free(result->host.called);
	free(result->host.then);
	free(result->error);
	free(result->output);
	free(result->platform);
	*result = (struct result){0};
}
