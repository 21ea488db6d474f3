/* SPDX-License-Identifier: MIT */
#pragma once

/* The directories of --root. */

struct reach;
struct request;

/* Looks at the roots of 'request', and says on stderr which of them allow nothing. Those where
 * nothing answers are taken out of it. */
void roots_check(struct request *request, struct reach *reach);
