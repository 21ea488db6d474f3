/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <dltest/duration.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_DEFAULT_MS (5 * 60 * 1000)
#define IDLE_NOT_GIVEN	UINT64_MAX
#define JOBS_MAX	64
#define GO_ON		(-1)
#define USAGE		2

enum {
	OPTION_SOCKET = 256,
	OPTION_LOADER,
	OPTION_IDLE_TIMEOUT,
	OPTION_JOBS,
	OPTION_LOG_LEVEL,
	OPTION_ALLOW_UNCONFINED,
	OPTION_FOREGROUND,
	OPTION_CHECK,
	OPTION_PRETEND,
};

static const struct option long_options[] = {
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"loader", required_argument, NULL, OPTION_LOADER},
	{"idle-timeout", required_argument, NULL, OPTION_IDLE_TIMEOUT},
	{"jobs", required_argument, NULL, OPTION_JOBS},
	{"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
	{"allow-unconfined", no_argument, NULL, OPTION_ALLOW_UNCONFINED},
	{"foreground", no_argument, NULL, OPTION_FOREGROUND},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"pretend", required_argument, NULL, OPTION_PRETEND},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{0},
};

static const char help[] =
	"Usage: tsuku-dltestd [OPTION]...\n"
	"Tells its user's programs whether shared libraries load, each in a confined process.\n"
	"Started by tsuku-dltest when it is needed, or by systemd or launchd; never forks away.\n"
	"\n"
	"      --socket PATH         listen there instead of in $TSUKU_HOME/dltest.sock\n"
	"      --idle-timeout TIME   exit after TIME without a call: 5m, 90s, 0 for never\n"
	"      --jobs N              loads at a time (default: one a processor)\n"
	"      --log-level LEVEL     error, warn, info or debug (default: info)\n"
	"      --loader PATH         the loader program (default: beside this one)\n"
	"      --allow-unconfined    load even where the kernel cannot filter system calls\n"
	"      --check               try what a confined process must not do, and exit\n"
	"      --pretend LIST        do without no-seccomp, no-notify, landlock=ABI (for tests)\n"
	"      --foreground          accepted for service managers; it always is\n"
	"  -h, --help                show this help\n"
	"  -V, --version             show the version\n"
	"\n"
	"Environment: TSUKU_HOME (default ~/.tsuku), TSUKU_DLTEST_SOCKET,\n"
	"TSUKU_DLTEST_IDLE_TIMEOUT (default 5m).\n";

static int complain(const char *what, const char *value) {
	fprintf(stderr, "tsuku-dltestd: %s: '%s'\n", what, value);
	return USAGE;
}

static int take_jobs(struct options *options, const char *text) {
	char *end;

	errno = 0;
	long number = strtol(text, &end, 10);
	if (errno || *end || end == text || number < 1 || number > JOBS_MAX)
		return complain("--jobs takes a number from 1 to 64, not", text);
	options->jobs = (unsigned)number;
	return GO_ON;
}

static bool take_idle(struct options *options, const char *text) {
	uint64_t us;

	if (dltest_duration_parse(text, &us) < 0)
		return false;
	options->idle_ms = us / 1000;
	return true;
}

static int take_option(struct options *options, int option) {
	switch (option) {
	case OPTION_SOCKET:
		options->socket = optarg;
		return GO_ON;
	case OPTION_LOADER:
		options->loader = optarg;
		return GO_ON;
	case OPTION_IDLE_TIMEOUT:
		return !take_idle(options, optarg)
			       ? complain("--idle-timeout takes a time such as 5m, not", optarg)
			       : GO_ON;
	case OPTION_JOBS:
		return take_jobs(options, optarg);
	case OPTION_LOG_LEVEL:
		return log_level_parse(optarg, &options->log_level)
			       ? GO_ON
			       : complain("--log-level takes error, warn, info or debug, not",
					 optarg);
	case OPTION_ALLOW_UNCONFINED:
		options->allow_unconfined = true;
		return GO_ON;
	case OPTION_FOREGROUND:
		return GO_ON;
	case OPTION_CHECK:
		options->check = true;
		return GO_ON;
	case OPTION_PRETEND:
		return sandbox_pretence_parse(optarg, &options->pretence) < 0
			       ? complain(
					 "--pretend takes no-seccomp, no-notify, landlock=ABI, not",
					 optarg)
			       : GO_ON;
	case 'h':
		fputs(help, stdout);
		return 0;
	case 'V':
		puts("tsuku-dltestd v" DLTEST_VERSION);
		return 0;
	default:
		/* getopt_long() has named the option. */
		fputs("Try 'tsuku-dltestd --help' for more information.\n", stderr);
		return USAGE;
	}
}

/* Whoever set the variable need not be who calls: no reason to answer nobody. */
static void take_variable(struct options *options) {
	const char *idle = getenv("TSUKU_DLTEST_IDLE_TIMEOUT");

	if (options->idle_ms != IDLE_NOT_GIVEN)
		return;
	options->idle_ms = IDLE_DEFAULT_MS;
	if (idle && *idle && !take_idle(options, idle))
		options->ignored_idle = idle;
}

int options_parse(struct options *options, int argc, char **argv) {
	static char name[] = "tsuku-dltestd";
	int option, status = GO_ON;

	/* getopt_long() complains in its name. */
	if (argc > 0)
		argv[0] = name;
	*options = (struct options){
		.idle_ms = IDLE_NOT_GIVEN,
		.log_level = LOG_LEVEL_INFO,
		.pretence = {.landlock = INT_MAX},
	};
	while (status == GO_ON &&
		(option = getopt_long(argc, argv, "hV", long_options, NULL)) != -1)
		status = take_option(options, option);
	if (status == GO_ON && optind < argc)
		status = complain("takes no arguments but options, not", argv[optind]);
	take_variable(options);
	if (fflush(stdout) != 0 && status == 0)
		status = USAGE;
	return status;
}
