/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a load may do, as a text: a verdict that was worked out under one policy may be another one
 * under the next, so that verdicts are kept with the text of theirs. Non-logging.
 */

struct dltest_standing;
struct sandbox;

/* The policy of loads that start now under 'sandbox' in a process of this 'standing': its version,
 * the kernel that enforces it, what of it this kernel can, and all that loads inherit. Equal texts
 * mean equal policies. The caller frees the text; NULL if there is no memory for it. */
char *policy_describe(const struct sandbox *sandbox, const struct dltest_standing *standing);
