/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static enum log_level current_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level level) {
	current_level = level;
}

bool log_level_parse(const char *name, enum log_level *ret_level) {
	static const char *const names[] = {"error", "warn", "info", "debug"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0) {
			*ret_level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* syslog's priorities for the journal; a date for a file. */
static int write_prefix(enum log_level level, char *buffer, size_t size) {
	static const int priorities[] = {3, 4, 6, 7};
	static const char *const words[] = {"error: ", "warning: ", "", "debug: "};
	struct tm local;
	time_t now;

	if (getenv("JOURNAL_STREAM"))
		return snprintf(buffer, size, "<%d>", priorities[level]);
	now = time(NULL);
	size_t length = localtime_r(&now, &local) ? strftime(buffer, size, "%F %T ", &local) : 0;
	return (int)length + snprintf(buffer + length, size - length, "tsuku-dltestd[%d]: %s",
				     (int)getpid(), words[level]);
}

void log_write(enum log_level level, const char *pattern, ...) {
	char line[2048];
	int saved = errno;
	va_list arguments;

	if (level > current_level)
		return;
	size_t start = (size_t)write_prefix(level, line, sizeof(line));
	va_start(arguments, pattern);
	int length = vsnprintf(line + start, sizeof(line) - start - 1, pattern, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	size_t end = start + (size_t)length;
	if (end > sizeof(line) - 2)
		end = sizeof(line) - 2;
	for (size_t i = start; i < end; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	}
	line[end] = '\n';
	/* Who reads it may have stopped to. One write, so that lines of several processes do not
	 * mix. Nothing can be done about a log that cannot be written. */
	struct pollfd reader = {.fd = STDERR_FILENO, .events = POLLOUT};
	if (poll(&reader, 1, 0) != 0 && write(STDERR_FILENO, line, end + 1) < 0)
		(void)0;
	errno = saved;
}
