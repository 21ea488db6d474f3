/* SPDX-License-Identifier: MIT */
#pragma once

/* The parameters of the methods, checked. With reply.c and varlink.c the only users of cJSON.
 * Non-logging. */

#include <stdbool.h>
#include <stdint.h>

#include "strv.h"

struct varlink_call;

/* The parameters of Verify. */
struct request {
	struct strv paths;
	struct strv library_path; /* absolute directories */
	struct strv roots;
	struct strv preload;
	uint32_t timeout_ms;
	bool lazy;
	bool dry_run;
	bool fresh;
	bool bare;
	bool details;
};

enum {
	/* A parameter is unknown, missing, of the wrong type or out of range. */
	REQUEST_E_INVALID = 1,
};

/*
 * Reads the parameters of 'call' into 'request', which request_fini() frees.
 * Returns 0, REQUEST_E_INVALID with the parameter's name in *ret_parameter (valid as long as the
 * call), or -ENOMEM.
 */
int request_parse_verify(
	const struct varlink_call *call, struct request *request, const char **ret_parameter);

void request_fini(struct request *request);

/* As above for a method without parameters. */
int request_parse_nothing(const struct varlink_call *call, const char **ret_parameter);

/* As above for GetInterfaceDescription; *ret_interface is valid as long as the call. */
int request_parse_interface(
	const struct varlink_call *call, const char **ret_interface, const char **ret_parameter);
