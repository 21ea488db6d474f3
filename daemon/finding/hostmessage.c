/* SPDX-License-Identifier: MIT */
#include "hostmessage.h"

#include <dltest/cleanup.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How a message begins; strings follow, each with its NUL. */
struct head {
	uint32_t number;
	uint32_t kind;	/* of a question */
	uint32_t whole; /* nothing was left out */
	uint32_t own_count, package_depth;
	/* Of a question: programs, libraries, names. Of an answer: candidates, each with its name,
	 * its program and what is loaded before, or nothing, and an "e" if it is known by an
	 * entry; siblings, searched. */
	uint32_t counts[3];
};

static int begin(struct hostmessage *message, struct head **ret_head) {
	message->bytes = calloc(1, HOSTMESSAGE_MAX);
	message->size = sizeof(struct head);
	*ret_head = (void *)message->bytes;
	return message->bytes ? 0 : -ENOMEM;
}

/* Gives back what was not used. */
static void finish(struct hostmessage *message) {
	char *bytes = realloc(message->bytes, message->size);

	if (bytes)
		message->bytes = bytes;
}

/* Appends a string, if with it the message has no more than 'limit' bytes. */
static bool add_text(struct hostmessage *message, const char *text, size_t limit) {
	size_t size = strlen(text) + 1;

	if (size > limit - message->size)
		return false;
	memcpy(message->bytes + message->size, text, size);
	message->size += size;
	return true;
}

/* Appends as many as there is room for, and returns how many. */
static uint32_t add_texts(struct hostmessage *message, const struct strv *texts, size_t limit) {
	uint32_t count = 0;

	while (texts && count < texts->count && add_text(message, texts->items[count], limit))
		count++;
	return count;
}

int hostmessage_from_query(
	uint32_t number, const struct hostquery *query, struct hostmessage *ret_message) {
	const size_t before_names = HOSTMESSAGE_MAX - HOSTQUERY_NAMES_SIZE_MAX;
	const struct strv none = {0};
	const struct strv *programs = query->programs ? query->programs : &none;
	const struct strv *libraries = query->libraries ? query->libraries : &none;
	struct hostmessage message;
	struct head *head;

	int r = begin(&message, &head);
	if (r < 0)
		return r;
	*head = (struct head){.number = number,
		.kind = query->kind,
		.own_count = (uint32_t)query->own_count,
		.package_depth = (uint32_t)query->package_depth};
	bool has_plugin = add_text(&message, query->plugin, before_names);
	head->counts[0] = has_plugin ? add_texts(&message, programs, before_names) : 0;
	head->counts[1] = has_plugin ? add_texts(&message, libraries, before_names) : 0;
	head->whole = head->counts[0] == programs->count && head->counts[1] == libraries->count;
	size_t limit = message.size + HOSTQUERY_NAMES_SIZE_MAX;
	head->counts[2] = has_plugin ? add_texts(&message, query->names, limit) : 0;
	finish(&message);
	*ret_message = message;
	return 0;
}

struct cursor {
	const char *at, *end;
};

/* The next string, which stays where it is; NULL if there is none that ends. */
static const char *next_text(struct cursor *cursor) {
	const char *text = cursor->at;
	const char *end = memchr(text, '\0', (size_t)(cursor->end - text));

	if (!end)
		return NULL;
	cursor->at = end + 1;
	return text;
}

static int read_texts(struct cursor *cursor, uint32_t count, struct strv *texts) {
	int r = 0;

	while (count-- > 0 && r == 0) {
		const char *text = next_text(cursor);

		r = text ? strv_add(texts, text) : -EBADMSG;
	}
	return r;
}

static int open_message(
	const void *bytes, size_t size, struct head *ret_head, struct cursor *ret_cursor) {
	if (size < sizeof(*ret_head))
		return -EBADMSG;
	memcpy(ret_head, bytes, sizeof(*ret_head));
	ret_cursor->at = (const char *)bytes + sizeof(*ret_head);
	ret_cursor->end = (const char *)bytes + size;
	return 0;
}

void hostmessage_query_fini(struct hostmessage_query *query) {
	free(query->plugin);
	strv_fini(&query->names);
	strv_fini(&query->programs);
	strv_fini(&query->libraries);
	*query = (struct hostmessage_query){0};
}

