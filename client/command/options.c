/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/duration.h>
#include <dltest/exitcodes.h>
#include <dltest/protocol.h>
#include <dltest/utf8.h>

#include "paths.h"
#include "program.h"
#include "stdout.h"

#define GO_ON (-1)

/* tsuku asks about 50 libraries at a time, kills its helper after 5 s, and has lost all answers
 * then. If it has some of them by then, and the exit status of those that are missing, it asks
 * again, about half as many. */
#define WITHIN_MS     4500
#define FEW_PATHS_MAX 64
/* A library that hangs is to be told as one, so its time has to be over before that for all is.
 * Less than what the daemon gives by itself is too little to say that of it, and more than the most
 * is of no use: what takes 5 s and loads is not unheard of. */
#define TIMEOUT_MAX_MS 10000

enum {
	OPTION_JSONL = 256,
	OPTION_TEXT,
	OPTION_DETAILS,
	OPTION_DRY_RUN,
	OPTION_TIMEOUT,
	OPTION_WITHIN,
	OPTION_LAZY,
	OPTION_FRESH,
	OPTION_BARE,
	OPTION_ROOT,
	OPTION_WITH,
	OPTION_HOST,
	OPTION_ALLOW_MISSING_HOST,
	OPTION_LIBC,
	OPTION_FILES_FROM,
	OPTION_ALL,
	OPTION_NO_DAEMON,
	OPTION_STATUS,
	OPTION_STOP,
};

static const struct option long_options[] = {
	{"jsonl", no_argument, NULL, OPTION_JSONL},
	{"text", no_argument, NULL, OPTION_TEXT},
	{"details", no_argument, NULL, OPTION_DETAILS},
	{"dry-run", no_argument, NULL, OPTION_DRY_RUN},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"within", required_argument, NULL, OPTION_WITHIN},
	{"lazy", no_argument, NULL, OPTION_LAZY},
	{"fresh", no_argument, NULL, OPTION_FRESH},
	{"bare", no_argument, NULL, OPTION_BARE},
	{"root", required_argument, NULL, OPTION_ROOT},
	{"with", required_argument, NULL, OPTION_WITH},
	{"host", required_argument, NULL, OPTION_HOST},
	{"allow-missing-host", no_argument, NULL, OPTION_ALLOW_MISSING_HOST},
	{"libc", required_argument, NULL, OPTION_LIBC},
	{"files-from", required_argument, NULL, OPTION_FILES_FROM},
	{"null", no_argument, NULL, '0'},
	{"all", no_argument, NULL, OPTION_ALL},
	{"no-daemon", no_argument, NULL, OPTION_NO_DAEMON},
	{"status", no_argument, NULL, OPTION_STATUS},
	{"stop", no_argument, NULL, OPTION_STOP},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{0},
};

