/* SPDX-License-Identifier: MIT */
#pragma once

/* What is asked about one library. Plain data. */

struct request;

struct question {
	const char *path;	       /* of the library, absolute */
	const struct request *request; /* whose settings apply */
};
