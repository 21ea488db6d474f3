/* SPDX-License-Identifier: MIT */
#include "parameters.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <dltest/protocol.h>

#include "varlink.h"

enum kind {
	KIND_STRINGS,
	KIND_DIRS,
	KIND_MS,
	KIND_BOOL,
	KIND_LIBC,
};

struct parameter {
	const char *name;
	enum kind kind;
	size_t offset;	 /* in struct request */
	size_t limit;	 /* of strings; of KIND_MS the most */
	size_t size_max; /* of all of them, each with its NUL; 0: as many as there may be */
};

static const struct parameter parameters[] = {
	{"paths", KIND_STRINGS, offsetof(struct request, paths), DLTEST_PATHS_MAX},
	{"library_path", KIND_DIRS, offsetof(struct request, library_path), DLTEST_LIST_MAX,
		DLTEST_LIBRARY_PATH_SIZE_MAX},
	{"roots", KIND_DIRS, offsetof(struct request, roots), DLTEST_LIST_MAX},
	{"preload", KIND_DIRS, offsetof(struct request, preload), DLTEST_LIST_MAX,
		DLTEST_PRELOAD_SIZE_MAX},
	{"hosts", KIND_DIRS, offsetof(struct request, hosts), DLTEST_HOSTS_MAX},
	{"timeout_ms", KIND_MS, offsetof(struct request, timeout_ms), DLTEST_TIMEOUT_MAX_MS},
	{"within_ms", KIND_MS, offsetof(struct request, within_ms), DLTEST_WITHIN_MAX_MS},
	{"lazy", KIND_BOOL, offsetof(struct request, lazy), 0},
	{"dry_run", KIND_BOOL, offsetof(struct request, dry_run), 0},
	{"fresh", KIND_BOOL, offsetof(struct request, fresh), 0},
	{"bare", KIND_BOOL, offsetof(struct request, bare), 0},
	{"details", KIND_BOOL, offsetof(struct request, details), 0},
	{"libc", KIND_LIBC, offsetof(struct request, libc), 0},
	{"homes", KIND_DIRS, offsetof(struct request, homes), DLTEST_HOMES_MAX},
	{"standing", KIND_STRINGS, offsetof(struct request, standing), DLTEST_LIST_MAX},
};

static const struct parameter *find_parameter(const char *name) {
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		if (strcmp(parameters[i].name, name) == 0)
			return &parameters[i];
	}
	return NULL;
}

/* Paths may be anything, since each one gets its own answer; directories and preloads must be
 * absolute and no longer than the kernel takes. */
static int take_strings(const cJSON *value, const struct parameter *parameter, struct strv *list) {
	const cJSON *item;
	size_t size = 0;

	if (!cJSON_IsArray(value) || list->count > 0)
		return PARAMETERS_E_INVALID;
	cJSON_ArrayForEach (item, value) {
		if (!cJSON_IsString(item) || list->count == parameter->limit)
			return PARAMETERS_E_INVALID;
		if (parameter->kind == KIND_DIRS &&
			(item->valuestring[0] != '/' ||
				strlen(item->valuestring) >= DLTEST_PATH_MAX))
			return PARAMETERS_E_INVALID;
		size += strlen(item->valuestring) + 1;
		if (parameter->size_max > 0 && size > parameter->size_max)
			return PARAMETERS_E_INVALID;
		int r = strv_add(list, item->valuestring);
		if (r < 0)
			return r;
	}
	return 0;
}

static int take_ms(const cJSON *value, const struct parameter *parameter, uint32_t *ms) {
	double number;

	if (!cJSON_IsNumber(value))
		return PARAMETERS_E_INVALID;
	number = value->valuedouble;
	if (!(number >= 1 && number <= (double)parameter->limit) ||
		number != (double)(uint32_t)number)
		return PARAMETERS_E_INVALID;
	*ms = (uint32_t)number;
	return 0;
}

static int take_libc(const cJSON *value, const char **ret_libc) {
	static const char *const names[] = {"glibc", "musl"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && cJSON_IsString(value); i++) {
		if (strcmp(value->valuestring, names[i]) == 0) {
			*ret_libc = names[i];
			return 0;
		}
	}
	return PARAMETERS_E_INVALID;
}

static int take_parameter(
	const cJSON *value, const struct parameter *parameter, struct request *request) {
	void *field = (char *)request + parameter->offset;

	if (cJSON_IsNull(value))
		return 0; /* as if it were absent */
	switch (parameter->kind) {
	case KIND_STRINGS:
	case KIND_DIRS:
		return take_strings(value, parameter, field);
	case KIND_MS:
		return take_ms(value, parameter, field);
	case KIND_BOOL:
		if (!cJSON_IsBool(value))
			return PARAMETERS_E_INVALID;
		*(bool *)field = cJSON_IsTrue(value);
		return 0;
	case KIND_LIBC:
		return take_libc(value, (const char **)field);
	}
	return PARAMETERS_E_INVALID;
}

int parameters_read_verify(const struct varlink_message *message, struct request *ret_request,
	const char **ret_parameter) {
	const cJSON *given = varlink_message_parameters(message), *value;
	int r = 0;

	struct request request = {.timeout_ms = DLTEST_TIMEOUT_MS};

	*ret_parameter = "paths";
	if (!cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(given, "paths")))
		return PARAMETERS_E_INVALID;
	cJSON_ArrayForEach (value, given) {
		const struct parameter *parameter = find_parameter(value->string);

		r = parameter ? take_parameter(value, parameter, &request) : PARAMETERS_E_INVALID;
		if (r) {
			*ret_parameter = value->string;
			request_fini(&request);
			return r;
		}
	}
	*ret_request = request;
	return 0;
}

int parameters_read_none(const struct varlink_message *message, const char **ret_parameter) {
	const cJSON *given = varlink_message_parameters(message);

	if (!given || !given->child)
		return 0;
	*ret_parameter = given->child->string;
	return PARAMETERS_E_INVALID;
}

int parameters_read_interface(const struct varlink_message *message, const char **ret_interface,
	const char **ret_parameter) {
	const cJSON *given = varlink_message_parameters(message), *value;
	const char *interface = NULL;

	cJSON_ArrayForEach (value, given) {
		*ret_parameter = value->string;
		if (strcmp(value->string, "interface") != 0 || !cJSON_IsString(value))
			return PARAMETERS_E_INVALID;
		interface = value->valuestring;
	}
	*ret_parameter = "interface";
	if (!interface)
		return PARAMETERS_E_INVALID;
	*ret_interface = interface;
	return 0;
}
