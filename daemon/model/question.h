/* SPDX-License-Identifier: MIT */
#pragma once

/* A question: what is asked about one library. Plain data. */

struct request;

struct question {
	const char *path;	       /* of the library, absolute */
	const struct request *request; /* whose settings apply */
};
