/* SPDX-License-Identifier: MIT */

/*
 * By libsystemd, where systemd has started the daemon. It is opened then, not linked: it needs six
 * libraries more, for compression and encryption, which would take a sixth of the time of a start
 * by the client and have no business in a daemon that is next to hostile code.
 */

#include "activation.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

#include "activation_env.h"

#define LIBRARY "libsystemd.so.0"

#define NOTE \
	"[{\"feature\":\"systemd\",\"description\":\"Tells the service manager how it goes\"," \
	"\"priority\":\"suggested\",\"soname\":[\"" LIBRARY "\"]}]"

/* Tells those who pack the daemon what it opens ("dlopen() Metadata for ELF Files" of systemd). */
static const struct {
	uint32_t name_size, text_size, type;
	char name[4];
	char text[sizeof(NOTE)];
} note __attribute__((used, section(".note.dlopen"), aligned(4))) = {
	.name_size = sizeof(note.name),
	.text_size = sizeof(note.text),
	.type = 0x407c0c0a,
	.name = "FDO",
	.text = NOTE,
};

static struct {
	bool tried;
	__typeof__(sd_listen_fds_with_names) *listen_fds_with_names;
	__typeof__(sd_notify) *notify;
	__typeof__(sd_watchdog_enabled) *watchdog_enabled;
} libsystemd;

/* Whether libsystemd is there, and a service manager that wants to hear from the daemon: everybody
 * else hands over what a few lines of our own can read. */
static bool has_libsystemd(void) {
	if (!libsystemd.tried) {
		libsystemd.tried = true;
		void *library = getenv("NOTIFY_SOCKET") ? dlopen(LIBRARY, RTLD_NOW) : NULL;
		if (library) {
			*(void **)&libsystemd.listen_fds_with_names =
				dlsym(library, "sd_listen_fds_with_names");
			*(void **)&libsystemd.notify = dlsym(library, "sd_notify");
			*(void **)&libsystemd.watchdog_enabled =
				dlsym(library, "sd_watchdog_enabled");
		}
	}
	return libsystemd.listen_fds_with_names && libsystemd.notify && libsystemd.watchdog_enabled;
}

int activation_list(struct activation_fd *fds, size_t size) {
	char **names = NULL;

	if (!has_libsystemd())
		return activation_env_list(fds, size);
	int count = libsystemd.listen_fds_with_names(1, &names);
	for (int i = 0; i < count; i++) {
		if ((size_t)i < size) {
			fds[i].fd = SD_LISTEN_FDS_START + i;
			snprintf(fds[i].name, sizeof(fds[i].name), "%s", names[i]);
		}
		free(names[i]);
	}
	free(names);
	return count > (int)size ? (int)size : count;
}

void activation_notify(const char *state) {
	if (has_libsystemd())
		libsystemd.notify(0, state);
	else
		activation_env_notify(state);
}

uint64_t activation_watchdog_us(void) {
	uint64_t us;

	if (!has_libsystemd())
		return activation_env_watchdog_us();
	return libsystemd.watchdog_enabled(0, &us) > 0 ? us : 0;
}