static int read_query(
	struct cursor *cursor, const struct head *head, struct hostmessage_query *query) {
	const char *plugin = next_text(cursor);

	if (!plugin || (head->kind != HOSTQUERY_PROGRAMS && head->kind != HOSTQUERY_SIBLINGS))
		return -EBADMSG;
	query->plugin = strdup(plugin);
	int r = query->plugin ? 0 : -ENOMEM;
	if (r == 0)
		r = read_texts(cursor, head->counts[0], &query->programs);
	if (r == 0)
		r = read_texts(cursor, head->counts[1], &query->libraries);
	if (r == 0)
		r = read_texts(cursor, head->counts[2], &query->names);
	return r;
}

int hostmessage_to_query(
	const void *bytes, size_t size, uint32_t *ret_number, struct hostmessage_query *ret_query) {
	struct hostmessage_query query = {0};
	struct cursor cursor;
	struct head head;

	int r = open_message(bytes, size, &head, &cursor);
	if (r == 0)
		r = read_query(&cursor, &head, &query);
	if (r < 0) {
		hostmessage_query_fini(&query);
		return r;
	}
	query.is_cut = !head.whole;
	*ret_number = head.number;
	*ret_query = query;
	ret_query->query = (struct hostquery){
		.kind = head.kind == HOSTQUERY_SIBLINGS ? HOSTQUERY_SIBLINGS : HOSTQUERY_PROGRAMS,
		.plugin = ret_query->plugin,
		.names = &ret_query->names,
		.programs = &ret_query->programs,
		.own_count = head.own_count,
		.libraries = &ret_query->libraries,
		.package_depth = head.package_depth,
	};
	return 0;
}

static bool add_candidate(struct hostmessage *message, const struct hostcandidate *candidate) {
	return add_text(message, candidate->name, HOSTMESSAGE_MAX) &&
	       add_text(message, candidate->program ? candidate->program : "", HOSTMESSAGE_MAX) &&
	       add_text(message, candidate->via ? candidate->via : "", HOSTMESSAGE_MAX) &&
	       add_text(message, candidate->by_entry ? "e" : "", HOSTMESSAGE_MAX);
}

int hostmessage_from_finding(
	uint32_t number, const struct hostfinding *finding, struct hostmessage *ret_message) {
	struct hostmessage message;
	struct head *head;

	int r = begin(&message, &head);
	if (r < 0)
		return r;
	*head = (struct head){.number = number};
	while (head->counts[0] < finding->candidates_count &&
		add_candidate(&message, &finding->candidates[head->counts[0]]))
		head->counts[0]++;
	if (head->counts[0] == finding->candidates_count) {
		head->counts[1] = add_texts(&message, &finding->siblings, HOSTMESSAGE_MAX);
		head->counts[2] = add_texts(&message, &finding->searched, HOSTMESSAGE_MAX);
	}
	head->whole = finding->is_complete && head->counts[0] == finding->candidates_count &&
		      head->counts[1] == finding->siblings.count &&
		      head->counts[2] == finding->searched.count;
	finish(&message);
	*ret_message = message;
	return 0;
}

/* Paths are taken for whole ones by whoever opens them. */
static bool is_path(const char *text) {
	return text[0] == '/' || text[0] == '\0';
}

static int read_candidate(struct cursor *cursor, struct hostfinding *finding) {
	const char *name = next_text(cursor), *program = name ? next_text(cursor) : NULL;
	const char *via = program ? next_text(cursor) : NULL;
	const char *entry = via ? next_text(cursor) : NULL;

	if (!entry || !is_path(program) || !is_path(via) || (via[0] && !program[0]))
		return -EBADMSG;
	if (via[0])
		return hostfinding_add_via(finding, name, program, via);
	return hostfinding_add(finding, name, program[0] ? program : NULL, entry[0] == 'e');
}

static int read_candidates(struct cursor *cursor, uint32_t count, struct hostfinding *finding) {
	int r = count <= HOSTFINDING_CANDIDATES_MAX ? 0 : -EBADMSG;

	while (count-- > 0 && r == 0)
		r = read_candidate(cursor, finding);
	return r;
}

int hostmessage_to_finding(
	const void *bytes, size_t size, uint32_t *ret_number, struct hostfinding *ret_finding) {
	struct hostfinding finding = {0};
	struct cursor cursor;
	struct head head;

	int r = open_message(bytes, size, &head, &cursor);
	if (r == 0)
		r = read_candidates(&cursor, head.counts[0], &finding);
	if (r == 0)
		r = read_texts(&cursor, head.counts[1], &finding.siblings);
	if (r == 0)
		r = read_texts(&cursor, head.counts[2], &finding.searched);
	if (r < 0) {
		hostfinding_fini(&finding);
		return r;
	}
	finding.is_complete = head.whole;
	*ret_number = head.number;
	*ret_finding = finding;
	return 0;
}
