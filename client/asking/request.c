/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/protocol.h>
#include <dltest/standing.h>
#include <dltest/utf8.h>

#include "jsontext.h"

int request_list_add(struct request_list *list, char *path) {
	char **grown = reallocarray(list->items, list->count + 1, sizeof(*list->items));

	if (!grown) {
		free(path);
		return -ENOMEM;
	}
	list->items = grown;
	grown[list->count++] = path;
	return 0;
}

void request_list_remove(struct request_list *list, size_t index) {
	free(list->items[index]);
	list->count--;
	memmove(&list->items[index], &list->items[index + 1],
		(list->count - index) * sizeof(*list->items));
}

static void list_fini(struct request_list *list) {
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
}

void request_fini(struct request *request) {
	list_fini(&request->library_path);
	list_fini(&request->roots);
	list_fini(&request->preload);
	list_fini(&request->hosts);
	*request = (struct request){0};
}

static void put_list(struct jsontext *text, const char *name, const struct request_list *list) {
	jsontext_strings(text, name, (const char *const *)list->items, list->count);
}

static void put_number(struct jsontext *text, const char *name, unsigned value) {
	char number[40];

	if (value == 0)
		return;
	snprintf(number, sizeof(number), ",\"%s\":%u", name, value);
	jsontext_puts(text, number);
}

/* One that needs no escapes; NULL: it is not put. */
static void put_word(struct jsontext *text, const char *name, const char *word) {
	if (!word)
		return;
	jsontext_puts(text, ",\"");
	jsontext_puts(text, name);
	jsontext_puts(text, "\":\"");
	jsontext_puts(text, word);
	jsontext_puts(text, "\"");
}

static void put_flag(struct jsontext *text, const char *name, bool value) {
	if (!value)
		return;
	jsontext_puts(text, ",\"");
	jsontext_puts(text, name);
	jsontext_puts(text, "\":true");
}

/* Which directories of the library path are not to be read as a whole decides itself by it. What
 * cannot be said of it as text is left off, up to the directory above. */
static void put_homes(struct jsontext *text) {
	const char *home = getenv("HOME");
	char path[DLTEST_PATH_MAX];

	if (!home || home[0] != '/' || strlen(home) >= sizeof(path))
		return;
	strcpy(path, home);
	while (!dltest_utf8_is_valid(path, strlen(path)))
		*strrchr(path, '/') = '\0';
	if (path[0])
		jsontext_strings(text, "homes", (const char *const[]){path}, 1);
}

/* Nothing of a usual one. */
static void put_standing(struct jsontext *text) {
	struct dltest_standing_words words;

	dltest_standing_say(&words);
	jsontext_strings(text, "standing", words.items, words.count);
}

void request_put(const struct request *request, unsigned within_ms, struct jsontext *text) {
	put_list(text, "library_path", &request->library_path);
	put_list(text, "roots", &request->roots);
	put_list(text, "preload", &request->preload);
	put_list(text, "hosts", &request->hosts);
	put_word(text, "libc", request->libc);
	put_number(text, "timeout_ms", request->timeout_ms);
	put_number(text, "within_ms", within_ms);
	put_flag(text, "lazy", request->lazy);
	put_flag(text, "dry_run", request->dry_run);
	put_flag(text, "fresh", request->fresh);
	put_flag(text, "bare", request->bare);
	put_flag(text, "details", request->details);
	if (request->library_path.count > 0)
		put_homes(text);
	put_standing(text);
}
