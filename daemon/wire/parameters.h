/* SPDX-License-Identifier: MIT */
#pragma once

/* The parameters of the methods, read from messages and checked. Non-logging. */

#include "request.h"

struct varlink_message;

enum {
	/* A parameter is unknown, missing, of the wrong type or out of range. */
	PARAMETERS_E_INVALID = 1,
};

/*
 * Reads the parameters of Verify from 'message' into *ret_request, which request_fini() frees.
 * Returns 0, PARAMETERS_E_INVALID with the parameter's name in *ret_parameter (valid as long as
 * the message), or -ENOMEM.
 */
int parameters_read_verify(const struct varlink_message *message, struct request *ret_request,
	const char **ret_parameter);

/* Checks that 'message' has no parameters. Returns as parameters_read_verify(). */
int parameters_read_none(const struct varlink_message *message, const char **ret_parameter);

/* Reads the parameter of GetInterfaceDescription from 'message'; *ret_interface is valid as long as
 * the message. Returns as parameters_read_verify(). */
int parameters_read_interface(const struct varlink_message *message, const char **ret_interface,
	const char **ret_parameter);
