/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The JSON parser jsmn (MIT, a header; the package libjsmn-dev), as all of the project uses it: in
 * the file that includes it, strict, and without the warnings that its code gives. A file that
 * wants the tokens' parents, which makes it faster and the tokens longer, defines JSMN_PARENT_LINKS
 * before.
 */

#define JSMN_STATIC
#define JSMN_STRICT
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"
#pragma GCC diagnostic ignored "-Wundef"
#include <jsmn.h>
#pragma GCC diagnostic pop
