/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>
#include <dltest/reasons.h>
#include <dltest/utf8.h>

#include "culprit.h"
#include "holding.h"
#include "host.h"
#include "varlink.h"
#include "verdict.h"

/* Builds an object; what could not be added for want of memory makes it unusable as a whole. Names
 * and most texts are not copied, since they stay until the reply is text. */
struct builder {
	cJSON *object;
	bool failed;
};

static struct builder builder_new(void) {
	cJSON *object = cJSON_CreateObject();

	return (struct builder){object, !object};
}

static void put(struct builder *builder, const char *name, cJSON *value) {
	if (builder->failed || !value || !cJSON_AddItemToObjectCS(builder->object, name, value)) {
		cJSON_Delete(value);
		builder->failed = true;
	}
}

static void put_string(struct builder *builder, const char *name, const char *value) {
	if (value)
		put(builder, name, cJSON_CreateStringReference(value));
}

static void put_number(struct builder *builder, const char *name, uint64_t value) {
	put(builder, name, cJSON_CreateNumber((double)value));
}

static void put_bool(struct builder *builder, const char *name, bool value) {
	put(builder, name, cJSON_CreateBool(value));
}

static void add_item(struct builder *builder, cJSON *array, cJSON *item) {
	if (!item || !cJSON_AddItemToArray(array, item)) {
		cJSON_Delete(item);
		builder->failed = true;
	}
}

static void put_strings(struct builder *builder, const char *name, const struct strv *list) {
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < list->count && array; i++)
		add_item(builder, array, cJSON_CreateStringReference(list->items[i]));
	put(builder, name, array);
}

static void put_some(struct builder *builder, const char *name, const struct strv *list) {
	if (list->count > 0)
		put_strings(builder, name, list);
}

static cJSON *finish(struct builder *builder) {
	if (!builder->failed)
		return builder->object;
	cJSON_Delete(builder->object);
	return NULL;
}

static cJSON *lacks_array(const struct holding *holding) {
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < holding->lacks_count && array; i++) {
		struct builder lack = builder_new();

		put_string(&lack, "what", holding->lacks[i].what);
		put_string(&lack, "why", holding->lacks[i].why);
		put_string(&lack, "remedy", holding->lacks[i].remedy);
		cJSON_AddItemToArray(array, finish(&lack));
	}
	return array;
}

static cJSON *sandbox_object(const struct holding *holding) {
	struct builder builder = builder_new();

	put_bool(&builder, "seccomp", holding->filter);
	put_number(&builder, "landlock", (uint64_t)holding->landlock);
	put_bool(&builder, "denials", holding->denials);
	if (holding->lacks_count > 0)
		put(&builder, "lacks", lacks_array(holding));
	return finish(&builder);
}

/* Whose need it is, as it is told: NULL, nothing, of an object that the need before is of; "" if it
 * is not known whose it is, and that was known of the need before. */
static const char *told_object(const struct needs *needs, size_t index) {
	const char *object = needs->items[index].needed_by;
	const char *before = index > 0 ? needs->items[index - 1].needed_by : NULL;

	if (!before)
		return object;
	if (!object)
		return "";
	return strcmp(object, before) == 0 ? NULL : object;
}

/* A library may lack a thousand symbols: without told_object(), most of a reply is its path. */
static cJSON *needs_array(const struct needs *needs) {
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < needs->count && array; i++) {
		struct builder need = builder_new();

		put_string(&need, "name", needs->items[i].name);
		put_string(&need, "version", needs->items[i].version);
		put_string(&need, "needed_by", told_object(needs, i));
		put_string(&need, "provider", needs->items[i].provider);
		put_some(&need, "available", &needs->items[i].available);
		cJSON_AddItemToArray(array, finish(&need));
	}
	return array;
}

static cJSON *culprit_object(const struct culprit *culprit) {
	struct builder builder = builder_new();

	put_string(&builder, "object", culprit->object);
	put_string(&builder, "place", culprit->place);
	return finish(&builder);
}