static const char help[] =
	"Usage: tsuku-dltest [OPTION]... PATH...\n"
	"Says whether shared libraries load, each tried in a confined process of its own.\n"
	"\n"
	"  tsuku-dltest /usr/lib/x86_64-linux-gnu/libz.so.1\n"
	"  tsuku-dltest --all --text\n"
	"  find . -name '*.so' -print0 | tsuku-dltest --root . --files-from - -0\n"
	"\n"
	"Output is one JSON array in the order of the paths; for people there is --text.\n"
	"\n"
	"What to try:\n"
	"      --all                every shared library below $TSUKU_HOME/libs\n"
	"      --files-from FILE    read paths from FILE, one a line; - is standard input\n"
	"  -0, --null               with --files-from: paths end with NUL, not with a newline\n"
	"How:\n"
	"      --timeout SECONDS    time for each library; fractions allowed (default 10, or\n"
	"                           two thirds of --within if that is less, but at least 3)\n"
	"      --within SECONDS     time for all; what has no answer then has no verdict, and is\n"
	"                           to be asked again. 0: none (default 4.5 for up to 64 paths,\n"
	"                           unless to a terminal or with --all, --files-from, --jsonl,\n"
	"                           --text or --timeout)\n"
	"      --lazy               resolve functions when they are called (RTLD_LAZY)\n"
	"      --with LIB           load LIB first, with its symbols for all; repeatable\n"
	"      --host PROGRAM       the program that plugins are for, in place of the one that is\n"
	"                           found; none of it is run; repeatable\n"
	"      --allow-missing-host  plugins whose host is not here are no failure\n"
	"      --libc NAME          load with this C library, glibc or musl, whichever each was\n"
	"                           linked with\n"
	"      --root DIR           also allow libraries below DIR; repeatable\n"
	"      --bare               the library alone, without its own package's directories\n"
	"      --fresh              do not answer from remembered verdicts\n"
	"      --dry-run            check paths and files only; run nothing of the library\n"
	"      --no-daemon          use a private daemon for this one call\n"
	"What to print:\n"
	"      --jsonl              one JSON object a line, as soon as it is known\n"
	"      --text               a table for people, with what is missing and what to do\n"
	"      --details            time, mapped objects, refused calls and output as well\n"
	"The daemon:\n"
	"      --status             print the running daemon's status, as JSON or with --text\n"
	"      --stop               ask the running daemon to finish and exit\n"
	"  -h, --help               show this help\n"
	"  -V, --version            show the version\n"
	"\n"
	"Exit status: 0 every library loaded, 1 at least one did not, 2 usage error,\n"
	"3 for at least one path no verdict could be had.\n"
	"Environment: TSUKU_HOME (default ~/.tsuku), LD_LIBRARY_PATH, TSUKU_DLTEST_SOCKET,\n"
	"TSUKU_DLTEST_IDLE_TIMEOUT, TERM; with --text also NO_COLOR, LC_ALL, LC_CTYPE, LANG.\n";

static int complain(const char *what, const char *value) {
	fprintf(stderr, "tsuku-dltest: %s '%s'\n", what, value);
	return DLTEST_EXIT_USAGE;
}

/* Takes a time of 'least_ms' to 'most_ms', rounded to milliseconds, from 'text'; with 'may_be_none'
 * also 0, which nothing else is, also where it would become that. Returns false for anything else.
 */
static bool take_time(
	const char *text, unsigned least_ms, unsigned most_ms, bool may_be_none, unsigned *ret_ms) {
	uint64_t us;

	if (dltest_duration_parse(text, &us) < 0 || us > (uint64_t)most_ms * 1000 ||
		(us < (uint64_t)least_ms * 1000 && !(us == 0 && may_be_none)))
		return false;
	*ret_ms = (unsigned)((us + 500) / 1000);
	return true;
}

static int take_timeout(struct options *options, const char *text) {
	return take_time(text, DLTEST_TIMEOUT_MIN_MS, DLTEST_TIMEOUT_MAX_MS, false,
		       &options->request.timeout_ms)
		       ? GO_ON
		       : complain("--timeout takes seconds from 0.001 to 600, not", text);
}

static int take_within(struct options *options, const char *text) {
	options->has_within = take_time(
		text, DLTEST_WITHIN_MIN_MS, DLTEST_WITHIN_MAX_MS, true, &options->within_ms);
	return options->has_within
		       ? GO_ON
		       : complain("--within takes seconds from 0.001 to 86400, or 0, not", text);
}

/* Whether it may be tsuku that calls. */
static bool is_about_few(const struct options *options) {
	return !options->all && !options->files_from && !options->jsonl && !options->text &&
	       options->request.timeout_ms == 0 && options->paths_count <= FEW_PATHS_MAX &&
	       !isatty(STDOUT_FILENO);
}

/* Fills in the times that were not given. */
static void settle_times(struct options *options) {
	if (!options->has_within && is_about_few(options))
		options->within_ms = WITHIN_MS;
	if (options->request.timeout_ms > 0)
		return;
	unsigned most = options->within_ms ? options->within_ms / 3 * 2 : TIMEOUT_MAX_MS;
	options->request.timeout_ms = most > TIMEOUT_MAX_MS	 ? TIMEOUT_MAX_MS
				      : most < DLTEST_TIMEOUT_MS ? DLTEST_TIMEOUT_MS
								 : most;
}

static bool can_be_said(const char *path) {
	size_t length = strlen(path);

	return length < DLTEST_PATH_MAX && dltest_utf8_is_valid(path, length);
}

