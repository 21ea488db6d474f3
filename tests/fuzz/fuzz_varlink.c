/* SPDX-License-Identifier: MIT */
/* A message as a client sends it, from the bytes to the parameters of each method. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "request.h"
#include "varlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct varlink_call *call;
	struct request request;
	const char *parameter, *interface;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (varlink_call_parse(text, size, &call) != 0) {
		free(text);
		return 0;
	}
	varlink_call_method(call);
	if (request_parse_verify(call, &request, &parameter) == 0)
		request_fini(&request);
	request_parse_interface(call, &interface, &parameter);
	request_parse_nothing(call, &parameter);
	varlink_call_free(call);
	free(text);
	return 0;
}