static void put_failure(struct builder *builder, const struct verdict *verdict) {
	char number[16];

	put_string(builder, "error", verdict->error ? verdict->error : "out of memory");
	put_string(builder, "reason", dltest_reason_name(verdict->reason));
	put_some(builder, "missing", &verdict->missing);
	put_some(builder, "symbols", &verdict->symbols);
	if (verdict->needs.count > 0)
		put(builder, "needs", needs_array(&verdict->needs));
	if (verdict->signal)
		put(builder, "signal",
			cJSON_CreateString(
				verdict_signal_name(verdict->signal, number, sizeof(number))));
	if (verdict->exited)
		put_number(builder, "exit_status", (uint64_t)verdict->exit_status);
	put_string(builder, "phase", verdict->phase);
	if (verdict->culprit)
		put(builder, "culprit", culprit_object(verdict->culprit));
	put_some(builder, "refused", &verdict->refused);
	put_string(builder, "platform", verdict->platform);
	put_some(builder, "loads_with", &verdict->loads_with);
}

/* Paths are the kernel's and the dynamic linker's, and of any bytes. */
static void add_path(struct builder *builder, cJSON *array, const char *path) {
	cleanup_free char *text = dltest_utf8_repair(path, strlen(path));

	add_item(builder, array, text ? cJSON_CreateString(text) : NULL);
}

static void put_paths(struct builder *builder, const char *name, const struct strv *paths) {
	cJSON *array = paths->count > 0 ? cJSON_CreateArray() : NULL;

	for (size_t i = 0; i < paths->count && array; i++)
		add_path(builder, array, paths->items[i]);
	if (paths->count > 0)
		put(builder, name, array);
}

static cJSON *host_object(const struct host *host) {
	struct builder builder = builder_new();

	put_string(&builder, "name", host->name);
	put_string(&builder, "program", host->program);
	if (host->program)
		put_number(&builder, "symbols", host->symbols);
	if (host->lacks > 0)
		put_number(&builder, "lacks", host->lacks);
	put_some(&builder, "unchecked", &host->unchecked);
	put_paths(&builder, "after", &host->after);
	put_string(&builder, "called", host->called);
	put_string(&builder, "then", host->then);
	return finish(&builder);
}

static void put_objects(struct builder *builder, const struct facts *facts) {
	const char *object = NULL;
	cJSON *array = cJSON_CreateArray();

	while (array && (object = facts_next(facts, DLTEST_FACT_OBJECT, object)))
		add_path(builder, array, object);
	put(builder, "objects", array);
}

static void put_details(
	struct builder *builder, const struct verdict *verdict, const struct holding *holding) {
	put_number(builder, "duration_us", verdict->duration_us);
	put_bool(builder, "cached", verdict->cached);
	put_objects(builder, &verdict->facts);
	if (holding->denials)
		put_strings(builder, "denied", &verdict->denied);
	put_string(builder, "output", verdict->output ? verdict->output : "");
	put_some(builder, "warnings", &verdict->warnings);
	put(builder, "sandbox", sandbox_object(holding));
}

static cJSON *result_object(
	const char *path, const struct verdict *verdict, const struct holding *holding) {
	struct builder builder = builder_new();

	put_string(&builder, "path", path);
	put_bool(&builder, "ok", verdict->reason == DLTEST_REASON_NONE);
	if (verdict->reason != DLTEST_REASON_NONE)
		put_failure(&builder, verdict);
	else
		put_paths(&builder, "context", &verdict->context);
	if (verdict->host)
		put(&builder, "host", host_object(verdict->host));
	if (holding)
		put_details(&builder, verdict, holding);
	return finish(&builder);
}

/* Room for a result to begin with: as much as most take. */
#define RESULT_ROOM 256

static char *print_result(
	const char *path, const struct verdict *verdict, const struct holding *holding) {
	cJSON *object = result_object(path, verdict, holding);
	char *text = object ? cJSON_PrintBuffered(object, RESULT_ROOM, false) : NULL;

	cJSON_Delete(object);
	return text;
}

static size_t list_bytes(const struct strv *list) {
	size_t bytes = 0;

	for (size_t i = 0; i < list->count; i++)
		bytes += strlen(list->items[i]);
	return bytes;
}

static size_t text_bytes(const char *text) {
	return text ? strlen(text) : 0;
}

