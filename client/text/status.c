/* SPDX-License-Identifier: MIT */
#include "status.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <dltest/cleanup.h>

#include "jsonscan.h"
#include "jsontext.h"
#include "screen.h"

#define LABEL_WIDTH 9

struct status {
	struct screen screen;
	struct jsontext *text;
	const struct jsonscan *scan;
	size_t object;
};

static long long number_of(const struct status *status, const char *name) {
	size_t value = jsonscan_member(status->scan, status->object, name);

	return (long long)jsonscan_integer(status->scan, value);
}

/* "1 client", "2 clients". */
static const char *counted(
	const struct status *status, const char *name, const char *word, char buffer[64]) {
	long long number = number_of(status, name);

	snprintf(buffer, 64, "%lld %s%s", number, word, number == 1 ? "" : "s");
	return buffer;
}

static void put_line(const struct status *status, const char *label, const char *words) {
	screen_put(&status->screen, status->text, SCREEN_FAINT, label);
	screen_put_blanks(status->text, LABEL_WIDTH - strlen(label));
	screen_put_lines(&status->screen, status->text, LABEL_WIDTH, 0, words);
}

static void put_text(const struct status *status, const char *label, const char *name) {
	size_t value = jsonscan_member(status->scan, status->object, name);
	cleanup_free char *words = value ? jsonscan_string(status->scan, value) : NULL;

	put_line(status, label, words ? words : "none");
}

static void put_uptime(const struct status *status) {
	long long seconds = number_of(status, "uptime_ms") / 1000;
	char words[64];

	if (seconds < 60)
		snprintf(words, sizeof(words), "%lld s", seconds);
	else if (seconds < 3600)
		snprintf(words, sizeof(words), "%lld min %lld s", seconds / 60, seconds % 60);
	else if (seconds < 86400)
		snprintf(
			words, sizeof(words), "%lld h %lld min", seconds / 3600, seconds / 60 % 60);
	else
		snprintf(words, sizeof(words), "%lld d %lld h", seconds / 86400,
			seconds / 3600 % 24);
	put_line(status, "up", words);
}

static void put_work(const struct status *status) {
	char words[200], first[64], second[64];

	snprintf(words, sizeof(words), "%lld running, %lld waiting, %lld done; %lld at a time",
		number_of(status, "running"), number_of(status, "waiting"),
		number_of(status, "done"), number_of(status, "parallel"));
	put_line(status, "loads", words);
	snprintf(words, sizeof(words), "%s being answered, %s",
		counted(status, "calls", "call", first),
		counted(status, "clients", "client", second));
	put_line(status, "calls", words);
	snprintf(words, sizeof(words), "%s kept ready, %s remembered",
		counted(status, "zygotes", "environment", first),
		counted(status, "remembered", "verdict", second));
	put_line(status, "kept", words);
}

/* What is missing, why, and what can be done. */
static void put_lack(const struct status *sandbox, size_t lack) {
	static const char *const names[] = {"what", "why", "remedy"};
	static const char *const before[] = {"", ": ", "; "};
	cleanup_jsontext struct jsontext words = {0};

	for (size_t i = 0; i < 3; i++) {
		size_t value = jsonscan_member(sandbox->scan, lack, names[i]);
		cleanup_free char *string = value ? jsonscan_string(sandbox->scan, value) : NULL;

		jsontext_puts(&words, string ? before[i] : "");
		jsontext_puts(&words, string ? string : "");
	}
	jsontext_put(&words, "", 1);
	if (words.failed)
		sandbox->text->failed = true;
	else
		put_line(sandbox, "lacking", words.bytes);
}

static void put_sandbox(const struct status *status) {
	struct status sandbox = *status;
	char words[200], landlock[64] = "reads not confined";

	sandbox.object = jsonscan_member(status->scan, status->object, "sandbox");
	if (!sandbox.object)
		return;
	size_t seccomp = jsonscan_member(sandbox.scan, sandbox.object, "seccomp");
	size_t denials = jsonscan_member(sandbox.scan, sandbox.object, "denials");
	if (number_of(&sandbox, "landlock") > 0)
		snprintf(landlock, sizeof(landlock), "reads confined (Landlock %lld)",
			number_of(&sandbox, "landlock"));
	snprintf(words, sizeof(words), "%s, %s, %s",
		jsonscan_is_true(sandbox.scan, seccomp) ? "system calls filtered"
							: "system calls not filtered",
		landlock,
		jsonscan_is_true(sandbox.scan, denials) ? "refusals recorded"
							: "refusals not recorded");
	put_line(status, "sandbox", words);
	size_t lacks = jsonscan_member(sandbox.scan, sandbox.object, "lacks");
	size_t count = jsonscan_count(sandbox.scan, lacks);
	size_t lack = jsonscan_first(sandbox.scan, lacks);
	for (size_t i = 0; i < count; i++, lack = jsonscan_next(sandbox.scan, lack))
		put_lack(&sandbox, lack);
}

void status_put(struct jsontext *text, const struct jsonscan *scan, size_t parameters) {
	struct status status = {.text = text, .scan = scan, .object = parameters};
	char pid[40];

	screen_init(&status.screen);
	put_text(&status, "version", "version");
	snprintf(pid, sizeof(pid), "%lld", number_of(&status, "pid"));
	put_line(&status, "process", pid);
	put_uptime(&status);
	put_text(&status, "socket", "socket");
	put_work(&status);
	put_sandbox(&status);
}
