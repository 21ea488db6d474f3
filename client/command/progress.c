/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deadline.h"

/* Short work needs no progress line, and a terminal no hundred of them a second. */
#define AFTER_MS 500
#define EVERY_MS 100
/* Longer than any that is shown. */
#define LINE_MAX_BYTES 200

void progress_init(struct progress *progress) {
	const char *terminal = getenv("TERM");

	*progress = (struct progress){
		.is_wanted = isatty(STDERR_FILENO) && terminal && *terminal &&
			     strcmp(terminal, "dumb") != 0,
		.start_ms = deadline_now_ms(),
	};
}

bool progress_is_due(const struct progress *progress) {
	uint64_t now = progress->is_wanted ? deadline_now_ms() : 0;

	return progress->is_wanted && now - progress->start_ms >= AFTER_MS &&
	       now - progress->shown_ms >= EVERY_MS;
}

/* A client that is ended leaves no line behind. */
static void wipe(int number) {
	static const char blank[] = "\r\033[K";

	if (write(STDERR_FILENO, blank, sizeof(blank) - 1) < 0) {
		/* Nobody sees the line either. */
	}
	raise(number);
}

/* What was ignored stays so, and who is ended by a signal dies of it. */
static void wipe_at_end(void) {
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction action;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (sigaction(numbers[i], NULL, &action) < 0 || action.sa_handler != SIG_DFL)
			continue;
		action.sa_handler = wipe;
		action.sa_flags = (int)(SA_RESETHAND | SA_NODEFER);
		sigaction(numbers[i], &action, NULL);
	}
}

/* In one piece: what is shown in several is seen to flicker. */
void progress_show(struct progress *progress, const char *pattern, ...) {
	char line[LINE_MAX_BYTES];
	va_list arguments;

	va_start(arguments, pattern);
	vsnprintf(line, sizeof(line), pattern, arguments);
	va_end(arguments);
	if (!progress->is_shown)
		wipe_at_end();
	fprintf(stderr, "\r%s\033[K", line);
	progress->is_shown = true;
	progress->shown_ms = deadline_now_ms();
}

void progress_hide(struct progress *progress) {
	if (progress->is_shown)
		fputs("\r\033[K", stderr);
	progress->is_shown = false;
}
