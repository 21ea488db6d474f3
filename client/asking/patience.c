/* SPDX-License-Identifier: MIT */
#include "patience.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/number.h>
#include <dltest/protocol.h>

#include "deadline.h"

/* So often is looked who wants the processors. */
#define LOOK_MS 100
/* What passed since the last look is no more than this, or this program was stopped, or nobody took
 * what it prints, and it was not the daemon that was waited for. */
#define WAIT_MAX_MS 3000

struct patience patience_new(size_t open, unsigned timeout_ms) {
	struct patience patience = {
		.more_ms = PATIENCE_MORE_MS + PATIENCE_PRIVATE_MS,
		.reserve_ms = PATIENCE_PRIVATE_MS,
		.seen_ms = deadline_now_ms(),
		.each_ms = timeout_ms ? timeout_ms : DLTEST_TIMEOUT_MS,
	};

	patience.promised_ms = open * patience.each_ms;
	return patience;
}

void patience_renew(struct patience *patience, size_t open) {
	if (patience->promised_ms > open * patience->each_ms)
		patience->promised_ms = open * patience->each_ms;
}

void patience_use_reserve(struct patience *patience) {
	patience->reserve_ms = 0;
}

/* How many run or wait for a processor now but this one: "0.20 0.18 0.12 3/80 1234" (proc(5)). */
static unsigned count_running(void) {
	char text[128];
	unsigned running = 1;
	cleanup_fd int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);

	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	const char *number = strchr(text, '/');
	while (number && number > text && number[-1] != ' ')
		number--;
	if (!number)
		return 0;
	return dltest_number_take(&number, 10, '/', &running) && running > 0 ? running - 1 : 0;
}

/* For how many of those who want one each processor is, in hundredths: 100 where all have one. */
static uint64_t count_wanting(void) {
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t running = count_running();

	return processors < 1 || running <= (uint64_t)processors
		       ? 100
		       : running * 100 / (uint64_t)processors;
}

static void spend(uint64_t *left_ms, uint64_t ms) {
	*left_ms -= ms < *left_ms ? ms : *left_ms;
}

/* Counts 'ms' that have passed: against the promises first. */
static void count(struct patience *patience, uint64_t ms) {
	uint64_t wanting = patience->promised_ms > 0 ? count_wanting() : 100;
	uint64_t promised_ms = patience->promised_ms * wanting / 100;

	if (promised_ms >= ms) {
		uint64_t share = ms * 100 / wanting;

		spend(&patience->promised_ms, share > 0 ? share : 1);
		return;
	}
	patience->promised_ms = 0;
	spend(&patience->more_ms, ms - promised_ms);
}

bool patience_has_ended(struct patience *patience) {
	uint64_t passed = deadline_now_ms() - patience->seen_ms;

	if (passed >= LOOK_MS) {
		patience->seen_ms += passed;
		count(patience, passed < WAIT_MAX_MS ? passed : WAIT_MAX_MS);
	}
	return patience->promised_ms == 0 && patience->more_ms <= patience->reserve_ms;
}