static size_t needs_bytes(const struct needs *needs) {
	size_t bytes = 0;

	for (size_t i = 0; i < needs->count; i++)
		bytes += text_bytes(needs->items[i].name) + text_bytes(needs->items[i].version) +
			 text_bytes(told_object(needs, i)) + text_bytes(needs->items[i].provider);
	return bytes;
}

/* Bytes that what is missing takes at least. */
static size_t bytes_of_missing(const struct verdict *verdict) {
	return needs_bytes(&verdict->needs) + list_bytes(&verdict->missing) +
	       list_bytes(&verdict->symbols);
}

/* Whether something is left that verdict_halve() takes out. */
static bool can_be_halved(const struct verdict *verdict) {
	return verdict->error && (verdict->needs.count > 0 || verdict->symbols.count > 1 ||
					 verdict->missing.count > 1);
}

char *reply_result(
	const char *path, struct verdict *verdict, const struct holding *holding, size_t limit) {
	size_t cut = 0, needs_count = verdict->needs.count;

	/* Before anything is printed: a hostile library's can be any number of MiB. */
	while (bytes_of_missing(verdict) > limit && can_be_halved(verdict))
		cut += verdict_halve(verdict);
	char *text = print_result(path, verdict, holding);
	while (text && strlen(text) > limit && can_be_halved(verdict)) {
		free(text);
		cut += verdict_halve(verdict);
		text = print_result(path, verdict, holding);
	}
	/* Of one name that many objects need, only these are cut. */
	if ((cut == 0 && verdict->needs.count == needs_count) || !text)
		return text;
	free(text);
	if (verdict_add_remark(verdict, "too much for one reply: at least %zu more %s not listed",
		    cut, cut == 1 ? "is" : "are") < 0)
		return NULL;
	return print_result(path, verdict, holding);
}

/* The text of a reply, or NULL if its parameters could not be built. */
static char *reply(struct builder *parameters) {
	cJSON *object = finish(parameters);

	return object ? varlink_reply(object) : NULL;
}

char *reply_results(const char *const *results, size_t count, enum reply_kind kind) {
	static const char head[] = "{\"parameters\":{\"results\":[";
	const char *tail = kind == REPLY_CONTINUES ? "]},\"continues\":true}" : "]}}";
	size_t size = sizeof(head) + strlen(tail);

	for (size_t i = 0; i < count; i++)
		size += strlen(results[i]) + 1;
	char *text = malloc(size);
	if (!text)
		return NULL;
	char *end = stpcpy(text, head);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			end = stpcpy(end, ",");
		end = stpcpy(end, results[i]);
	}
	stpcpy(end, tail);
	return text;
}

char *reply_status(const struct reply_status *status) {
	struct builder parameters = builder_new();

	put_string(&parameters, "version", status->version);
	put_number(&parameters, "pid", (uint64_t)status->pid);
	put_number(&parameters, "uptime_ms", status->uptime_ms);
	put_string(&parameters, "socket", status->socket);
	put_number(&parameters, "done", status->done);
	put_number(&parameters, "running", status->running);
	put_number(&parameters, "waiting", status->waiting);
	put_number(&parameters, "parallel", status->parallel);
	put_number(&parameters, "calls", status->calls);
	put_number(&parameters, "clients", status->clients);
	put_number(&parameters, "zygotes", status->zygotes);
	put_number(&parameters, "remembered", status->remembered);
	put(&parameters, "sandbox", sandbox_object(status->holding));
	return reply(&parameters);
}

char *reply_info(const char *version) {
	struct builder parameters = builder_new();
	const char *const names[] = {DLTEST_VARLINK_SERVICE, DLTEST_INTERFACE};

	put_string(&parameters, "vendor", "tsuku");
	put_string(&parameters, "product", "tsuku-dltestd");
	put_string(&parameters, "version", version);
	put_string(&parameters, "url", "https://tsuku.dev");
	put(&parameters, "interfaces", cJSON_CreateStringArray(names, 2));
	return reply(&parameters);
}

char *reply_description(const char *description) {
	struct builder parameters = builder_new();

	put_string(&parameters, "description", description);
	return reply(&parameters);
}
