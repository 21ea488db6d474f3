/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dependency.h"
#include "elfform.h"
#include "facts.h"
#include "foreignlibc.h"
#include "identity.h"
#include "lastwords.h"
#include "latent.h"
#include "links.h"
#include "pathpolicy.h"
#include "report.h"
#include "search.h"
#include "survey.h"
#include "trapped.h"
#include "versions.h"
#include "wants.h"

/* Room for a path and a few words. */
static char complaint[5200];

static _Noreturn void finish(
	uint64_t start_ns, enum loader_stage stage, enum dltest_reason reason, const char *text) {
	struct report report = {
		.stage = stage, .reason = reason, .text = text, .start_ns = start_ns};

	/* Later ones have told theirs. */
	if (stage == LOADER_STAGE_CHECKED)
		report.facts = facts_get(&report.facts_size);
	report_finish(&report);
}

/* Tells what the next report is about: a preload, from 1, or the library, 0. */
static void tell_about(uint64_t start_ns, size_t about) {
	const struct report report = {
		.stage = LOADER_STAGE_BEGUN, .about = about, .start_ns = start_ns};

	report_send(&report);
}

#ifdef __GLIBC__
/* The length of a token at 'text', such as $LIB or ${ORIGIN}, that glibc's dlopen() replaces in its
 * argument whether or not there is such a file (is_dst() in elf/dl-load.c); 0 for none. */
static size_t token_length(const char *text) {
	static const char *const names[] = {"ORIGIN", "PLATFORM", "LIB"};
	size_t before = text[1] == '{' ? 2 : 1;

	if (text[0] != '$')
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = strlen(names[i]);

		if (strncmp(text + before, names[i], length) != 0)
			continue;
		const char *end = text + before + length;
		if (before == 2 ? *end == '}' : !isalnum((unsigned char)*end) && *end != '_')
			return before + length + (before == 2);
	}
	return 0;
}
#else
/* musl takes a path as it is. */
static size_t token_length(const char *text) {
	(void)text;
	return 0;
}
#endif

/* What the dynamic linker would open is another file than the one that was judged, or none. */
static enum dltest_reason check_tokens(const char *path) {
	for (const char *at = path; (at = strchr(at, '$')); at++) {
		size_t length = token_length(at);

		if (length == 0)
			continue;
		snprintf(complaint, sizeof(complaint),
			"%s: cannot be loaded by this path: the dynamic linker replaces %.*s in it",
			path, (int)length, at);
		return DLTEST_REASON_LOAD_ERROR;
	}
	return DLTEST_REASON_NONE;
}

