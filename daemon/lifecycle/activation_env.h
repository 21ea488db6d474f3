/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Activation without libsystemd: read from the environment, and written to the service manager's
 * socket, as sd_listen_fds(3) and sd_notify(3) describe it ("the protocol is stable and
 * may be reimplemented"). Non-logging.
 */

#include <stddef.h>
#include <stdint.h>

struct activation_fd;

/* As the functions of activation.h that are named like them. */
int activation_env_list(struct activation_fd *fds, size_t size);
void activation_env_notify(const char *state);
uint64_t activation_env_watchdog_us(void);
