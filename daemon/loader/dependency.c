/* SPDX-License-Identifier: MIT */
#include "dependency.h"

#include <dltest/fact.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "elfform.h"
#include "facts.h"
#include "links.h"
#include "report.h"
#include "runpath.h"

static uint64_t watch_start_ns;

/* The directory that has to be allowed for the file at 'path' to be read; NULL if that is not the
 * matter, but the file's permissions. */
static const char *find_forbidden(const char *path) {
	static char real[PATH_MAX];
	char *slash;

	/* Landlock has no say in that. */
	if (access(path, R_OK) < 0 || !realpath(path, real) || !(slash = strrchr(real, '/')))
		return NULL;
	*slash = '\0';
	return real[0] ? real : "/";
}

/* Why the file could not be opened for 'error'. */
static enum dltest_reason check_unopened(const char *path, int error, struct elfform_words *words) {
	if (error == ENOTDIR)
		return DLTEST_REASON_NONE;
	if (error == ENOENT)
		return links_tell_dangling(path, words->text, sizeof(words->text))
			       ? DLTEST_REASON_NOT_FOUND
			       : DLTEST_REASON_NONE;
	snprintf(words->text, sizeof(words->text), "cannot be read: %s", strerror(error));
	words->is_unreadable = error == EACCES;
	return DLTEST_REASON_PERMISSION_DENIED;
}

/* Why the file that has the form of a library cannot be mapped. */
static enum dltest_reason check_mount(int fd, struct elfform_words *words) {
	struct statvfs mount;

	if (fstatvfs(fd, &mount) < 0 || !(mount.f_flag & ST_NOEXEC))
		return DLTEST_REASON_NONE;
	snprintf(words->text, sizeof(words->text), "is on a file system that is mounted noexec");
	return DLTEST_REASON_LOAD_ERROR;
}

/* Why the file cannot be loaded, with words; DLTEST_REASON_NONE if it can, or if nothing is there.
 */
static enum dltest_reason check_file(const char *path, struct elfform_words *words) {
	enum dltest_reason reason = DLTEST_REASON_NOT_A_FILE;
	struct stat status;

	words->is_unreadable = false;
	words->link[0] = '\0';
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return check_unopened(path, errno, words);
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		snprintf(words->text, sizeof(words->text), "is not a regular file");
	else
		reason = elfform_check(fd, status.st_size, words);
	if (reason == DLTEST_REASON_NONE)
		reason = check_mount(fd, words);
	close(fd);
	return reason;
}

/* Takes "start-end perms offset device inode path" apart; true if 'address' is in it. */
static bool take_mapping(char *line, uintptr_t address, const char **ret_path) {
	uintptr_t start, end;

	if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &start, &end) != 2 || address < start ||
		address >= end)
		return false;
	*ret_path = strchr(line, '/');
	return *ret_path != NULL;
}

/* The path of the file that is mapped at 'address'; NULL for none. */
static const char *find_mapped_file(uintptr_t address) {
	static char buffer[256 * 1024];
	size_t filled = 0;
	const char *path;

	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	while (filled < sizeof(buffer) - 1) {
		ssize_t length = read(fd, buffer + filled, sizeof(buffer) - 1 - filled);

		if (length <= 0)
			break;
		filled += (size_t)length;
	}
	close(fd);
	buffer[filled] = '\0';
	for (char *line = buffer, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (take_mapping(line, address, &path))
			return path;
	}
	return NULL;
}

/* Runs in whatever state the dynamic linker was in, so nothing here allocates or locks. */
void dependency_take_fault(const siginfo_t *info) {
	static char text[PATH_MAX + 512];
	static struct elfform_words words;

	const char *path = info->si_code > 0 ? find_mapped_file((uintptr_t)info->si_addr) : NULL;
	/* Other files that a library maps and that are too short are its own affair. */
	if (!path || check_file(path, &words) != DLTEST_REASON_TRUNCATED)
		return;
	/* In the words of glibc, for who reads them, and then in better ones. */
	snprintf(text, sizeof(text), "%s: file too short\n(%s)", path, words.text);
	struct report report = {.stage = LOADER_STAGE_OPENED,
		.reason = DLTEST_REASON_LOAD_ERROR,
		.text = text,
		.start_ns = watch_start_ns};
	report_finish(&report);
}

static void on_bus_error(int number, siginfo_t *info, void *context) {
	(void)context;
	dependency_take_fault(info);
	/* It happens again; what somebody sent does not, and the handler is gone. */
	if (info->si_code <= 0)
		raise(number);
}

