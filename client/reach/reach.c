/* SPDX-License-Identifier: MIT */
#include "reach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/mounts.h>

/* More are not told apart: what is beyond is looked at again, and waited for again. */
#define DEAD_MAX 64
/* Of the time for looks: for one, for all in vain, and what each has in any case. */
#define LOOK_MS	      2000
#define LOOKS_MS      2500
#define LOOK_LEAST_MS 100

DEFINE_CLEANUP(struct errand *, errand_free);

struct reach {
	struct dltest_mounts *mounts;
	struct dltest_mount dead[DEAD_MAX];
	size_t dead_count;
	unsigned in_vain_ms; /* waited */
};

struct reach *reach_new(void) {
	cleanup_free struct reach *reach = calloc(1, sizeof(*reach));

	if (!reach)
		return NULL;
	reach->mounts = dltest_mounts_new();
	return reach->mounts ? steal_ptr(&reach) : NULL;
}

struct reach *reach_free(struct reach *reach) {
	if (reach)
		dltest_mounts_free(reach->mounts);
	free(reach);
	return NULL;
}

struct dltest_mounts *reach_mounts(struct reach *reach) {
	return reach->mounts;
}

/* Whether 'path' leads to a mount that may not answer, and to which. */
static bool leads_beyond(struct reach *reach, const char *path, struct dltest_mount *ret_mount) {
	int fd = dltest_mounts_open(reach->mounts, path, O_PATH, ret_mount);

	fd_close(fd);
	return fd == -EREMOTE;
}

bool reach_is_certain(struct reach *reach, const char *path) {
	return !leads_beyond(reach, path, NULL);
}

static bool is_dead(const struct reach *reach, const struct dltest_mount *mount) {
	for (size_t i = 0; i < reach->dead_count; i++) {
		if (mount->id && reach->dead[i].device == mount->device)
			return true;
	}
	return false;
}

bool reach_is_dead(struct reach *reach, const char *path) {
	struct dltest_mount mount = {0};

	return reach->dead_count > 0 && leads_beyond(reach, path, &mount) && is_dead(reach, &mount);
}

unsigned reach_patience_ms(const struct reach *reach) {
	unsigned left = reach->in_vain_ms < LOOKS_MS ? LOOKS_MS - reach->in_vain_ms : 0;

	return left > LOOK_MS ? LOOK_MS : left < LOOK_LEAST_MS ? LOOK_LEAST_MS : left;
}

void reach_give_up(struct reach *reach, const char *path) {
	struct dltest_mount mount = {0};

	reach->in_vain_ms += reach_patience_ms(reach);
	if (leads_beyond(reach, path, &mount) && mount.id && !is_dead(reach, &mount) &&
		reach->dead_count < DEAD_MAX)
		reach->dead[reach->dead_count++] = mount;
}

struct look {
	int error;
	struct stat status;
};

static void look_at(int socket, const void *context) {
	struct look look = {0};

	if (stat(context, &look.status) < 0)
		look.error = errno;
	errand_say(socket, &look, sizeof(look), -1);
}

/* Has somebody else look. */
static int send_to_look(const char *path, unsigned ms, struct stat *ret_status) {
	CLEANUP(errand_free_p) struct errand *errand = NULL;
	struct look look;

	int r = errand_start(look_at, path, &errand);
	if (r < 0)
		return r;
	ssize_t length = errand_receive(errand, ms, &look, sizeof(look), NULL);
	if (length != sizeof(look))
		return length < 0 ? (int)length : -EIO;
	*ret_status = look.status;
	return -look.error;
}

int reach_stat(struct reach *reach, const char *path, struct stat *ret_status) {
	struct dltest_mount mount = {0};
	cleanup_fd int fd = dltest_mounts_open(reach->mounts, path, O_PATH, &mount);

	if (fd >= 0)
		return fstat(fd, ret_status) < 0 ? -errno : 0;
	if (fd != -EREMOTE)
		return fd;
	if (is_dead(reach, &mount))
		return -ETIMEDOUT;
	int r = send_to_look(path, reach_patience_ms(reach), ret_status);
	if (r == -ETIMEDOUT)
		reach_give_up(reach, path);
	return r;
}

/* What the errand says of a file: bytes of it behind PART, and at last an errno behind END. */
enum {
	PART = 'p',
	END = 'e'
};

static void read_file(int socket, const void *path) {
	char message[ERRAND_MESSAGE_MAX] = {PART};
	ssize_t length = 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && length > 0) {
		length = read(fd, message + 1, sizeof(message) - 1);
		if (length > 0)
			errand_say(socket, message, (size_t)length + 1, -1);
	}
	const int error = fd < 0 || length < 0 ? errno : 0;
	message[0] = END;
	memcpy(message + 1, &error, sizeof(error));
	errand_say(socket, message, 1 + sizeof(error), -1);
}

/* Takes in what the errand says. Returns 0 or -errno. */
static int receive_file(struct errand *errand, unsigned ms, FILE *copy) {
	char message[ERRAND_MESSAGE_MAX];
	ssize_t length;
	int error;

	while ((length = errand_receive(errand, ms, message, sizeof(message), NULL)) > 0) {
		if (message[0] == END) {
			memcpy(&error, message + 1, sizeof(error));
			return -error;
		}
		fwrite(message + 1, 1, (size_t)length - 1, copy);
	}
	return length < 0 ? (int)length : -EIO;
}

int reach_read(struct reach *reach, const char *path, char **ret_bytes, size_t *ret_length) {
	CLEANUP(errand_free_p) struct errand *errand = NULL;
	cleanup_free char *bytes = NULL;
	size_t length = 0;

	if (reach_is_dead(reach, path))
		return -ETIMEDOUT;
	FILE *copy = open_memstream(&bytes, &length);
	if (!copy)
		return -ENOMEM;
	int r = errand_start(read_file, path, &errand);
	if (r == 0)
		r = receive_file(errand, reach_patience_ms(reach), copy);
	if (r == -ETIMEDOUT)
		reach_give_up(reach, path);
	if (fclose(copy) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0)
		return r;
	*ret_bytes = steal_ptr(&bytes);
	*ret_length = length;
	return 0;
}
