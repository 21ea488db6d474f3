/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What libFuzzer calls, and mutate.c. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
