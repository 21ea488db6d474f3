/* SPDX-License-Identifier: MIT */
#include "hint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/reasons.h>

#include "jsontext.h"
#include "lookup.h"
#include "result.h"

/* What the daemon says of links, and what can be done. */
#define DANGLING  " is a symbolic link to "
#define LOST_LINK " was a symbolic link to "
#define RELINK	  "correct that link, or install what it leads to"
#define UNPACK	  "unpack its package again, with its links, or make this one"

/* A path as a shell takes it. */
static void put_quoted(struct jsontext *text, const char *path) {
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-+:@%,=";

	if (*path && path[strspn(path, plain)] == '\0') {
		jsontext_puts(text, path);
		return;
	}
	jsontext_puts(text, "'");
	for (; *path; path++) {
		if (*path == '\'')
			jsontext_puts(text, "'\\''");
		else
			jsontext_put(text, path, 1);
	}
	jsontext_puts(text, "'");
}

/* How to try all that is in a directory, which may need to be allowed. */
static void put_directory(struct jsontext *text, const char *path, bool is_outside) {
	jsontext_puts(text, "for all that is in it: find ");
	put_quoted(text, path);
	jsontext_puts(text, " -type f -regex '.*\\.so[.0-9]*' | tsuku-dltest ");
	if (is_outside) {
		jsontext_puts(text, "--root ");
		put_quoted(text, path);
		jsontext_puts(text, " ");
	}
	jsontext_puts(text, "--text --files-from -");
}

/* What counts is where the library really is. */
static void put_outside_roots(struct jsontext *text, const char *path) {
	cleanup_free char *real = realpath(path, NULL);
	cleanup_free char *directory = lookup_parent(real ? real : path);

	if (!directory)
		return;
	jsontext_puts(text, "--root ");
	put_quoted(text, directory);
	jsontext_puts(text, " allows libraries below that directory");
}

static void put_place(struct jsontext *text, const struct hint_about *about) {
	bool is_outside = about->result->reason == DLTEST_REASON_OUTSIDE_ROOTS;
	struct stat status;

	if (stat(about->path, &status) == 0 && S_ISDIR(status.st_mode))
		put_directory(text, about->path, is_outside);
	else if (is_outside)
		put_outside_roots(text, about->path);
}

/* The option that loads 'library' first. What is nowhere to be found gets a place to fill in. */
static void put_with(struct jsontext *text, const struct hint_about *about, const char *library) {
	cleanup_free char *directory = lookup_near(about->path, about->home, library);
	cleanup_free char *path = NULL;

	if (directory && asprintf(&path, "%s/%s", directory, library) < 0)
		path = NULL;
	if (!path)
		path = lookup_in_system(library);
	jsontext_puts(text, "--with ");
	jsontext_puts(text, path || strchr(library, '/') ? "" : "PATH/");
	put_quoted(text, path ? path : library);
}

/* As a need may be, or a library given with --with, or what was found and is of no use. */
static void put_missing_path(struct jsontext *text, const char *path) {
	jsontext_puts(
		text, access(path, F_OK) == 0
			      ? "that file is of no use: install it again"
			      : "it is looked for at this path alone: put it there, or correct "
				"the path if it was given with --with");
}

/* Whether the error says what is wrong with the library in this directory, so that it was searched.
 */
static bool is_told_of(const struct result *result, const char *directory, const char *library) {
	cleanup_free char *words = NULL;

	if (asprintf(&words, "%s/%s: ", directory, library) < 0) {
		words = NULL;
		return false;
	}
	return result->error && strstr(result->error, words);
}

static void put_directory_of(struct jsontext *text, const struct hint_about *about,
	const char *library, const char *directory) {
	jsontext_puts(text, library);
	if (is_told_of(about->result, directory, library)) {
		jsontext_puts(text, " in ");
		put_quoted(text, directory);
		jsontext_puts(
			text, " is of no use: install it again, or its build for this machine");
		return;
	}
	jsontext_puts(text, " is in a directory that is not searched: try LD_LIBRARY_PATH=");
	put_quoted(text, directory);
}

