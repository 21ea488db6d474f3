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
	/* The bytes are no message; the specification has the connection closed. */
	VARLINK_E_INVALID = 1,
};

/*
 * Reads the message of 'length' bytes at 'text', which a NUL byte follows. varlink_message_free()
 * frees *ret_message. Returns 0, VARLINK_E_INVALID, or -ENOMEM.
 */
int varlink_message_parse(const char *text, size_t length, struct varlink_message **ret_message);

/* Frees 'message'; NULL is nothing. Returns NULL. */
struct varlink_message *varlink_message_free(struct varlink_message *message);

/* The full name of the method that 'message' asks for; valid as long as the message. */
const char *varlink_message_method(const struct varlink_message *message);

/* True if the client wants no reply. */
bool varlink_message_is_oneway(const struct varlink_message *message);

/* True if the client takes any number of replies. */
bool varlink_message_wants_more(const struct varlink_message *message);

/* True if the client wants another protocol from now on ("upgrade"), which no method here has. */
bool varlink_message_wants_upgrade(const struct varlink_message *message);

/* The object of parameters, valid as long as the message; NULL if it is absent or null, which is
 * equal to {} (UAPI.20). */
const struct cJSON *varlink_message_parameters(const struct varlink_message *message);

/*
 * The text of a reply with 'parameters' (NULL: none), which are taken over. The caller frees it.
 * NULL if out of memory.
 */
char *varlink_reply(struct cJSON *parameters);

/* The text of a reply with the error of the full name 'error'. As varlink_reply(). */
char *varlink_error(const char *error, struct cJSON *parameters);

/* As varlink_error() with one string parameter, 'value' under 'name' (NULL: none). */
char *varlink_error_text(const char *error, const char *name, const char *value);
