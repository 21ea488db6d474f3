/* SPDX-License-Identifier: MIT */
#include "clibrary.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "interpreter.h"
#include "sight.h"

/* What glibc installs beside its dynamic linker, and programs link with. */
static const char *const parts[] = {
	CLIBRARY_NAME,
	"ld-linux-aarch64.so.1",
	"ld-linux-x86-64.so.2",
	"libBrokenLocale.so.1",
	"libanl.so.1",
	"libc_malloc_debug.so.0",
	"libdl.so.2",
	"libm.so.6",
	"libmvec.so.1",
	"libnsl.so.1",
	"libpthread.so.0",
	"libresolv.so.2",
	"librt.so.1",
	"libthread_db.so.1",
	"libutil.so.1",
};

/* Where in a directory the dynamic linker looks first, on processors that can use what is there
 * (ld.so(8)); the last ones until glibc 2.37. */
static const char *const forms[] = {"", "glibc-hwcaps/x86-64-v4/", "glibc-hwcaps/x86-64-v3/",
	"glibc-hwcaps/x86-64-v2/", "tls/haswell/x86_64/", "tls/haswell/", "tls/x86_64/", "tls/",
	"haswell/x86_64/", "haswell/", "x86_64/", "tls/aarch64/", "aarch64/"};

static struct {
	const char *linker;
	bool is_said;		  /* true: 'linker' is it */
	bool is_known;		  /* true: 'directory' is that of it */
	char directory[PATH_MAX]; /* of its file, without symlinks; "": there is no C library */
} own;

void clibrary_set_linker(const char *linker) {
	own.linker = linker;
	own.is_said = true;
	own.is_known = false;
}

/* The directory of the dynamic linker's file, without symlinks; "" if there is none with a C
 * library of this kind beside it. */
static const char *own_directory(void) {
	const char *linker = own.is_said ? own.linker : interpreter_path();
	char *directory = own.directory;
	struct stat status;
	char path[PATH_MAX + sizeof(CLIBRARY_NAME)];

	if (own.is_known)
		return directory;
	own.is_known = true;
	directory[0] = '\0';
	const char *slash = linker ? strrchr(linker, '/') : NULL;
	if (!slash || strncmp(slash, "/ld-musl", 8) == 0)
		return directory;
	snprintf(directory, sizeof(own.directory), "%.*s", (int)(slash - linker), linker);
	snprintf(path, sizeof(path), "%s/" CLIBRARY_NAME, directory);
	if (stat(path, &status) < 0)
		directory[0] = '\0';
	return directory;
}

const char *clibrary_path(void) {
	static char path[PATH_MAX + sizeof(CLIBRARY_NAME)];
	const char *directory = own_directory();

	if (!directory[0])
		return NULL;
	snprintf(path, sizeof(path), "%s/" CLIBRARY_NAME, directory);
	return path;
}

static bool is_part(const char *name) {
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strcmp(parts[i], name) == 0)
			return true;
	}
	return false;
}

bool clibrary_is_foreign(const char *path, struct sight *sight) {
	const char *slash = strrchr(path, '/'), *directory = own_directory();
	char ours[PATH_MAX + NAME_MAX];
	struct stat status, our_status;

	if (!slash || !directory[0] || !is_part(slash + 1) || sight_stat(sight, path, &status) < 0)
		return false;
	/* Where that has forms for special processors, they are its own. */
	size_t length = strlen(directory);
	if (strncmp(path, directory, length) == 0 && path[length] == '/')
		return false;
	/* A part that this system's does not have is nobody's rival. */
	snprintf(ours, sizeof(ours), "%s/%s", directory, slash + 1);
	return stat(ours, &our_status) == 0 &&
	       (status.st_dev != our_status.st_dev || status.st_ino != our_status.st_ino);
}

int clibrary_find_foreign(struct strv *files, const char *dir, struct sight *sight) {
	int r = 0;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]) && r == 0; i++) {
		char path[2 * PATH_MAX];

		if (snprintf(path, sizeof(path), "%s/%s" CLIBRARY_NAME, dir, forms[i]) >=
			(int)sizeof(path))
			continue;
		if (clibrary_is_foreign(path, sight))
			r = strv_add_once(files, path);
	}
	return r;
}
