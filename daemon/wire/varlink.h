/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Varlink messages (UAPI.20): read and written, without the NUL byte between them.
 * Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>

struct cJSON;

struct varlink_message;

enum {
	/* What the specification answers by closing the connection. */
	VARLINK_E_INVALID = 1,
};

/*
 * Reads the message of 'length' bytes at 'text', which a NUL byte follows.
 * Returns 0, VARLINK_E_INVALID, or -ENOMEM.
 */
int varlink_message_parse(const char *text, size_t length, struct varlink_message **ret_message);

struct varlink_message *varlink_message_free(struct varlink_message *message);

/* The full name of the method; valid as long as the message. */
const char *varlink_message_method(const struct varlink_message *message);

bool varlink_message_is_oneway(const struct varlink_message *message);

/* The caller takes any number of replies. */
bool varlink_message_wants_more(const struct varlink_message *message);

/* True if the client wants another protocol from now on ("upgrade"), which no method here has. */
bool varlink_message_wants_upgrade(const struct varlink_message *message);

/* The object of parameters, or NULL: absent, null and {} are equal (UAPI.20). */
const struct cJSON *varlink_message_parameters(const struct varlink_message *message);

/*
 * A reply with 'parameters', which it takes over (NULL: none). The caller frees the text.
 * NULL when there is no memory.
 */
char *varlink_reply(struct cJSON *parameters);

/* A reply with an error of that full name. As above. */
char *varlink_error(const char *error, struct cJSON *parameters);

/* The same with one string parameter; 'name' NULL for none. */
char *varlink_error_text(const char *error, const char *name, const char *value);
