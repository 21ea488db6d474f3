/* SPDX-License-Identifier: MIT */
/* A message as a client sends it, from the bytes to the parameters of each method. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "parameters.h"
#include "varlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct varlink_message *message;
	struct request request;
	const char *parameter, *interface;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (varlink_message_parse(text, size, &message) != 0) {
		free(text);
		return 0;
	}
	varlink_message_method(message);
	if (parameters_read_verify(message, &request, &parameter) == 0)
		request_fini(&request);
	parameters_read_interface(message, &interface, &parameter);
	parameters_read_none(message, &parameter);
	varlink_message_free(message);
	free(text);
	return 0;
}
