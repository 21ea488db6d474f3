/* SPDX-License-Identifier: MIT */
#include "screen.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <dltest/utf8.h>

#include "jsontext.h"
#include "visible.h"

#define WIDTH_UNKNOWN 80
/* Less room than this for words is not worth breaking them for. */
#define WORDS_MIN 24

static const char *variable(const char *name) {
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* By the order of locale(7). It is language_TERRITORY.codeset@modifier, or on macOS the codeset. */
static bool locale_is_utf8(void) {
	const char *locale = variable("LC_ALL");

	if (!locale)
		locale = variable("LC_CTYPE");
	if (!locale)
		locale = variable("LANG");
	if (!locale)
		return false;
	const char *dot = strchr(locale, '.');
	const char *codeset = dot ? dot + 1 : locale;
	size_t length = strcspn(codeset, "@");
	return (length == 5 && strncasecmp(codeset, "UTF-8", length) == 0) ||
	       (length == 4 && strncasecmp(codeset, "UTF8", length) == 0);
}

void screen_init(struct screen *screen) {
	const char *terminal = variable("TERM");
	struct winsize size;

	*screen = (struct screen){.utf8 = locale_is_utf8()};
	if (!isatty(STDOUT_FILENO))
		return;
	screen->colours = terminal && strcmp(terminal, "dumb") != 0 && !variable("NO_COLOR");
	screen->width = WIDTH_UNKNOWN;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		screen->width = size.ws_col;
}

void screen_put(const struct screen *screen, struct jsontext *text, enum screen_colour colour,
	const char *words) {
	static const char *const codes[] = {
		[SCREEN_GOOD] = "\033[32m",
		[SCREEN_BAD] = "\033[31m",
		[SCREEN_ODD] = "\033[33m",
		[SCREEN_FAINT] = "\033[2m",
		[SCREEN_HELP] = "\033[36m",
	};

	if (screen->colours)
		jsontext_puts(text, codes[colour]);
	jsontext_puts(text, words);
	if (screen->colours)
		jsontext_puts(text, "\033[0m");
}

void screen_put_blanks(struct jsontext *text, size_t count) {
	while (count-- > 0)
		jsontext_put(text, " ", 1);
}

void screen_put_short(
	const struct screen *screen, struct jsontext *text, size_t limit, const char *words) {
	cleanup_jsontext struct jsontext shown = {0};

	visible_puts(&shown, words, screen->utf8);
	text->failed |= shown.failed;
	if (screen->width == 0 || limit == 0 || shown.length <= limit) {
		jsontext_put(text, shown.bytes, shown.length);
		return;
	}
	jsontext_put(text, shown.bytes, dltest_utf8_cut(shown.bytes, shown.length, limit));
	jsontext_puts(text, screen->utf8 ? "\xe2\x80\xa6" : "...");
}

void screen_put_lines(const struct screen *screen, struct jsontext *text, size_t indent,
	size_t limit, const char *words) {
	cleanup_jsontext struct jsontext line = {0};
	bool breaks = screen->width >= indent + WORDS_MIN;
	size_t used = 0;

	screen_put_short(screen, &line, limit, words);
	for (size_t at = 0; at < line.length;) {
		const char *word = line.bytes + at;
		const char *blank = memchr(word + 1, ' ', line.length - at - 1);
		/* A word has the blank before it. */
		size_t length = blank ? (size_t)(blank - word) : line.length - at;
		size_t width = visible_width(word, length);

		if (breaks && used > 0 && used + width > screen->width - indent) {
			jsontext_put(text, "\n", 1);
			screen_put_blanks(text, indent);
			jsontext_put(text, word + 1, length - 1);
			used = width - 1;
		} else {
			jsontext_put(text, word, length);
			used += width;
		}
		at += length;
	}
	jsontext_put(text, "\n", 1);
	text->failed |= line.failed;
}
