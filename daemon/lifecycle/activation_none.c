/* SPDX-License-Identifier: MIT */

/* Without libsystemd. */

#include "activation.h"
#include "activation_env.h"

int activation_list(struct activation_fd *fds, size_t size) {
	return activation_env_list(fds, size);
}

void activation_notify(const char *state) {
	activation_env_notify(state);
}

uint64_t activation_watchdog_us(void) {
	return activation_env_watchdog_us();
}
