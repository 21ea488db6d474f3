/* SPDX-License-Identifier: MIT */

/* tsuku-dltestd: tells its user's programs whether shared libraries load. */

#include <dltest/cleanup.h>
#include <dltest/sockpath.h>
#include <dltest/standing.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "activation.h"
#include "check.h"
#include "clibrary.h"
#include "hostprocess.h"
#include "inherited.h"
#include "likeness.h"
#include "loaders.h"
#include "log.h"
#include "looker.h"
#include "options.h"
#include "sandbox.h"
#include "server.h"
#include "strv.h"
#include "userhomes.h"

#define EXIT_TROUBLE 1

DEFINE_CLEANUP(struct likeness *, likeness_free);
DEFINE_CLEANUP(struct server *, server_free);

/* Those of one place. The one that has no C library in its name is for that of whoever built it.
 * Returns 0, also if there is none, or -ENOMEM. */
static int add_loaders_in(struct loaders *loaders, const char *base, const char *place) {
	static const char *const names[] = {"tsuku-dltest-loader", "tsuku-dltest-loader-musl"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cleanup_free char *path = NULL;

		if (asprintf(&path, "%s/%s/%s", base, place, names[i]) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		if (loaders_add(loaders, path) == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}

/* Finds the loaders, from where this program is: beside it in a build tree, where they were
 * installed to otherwise. So a tree can be moved as a whole. Returns 0, also if there is none, or
 * -ENOMEM. */
static int find_loaders(struct loaders *loaders) {
	static const char *const places[] = {
		".",
		DLTEST_LOADER_DIR,
		"../libexec",
		"../lib/tsuku-dltest",
	};
	char self[PATH_MAX];

	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (length <= 0)
		return 0;
	self[length] = '\0';
	*strrchr(self, '/') = '\0';
	/* Those that belong together lie together: what is found further on is another build's. */
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !loaders->own; i++) {
		if (add_loaders_in(loaders, places[i][0] == '/' ? "" : self, places[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Says why none of the loaders can run. */
static void complain_of_loaders(const struct loaders *loaders, const char *named) {
	for (size_t i = 0; i < LOADERS_LIBCS; i++) {
		if (loaders->of[i].program)
			log_error("cannot use '%s': this machine does not have %s",
				loaders->of[i].program, loaders_libc_name(loaders->of[i].libc));
	}
	if (!loaders->of[LOADERS_GLIBC].program && !loaders->of[LOADERS_MUSL].program)
		log_error("cannot find the loader program%s%s", named ? ": " : "",
			named ? named : "");
}

/* The stand-in, which is beside the loader; NULL without memory. */
static char *find_standin(const char *loader) {
	const char *slash = strrchr(loader, '/');
	char *path;

	if (!slash ||
		asprintf(&path, "%.*s/tsuku-dltest-standin.so", (int)(slash - loader), loader) < 0)
		return NULL;
	return path;
}

static int check(const struct options *options, const struct loader *loader, const char *home) {
	CLEANUP(sandbox_fini) struct sandbox sandbox;

	int r = sandbox_init(&sandbox, &options->pretence);
	if (r == 0)
		r = check_run(&sandbox, loader, home);
	if (r < 0)
		log_error("cannot check the sandbox: %s", strerror(-r));
	return r == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_TROUBLE;
}

static int take_likeness(struct dltest_standing *ret_standing, struct likeness **ret_likeness) {
	dltest_standing_take(ret_standing);
	int r = likeness_new(ret_standing, ret_likeness);
	if (r < 0)
		log_error("cannot start: %s", strerror(-r));
	return r;
}

static int run(const struct options *options, struct activation *activation) {
	CLEANUP(loaders_fini) struct loaders loaders = {0};
	cleanup_free char *home = NULL;
	cleanup_strv struct strv user_homes = {0};
	CLEANUP(dltest_sockpath_fini) struct dltest_sockpath sockpath = {0};
	CLEANUP(likeness_free_p) struct likeness *likeness = NULL;
	CLEANUP(server_free_p) struct server *server = NULL;
	struct dltest_standing standing;

	int r = options->loader ? loaders_add(&loaders, options->loader) : find_loaders(&loaders);
	if (r != -ENOMEM && !loaders.own) {
		complain_of_loaders(&loaders, options->loader);
		return EXIT_TROUBLE;
	}
	clibrary_set_linker(loaders.of[LOADERS_GLIBC].linker);
	/* Without a home or a place for a socket, inherited sockets are still served. */
	if (r != -ENOMEM)
		r = dltest_home(&home);
	if (r == -ENOMEM) {
		log_error("cannot start: %s", strerror(-r));
		return EXIT_TROUBLE;
	}
	if (r < 0)
		home = NULL;
	if (options->check)
		return check(options, loaders.own, home);
	cleanup_free char *standin = find_standin(loaders.own->program);
	if (take_likeness(&standing, &likeness) < 0 || userhomes_list(&user_homes, home) < 0)
		return EXIT_TROUBLE;
	bool has_place = dltest_sockpath_init(&sockpath, home, options->socket) == 0;
	struct server_config config = {
		.options = options,
		.activation = activation,
		.loaders = &loaders,
		.standin = standin,
		.home = home,
		.user_homes = &user_homes,
		.sockpath = has_place ? &sockpath : NULL,
		.standing = &standing,
		.likeness = likeness,
	};
	/* Whatever is mounted where the daemon was started may go. */
	if (chdir("/") < 0)
		log_warn("cannot leave the working directory: %s", strerror(errno));
	if (server_new(&config, &server) < 0)
		return EXIT_TROUBLE;
	if (server_run(server) < 0)
		return EXIT_TROUBLE;
	return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
	struct options options;
	CLEANUP(activation_fini) struct activation activation = {.connection = -1, .lock = -1};

	int status = looker_run(argc, argv);
	if (status < 0)
		status = hostprocess_run(argc, argv);
	if (status >= 0)
		return status;
	status = options_parse(&options, argc, argv);
	if (status >= 0)
		return status;
	log_set_level(options.log_level);
	if (options.ignored_idle)
		log_warn("TSUKU_DLTEST_IDLE_TIMEOUT is no time such as 5m: '%s', ignoring",
			options.ignored_idle);
	inherited_reset();
	/* A write that some limit of file sizes forbids (setrlimit(2)) fails, and is to do no more.
	 */
	signal(SIGXFSZ, SIG_IGN);
	/* What a dead loader leaves behind is given to us, not to init. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	int r = activation_take(&activation);
	if (r < 0) {
		log_error("cannot take the inherited sockets: %s", strerror(-r));
		return EXIT_TROUBLE;
	}
	return run(&options, &activation);
}
