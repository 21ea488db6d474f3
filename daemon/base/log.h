/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One line a message on stderr, with a priority prefix where the journal reads it (sd-daemon(3)).
 * Only main, server, keeper, listener, peer, pool and zygote log.
 */

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* Drops messages above 'level' from now on. */
void log_set_level(enum log_level level);

/* Writes the level called 'name' to *ret_level; false if there is none. */
bool log_level_parse(const char *name, enum log_level *ret_level);

/* Writes one line, or none where that would mean to wait for whoever reads; control characters in
 * the message come out as '?'. errno is kept. */
void log_write(enum log_level level, const char *pattern, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
