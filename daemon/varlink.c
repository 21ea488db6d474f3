/* SPDX-License-Identifier: MIT */
#include "varlink.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "jsonguard.h"

struct varlink_call {
	cJSON *root;
	const char *method;
	const cJSON *parameters;
	bool oneway;
	bool more;
	bool upgrade;
};

DEFINE_CLEANUP(struct varlink_call *, varlink_call_free);

static int take_flag(const cJSON *member, bool *flag) {
	if (!cJSON_IsBool(member))
		return VARLINK_E_INVALID;
	*flag = cJSON_IsTrue(member);
	return 0;
}

static int take_member(struct varlink_call *call, const cJSON *member) {
	const char *name = member->string;

	if (strcmp(name, "method") == 0) {
		if (call->method || !cJSON_IsString(member))
			return VARLINK_E_INVALID;
		call->method = member->valuestring;
		return 0;
	}
	if (strcmp(name, "parameters") == 0) {
		if (call->parameters || !(cJSON_IsObject(member) || cJSON_IsNull(member)))
			return VARLINK_E_INVALID;
		call->parameters = member;
		return 0;
	}
	if (strcmp(name, "oneway") == 0)
		return take_flag(member, &call->oneway);
	if (strcmp(name, "more") == 0)
		return take_flag(member, &call->more);
	if (strcmp(name, "upgrade") == 0)
		return take_flag(member, &call->upgrade);
	/* Members with a dot are extensions, to be ignored. */
	return strchr(name, '.') ? 0 : VARLINK_E_INVALID;
}

int varlink_call_parse(const char *text, size_t length, struct varlink_call **ret_call) {
	CLEANUP(varlink_call_free_p) struct varlink_call *call = NULL;
	const cJSON *member;

	if (!jsonguard_accepts(text, length, DLTEST_NESTING_MAX))
		return VARLINK_E_INVALID;
	call = calloc(1, sizeof(*call));
	if (!call)
		return -ENOMEM;
	/* Length with the NUL, and nothing allowed behind the object; cJSON does not tell a lack of
	 * memory from bad text. */
	call->root = cJSON_ParseWithLengthOpts(text, length + 1, NULL, 1);
	if (!cJSON_IsObject(call->root))
		return VARLINK_E_INVALID;
	cJSON_ArrayForEach (member, call->root) {
		int r = take_member(call, member);
		if (r)
			return r;
	}
	if (!call->method || call->oneway + call->more + call->upgrade > 1)
		return VARLINK_E_INVALID;
	*ret_call = steal_ptr(&call);
	return 0;
}

struct varlink_call *varlink_call_free(struct varlink_call *call) {
	if (!call)
		return NULL;
	cJSON_Delete(call->root);
	free(call);
	return NULL;
}

const char *varlink_call_method(const struct varlink_call *call) {
	return call->method;
}

bool varlink_call_is_oneway(const struct varlink_call *call) {
	return call->oneway;
}

bool varlink_call_wants_more(const struct varlink_call *call) {
	return call->more;
}

bool varlink_call_wants_upgrade(const struct varlink_call *call) {
	return call->upgrade;
}

const struct cJSON *varlink_call_parameters(const struct varlink_call *call) {
	return cJSON_IsObject(call->parameters) ? call->parameters : NULL;
}

/* Room for a reply to begin with: as much as 32 results often take. cJSON doubles what is too
 * little; what is far too much is given back, since a reply may wait for its client. */
#define PRINT_ROOM 65536
#define SMALL	   4096

/* Prints 'message' and frees it; NULL if some part of it is missing for want of memory. */
static char *print_and_delete(cJSON *message, bool whole) {
	char *text = whole ? cJSON_PrintBuffered(message, PRINT_ROOM, false) : NULL;
	size_t size = text ? strlen(text) + 1 : 0;
	char *shorter = text && size <= SMALL ? realloc(text, size) : NULL;

	cJSON_Delete(message);
	return shorter ? shorter : text;
}

static bool add_parameters(cJSON *message, struct cJSON *parameters) {
	if (!parameters)
		return true;
	if (message && cJSON_AddItemToObject(message, "parameters", parameters))
		return true;
	cJSON_Delete(parameters);
	return false;
}

char *varlink_reply(struct cJSON *parameters, bool continues) {
	cJSON *message = cJSON_CreateObject();
	bool whole = add_parameters(message, parameters);

	if (continues)
		whole = whole && cJSON_AddTrueToObject(message, "continues");
	return print_and_delete(message, whole && message);
}

char *varlink_error(const char *error, struct cJSON *parameters) {
	cJSON *message = cJSON_CreateObject();
	bool whole = message && cJSON_AddStringToObject(message, "error", error);

	whole = add_parameters(message, parameters) && whole;
	return print_and_delete(message, whole);
}

char *varlink_error_text(const char *error, const char *name, const char *value) {
	cJSON *parameters = name ? cJSON_CreateObject() : NULL;

	if (name && !(parameters && cJSON_AddStringToObject(parameters, name, value))) {
		cJSON_Delete(parameters);
		return NULL;
	}
	return varlink_error(error, parameters);
}
