/* SPDX-License-Identifier: MIT */
#include "judgement.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>
#include <dltest/utf8.h>

#include "culprit.h"
#include "dlerror.h"
#include "lastreport.h"
#include "loader_abi.h"
#include "tracetext.h"
#include "verdict.h"

/* Bytes of the name of a system or machine that are shown. */
#define PLATFORM_MAX 64
/* The last refusals, which a verdict is about. */
#define REFUSED_MAX 4

static int set_error(struct verdict *verdict, enum dltest_reason reason, const char *pattern, ...)
	__attribute__((format(printf, 3, 4)));

static int set_error(struct verdict *verdict, enum dltest_reason reason, const char *pattern, ...) {
	va_list arguments;

	verdict->reason = reason;
	va_start(arguments, pattern);
	int length = vasprintf(&verdict->error, pattern, arguments);
	va_end(arguments);
	if (length < 0)
		verdict->error = NULL;
	return length < 0 ? -ENOMEM : 0;
}

static const char *phase_words(const struct verdict *verdict) {
	return strcmp(verdict->phase, "close") == 0 ? "unloaded" : "loaded";
}

/* SIGKILL ended it. Where the daemon had not sent it, that is most likely the kernel's. */
static int judge_kill(const struct judgement_evidence *evidence, struct verdict *verdict) {
	switch (evidence->cause) {
	case JUDGEMENT_CAUSE_THREADS:
		verdict->signal = SIGKILL;
		return set_error(verdict, DLTEST_REASON_CRASHED,
			"was ended because it had more than %d threads, while it was being %s",
			DLTEST_THREADS_MAX, phase_words(verdict));
	case JUDGEMENT_CAUSE_FLOOD:
		verdict->signal = SIGKILL;
		return set_error(verdict, DLTEST_REASON_CRASHED,
			"was ended because it kept trying what it may not, or signalling itself, "
			"while it was being %s",
			phase_words(verdict));
	case JUDGEMENT_CAUSE_DEADLINE:
		return set_error(verdict, DLTEST_REASON_TIMED_OUT,
			"was still being %s after %g s%s", phase_words(verdict),
			evidence->timeout_ms / 1000.0,
			evidence->waits ? ", all its threads waiting" : "");
	case JUDGEMENT_CAUSE_MEMORY:
		return set_error(verdict, DLTEST_REASON_OUT_OF_MEMORY,
			"needs more than %d GiB, the limit of a load, while it is being %s",
			(int)(DLTEST_MEMORY_MAX >> 30), phase_words(verdict));
	case JUDGEMENT_CAUSE_ITSELF:
	case JUDGEMENT_CAUSE_UNHEARD:
		break;
	}
	return set_error(verdict, DLTEST_REASON_OUT_OF_MEMORY,
		"the system ended it while it was being %s, most likely for want of memory",
		phase_words(verdict));
}

/* The child did not reach its regular end. */
static int judge_process(const struct judgement_evidence *evidence, struct verdict *verdict) {
	int status = evidence->wait_status;
	char number[16];

	/* One that has put away its answer to the daemon's question ends of that. */
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL ||
					   (WTERMSIG(status) == LOADER_SIGNAL_HANG &&
						   evidence->cause == JUDGEMENT_CAUSE_DEADLINE)))
		return judge_kill(evidence, verdict);
	if (WIFSIGNALED(status)) {
		verdict->signal = WTERMSIG(status);
		return set_error(verdict, DLTEST_REASON_CRASHED,
			"crashed with %s while it was being %s",
			verdict_signal_name(verdict->signal, number, sizeof(number)),
			phase_words(verdict));
	}
	verdict->exited = true;
	verdict->exit_status = WEXITSTATUS(status);
	/* The loader's own word about a lost channel can be the library's just as well. */
	return set_error(verdict, DLTEST_REASON_EXITED,
		"ended the process with exit status %d while it was being %s%s",
		verdict->exit_status, phase_words(verdict),
		verdict->exit_status == LOADER_EXIT_NO_CHANNEL
			? ", or closed the descriptor over which its result is reported"
			: "");
}

/* A single line for a person: what separates lines becomes a blank. */
static void join_lines(char *text) {
	for (; *text; text++) {
		if (*text == '\n' || *text == '\r')
			*text = ' ';
	}
}

/* The preload that the last word is about; NULL for none. */
static const char *blamed(
	const struct judgement_evidence *evidence, const struct lastreport *last) {
	const struct strv *preload = evidence->preload;
	size_t offset = evidence->preload_offset;

	if (!preload || last->about <= offset || last->about - offset > preload->count)
		return NULL;
	return preload->items[last->about - offset - 1];
}