/* What the daemon knows of a library that is there, all the same: it says so in the error. Returns
 * whether it does. */
static bool put_present(struct jsontext *text, const struct hint_about *about) {
	const char *error = about->result->error ? about->result->error : "";
	cleanup_free char *own = NULL;

	if (strstr(error, " is beside it: its R") && strstr(error, "PATH lacks $ORIGIN")) {
		if (asprintf(&own, "(needed by %s; ", about->path) < 0)
			own = NULL;
		jsontext_puts(text, "link it with -Wl,-rpath,'$ORIGIN', or patchelf --add-rpath "
				    "'$ORIGIN' ");
		if (own && strstr(error, own))
			put_quoted(text, about->path);
		else
			jsontext_puts(text, "what needs it");
		return true;
	}
	if (strstr(error, " calls itself so: the link with that name is lacking")) {
		jsontext_puts(text, "make that link, or unpack the package with its links");
		return true;
	}
	if (strstr(error, LOST_LINK)) {
		jsontext_puts(text, UNPACK);
		return true;
	}
	if (strstr(error, DANGLING)) {
		jsontext_puts(text, RELINK);
		return true;
	}
	if (strstr(error, " is there, and may not be read here: --root ")) {
		jsontext_puts(text, "the option that is named there allows it");
		return true;
	}
	return false;
}

static void put_missing_dependency(struct jsontext *text, const struct hint_about *about) {
	const struct result_list *missing = &about->result->missing;

	if (put_present(text, about))
		return;
	if (missing->count > 0 && strchr(missing->items[0], '/')) {
		put_missing_path(text, missing->items[0]);
		return;
	}
	for (size_t i = 0; i < missing->count; i++) {
		cleanup_free char *directory =
			lookup_near(about->path, about->home, missing->items[i]);

		if (!directory)
			continue;
		put_directory_of(text, about, missing->items[i], directory);
		return;
	}
	jsontext_puts(text,
		missing->count > 1 ? "put the directories that have them on LD_LIBRARY_PATH, or "
				     "install the packages that bring them"
				   : "put the directory that has it on LD_LIBRARY_PATH, or install "
				     "the package that brings it");
}

/* " -lm" for libm.so.6. */
static void put_link_option(struct jsontext *text, const char *name) {
	const char *end = strstr(name, ".so");

	jsontext_puts(text, " ");
	if (strncmp(name, "lib", 3) == 0 && end && end > name + 3) {
		jsontext_puts(text, "-l");
		jsontext_put(text, name + 3, (size_t)(end - name) - 3);
	} else {
		jsontext_puts(text, name);
	}
}

static void put_loads_with(struct jsontext *text, const struct hint_about *about) {
	const struct result_list *libraries = &about->result->loads_with;

	jsontext_puts(text, "needs ");
	for (size_t i = 0; i < libraries->count; i++) {
		jsontext_puts(text, i == 0 ? "" : " and ");
		jsontext_puts(text, lookup_name(libraries->items[i]));
	}
	jsontext_puts(text, " and does not say so: relink it with");
	for (size_t i = 0; i < libraries->count; i++)
		put_link_option(text, lookup_name(libraries->items[i]));
	jsontext_puts(text, "; ");
	for (size_t i = 0; i < libraries->count; i++) {
		put_with(text, about, libraries->items[i]);
		jsontext_puts(text, " ");
	}
	jsontext_puts(text, libraries->count == 1 ? "loads it" : "load it");
}

static void put_undefined_symbol(struct jsontext *text, const struct hint_about *about) {
	const struct result *result = about->result;

	if (result->loads_with.count > 0) {
		put_loads_with(text, about);
	} else if (result->host.name) {
		jsontext_puts(text, "it was built for another version of ");
		jsontext_puts(text, result->host.name);
		jsontext_puts(text, ", or for more than that alone");
	} else if (result->needs_count > 0 && result->needs[0].version) {
		jsontext_puts(text, "it was built with another version of the library that has "
				    "this symbol: install that one");
	} else {
		jsontext_puts(text, "if it is a plugin, --host PROGRAM tries it with its host; "
				    "else a library that it needs has another version than it was "
				    "built with");
	}
}

