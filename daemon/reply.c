/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <cjson/cJSON.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>
#include <dltest/reasons.h>
#include <dltest/utf8.h>

#include "sandbox.h"
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

static cJSON *lacks_array(const struct sandbox *sandbox) {
	struct sandbox_lack lacks[SANDBOX_LACKS_MAX];
	size_t count = sandbox_lacks(sandbox, lacks);
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < count && array; i++) {
		struct builder lack = builder_new();

		put_string(&lack, "what", lacks[i].what);
		put_string(&lack, "why", lacks[i].why);
		put_string(&lack, "remedy", lacks[i].remedy);
		cJSON_AddItemToArray(array, finish(&lack));
	}
	return array;
}

static cJSON *sandbox_object(const struct sandbox *sandbox) {
	struct sandbox_lack lacks[SANDBOX_LACKS_MAX];
	struct builder builder = builder_new();

	put_bool(&builder, "seccomp", sandbox->seccomp_error == 0);
	put_number(&builder, "landlock", (uint64_t)sandbox->landlock.abi);
	put_bool(&builder, "denials", sandbox->notify);
	if (sandbox_lacks(sandbox, lacks) > 0)
		put(&builder, "lacks", lacks_array(sandbox));
	return finish(&builder);
}

static cJSON *needs_array(const struct needs *needs) {
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < needs->count && array; i++) {
		struct builder need = builder_new();

		put_string(&need, "name", needs->items[i].name);
		put_string(&need, "version", needs->items[i].version);
		put_string(&need, "needed_by", needs->items[i].needed_by);
		put_string(&need, "provider", needs->items[i].provider);
		put_some(&need, "available", &needs->items[i].available);
		cJSON_AddItemToArray(array, finish(&need));
	}
	return array;
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
	put_some(builder, "loads_with", &verdict->loads_with);
}

/* Paths are the kernel's and the dynamic linker's, and of any bytes. */
static void add_path(struct builder *builder, cJSON *array, const char *path) {
	cleanup_free char *text = dltest_utf8_repair(path, strlen(path));

	add_item(builder, array, text ? cJSON_CreateString(text) : NULL);
}

static void put_context(struct builder *builder, const struct strv *context) {
	cJSON *array = context->count > 0 ? cJSON_CreateArray() : NULL;

	for (size_t i = 0; i < context->count && array; i++)
		add_path(builder, array, context->items[i]);
	if (context->count > 0)
		put(builder, "context", array);
}

static void put_objects(struct builder *builder, const struct facts *facts) {
	const char *object = NULL;
	cJSON *array = cJSON_CreateArray();

	while (array && (object = facts_next(facts, LOADER_FACT_OBJECT, object)))
		add_path(builder, array, object);
	put(builder, "objects", array);
}

static void put_details(
	struct builder *builder, const struct verdict *verdict, const struct sandbox *sandbox) {
	put_number(builder, "duration_us", verdict->duration_us);
	put_bool(builder, "cached", verdict->cached);
	put_objects(builder, &verdict->facts);
	if (sandbox->notify)
		put_strings(builder, "denied", &verdict->denied);
	put_string(builder, "output", verdict->output ? verdict->output : "");
	put_some(builder, "warnings", &verdict->warnings);
	put(builder, "sandbox", sandbox_object(sandbox));
}

static cJSON *result_object(const struct reply_result *result, const struct sandbox *sandbox) {
	const struct verdict *verdict = result->verdict;
	struct builder builder = builder_new();

	put_string(&builder, "path", result->path);
	put_bool(&builder, "ok", verdict->reason == DLTEST_REASON_NONE);
	if (verdict->reason != DLTEST_REASON_NONE)
		put_failure(&builder, verdict);
	else
		put_context(&builder, &verdict->context);
	if (sandbox)
		put_details(&builder, verdict, sandbox);
	return finish(&builder);
}

/* Bytes of 'text' as a string of JSON with a comma, as cJSON prints it; what is no UTF-8 becomes
 * U+FFFD first. */
