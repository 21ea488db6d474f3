/* SPDX-License-Identifier: MIT */
#include "activation.h"

#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

int activation_list(struct activation_fd *fds, size_t size) {
	char **names = NULL;

	int count = sd_listen_fds_with_names(1, &names);
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
	sd_notify(0, state);
}

uint64_t activation_watchdog_us(void) {
	uint64_t us;

	return sd_watchdog_enabled(0, &us) > 0 ? us : 0;
}
