/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/utf8.h>

#include "culprit.h"
#include "host.h"

const char *verdict_signal_name(int signal, char *buffer, size_t size) {
	static const struct {
		int signal;
		const char *name;
	} names[] = {
		{SIGABRT, "SIGABRT"},
		{SIGALRM, "SIGALRM"},
		{SIGBUS, "SIGBUS"},
		{SIGFPE, "SIGFPE"},
		{SIGHUP, "SIGHUP"},
		{SIGILL, "SIGILL"},
		{SIGINT, "SIGINT"},
		{SIGKILL, "SIGKILL"},
		{SIGPIPE, "SIGPIPE"},
		{SIGQUIT, "SIGQUIT"},
		{SIGSEGV, "SIGSEGV"},
		{SIGSYS, "SIGSYS"},
		{SIGTERM, "SIGTERM"},
		{SIGTRAP, "SIGTRAP"},
		{SIGUSR1, "SIGUSR1"},
		{SIGUSR2, "SIGUSR2"},
		{SIGXCPU, "SIGXCPU"},
		{SIGXFSZ, "SIGXFSZ"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].signal == signal)
			return names[i].name;
	}
	snprintf(buffer, size, "SIG%d", signal);
	return buffer;
}

static int append(struct verdict *verdict, const char *before, const char *after,
	const char *format, va_list arguments) __attribute__((format(printf, 4, 0)));

/* Appends what 'format' makes, with 'before' and 'after' around it. */
static int append(struct verdict *verdict, const char *before, const char *after,
	const char *format, va_list arguments) {
	cleanup_free char *more = NULL;
	char *error;

	if (vasprintf(&more, format, arguments) < 0) {
		more = NULL;
		return -ENOMEM;
	}
	if (asprintf(&error, "%s%s%s%s", verdict->error, before, more, after) < 0)
		return -ENOMEM;
	free(verdict->error);
	verdict->error = error;
	return 0;
}

int verdict_append(struct verdict *verdict, const char *format, ...) {
	va_list arguments;

	va_start(arguments, format);
	int r = append(verdict, "", "", format, arguments);
	va_end(arguments);
	return r;
}

int verdict_add_remark(struct verdict *verdict, const char *format, ...) {
	va_list arguments;

	va_start(arguments, format);
	int r = append(verdict, " (", ")", format, arguments);
	va_end(arguments);
	return r;
}

void verdict_warn_of_silence(struct verdict *verdict, const char *path) {
	cleanup_free char *shown = dltest_utf8_repair(path, strlen(path));
	char *text;

	if (!shown ||
		asprintf(&text, "%s is left out: the file system there does not answer", shown) < 0)
		return;
	(void)strv_take(&verdict->warnings, text);
}

void verdict_fini(struct verdict *verdict) {
	free(verdict->error);
	free(verdict->output);
	free(verdict->platform);
	free(verdict->hosttrace.called);
	host_free(verdict->host);
	strv_fini(&verdict->missing);
	strv_fini(&verdict->symbols);
	strv_fini(&verdict->context);
	strv_fini(&verdict->loads_with);
	strv_fini(&verdict->warnings);
	needs_fini(&verdict->needs);
	facts_fini(&verdict->facts);
	facts_fini(&verdict->basis);
	strv_fini(&verdict->denied);
	strv_fini(&verdict->refused);
	culprit_free(verdict->culprit);
	*verdict = (struct verdict){0};
}

struct verdict verdict_steal(struct verdict *verdict) {
	struct verdict stolen = *verdict;

	*verdict = (struct verdict){0};
	return stolen;
}

int verdict_make(enum dltest_reason reason, const char *error, struct verdict *ret_verdict) {
	struct verdict verdict = {.reason = reason};

	verdict.error = dltest_utf8_repair(error, strlen(error));
	if (!verdict.error)
		return -ENOMEM;
	*ret_verdict = verdict;
	return 0;
}

void verdict_lower(struct verdict *verdict, enum verdict_worth worth) {
	if (worth > verdict->worth)
		verdict->worth = worth;
}

size_t verdict_halve(struct verdict *verdict) {
	struct strv *const lists[] = {&verdict->missing, &verdict->symbols};
	size_t cut = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		size_t left = (lists[i]->count + 1) / 2;

		cut += lists[i]->count - left;
		strv_cut(lists[i], left);
	}
	needs_cut(&verdict->needs, verdict->needs.count / 2);
	return cut;
}