static size_t text_size(const char *text) {
	size_t size = 3, step;

	for (; *text; text += step) {
		unsigned char byte = (unsigned char)*text;

		step = 1;
		if (byte >= 0x80) {
			size_t length = dltest_utf8_sequence(text, strnlen(text, 4));

			step = length ? length : 1;
			size += length ? length : 3;
		} else if (byte < ' ') {
			size += strchr("\b\f\n\r\t", byte) ? 2 : 6;
		} else {
			size += byte == '"' || byte == '\\' ? 2 : 1;
		}
	}
	return size;
}

static size_t list_size(const struct strv *list) {
	size_t size = 0;

	for (size_t i = 0; i < list->count; i++)
		size += text_size(list->items[i]);
	return size;
}

static size_t member_size(const char *name, const char *value) {
	return value ? strlen(name) + 3 + text_size(value) : 0;
}

static size_t needs_size(const struct needs *needs) {
	size_t size = 0;

	for (size_t i = 0; i < needs->count; i++) {
		const struct need *need = &needs->items[i];

		size += 2 + member_size("name", need->name);
		size += member_size("version", need->version);
		size += member_size("needed_by", need->needed_by);
		size += member_size("provider", need->provider);
		if (need->available.count > 0)
			size += sizeof("\"available\":[]") + list_size(&need->available);
	}
	return size;
}

static size_t objects_size(const struct facts *facts) {
	const char *object = NULL;
	size_t size = 0;

	while ((object = facts_next(facts, LOADER_FACT_OBJECT, object)))
		size += text_size(object);
	return size;
}

size_t reply_result_size(const struct reply_result *result, bool details) {
	const struct verdict *verdict = result->verdict;
	size_t size = text_size(result->path);

	if (verdict->error)
		size += text_size(verdict->error);
	size += list_size(&verdict->missing) + list_size(&verdict->symbols);
	size += needs_size(&verdict->needs) + list_size(&verdict->loads_with);
	size += list_size(&verdict->context);
	if (!details)
		return size;
	size += objects_size(&verdict->facts) + list_size(&verdict->denied);
	if (verdict->output)
		size += text_size(verdict->output);
	return size + list_size(&verdict->warnings);
}

int reply_fit(struct verdict *verdict, const struct reply_result *result, bool details,
	size_t limit, size_t *ret_size) {
	size_t size = reply_result_size(result, details), cut = 0;

	*ret_size = size;
	if (size <= limit || !verdict->error)
		return 0;
	while (size > limit && (verdict->needs.count > 0 || verdict->symbols.count > 1 ||
				       verdict->missing.count > 1)) {
		cut += verdict_halve(verdict);
		size = reply_result_size(result, details);
	}
	*ret_size = size;
	return verdict_add_remark(verdict,
		"too much for one reply: at least %zu more %s not listed", cut,
		cut == 1 ? "is" : "are");
}

/* The text of a reply, or NULL if its parameters could not be built. */
static char *reply(struct builder *parameters, bool continues) {
	cJSON *object = finish(parameters);

	return object ? varlink_reply(object, continues) : NULL;
}

char *reply_results(const struct reply_result *results, size_t count, const struct sandbox *sandbox,
	bool continues) {
	struct builder parameters = builder_new();
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < count && array; i++)
		add_item(&parameters, array, result_object(&results[i], sandbox));
	put(&parameters, "results", array);
	return reply(&parameters, continues);
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
	put(&parameters, "sandbox", sandbox_object(status->sandbox));
	return reply(&parameters, false);
}

char *reply_info(const char *version) {
	struct builder parameters = builder_new();
	const char *const names[] = {DLTEST_VARLINK_SERVICE, DLTEST_INTERFACE};

	put_string(&parameters, "vendor", "tsuku");
	put_string(&parameters, "product", "tsuku-dltestd");
	put_string(&parameters, "version", version);
	put_string(&parameters, "url", "https://tsuku.dev");
	put(&parameters, "interfaces", cJSON_CreateStringArray(names, 2));
	return reply(&parameters, false);
}

char *reply_description(const char *description) {
	struct builder parameters = builder_new();

	put_string(&parameters, "description", description);
	return reply(&parameters, false);
}
