/* SPDX-License-Identifier: MIT */
#include "gift.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "blob.h"
#include "hosttrial.h"
#include "loader_abi.h"
#include "needs.h"
#include "scarce.h"
#include "sight.h"

static void put_text(FILE *stream, const char *text) {
	fwrite(text, strlen(text) + 1, 1, stream);
}

static void put_words(FILE *stream, int error) {
	put_text(stream, error == 0	    ? ""
			 : error == EREMOTE ? "the file system there may not answer"
					    : strerror(error));
}

/* What does not fit is not stood in for, and is lacking then. */
static void put_wants(FILE *stream, const struct needs *wants) {
	for (size_t i = 0; i < wants->count; i++) {
		const struct need *want = &wants->items[i];
		const char *version = want->version ? want->version : "";

		if ((size_t)ftell(stream) + strlen(want->name) + strlen(version) + 2 >
			LOADER_NAMES_MAX)
			return;
		put_text(stream, want->name);
		put_text(stream, version);
	}
}

/* A descriptor to read 'size' bytes at 'text' from, or -errno. */
static int make_blob(const char *text, size_t size) {
	struct blob blob;

	int r = blob_new(size, &blob);
	if (r < 0)
		return r;
	r = blob_write(&blob, text, size);
	if (r == 0)
		return blob_finish(&blob);
	blob_fini(&blob);
	return r;
}

static int make_names(const struct hosttrial *trial, const char *standin, int error) {
	cleanup_free char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return -ENOMEM;
	put_text(stream, trial->program);
	put_text(stream, standin);
	put_words(stream, error);
	put_wants(stream, trial->wants);
	if (fclose(stream) != 0)
		return -ENOMEM;
	return make_blob(text, size);
}

int gift_make(const struct hosttrial *trial, const char *standin, struct gift *ret_gift) {
	int program = sight_open_to_read(trial->program, O_NONBLOCK | O_NOCTTY);

	if (program < 0 && scarce_is_meant_by(-program))
		return program;
	int names = make_names(trial, standin, program < 0 ? -program : 0);
	if (names < 0) {
		fd_close(program);
		return names;
	}
	*ret_gift = (struct gift){.fds = {names, program}, .count = program < 0 ? 1 : 2};
	return 0;
}

void gift_fini(struct gift *gift) {
	for (size_t i = 0; i < gift->count; i++)
		fd_close(gift->fds[i]);
	gift->count = 0;
}