static int take_path(const char *option, const char *text, struct request_list *list) {
	cleanup_free char *path = text[0] ? paths_absolute(text) : NULL;

	if (text[0] && !path) {
		fprintf(stderr,
			"tsuku-dltest: %s '%s' is relative, and there is no working directory\n",
			option, text);
		return DLTEST_EXIT_USAGE;
	}
	if (!path || !can_be_said(path)) {
		fprintf(stderr, "tsuku-dltest: %s takes a path in UTF-8, not '%s'\n", option, text);
		return DLTEST_EXIT_USAGE;
	}
	if (list->count == DLTEST_LIST_MAX) {
		fprintf(stderr, "tsuku-dltest: %s is given more than %d times\n", option,
			DLTEST_LIST_MAX);
		return DLTEST_EXIT_USAGE;
	}
	if (request_list_add(list, steal_ptr(&path)) < 0)
		return complain("out of memory at", text);
	return GO_ON;
}

/* The daemon takes so many bytes for all of them. */
static int take_with(struct options *options, const char *text) {
	struct request_list *preload = &options->request.preload;
	size_t size = 0;

	int r = take_path("--with", text, preload);
	for (size_t i = 0; i < preload->count; i++)
		size += strlen(preload->items[i]) + 1;
	if (r != GO_ON || size <= DLTEST_PRELOAD_SIZE_MAX)
		return r;
	fputs("tsuku-dltest: the paths of --with are too long together\n", stderr);
	return DLTEST_EXIT_USAGE;
}

/* As a shell finds it, where it is no path; and where services have theirs. */
static int take_host(struct options *options, const char *text) {
	struct request_list *hosts = &options->request.hosts;
	cleanup_free char *found = strchr(text, '/') ? NULL : program_find(text);

	if (hosts->count == DLTEST_HOSTS_MAX) {
		fprintf(stderr, "tsuku-dltest: --host is given more than %d times\n",
			DLTEST_HOSTS_MAX);
		return DLTEST_EXIT_USAGE;
	}
	if (!found && text[0] && !strchr(text, '/'))
		return complain("--host: there is no program", text);
	return take_path("--host", found ? found : text, hosts);
}

static int take_libc(struct options *options, const char *text) {
	if (strcmp(text, "glibc") != 0 && strcmp(text, "musl") != 0)
		return complain("--libc takes glibc or musl, not", text);
	options->request.libc = text;
	return GO_ON;
}

static int take_files_from(struct options *options, const char *file) {
	if (options->files_from) {
		fputs("tsuku-dltest: --files-from is given twice\n", stderr);
		return DLTEST_EXIT_USAGE;
	}
	options->files_from = file;
	return GO_ON;
}

static int take_action(struct options *options, enum action action) {
	if (options->action != ACTION_VERIFY && options->action != action) {
		fputs("tsuku-dltest: --status and --stop exclude one another\n", stderr);
		return DLTEST_EXIT_USAGE;
	}
	options->action = action;
	return GO_ON;
}

static bool *flag_of(struct options *options, int option) {
	switch (option) {
	case OPTION_JSONL:
		return &options->jsonl;
	case OPTION_TEXT:
		return &options->text;
	case OPTION_DETAILS:
		return &options->details;
	case OPTION_DRY_RUN:
		return &options->request.dry_run;
	case OPTION_LAZY:
		return &options->request.lazy;
	case OPTION_FRESH:
		return &options->request.fresh;
	case OPTION_BARE:
		return &options->request.bare;
	case OPTION_ALLOW_MISSING_HOST:
		return &options->allow_missing_host;
	case OPTION_ALL:
		return &options->all;
	case OPTION_NO_DAEMON:
		return &options->no_daemon;
	case '0':
		return &options->null_separated;
	default:
		return NULL;
	}
}