/* One that is here may bring what no other process can load, or not be for everybody to read. */
static void put_needs_host(struct jsontext *text, const struct hint_about *about) {
	const struct result_host *host = &about->result->host;

	if (host->program) {
		jsontext_puts(text, "only ");
		jsontext_puts(text, host->name);
		jsontext_puts(text, " itself can tell whether it loads");
	} else {
		jsontext_puts(text, "install ");
		jsontext_puts(text, host->name ? host->name : "its host");
		jsontext_puts(text, ", or name its program with --host");
	}
	jsontext_puts(text, "; --allow-missing-host takes it for no failure");
}

static void put_missing_version(struct jsontext *text, const struct hint_about *about) {
	const struct result *result = about->result;
	const struct result_need *need = result->needs_count > 0 ? &result->needs[0] : NULL;
	const char *provider = need && need->provider ? lookup_name(need->provider) : NULL;

	if (!provider) {
		jsontext_puts(text, "install a newer version of the library that lacks it");
		return;
	}
	if (strncmp(provider, "libc.so", 7) == 0) {
		jsontext_puts(
			text, "it was built for a newer system: install a build for this one");
	} else {
		jsontext_puts(text, "install a newer ");
		jsontext_puts(text, provider);
	}
	if (need->newest) {
		jsontext_puts(text, "; this one has ");
		jsontext_puts(text, need->newest);
		jsontext_puts(text, " at most");
	}
}

static void put_wrong_architecture(struct jsontext *text, const struct hint_about *about) {
	const char *platform = about->result->platform;
	struct utsname system;

	/* A level of the processor, and not another machine. */
	if (platform && strncmp(platform, "x86-64-v", 8) == 0) {
		jsontext_puts(text, "install the build for older processors: this one is not ");
		jsontext_puts(text, platform);
		return;
	}
	jsontext_puts(text, "install the build for this machine");
	if (uname(&system) == 0) {
		jsontext_puts(text, ", ");
		jsontext_puts(text, system.machine);
	}
}

static void put_no_verdict(struct jsontext *text, const struct hint_about *about) {
	jsontext_puts(text, "not the library's fault: try again");
	if (!about->no_daemon)
		jsontext_puts(text, ", or with --no-daemon for a daemon of its own");
	if (about->home) {
		jsontext_puts(text, "; the log is ");
		put_quoted(text, about->home);
		jsontext_puts(text, "/logs/dltestd.log");
	}
}

/* As the daemon says it of one that hangs. */
static void put_timed_out(struct jsontext *text, const struct hint_about *about) {
	const char *error = about->result->error ? about->result->error : "";

	jsontext_puts(
		text, strstr(error, ", all its threads waiting")
			      ? "it waits for something that does not come, itself or its host"
			      : "--timeout SECONDS gives it more time");
}

static void put_printed(struct jsontext *text, const struct hint_about *about) {
	const char *error = about->result->error ? about->result->error : "";

	if (strstr(error, ", after it was refused "))
		jsontext_puts(text, "if that is the cause, it loads outside of the sandbox");
	else if (!about->details)
		jsontext_puts(text, "--details shows what it printed and tried");
}

static bool is_said(const struct result *result, const char *words) {
	return result->error && strstr(result->error, words);
}

static void put_not_found(struct jsontext *text, const struct hint_about *about) {
	if (is_said(about->result, DANGLING))
		jsontext_puts(text, RELINK);
	else
		jsontext_puts(
			text, "check how it is spelled; --all tries all of tsuku's libraries");
}

/* What the file was a symbolic link to, as the error says; the caller frees it. NULL if it says
 * nothing of the kind. */
static char *lost_target(const char *error) {
	const char *start = error ? strstr(error, LOST_LINK) : NULL;
	const char *end = start ? strstr(start, ": its file has that name alone") : NULL;

	start += start ? strlen(LOST_LINK) : 0;
	return end && end > start ? strndup(start, (size_t)(end - start)) : NULL;
}

