/* SPDX-License-Identifier: MIT */
#include "hashtable.h"

#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* SipHash (Aumasson and Bernstein, 2012), with one round a word and three at the end, as it is
 * used for tables elsewhere. */
struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t word, unsigned bits) {
	return word << bits | word >> (64 - bits);
}

static void run_round(struct state *state) {
	state->v0 += state->v1;
	state->v2 += state->v3;
	state->v1 = rotate(state->v1, 13) ^ state->v0;
	state->v3 = rotate(state->v3, 16) ^ state->v2;
	state->v0 = rotate(state->v0, 32) + state->v3;
	state->v2 += state->v1;
	state->v1 = rotate(state->v1, 17) ^ state->v2;
	state->v3 = rotate(state->v3, 21) ^ state->v0;
	state->v2 = rotate(state->v2, 32);
}

static void take_word(struct state *state, uint64_t word) {
	state->v3 ^= word;
	run_round(state);
	state->v0 ^= word;
}

static const uint64_t *get_key(void) {
	static uint64_t key[2];
	static bool chosen;

	if (chosen)
		return key;
	chosen = true;
	if (getentropy(key, sizeof(key)) < 0) {
		struct timespec now = {0};

		/* Where the kernel or a container gives none, this has to do. */
		clock_gettime(CLOCK_REALTIME, &now);
		key[0] = (uint64_t)now.tv_sec << 32 | (uint64_t)now.tv_nsec;
		key[1] = (uint64_t)getpid() << 48 ^ (uint64_t)(uintptr_t)&now;
	}
	return key;
}

unsigned hashtable_hash(const void *bytes, size_t size) {
	const uint64_t *key = get_key();
	struct state state = {
		.v0 = key[0] ^ UINT64_C(0x736f6d6570736575),
		.v1 = key[1] ^ UINT64_C(0x646f72616e646f6d),
		.v2 = key[0] ^ UINT64_C(0x6c7967656e657261),
		.v3 = key[1] ^ UINT64_C(0x7465646279746573),
	};
	const unsigned char *rest = bytes;
	uint64_t word, last = (uint64_t)size << 56;

	for (; size >= sizeof(word); size -= sizeof(word), rest += sizeof(word)) {
		memcpy(&word, rest, sizeof(word));
		take_word(&state, word);
	}
	for (size_t i = 0; i < size; i++)
		last |= (uint64_t)rest[i] << 8 * i;
	take_word(&state, last);
	state.v2 ^= 0xff;
	for (int i = 0; i < 3; i++)
		run_round(&state);
	return (unsigned)(state.v0 ^ state.v1 ^ state.v2 ^ state.v3);
}
