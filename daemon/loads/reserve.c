/* SPDX-License-Identifier: MIT */
#include "reserve.h"

#include <fcntl.h>
#include <stddef.h>

#include <dltest/cleanup.h>

void reserve_init(struct reserve *reserve) {
	for (size_t i = 0; i < RESERVE_SIZE; i++)
		reserve->fds[i] = -1;
	reserve_refill(reserve);
}

void reserve_lend(struct reserve *reserve) {
	for (size_t i = 0; reserve && i < RESERVE_SIZE; i++)
		reserve->fds[i] = fd_close(reserve->fds[i]);
}

void reserve_lend_one(struct reserve *reserve) {
	if (reserve)
		reserve->fds[0] = fd_close(reserve->fds[0]);
}

void reserve_refill(struct reserve *reserve) {
	for (size_t i = 0; reserve && i < RESERVE_SIZE; i++) {
		if (reserve->fds[i] < 0)
			reserve->fds[i] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
}

void reserve_fini(struct reserve *reserve) {
	reserve_lend(reserve);
}