void dependency_watch(uint64_t start_ns) {
	struct sigaction action = {
		.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | (int)SA_RESETHAND};

	watch_start_ns = start_ns;
	sigaction(SIGBUS, &action, NULL);
}

/* A file that was found under the name of a dependency, and what is wrong with it. */
struct useless {
	const char *name;
	char *path; /* PATH_MAX bytes */
	struct elfform_words *words;
	bool found;
};

/* What is relative leads elsewhere in whoever loads the library. The outcome rests on the
 * directory, even where the dynamic linker did not search it. */
static void search_directory(void *context, const struct runpath_element *element) {
	struct useless *useless = context;

	if (useless->found || element->kind != RUNPATH_DIRECTORY ||
		snprintf(useless->path, PATH_MAX, "%s/%s", element->text, useless->name) >=
			PATH_MAX)
		return;
	facts_add_once(DLTEST_FACT_DIRECTORY, element->text);
	useless->found = check_file(useless->path, useless->words);
}

static bool explain(
	const char *library, const char *name, char path[PATH_MAX], struct elfform_words *words) {
	static char list[16 * 1024];
	struct useless useless = {.name = name, .path = path, .words = words};
	const char *searched = getenv("LD_LIBRARY_PATH");
	struct stat status;

	if (strchr(name, '/')) {
		snprintf(path, PATH_MAX, "%s", name);
		return check_file(path, words) != DLTEST_REASON_NONE;
	}
	runpath_split(library, searched ? searched : "", search_directory, &useless);
	int fd = useless.found ? -1 : open(library, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return useless.found;
	if (fstat(fd, &status) == 0 && elfform_search_path(fd, status.st_size, list, sizeof(list)))
		runpath_split(library, list, search_directory, &useless);
	close(fd);
	return useless.found;
}

/* Where the dynamic linker's complaint about a file begins; NULL if 'text' is none. */
static const char *find_complaint(const char *text) {
	static const char *const complaints[] = {
		": cannot open shared object file: ",
		": cannot read file data",
		": file too short",
		": invalid ELF header",
		": wrong ELF class: ",
		": ELF file data encoding not ",
		": ELF file's phentsize not the expected size",
		": only ET_DYN and ET_EXEC can be loaded",
		": cannot dynamically load ",
		": object file has no ",
		": failed to map segment from shared object",
	};
	const char *found = NULL;

	/* The last one: names may contain anything. */
	for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++) {
		for (const char *next = text; (next = strstr(next, complaints[i])); next++) {
			if (next > found)
				found = next;
		}
	}
	return found;
}

/* Says which level of processor the object needs that was refused for its want; returns whether one
 * was. */
static bool explain_level(const char *library, char *text, size_t size) {
	static const char words[] = ": CPU ISA level is lower than required";
	size_t length = strlen(text), end = sizeof(words) - 1;
	static char name[PATH_MAX], level[32];
	struct stat status;

	if (length < end || strcmp(text + length - end, words) != 0 || length - end >= sizeof(name))
		return false;
	memcpy(name, text, length - end);
	name[length - end] = '\0';
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	unsigned number = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)
				  ? elfform_level(fd, status.st_size)
				  : 0;
	if (fd >= 0)
		close(fd);
	if (number == 0)
		return true;
	snprintf(level, sizeof(level), "x86-64-v%u", number);
	snprintf(text + length, size - length, "\n(needs %s)", level);
	if (strcmp(name, library) == 0)
		facts_add(DLTEST_FACT_PLATFORM, level);
	return true;
}

void dependency_explain(const char *path, char *text, size_t size) {
	static char name[PATH_MAX], file[PATH_MAX];
	static struct elfform_words words;

	if (explain_level(path, text, size))
		return;
	const char *complaint = find_complaint(text);
	if (!complaint || (size_t)(complaint - text) >= sizeof(name))
		return;
	memcpy(name, text, (size_t)(complaint - text));
	name[complaint - text] = '\0';
	/* The form of the library itself was judged before, and what it is on was not. */
	bool is_own = strcmp(name, path) == 0;
	if (is_own)
		snprintf(file, sizeof(file), "%s", path);
	if (is_own ? check_file(file, &words) != DLTEST_REASON_LOAD_ERROR
		   : !explain(path, name, file, &words))
		return;
	/* The daemon could not tell this line from the text. */
	if (strstr(file, "\n("))
		return;
	links_tell_lost(file, &words);
	size_t length = strlen(text);
	const char *forbidden = words.is_unreadable ? find_forbidden(file) : NULL;
	if (forbidden)
		snprintf(text + length, size - length,
			"\n(%s is there, and may not be read here: --root %s)", file, forbidden);
	else
		snprintf(text + length, size - length, "\n(%s: %s)", file, words.text);
}
