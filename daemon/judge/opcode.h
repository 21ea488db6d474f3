/* SPDX-License-Identifier: MIT */
#pragma once

/* Instructions that a processor did not know, by their first bytes. Non-logging, pure but for what
 * this processor has. */

/*
 * Says in words, which are constant, what instruction 'code' begins with, bytes in hexadecimal that
 * this processor refused: the set that it is of, if that is certain and this processor lacks it, or
 * that it is one that no processor has. NULL if nothing is certain.
 */
const char *opcode_describe(const char *code);
