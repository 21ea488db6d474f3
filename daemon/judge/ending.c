/* SPDX-License-Identifier: MIT */
#include "ending.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>

#include "culprit.h"
#include "dlerror.h"
#include "opcode.h"
#include "tracetext.h"
#include "verdict.h"

bool ending_is_explicable(const struct verdict *verdict) {
	if (!verdict->phase)
		return false;
	/* What was killed for what it kept trying is not tried again. */
	return verdict->reason == DLTEST_REASON_EXITED ||
	       verdict->reason == DLTEST_REASON_TIMED_OUT ||
	       (verdict->reason == DLTEST_REASON_CRASHED && verdict->signal != SIGKILL);
}

/* The dynamic linker's last words, which it prints before it ends the process itself: behind these
 * words, to the end of the line. */
static const char *const last_words[] = {
	"Inconsistency detected by ld.so: ",
	"symbol lookup error: ",
};

/* The dynamic linker's last words among what was printed; NULL if there are none. */
static char *find_last_words(const char *output) {
	for (size_t i = 0; output && i < sizeof(last_words) / sizeof(last_words[0]); i++) {
		const char *found = strstr(output, last_words[i]);

		if (!found)
			continue;
		/* The first names whose words these are. */
		if (i > 0)
			found += strlen(last_words[i]);
		return strndup(found, strcspn(found, "\n"));
	}
	return NULL;
}

static void take_last_words(struct verdict *verdict, const char *output) {
	cleanup_free char *words = verdict->exited ? find_last_words(output) : NULL;
	cleanup_strv struct strv missing = {0}, symbols = {0};

	if (!words || !verdict->error)
		return;
	tracetext_tame(words);
	(void)verdict_append(verdict, ": %s", words);
	/* A function that is missing when it is called. */
	if (dlerror_classify(NULL, words, &missing, &symbols) == DLTEST_REASON_UNDEFINED_SYMBOL)
		(void)strv_add_all(&verdict->symbols, &symbols);
}

static bool ended_alike(const struct verdict *verdict, const struct verdict *trial) {
	return trial->reason == verdict->reason && trial->signal == verdict->signal &&
	       trial->exit_status == verdict->exit_status;
}

void ending_take(struct verdict *verdict, struct verdict *trial) {
	if (!ended_alike(verdict, trial))
		return;
	if (trial->culprit) {
		culprit_free(verdict->culprit);
		verdict->culprit = steal_ptr(&trial->culprit);
	}
	if (trial->refused.count > 0) {
		strv_fini(&verdict->refused);
		verdict->refused = trial->refused;
		trial->refused = (struct strv){0};
	}
	for (size_t i = 0; i < trial->denied.count; i++)
		(void)strv_add_once(&verdict->denied, trial->denied.items[i]);
	take_last_words(verdict, trial->output);
}

void ending_tell(struct verdict *verdict) {
	const struct culprit *culprit = verdict->culprit;

	if (!verdict->error ||
		(!ending_is_explicable(verdict) && verdict->reason != DLTEST_REASON_CRASHED))
		return;
	if (culprit)
		(void)verdict_append(verdict, ", in %s%s", culprit_name(culprit), culprit->place);
	if (culprit && verdict->signal == SIGILL) {
		const char *words = opcode_describe(culprit->code);

		if (words)
			(void)verdict_append(verdict, ", at %s", words);
	}
	if (verdict->refused.count > 0)
		(void)verdict_append(verdict, ", after it was refused %s",
			verdict->refused.items[verdict->refused.count - 1]);
}
