/* SPDX-License-Identifier: MIT */

/* tsuku-dltest: says whether shared libraries load. */

#include <dltest/cleanup.h>
#include <dltest/exitcodes.h>
#include <dltest/sockpath.h>
#include <dltest/standing.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin.h"
#include "answers.h"
#include "autostart.h"
#include "deadline.h"
#include "hint.h"
#include "options.h"
#include "output.h"
#include "paths.h"
#include "place.h"
#include "progress.h"
#include "reach.h"
#include "roots.h"
#include "table.h"
#include "tree.h"
#include "verify.h"

DEFINE_CLEANUP(struct answers *, answers_free);
DEFINE_CLEANUP(struct reach *, reach_free);
DEFINE_CLEANUP(struct table *, table_free);

/* A caller that closed one of them must not find a socket of ours in its place. What is put there
 * cannot be used, so that reading from or writing to nothing is the error that it is. */
static void fill_standard_descriptors(void) {
	int fd;

	do
		fd = open("/dev/null", fcntl(STDIN_FILENO, F_GETFD) < 0 ? O_WRONLY : O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	fd_close(fd);
}

static int complain(const char *about, int r) {
	fprintf(stderr, "tsuku-dltest: %s: %s\n", about, strerror(-r));
	return r == -ENOMEM ? DLTEST_EXIT_NO_VERDICT : DLTEST_EXIT_USAGE;
}

static void on_look(void *context, size_t looked_at) {
	struct progress *progress = context;

	if (progress_is_due(progress))
		progress_show(progress, "looked at %zu files", looked_at);
}

static void on_complaint(void *context) {
	progress_hide(context);
}

/* Returns as collect(). */
static int collect_all(struct paths *paths, const char *libs, const struct autostart *autostart) {
	struct progress progress;
	const struct tree tree = {
		.libs = libs,
		.reach = autostart->reach,
		.deadline = &autostart->deadline,
		.on_look = on_look,
		.on_complaint = on_complaint,
		.context = &progress,
	};
	size_t before = paths->count;

	progress_init(&progress);
	int r = tree_add(paths, &tree);
	progress_hide(&progress);
	if (r < 0)
		return complain(libs, r);
	/* Or nothing would tell a tree without libraries from one where all is well. */
	if (paths->count == before && !paths->incomplete)
		fprintf(stderr, "tsuku-dltest: found no library below %s\n", libs);
	return -1;
}

/* Returns -1 to go on, or the exit status. */
static int collect(
	struct paths *paths, const struct options *options, const struct autostart *autostart) {
	const char *home = autostart->home;
	cleanup_free char *libs = NULL;
	int r = 0;

	for (size_t i = 0; i < options->paths_count && r == 0; i++)
		r = paths_add(paths, options->paths[i]);
	if (r < 0)
		return complain("paths", r);
	if (options->files_from) {
		r = paths_add_from(paths, options->files_from,
			options->null_separated ? '\0' : '\n', autostart->reach);
		if (r == -EBADMSG) {
			fprintf(stderr,
				"tsuku-dltest: %s: a NUL in a path; with -0 they end with it\n",
				options->files_from);
			return DLTEST_EXIT_USAGE;
		}
		if (r < 0)
			return complain(options->files_from, r);
	}
	if (!options->all)
		return -1;
	if (!home) {
		fputs("tsuku-dltest: --all needs TSUKU_HOME or HOME\n", stderr);
		return DLTEST_EXIT_USAGE;
	}
	if (asprintf(&libs, "%s/libs", home) < 0) {
		libs = NULL;
		return complain("--all", -ENOMEM);
	}
	return collect_all(paths, libs, autostart);
}

static enum output_form output_form(const struct options *options) {
	if (options->text)
		return OUTPUT_TABLE;
	return options->jsonl ? OUTPUT_LINES : OUTPUT_ARRAY;
}

static int answer_paths(const struct options *options, const struct autostart *autostart) {
	__attribute__((cleanup(paths_fini))) struct paths paths = {0};
	CLEANUP(answers_free_p) struct answers *answers = NULL;
	CLEANUP(table_free_p) struct table *table = NULL;
	struct output output;

	int status = collect(&paths, options, autostart);
	if (status >= 0)
		return status;
	const struct table_config config = {
		.home = autostart->home,
		.details = options->details,
		.no_daemon = options->no_daemon,
	};
	int r = answers_new(&paths, options->text ? ANSWERS_RESULTS : ANSWERS_TEXT, &answers);
	if (r == 0 && options->text)
		r = table_new(answers, &config, &table);
	if (r < 0)
		return complain("paths", r);
	struct hint_about about = {
		.home = autostart->home, .details = true, .no_daemon = options->no_daemon};
	if (options->details && !options->text)
		answers_hint(answers, hint_put_for, &about);
	if (options->allow_missing_host)
		answers_allow_missing_host(answers);
	output_init(&output, output_form(options), answers, table);
	answers_watch(answers, output_on_answer, &output);
	const struct verify verify = {
		.autostart = autostart,
		.request = &options->request,
		.no_daemon = options->no_daemon,
		.on_wait = output.progress.is_wanted ? output_on_wait : NULL,
		.context = &output,
	};
	verify_run(&verify, answers);
	output_finish(&output);
	if (output.failed)
		return output.no_memory ? DLTEST_EXIT_NO_VERDICT : DLTEST_EXIT_USAGE;
	return paths.incomplete ? DLTEST_EXIT_NO_VERDICT : answers_exit_status(answers);
}

static int run(struct options *options, uint64_t start_ms) {
	CLEANUP(reach_free_p) struct reach *reach = reach_new();
	CLEANUP(place_fini) struct place place = {0};
	cleanup_free char *home = NULL;

	if (!reach)
		return complain("mounts", -ENOMEM);
	int r = dltest_home(&home);
	if (r == -ENOMEM)
		return complain("home", r);
	/* Without one, all libraries are those of the system and of --root. */
	if (r < 0)
		home = NULL;
	place_find(reach, home, &place);
	struct autostart autostart = {
		.home = home, .place = &place, .reach = reach, .complaints = STDERR_FILENO};
	switch (options->action) {
	case ACTION_VERIFY:
		autostart.deadline = deadline_after(start_ms, options->within_ms);
		roots_check(&options->request, reach);
		return answer_paths(options, &autostart);
	case ACTION_STATUS:
		return admin_status(&autostart, options->text);
	case ACTION_STOP:
		return admin_stop(&autostart);
	}
	return DLTEST_EXIT_USAGE;
}

int main(int argc, char **argv) {
	struct options options;

	/* First of all: it may have been forbidden to look at the clock. */
	dltest_standing_disown();
	uint64_t start_ms = deadline_now_ms();
	fill_standard_descriptors();
	int status = options_parse(&options, argc, argv);
	if (status < 0)
		status = run(&options, start_ms);
	options_fini(&options);
	return status;
}
