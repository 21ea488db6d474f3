/* SPDX-License-Identifier: MIT */
#include "request.h"

void request_fini(struct request *request) {
	strv_fini(&request->paths);
	strv_fini(&request->library_path);
	strv_fini(&request->roots);
	strv_fini(&request->preload);
}
