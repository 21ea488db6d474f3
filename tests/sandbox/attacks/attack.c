/* SPDX-License-Identifier: MIT */
#include "attack.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char conf_text[8192];
static unsigned tried;

const char *own_path(void) {
	static Dl_info info;

	/* Once, since a constructor's thread cannot ask while the constructor waits for it. */
	if (!info.dli_fname && !dladdr((void *)(size_t)own_path, &info))
		return "";
	return info.dli_fname;
}

void say(const char *format, ...) {
	char line[512];
	va_list list;

	va_start(list, format);
	int length = vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	if (length > 0 && write(STDOUT_FILENO, line, strnlen(line, sizeof(line))) < 0)
		_exit(3);
}

void conf_read(void) {
	char path[4096];

	snprintf(path, sizeof(path), "%s", own_path());
	char *slash = strrchr(path, '/');
	if (!slash)
		return;
	snprintf(slash, sizeof(path) - (size_t)(slash - path), "/attack.conf");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, conf_text, sizeof(conf_text) - 1);
	if (length <= 0)
		say("NO CONFIGURATION %s\n", path);
	if (fd >= 0)
		close(fd);
}

const char *conf(const char *key) {
	static char values[16][1024];
	static unsigned next;
	size_t length = strlen(key);

	for (const char *line = conf_text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) != 0 || line[length] != '=')
			continue;
		char *value = values[next++ % 16];
		line += length + 1;
		snprintf(value, sizeof(values[0]), "%.*s", (int)strcspn(line, "\n"), line);
		return value;
	}
	return "";
}

long conf_number(const char *key) {
	return strtol(conf(key), NULL, 0);
}

const char *below(const char *key, const char *name) {
	static char paths[8][2048];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", conf(key), name);
	return path;
}

bool attempt_or(const char *what, long result, int also) {
	int error = errno;

	__atomic_add_fetch(&tried, 1, __ATOMIC_RELAXED);
	if (result == -1 && (error == EPERM || error == EACCES || error == ENOSYS || error == also))
		return true;
	if (result == -1)
		say("ODD %s: %s\n", what, strerror(error));
	else
		say("WORKED %s: %ld\n", what, result);
	return false;
}

bool attempt(const char *what, long result) {
	return attempt_or(what, result, 0);
}

static const struct attack *find(const char *name, size_t length) {
	const struct attack *const lists[] = {attacks_files, attacks_kernel, attacks_limits,
		attacks_memory, attacks_network, attacks_processes, attacks_report,
		attacks_signals};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (const struct attack *attack = lists[i]; attack->name; attack++) {
			if (strlen(attack->name) == length &&
				memcmp(attack->name, name, length) == 0)
				return attack;
		}
	}
	return NULL;
}

/* Runs the attack that the file's name asks for: what is between its first and its second dot. A
 * library that cannot choose its name has it in attack.conf. */
void attack_run(void) {
	const char *slash = strrchr(own_path(), '/');
	const char *dot = strchr(slash ? slash : own_path(), '.');

	conf_read();
	const struct attack *attack = dot ? find(dot + 1, strcspn(dot + 1, ".")) : NULL;
	if (!attack)
		attack = find(conf("attack"), strlen(conf("attack")));
	if (!attack) {
		say("NO SUCH ATTACK %s\n", own_path());
		return;
	}
	attack->run();
	say("TRIED %u\n", tried);
}