/* The child reached its regular end, and its last report is the verdict. */
static int judge_report(const struct judgement_evidence *evidence, const struct lastreport *last,
	struct verdict *verdict) {
	const char *preload = blamed(evidence, last);

	verdict->reason = last->reason;
	verdict->nothing_was_loaded = last->stage == LOADER_STAGE_CHECKED;
	if (last->reason == DLTEST_REASON_NONE)
		return 0;
	verdict->error = dltest_utf8_repair(last->text, last->text_size);
	if (!verdict->error)
		return -ENOMEM;
	if (last->reason == DLTEST_REASON_LOAD_ERROR) {
		verdict->reason = dlerror_classify(preload ? preload : evidence->path,
			verdict->error, &verdict->missing, &verdict->symbols);
		if (verdict->reason == DLTEST_REASON_NONE)
			return -ENOMEM;
		if (dlerror_is_of_the_moment(verdict->error))
			verdict_lower(verdict, VERDICT_WORTH_NEVER);
	}
	if (last->reason == DLTEST_REASON_CLOSE_FAILED)
		verdict->phase = "close";
	join_lines(verdict->error);
	return 0;
}

/* Whether 'last' is a word after which nothing more was to come. */
static bool is_final(const struct lastreport *last) {
	if (last->garbage || last->stage == 0)
		return false;
	return last->stage != LOADER_STAGE_OPENED || last->reason != DLTEST_REASON_NONE;
}

/* Ends of the loader's own. To be asked only before anything of the library can have run, which may
 * end with any of these, too: they are in sysexits.h. */
static int judge_loader_exit(int status, struct verdict *verdict) {
	switch (status) {
	case LOADER_EXIT_CONFINE:
	case LOADER_EXIT_NO_ROOM:
		return set_error(verdict, DLTEST_REASON_NO_VERDICT,
			"the process to load it in could not be confined");
	case LOADER_EXIT_NO_JOB:
	case LOADER_EXIT_PROTOCOL:
		return set_error(verdict, DLTEST_REASON_NO_VERDICT,
			"the process to load it in did not understand the daemon");
	default:
		return 1;
	}
}

static int judge_end(const struct judgement_evidence *evidence, const struct lastreport *last,
	struct verdict *verdict) {
	int status = evidence->wait_status;

	if (WIFEXITED(status) && WEXITSTATUS(status) == LOADER_EXIT_REPORTED && is_final(last))
		return judge_report(evidence, last, verdict);
	if (WIFEXITED(status) && evidence->died_before_job && last->stage == 0 && !last->garbage) {
		int r = judge_loader_exit(WEXITSTATUS(status), verdict);
		if (r <= 0)
			return r;
	}
	verdict->phase = last->stage >= LOADER_STAGE_OPENED ? "close" : "open";
	return judge_process(evidence, verdict);
}

/* Whether this is said of the path or the file that was asked about, and of nothing else. */
static bool is_of_path_or_file(enum dltest_reason reason) {
	enum dltest_reason_class class = dltest_reason_class(reason);

	return class == DLTEST_REASON_CLASS_PATH || class == DLTEST_REASON_CLASS_FORM;
}

/*
 * Has the error say that it is about 'preload', which was to be loaded before the library. A
 * preload is judged like a dependency: one that cannot be used is as good as none, and its crash is
 * a crash.
 */
static int blame(struct verdict *verdict, const char *preload) {
	size_t length = strlen(preload);
	const char *words = verdict->error;
	cleanup_free char *error = NULL;

	if (is_of_path_or_file(verdict->reason)) {
		verdict->reason = DLTEST_REASON_MISSING_DEPENDENCY;
		if (strv_add_once(&verdict->missing, preload) < 0)
			return -ENOMEM;
	}
	if (strncmp(words, preload, length) == 0 && strncmp(words + length, ": ", 2) == 0)
		words += length + 2;
	if (asprintf(&error, "%s (given with --with): %s", preload, words) < 0) {
		error = NULL;
		return -ENOMEM;
	}
	free(verdict->error);
	verdict->error = steal_ptr(&error);
	join_lines(verdict->error);
	return 0;
}

/* No longer than the loader makes it; the repair can have made it so, too. */
static int take_warning(struct verdict *verdict, const char *warning) {
	size_t length = strnlen(warning, LOADER_WARNING_MAX - 1);
	char *text = dltest_utf8_repair(warning, length);

	if (text)
		text[dltest_utf8_cut(text, strlen(text), LOADER_WARNING_MAX - 1)] = '\0';
	return strv_take(&verdict->warnings, text);
}

/* Of the warnings, as many as the loader tells: more are the library's doing. */
static int take_facts(const struct lastreport *last, struct verdict *verdict) {
	const char *warning = NULL;
	int r = 0;

	for (size_t i = 0; i < last->facts_count && r == 0; i++)
		r = facts_append(&verdict->facts, last->facts[i].bytes, last->facts[i].size);
	while (r == 0 && verdict->warnings.count < LOADER_WARNINGS_MAX &&
		(warning = facts_next(&verdict->facts, DLTEST_FACT_WARNING, warning)))
		r = take_warning(verdict, warning);
	return r;
}

