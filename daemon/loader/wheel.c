/* SPDX-License-Identifier: MIT */
#include "wheel.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "listing.h"

#define LIBS	  ".libs"
#define DIST_INFO ".dist-info"
/* Bytes of a record, and entries beside a wheel, that are looked at. The record of PyQt6-Qt6 has
 * 314 KiB. */
#define RECORD_MAX  (4 * 1024 * 1024)
#define ENTRIES_MAX 16384

/* Whether 'text', of 'length' bytes, ends in 'suffix', and is more than that. */
static bool ends_in(const char *text, size_t length, const char *suffix) {
	size_t size = strlen(suffix);

	return length > size && memcmp(text + length - size, suffix, size) == 0;
}

/* "DIRECTORY/FILE,…": files beside it are no package's, and none leads out. */
static void take_line(const char *site, const char *line, char last[NAME_MAX + 1]) {
	size_t length = strcspn(line, "/,");
	char path[PATH_MAX];

	if (line[length] != '/' || length == 0 || length > NAME_MAX || line[0] == '.' ||
		ends_in(line, length, DIST_INFO) ||
		(strncmp(line, last, length) == 0 && !last[length]))
		return;
	snprintf(last, NAME_MAX + 1, "%.*s", (int)length, line);
	if (snprintf(path, sizeof(path), "%s/%s", site, last) < PATH_MAX)
		listing_add_tree(path);
}

/* Reads the record as it stands there; a line that is longer than the buffer is taken apart. */
static void read_record(const char *site, int fd) {
	static char buffer[64 * 1024];
	size_t filled = 0, read_in_all = 0;
	char last[NAME_MAX + 1] = "";
	ssize_t length;

	while (read_in_all < RECORD_MAX &&
		(length = read(fd, buffer + filled, sizeof(buffer) - 1 - filled)) > 0) {
		char *line = buffer, *end;

		read_in_all += (size_t)length;
		filled += (size_t)length;
		buffer[filled] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			take_line(site, line, last);
		}
		filled = line == buffer && filled == sizeof(buffer) - 1 ? 0 : strlen(line);
		memmove(buffer, line, filled);
	}
}

static void list_recorded(const char *site, const char *info) {
	char path[PATH_MAX];
	struct stat status;

	if (snprintf(path, sizeof(path), "%s/%s/RECORD", site, info) >= PATH_MAX)
		return;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		read_record(site, fd);
	close(fd);
}

/* Whether 'entry' is "NAME-VERSION.dist-info" for the 'length' bytes of a name. */
static bool is_info_of(const char *entry, const char *name, size_t length) {
	return strncmp(entry, name, length) == 0 && entry[length] == '-' &&
	       ends_in(entry, strlen(entry), DIST_INFO);
}

static void list_wheel(const char *site, const char *name, size_t length) {
	const struct dirent *entry;
	DIR *stream = opendir(site);

	for (size_t i = 0; stream && i < ENTRIES_MAX && (entry = readdir(stream)); i++) {
		if (is_info_of(entry->d_name, name, length))
			list_recorded(site, entry->d_name);
	}
	if (stream)
		closedir(stream);
}

void wheel_list(const char *path) {
	const char *slash = strrchr(path, '/');
	char text[PATH_MAX];

	if (!slash || strlen(path) + sizeof(LIBS) > sizeof(text))
		return;
	if (ends_in(slash + 1, strlen(slash + 1), LIBS)) {
		snprintf(text, sizeof(text), "%.*s", (int)(slash - path), path);
		list_wheel(text, slash + 1, strlen(slash + 1) - strlen(LIBS));
	} else {
		snprintf(text, sizeof(text), "%s%s", path, LIBS);
		listing_add_tree(text);
	}
}
