/* SPDX-License-Identifier: MIT */
#pragma once

/* Collects the facts of a report (enum dltest_fact) in a buffer of the process. */

#include <dltest/fact.h>
#include <stddef.h>

#include "loader_abi.h"

/* Adds a fact. What no longer fits makes the facts incomplete (DLTEST_FACT_INCOMPLETE). */
void facts_add(enum dltest_fact fact, const char *text);

/* As facts_add(), unless the same fact is there already. */
void facts_add_once(enum dltest_fact fact, const char *text);

/* All facts so far, as they stand in a report; valid until more are added. */
const char *facts_get(size_t *ret_size);

/* Forgets all facts. */
void facts_clear(void);