/* What the file is for that was asked about. */
static int take_platform(struct verdict *verdict) {
	const char *platform = facts_next(&verdict->facts, DLTEST_FACT_PLATFORM, NULL);

	if (!platform || (verdict->reason != DLTEST_REASON_WRONG_PLATFORM &&
				 verdict->reason != DLTEST_REASON_WRONG_ARCHITECTURE))
		return 0;
	verdict->platform = dltest_utf8_repair(platform, strnlen(platform, PLATFORM_MAX));
	return verdict->platform ? 0 : -ENOMEM;
}

static int take_hosttrace(const struct lastreport *last, struct verdict *verdict) {
	verdict->hosttrace = last->host;
	if (!last->called)
		return 0;
	verdict->hosttrace.called = dltest_utf8_repair(last->called, last->called_size);
	return verdict->hosttrace.called ? 0 : -ENOMEM;
}

/* What a process says of itself in a few words is shown on one line, so long at most. */
#define WORDS_MAX 400

/* 'size' bytes at 'text' made fit to be shown; NULL if out of memory. */
static char *fit(const char *text, size_t size) {
	char *shown = tracetext_fit(text, size < DLTEST_PATH_MAX ? size : DLTEST_PATH_MAX);

	if (shown)
		shown[dltest_utf8_cut(shown, strlen(shown), WORDS_MAX)] = '\0';
	return shown;
}

/* The text at *cursor of 'end', made fit, and what comes behind its NUL; NULL if there is none, or
 * no memory. */
static char *take_text(const char **cursor, const char *end) {
	const char *nul = *cursor < end ? memchr(*cursor, '\0', (size_t)(end - *cursor)) : NULL;
	const char *text = *cursor;

	if (!nul)
		return NULL;
	*cursor = nul + 1;
	return fit(text, (size_t)(nul - text));
}

/* The process's word, of which nothing is missed where it makes no sense. */
static int take_culprit(const struct lastreport *last, struct verdict *verdict) {
	const char *cursor = last->culprit.text;

	if (!cursor)
		return 0;
	const char *end = cursor + last->culprit.size;
	cleanup_free char *object = take_text(&cursor, end), *place = take_text(&cursor, end),
			  *role = take_text(&cursor, end), *code = take_text(&cursor, end);
	if (!object || !place || !role || !code || !object[0])
		return 0;
	return culprit_new(object, place, role, code, &verdict->culprit);
}

static int add_refused(struct verdict *verdict, const struct lastreport *last) {
	int r = 0;

	for (size_t i = 0; i < last->refused_count && r == 0; i++) {
		cleanup_free char *text = fit(last->refused[i].text, last->refused[i].size);

		r = text ? strv_make_last(&verdict->refused, text, REFUSED_MAX) : -ENOMEM;
		if (r == 0)
			r = strv_add_once(&verdict->denied, text);
	}
	return r;
}

/* Those that the daemon knows of and those that the child does, so that the last one is the last.
 */
static int take_refused_of(const struct judgement_evidence *evidence, const struct lastreport *last,
	struct verdict *verdict) {
	bool child_was_last = last->refused_ns / 1000 >= evidence->refused_us;
	int r = child_was_last ? 0 : add_refused(verdict, last);

	for (size_t i = 0; evidence->refused && i < evidence->refused->count && r == 0; i++)
		r = strv_make_last(&verdict->refused, evidence->refused->items[i], REFUSED_MAX);
	return r == 0 && child_was_last ? add_refused(verdict, last) : r;
}

static int take_output(const struct judgement_evidence *evidence, struct verdict *verdict) {
	if (evidence->output_size == 0)
		return 0;
	cleanup_free char *text = dltest_utf8_repair(evidence->output, evidence->output_size);
	if (!text)
		return -ENOMEM;
	size_t length = dltest_utf8_cut(text, strlen(text), DLTEST_OUTPUT_MAX);
	verdict->output = strndup(text, length);
	return verdict->output ? 0 : -ENOMEM;
}

int judgement_make(const struct judgement_evidence *evidence, struct verdict *ret_verdict) {
	struct verdict verdict = {0};
	struct lastreport last;

	lastreport_read(&last, evidence->reports, evidence->reports_size);

	int r = judge_end(evidence, &last, &verdict);
	const char *preload = blamed(evidence, &last);
	if (r == 0 && preload && verdict.error)
		r = blame(&verdict, preload);
	if (r == 0)
		r = take_facts(&last, &verdict);
	if (r == 0)
		r = take_platform(&verdict);
	if (r == 0)
		r = take_hosttrace(&last, &verdict);
	if (r == 0 && evidence->denied) {
		verdict.denied = *evidence->denied;
		*evidence->denied = (struct strv){0};
	}
	if (r == 0 && verdict.phase)
		r = take_culprit(&last, &verdict);
	if (r == 0 && verdict.phase)
		r = take_refused_of(evidence, &last, &verdict);
	if (r == 0)
		r = take_output(evidence, &verdict);
	if (r < 0) {
		verdict_fini(&verdict);
		return r;
	}
	verdict.duration_us = last.stage ? last.duration_ns / 1000 : evidence->elapsed_us;
	*ret_verdict = verdict;
	return 0;
}
