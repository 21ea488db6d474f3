/* SPDX-License-Identifier: MIT */
#include "varlink.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "jsonguard.h"

struct varlink_message {
	cJSON *root;
	const char *method;
	const cJSON *parameters;
	bool oneway;
	bool more;
	bool upgrade;
};

DEFINE_CLEANUP(struct varlink_message *, varlink_message_free);

static int take_flag(const cJSON *member, bool *flag) {
	if (!cJSON_IsBool(member))
		return VARLINK_E_INVALID;
	*flag = cJSON_IsTrue(member);
	return 0;
}

static int take_member(struct varlink_message *message, const cJSON *member) {
	const char *name = member->string;

	if (strcmp(name, "method") == 0) {
		if (message->method || !cJSON_IsString(member))
			return VARLINK_E_INVALID;
		message->method = member->valuestring;
		return 0;
	}
	if (strcmp(name, "parameters") == 0) {
		if (message->parameters || !(cJSON_IsObject(member) || cJSON_IsNull(member)))
			return VARLINK_E_INVALID;
		message->parameters = member;
		return 0;
	}
	if (strcmp(name, "oneway") == 0)
		return take_flag(member, &message->oneway);
	if (strcmp(name, "more") == 0)
		return take_flag(member, &message->more);
	if (strcmp(name, "upgrade") == 0)
		return take_flag(member, &message->upgrade);
	/* Members with a dot are extensions, to be ignored. */
	return strchr(name, '.') ? 0 : VARLINK_E_INVALID;
}

int varlink_message_parse(const char *text, size_t length, struct varlink_message **ret_message) {
	CLEANUP(varlink_message_free_p) struct varlink_message *message = NULL;
	const cJSON *member;

	if (!jsonguard_accepts(text, length, DLTEST_NESTING_MAX))
		return VARLINK_E_INVALID;
	message = calloc(1, sizeof(*message));
	if (!message)
		return -ENOMEM;
	/* Length with the NUL, and nothing allowed behind the object; cJSON does not tell a lack of
	 * memory from bad text. */
	message->root = cJSON_ParseWithLengthOpts(text, length + 1, NULL, 1);
	if (!cJSON_IsObject(message->root))
		return VARLINK_E_INVALID;
	cJSON_ArrayForEach (member, message->root) {
		int r = take_member(message, member);
		if (r)
			return r;
	}
	if (!message->method || message->oneway + message->more + message->upgrade > 1)
		return VARLINK_E_INVALID;
	*ret_message = steal_ptr(&message);
	return 0;
}

struct varlink_message *varlink_message_free(struct varlink_message *message) {
	if (!message)
		return NULL;
	cJSON_Delete(message->root);
	free(message);
	return NULL;
}

const char *varlink_message_method(const struct varlink_message *message) {
	return message->method;
}

bool varlink_message_is_oneway(const struct varlink_message *message) {
	return message->oneway;
}

bool varlink_message_wants_more(const struct varlink_message *message) {
	return message->more;
}

bool varlink_message_wants_upgrade(const struct varlink_message *message) {
	return message->upgrade;
}

const struct cJSON *varlink_message_parameters(const struct varlink_message *message) {
	return cJSON_IsObject(message->parameters) ? message->parameters : NULL;
}

/* Prints 'message' and frees it; NULL if some part of it is missing for want of memory. */
static char *print_and_delete(cJSON *message, bool whole) {
	char *text = whole ? cJSON_PrintUnformatted(message) : NULL;

	cJSON_Delete(message);
	return text;
}

static bool add_parameters(cJSON *message, struct cJSON *parameters) {
	if (!parameters)
		return true;
	if (message && cJSON_AddItemToObject(message, "parameters", parameters))
		return true;
	cJSON_Delete(parameters);
	return false;
}

char *varlink_reply(struct cJSON *parameters) {
	cJSON *message = cJSON_CreateObject();
	bool whole = add_parameters(message, parameters);

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