static int open_to_read(const char *path) {
	int fd;

	do
		fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* Judges 'path' and the form of its file, and remembers which file that was. Returns why it cannot
 * be loaded, in words that last until the next call; DLTEST_REASON_NONE if nothing speaks against
 * it. */
static enum dltest_reason check(const struct setup *setup, const char *path,
	struct identity *ret_identity, const char **ret_text) {
	static struct pathpolicy policy;
	struct elfform_words words;
	char link[64];

	enum dltest_reason reason = pathpolicy_open(&policy, setup, path);
	if (reason) {
		*ret_text = policy.text;
		return reason;
	}
	*ret_text = complaint;
	/* The same file is opened again for reading, by its descriptor where that can be done. */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", policy.fd);
	int fd = open_to_read(link);
	if (fd < 0)
		fd = open_to_read(path);
	if (fd < 0) {
		reason = pathpolicy_reason_of_error(errno);
		snprintf(complaint, sizeof(complaint), "%s: cannot be read: %s", path,
			strerror(errno));
		return reason;
	}
	reason = elfform_check(fd, policy.status.st_size, &words);
	if (reason) {
		links_tell_lost(path, &words);
		snprintf(complaint, sizeof(complaint), "%s: %s", path, words.text);
		if (words.platform[0])
			facts_add(DLTEST_FACT_PLATFORM, words.platform);
		return reason;
	}
	identity_take(ret_identity, fd);
	close(fd);
	close(policy.fd);
	return check_tokens(path);
}

/* Which files were judged. */
struct identities {
	struct identity library;
	struct identity preload[LOADER_PRELOAD_MAX];
};

/* Judges the library and its preloads, all of them before any of their code runs.
 */
static void check_or_finish(const struct setup *setup, const struct probe_job *job,
	uint64_t start_ns, struct identities *ret_identities) {
	const char *text;

	enum dltest_reason reason = check(setup, job->path, &ret_identities->library, &text);
	for (size_t i = job->companions; reason == DLTEST_REASON_NONE && i < job->preload_count;
		i++) {
		if (!strchr(job->preload[i], '/'))
			continue;
		reason = check(setup, job->preload[i], &ret_identities->preload[i], &text);
		if (reason)
			tell_about(start_ns, i + 1);
	}
	if (reason)
		finish(start_ns, LOADER_STAGE_CHECKED, reason, text);
}

/* The dynamic linker's text, copied before anything else can be called that changes it. */
static char *copy_dlerror(void) {
	static char text[LOADER_TEXT_MAX];
	const char *error = dlerror();

	if (!error)
		error = "the dynamic linker gave no reason";
	size_t length = strnlen(error, sizeof(text) - 1);
	memcpy(text, error, length);
	text[length] = '\0';
	return text;
}

static void *open_or_finish(uint64_t start_ns, const char *path, int mode) {
	dlerror();
	void *handle = dlopen(path, mode);
	if (!handle) {
		char *text = copy_dlerror();
		struct report report = {.stage = LOADER_STAGE_OPENED,
			.reason = DLTEST_REASON_LOAD_ERROR,
			.text = text,
			.start_ns = start_ns};

		dependency_explain(path, text, LOADER_TEXT_MAX);
		report.facts = facts_get(&report.facts_size);
		report_finish(&report);
	}
	return handle;
}

/* Ends with the word that goes with 'answer', if the object is not the file that was judged. A
 * library that has written over the dynamic linker's memory is not exchanged, but broken, and will
 * be so the next time. */
static void finish_unless_same(uint64_t start_ns, const char *path, enum identity_answer answer) {
	if (answer == IDENTITY_SAME)
		return;
	bool other = answer == IDENTITY_OTHER;

	snprintf(complaint, sizeof(complaint), "%s: %s", path,
		other ? "changed while it was being checked"
		      : "what the dynamic linker knew of it was overwritten while it was being "
			"loaded");
	finish(start_ns, LOADER_STAGE_OPENED,
		other ? DLTEST_REASON_NO_VERDICT : DLTEST_REASON_LOAD_ERROR, complaint);
}

/* The object behind 'handle', which has to be the file that was judged. */
static struct link_map *map_or_finish(
	uint64_t start_ns, const char *path, void *handle, const struct identity *identity) {
	struct link_map *map = NULL;

	if (dlinfo(handle, RTLD_DI_LINKMAP, &map) < 0)
		finish(start_ns, LOADER_STAGE_OPENED, DLTEST_REASON_LOAD_ERROR, copy_dlerror());
	finish_unless_same(start_ns, path, identity_compare(identity, map->l_ld));
	return map;
}

static _Noreturn void close_and_finish(uint64_t start_ns, void *handle) {
	dlerror();
	if (dlclose(handle) != 0)
		finish(start_ns, LOADER_STAGE_CLOSED, DLTEST_REASON_CLOSE_FAILED, copy_dlerror());
	finish(start_ns, LOADER_STAGE_CLOSED, DLTEST_REASON_NONE, NULL);
}

/* Whether this is not to be loaded before the library, but to be tried after it. */
static bool is_soft_need(const struct probe_job *job, const char *name) {
	return job->flags & LOADER_JOB_SOFT_NEED && !strchr(name, '/');
}

static _Noreturn void try_soft_needs(
	uint64_t start_ns, const struct probe_job *job, struct link_map *map) {
	struct report report = {.stage = LOADER_STAGE_CLOSED, .start_ns = start_ns};
	const char *names[LOADER_PRELOAD_MAX];
	size_t count = 0, told, size;

	for (size_t i = 0; i < job->preload_count; i++) {
		if (is_soft_need(job, job->preload[i]))
			names[count++] = job->preload[i];
	}
	report.text = wants_try(map, names, count);
	report.reason = report.text ? DLTEST_REASON_LOAD_ERROR : DLTEST_REASON_NONE;
	/* Only what came with them: all facts of a child must fit where those of one report do. */
	if (job->flags & LOADER_JOB_FACTS) {
		facts_get(&told);
		search_tell_new(map);
		report.facts = facts_get(&size) + told;
		report.facts_size = size - told;
	}
	report_finish(&report);
}

/* Loads all companions, each as soon as those are there that it needs: who lacks one finds out
 * before any of its code runs. Ends with the words of one that cannot be loaded in any order. */
static void open_companions(uint64_t start_ns, const struct probe_job *job) {
	/* Plugins of a host have each other's symbols; what a package has under another name is
	 * for whoever needs it. */
	int mode = RTLD_NOW | (job->host.names >= 0 ? RTLD_GLOBAL : RTLD_LOCAL);
	bool is_open[LOADER_PRELOAD_MAX] = {false};
	bool goes_on = job->companions > 0;

	while (goes_on) {
		goes_on = false;
		for (size_t i = 0; i < job->companions; i++) {
			if (is_open[i])
				continue;
			is_open[i] = dlopen(job->preload[i], mode) != NULL;
			goes_on |= is_open[i];
		}
	}
	for (size_t i = 0; i < job->companions; i++) {
		if (!is_open[i])
			open_or_finish(start_ns, job->preload[i], mode);
	}
}

/* Which of them is being loaded is told only of those that somebody named by a path: relatives are
 * tried in a further load, which says nothing of whose fault the first was. */
static void open_preloads(
	uint64_t start_ns, const struct probe_job *job, const struct identities *identities) {
	size_t about = 0;

	for (size_t i = job->companions; i < job->preload_count; i++) {
		if (is_soft_need(job, job->preload[i]))
			continue;
		if (!strchr(job->preload[i], '/')) {
			dlopen(job->preload[i], RTLD_NOW | RTLD_GLOBAL);
			continue;
		}
		about = i + 1;
		tell_about(start_ns, about);
		void *handle = open_or_finish(start_ns, job->preload[i], RTLD_NOW | RTLD_GLOBAL);
		map_or_finish(start_ns, job->preload[i], handle, &identities->preload[i]);
	}
	if (about)
		tell_about(start_ns, 0);
}

/* Looks through the library's package. */
static _Noreturn void survey(
	const struct setup *setup, const struct probe_job *job, uint64_t start_ns) {
	struct identity identity;
	const char *text;

	enum dltest_reason reason = check(setup, job->path, &identity, &text);
	if (reason)
		finish(start_ns, LOADER_STAGE_CHECKED, reason, text);
	survey_run(setup, job->path, job->preload, job->preload_count);
	finish(start_ns, LOADER_STAGE_CHECKED, DLTEST_REASON_NONE, NULL);
}

/* What it prints is not to be lost with the process. */
static void watch_end(const struct setup *setup, const struct probe_job *job, uint64_t start_ns) {
	setvbuf(stdout, NULL, _IONBF, 0);
	search_begin(setup->environment);
	dependency_watch(start_ns);
	lastwords_on_hang(start_ns, (pid_t)setup->head->daemon_pid);
	if (!(job->flags & LOADER_JOB_EXPLAIN))
		return;
	lastwords_on_crash();
	/* Without it, less can be told. */
	(void)trapped_begin();
}

void probe_run(const struct setup *setup, const struct probe_job *job) {
	struct report report = {.stage = LOADER_STAGE_OPENED, .start_ns = report_now_ns()};
	static struct identities identities;

	if (job->flags & LOADER_JOB_SURVEY)
		survey(setup, job, report.start_ns);
	check_or_finish(setup, job, report.start_ns, &identities);
	if (job->flags & LOADER_JOB_DRY_RUN)
		finish(report.start_ns, LOADER_STAGE_CHECKED, DLTEST_REASON_NONE, NULL);
	/* Before any other code runs, which could get at it. */
	if (job->host.names >= 0)
		host_stand_in(&job->host, report.start_ns);
	watch_end(setup, job, report.start_ns);
	open_companions(report.start_ns, job);
	open_preloads(report.start_ns, job, &identities);

	int mode = job->flags & LOADER_JOB_LAZY ? RTLD_LAZY : RTLD_NOW;
	void *handle = open_or_finish(report.start_ns, job->path, mode | RTLD_LOCAL);
	struct link_map *map =
		map_or_finish(report.start_ns, job->path, handle, &identities.library);
	foreignlibc_refuse(report.start_ns, job->path, map);
	if (job->flags & LOADER_JOB_VERSIONS)
		versions_tell(map);
	if (job->flags & LOADER_JOB_FACTS) {
		/* First, since the objects alone may be too many to tell. */
		latent_tell(setup, map, job->flags);
		search_tell(map);
	}
	report.facts = facts_get(&report.facts_size);
	report_send(&report);
	lastwords_note_closing();
	if (job->flags & LOADER_JOB_SOFT_NEED)
		try_soft_needs(report.start_ns, job, map);
	close_and_finish(report.start_ns, handle);
}
