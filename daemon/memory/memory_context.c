/* SPDX-License-Identifier: MIT */
#include "memory_context.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>

#include "loadenv.h"
#include "request.h"
#include "settled.h"
#include "sight.h"
#include "witness.h"

/* Files that decide for every library where its dependencies are searched, and what is loaded
 * before it (ld.so(8)). */
static const char *const configuration[MEMORY_CONTEXT_PLACES_MAX] = {
	"/etc/ld.so.cache",
	"/etc/ld.so.conf",
	"/etc/ld.so.conf.d",
	"/etc/ld.so.preload",
	"/etc/ld-musl-x86_64.path",
	"/etc/ld-musl-aarch64.path",
};

char *memory_context_key(const struct loadenv *env, const struct request *request) {
	char *key = NULL;
	size_t size;
	FILE *stream = open_memstream(&key, &size);

	if (!stream)
		return NULL;
	request_put_flags(request, stream);
	fprintf(stream, ";%s;%016" PRIx64 ";", env->key, env->dirs_digest);
	strv_print(stream, &request->preload);
	fputc(';', stream);
	strv_print(stream, &request->hosts);
	if (fclose(stream) != 0) {
		free(key);
		return NULL;
	}
	return key;
}

/* Counts what 'context' takes for itself: a key has all directories of a request, 64 of 4 KiB and
 * more. */
static void count_bytes(struct memory_contexts *contexts, struct memory_context *context) {
	size_t bytes = sizeof(*context) + strlen(context->key) + 1;

	for (size_t i = 0; i < context->trusted.count; i++)
		bytes += strlen(context->trusted.items[i]) + 1 + sizeof(char *) +
			 sizeof(*context->stamps);
	contexts->bytes += bytes - context->bytes;
	context->bytes = bytes;
}

static void free_context(struct memory_contexts *contexts, struct memory_context *context) {
	if (!context->dead)
		HASH_DEL(contexts->by_key, context);
	contexts->bytes -= context->bytes;
	for (size_t i = 0; i < context->places_count; i++)
		places_drop(contexts->places, context->places[i]);
	strv_fini(&context->trusted);
	free(context->stamps);
	free(context->key);
	free(context);
}

static bool add_trusted(
	struct memory_context *context, const char *path, const struct loadenv_rule *rule) {
	if (strv_add(&context->trusted, path) < 0)
		return false;
	context->stamps[context->trusted.count - 1] =
		(struct stamp){.dev = rule->dev, .ino = rule->ino, .way = rule->way};
	return true;
}

/* Trusts each directory as it was named and as it is without symlinks: objects are named either
 * way. */
static bool trust_rules(struct memory_context *context, const struct loadenv *env) {
	context->stamps = calloc(2 * env->rules_count, sizeof(*context->stamps));
	if (!context->stamps)
		return false;
	for (size_t i = 0; i < env->rules_count; i++) {
		const struct loadenv_rule *rule = &env->rules[i];

		if (!rule->is_dir || !rule->is_named)
			continue;
		cleanup_free char *real = sight_real(rule->path);
		if (!add_trusted(context, rule->path, rule) ||
			(real && !add_trusted(context, real, rule)))
			return false;
	}
	return true;
}

static struct memory_context *make_context(
	struct memory_contexts *contexts, const char *key, const struct loadenv *env) {
	struct memory_context *context = calloc(1, sizeof(*context));

	if (!context)
		return NULL;
	context->dead = true; /* in no table yet */
	context->key = strdup(key);
	if (!context->key || (env && !trust_rules(context, env))) {
		free_context(contexts, context);
		return NULL;
	}
	for (size_t i = 0; i < MEMORY_CONTEXT_PLACES_MAX && configuration[i]; i++) {
		place_id place = places_get(contexts->places, configuration[i]);

		if (place == PLACE_NONE) {
			free_context(contexts, context);
			return NULL;
		}
		context->places[context->places_count++] = place;
	}
	HASH_ADD_KEYPTR(hh, contexts->by_key, context->key, strlen(context->key), context);
	if (!hashtable_has(&context->hh)) {
		free_context(contexts, context);
		return NULL;
	}
	context->dead = false;
	count_bytes(contexts, context);
	return context;
}

bool memory_context_check(
	struct memory_contexts *contexts, struct memory_context *context, uint64_t round) {
	if (context->dead)
		return false;
	for (size_t i = 0; i < context->places_count; i++) {
		if (places_check(contexts->places, context->places[i], round))
			continue;
		HASH_DEL(contexts->by_key, context);
		context->dead = true;
		return false;
	}
	return true;
}

struct memory_context *memory_context_find(
	struct memory_contexts *contexts, const char *key, uint64_t round) {
	struct memory_context *context;

	HASH_FIND_STR(contexts->by_key, key, context);
	if (!context)
		return NULL;
	bool same = memory_context_check(contexts, context, round);
	if (!same && context->users == 0)
		free_context(contexts, context);
	return same ? context : NULL;
}

struct memory_context *memory_context_get(struct memory_contexts *contexts, const char *key,
	const struct loadenv *env, uint64_t round) {
	struct memory_context *context = memory_context_find(contexts, key, round);

	if (!context)
		return make_context(contexts, key, env);
	/* One that was read from a file knows nothing of directories. */
	if (env && !context->stamps) {
		if (!trust_rules(context, env))
			return NULL;
		count_bytes(contexts, context);
	}
	return context;
}

struct memory_context *memory_context_put(
	struct memory_contexts *contexts, const char *key, const place_id *places, size_t count) {
	struct memory_context *known, *context = calloc(1, sizeof(*context));

	if (!context || !(context->key = strdup(key))) {
		free(context);
		return NULL;
	}
	HASH_FIND_STR(contexts->by_key, key, known);
	if (known) {
		HASH_DEL(contexts->by_key, known);
		known->dead = true;
		if (known->users == 0)
			free_context(contexts, known);
	}
	HASH_ADD_KEYPTR(hh, contexts->by_key, context->key, strlen(context->key), context);
	if (!hashtable_has(&context->hh)) {
		free(context->key);
		free(context);
		return NULL;
	}
	memcpy(context->places, places, count * sizeof(*places));
	context->places_count = count;
	count_bytes(contexts, context);
	return context;
}

void memory_context_watch(struct witness *witness, uint64_t round) {
	witness_watch_way(witness, "/etc", round);
}

void memory_context_hold(struct memory_context *context) {
	context->users++;
}

void memory_context_drop(struct memory_contexts *contexts, struct memory_context *context) {
	if (--context->users == 0)
		free_context(contexts, context);
}

void memory_context_trust(struct memory_context *context, struct settled *settled, uint64_t round) {
	if (context->trusted_round == round)
		return;
	context->trusted_round = round;
	for (size_t i = 0; i < context->trusted.count; i++) {
		const struct stamp *then = &context->stamps[i];
		struct stamp now = stamp_take(context->trusted.items[i]);

		if (now.dev == then->dev && now.ino == then->ino && now.way == then->way)
			settled_trust(settled, context->trusted.items[i]);
	}
}

bool memory_context_is_settled(const struct memory_contexts *contexts,
	const struct memory_context *context, struct settled *settled) {
	for (size_t i = 0; i < context->places_count; i++) {
		const place_id place = context->places[i];

		if (!settled_check(settled, places_path(contexts->places, place),
			    places_stamp(contexts->places, place)))
			return false;
	}
	return true;
}

void memory_contexts_fini(struct memory_contexts *contexts) {
	struct memory_context *context, *next;

	HASH_ITER (hh, contexts->by_key, context, next) {
		if (context->users == 0)
			free_context(contexts, context);
	}
}