static void put_not_a_library(struct jsontext *text, const struct hint_about *about) {
	cleanup_free char *target = lost_target(about->result->error);

	if (is_said(about->result, ": it was transferred as text") ||
		is_said(about->result, ": its bytes are damaged")) {
		jsontext_puts(text, "install it again, and transfer it as binary");
		return;
	}
	if (is_said(about->result, ": it was not written completely")) {
		jsontext_puts(text, "the file is incomplete: install it again");
		return;
	}
	if (!target) {
		jsontext_puts(text, "name the shared library itself (ELF, often lib*.so.*)");
		return;
	}
	jsontext_puts(text, UNPACK ": ln -sf ");
	put_quoted(text, target);
	jsontext_puts(text, " ");
	put_quoted(text, about->path);
}

static void put_load_error(struct jsontext *text, const struct hint_about *about) {
	if (is_said(about->result, " is on a file system that is mounted noexec"))
		jsontext_puts(text, "mount it without noexec, or install elsewhere");
	else
		put_printed(text, about);
}

/* What is to be said for a reason: words that are the same for every library, or a function that
 * finds them. */
static const struct {
	const char *words;
	void (*put)(struct jsontext *text, const struct hint_about *about);
} hints[DLTEST_REASON_COUNT_] = {
	[DLTEST_REASON_NOT_FOUND] = {.put = put_not_found},
	[DLTEST_REASON_PERMISSION_DENIED] = {"make the file readable for you, and the directories "
					     "above it searchable"},
	[DLTEST_REASON_NOT_A_FILE] = {.put = put_place},
	[DLTEST_REASON_OUTSIDE_ROOTS] = {.put = put_place},
	[DLTEST_REASON_NOT_A_LIBRARY] = {.put = put_not_a_library},
	[DLTEST_REASON_TRUNCATED] = {"the file is incomplete: install it again"},
	[DLTEST_REASON_WRONG_ARCHITECTURE] = {.put = put_wrong_architecture},
	[DLTEST_REASON_WRONG_PLATFORM] = {"install the build for this system"},
	[DLTEST_REASON_MISSING_DEPENDENCY] = {.put = put_missing_dependency},
	[DLTEST_REASON_UNDEFINED_SYMBOL] = {.put = put_undefined_symbol},
	[DLTEST_REASON_NEEDS_HOST] = {.put = put_needs_host},
	[DLTEST_REASON_MISSING_VERSION] = {.put = put_missing_version},
	[DLTEST_REASON_NO_STATIC_TLS] = {"it can only be loaded at program start (linked, or in "
					 "LD_PRELOAD): no defect for programs that link it"},
	[DLTEST_REASON_EXECUTABLE_STACK] = {"relink it with -z noexecstack, if its code does "
					    "without"},
	[DLTEST_REASON_LOAD_ERROR] = {.put = put_load_error},
	[DLTEST_REASON_CRASHED] = {.put = put_printed},
	[DLTEST_REASON_EXITED] = {.put = put_printed},
	[DLTEST_REASON_TIMED_OUT] = {.put = put_timed_out},
	[DLTEST_REASON_OUT_OF_MEMORY] = {"free some memory and try it again, by itself"},
	[DLTEST_REASON_CLOSE_FAILED] = {"it loads: no defect for programs that keep it loaded"},
	[DLTEST_REASON_NO_VERDICT] = {.put = put_no_verdict},
};

void hint_put(struct jsontext *text, const struct hint_about *about) {
	enum dltest_reason reason = about->result->reason;

	if (hints[reason].put)
		hints[reason].put(text, about);
	else if (hints[reason].words)
		jsontext_puts(text, hints[reason].words);
}

void hint_put_for(void *context, const char *path, const struct jsonscan *scan, size_t result,
	struct jsontext *text) {
	struct hint_about about = *(const struct hint_about *)context;
	struct result taken;

	about.path = path;
	about.result = &taken;
	if (result_init(&taken, scan, result) == 0)
		hint_put(text, &about);
	else
		text->failed = true;
	result_fini(&taken);
}