static int take_option(struct options *options, int option) {
	bool *flag = flag_of(options, option);

	if (flag) {
		*flag = true;
		return GO_ON;
	}
	switch (option) {
	case OPTION_TIMEOUT:
		return take_timeout(options, optarg);
	case OPTION_WITHIN:
		return take_within(options, optarg);
	case OPTION_ROOT:
		return take_path("--root", optarg, &options->request.roots);
	case OPTION_WITH:
		return take_with(options, optarg);
	case OPTION_HOST:
		return take_host(options, optarg);
	case OPTION_LIBC:
		return take_libc(options, optarg);
	case OPTION_FILES_FROM:
		return take_files_from(options, optarg);
	case OPTION_STATUS:
		return take_action(options, ACTION_STATUS);
	case OPTION_STOP:
		return take_action(options, ACTION_STOP);
	case 'h':
		return stdout_write(help, strlen(help)) == 0 ? DLTEST_EXIT_OK : DLTEST_EXIT_USAGE;
	case 'V':
		/* On stderr, where tsuku looks for it. */
		fputs("tsuku-dltest v" DLTEST_VERSION "\n", stderr);
		return DLTEST_EXIT_OK;
	default:
		/* getopt_long() has named the option. */
		fputs("Usage: tsuku-dltest [OPTION]... PATH..., or tsuku-dltest --help\n", stderr);
		return DLTEST_EXIT_USAGE;
	}
}

static int check_combination(const struct options *options) {
	bool asks = options->paths_count > 0 || options->all || options->files_from;

	if (options->null_separated && !options->files_from) {
		fputs("tsuku-dltest: -0 goes with --files-from\n", stderr);
		return DLTEST_EXIT_USAGE;
	}
	if (options->jsonl && options->text) {
		fputs("tsuku-dltest: --jsonl and --text exclude one another\n", stderr);
		return DLTEST_EXIT_USAGE;
	}
	if (options->action != ACTION_VERIFY && asks) {
		fputs("tsuku-dltest: --status and --stop take no paths\n", stderr);
		return DLTEST_EXIT_USAGE;
	}
	if (options->action == ACTION_VERIFY && !asks) {
		fputs("Usage: tsuku-dltest [OPTION]... PATH...\n", stderr);
		return DLTEST_EXIT_USAGE;
	}
	return GO_ON;
}

/* One directory of LD_LIBRARY_PATH, which has *size bytes so far. One that cannot be asked about is
 * no reason not to go on. */
static int take_directory(struct request_list *list, const char *word, size_t *size) {
	cleanup_free char *directory = paths_absolute(word);
	size_t length = directory ? strlen(directory) + 1 : 0;

	if (directory && can_be_said(directory) && *size + length <= DLTEST_LIBRARY_PATH_SIZE_MAX) {
		*size += length;
		return request_list_add(list, steal_ptr(&directory));
	}
	fprintf(stderr, "tsuku-dltest: a directory of LD_LIBRARY_PATH cannot be asked about "
			"(too long, also with those before it, or not UTF-8), ignoring it\n");
	return 0;
}

/* The caller's LD_LIBRARY_PATH. Empty elements would mean the working directory of the process
 * that loads, and are dropped; glibc takes ';' for ':' (elf/dl-load.c). */
static int take_library_path(struct request_list *list) {
	const char *variable = getenv("LD_LIBRARY_PATH");
	cleanup_free char *copy = variable ? strdup(variable) : NULL;
	char *save = NULL;
	size_t size = 0;

	for (char *word = copy ? strtok_r(copy, ":;", &save) : NULL; word;
		word = strtok_r(NULL, ":;", &save)) {
		if (list->count == DLTEST_LIST_MAX) {
			fprintf(stderr,
				"tsuku-dltest: LD_LIBRARY_PATH has more than %d directories, "
				"ignoring the rest\n",
				DLTEST_LIST_MAX);
			return GO_ON;
		}
		if (take_directory(list, word, &size) < 0)
			return complain("out of memory at", word);
	}
	return GO_ON;
}

int options_parse(struct options *options, int argc, char **argv) {
	static char name[] = "tsuku-dltest";
	int option, status = GO_ON;

	*options = (struct options){0};
	/* getopt_long() complains in its name. */
	if (argc > 0)
		argv[0] = name;
	while (status == GO_ON &&
		(option = getopt_long(argc, argv, "0hV", long_options, NULL)) != -1)
		status = take_option(options, option);
	if (status != GO_ON)
		return status;
	options->paths = argv + optind;
	options->paths_count = (size_t)(argc - optind);
	/* A table has the times, too. */
	options->request.details = options->details || options->text;
	settle_times(options);
	status = check_combination(options);
	if (status == GO_ON && options->action == ACTION_VERIFY)
		status = take_library_path(&options->request.library_path);
	return status;
}

void options_fini(struct options *options) {
	request_fini(&options->request);
	*options = (struct options){0};
}
