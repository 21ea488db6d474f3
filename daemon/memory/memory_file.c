/* SPDX-License-Identifier: MIT */
#include "memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/reasons.h>

#include "memory.h"
#include "memory_parts.h"
#include "ownfile.h"
#include "places.h"
#include "recall.h"

/*
 * head, conditions, places, contexts, verdicts; numbers are this machine's, since the file is no
 * other's. A text is its length and its bytes. What refers to a place does so by its position in
 * the file.
 */
struct head {
	char magic[8];
	uint64_t checksum; /* of everything behind the head */
	uint64_t size;	   /* of everything behind the head */
	uint32_t places, contexts, verdicts, unused;
};

/* A stamp without holes in it. */
struct disk_stamp {
	uint64_t dev, ino, way;
	int64_t size, mtime_s, ctime_s;
	uint32_t mtime_ns, ctime_ns;
};

#define MAGIC	"dltmem7\n"
#define NOWHERE UINT32_MAX

/* FNV-1a, 64 bits: finds what was cut off or flipped; who means harm needs no file for it. */
#define CHECKSUM_START UINT64_C(0xcbf29ce484222325)

static uint64_t add_checksum(uint64_t checksum, const void *bytes, size_t size) {
	const unsigned char *cursor = bytes;

	for (size_t i = 0; i < size; i++)
		checksum = (checksum ^ cursor[i]) * UINT64_C(0x100000001b3);
	return checksum;
}

struct writer {
	struct memory *memory;
	FILE *file;
	struct head head;
	uint32_t *positions; /* of places, by number; NOWHERE: not written */
};

static void put(struct writer *writer, const void *bytes, size_t size) {
	if (size > 0)
		fwrite(bytes, size, 1, writer->file);
	writer->head.checksum = add_checksum(writer->head.checksum, bytes, size);
	writer->head.size += size;
}

static void put_number(struct writer *writer, uint32_t number) {
	put(writer, &number, sizeof(number));
}

static void put_text(struct writer *writer, const char *text, size_t size) {
	put_number(writer, (uint32_t)size);
	put(writer, text, size);
}

static void put_stamp(struct writer *writer, const struct stamp *stamp) {
	const struct disk_stamp disk = {stamp->dev, stamp->ino, stamp->way, stamp->size,
		stamp->mtime_s, stamp->ctime_s, stamp->mtime_ns, stamp->ctime_ns};

	put(writer, &disk, sizeof(disk));
}

static void put_place(struct writer *writer, place_id place) {
	const struct places *places = writer->memory->places;
	const char *path = places_path(places, place);

	if (writer->positions[place] != NOWHERE)
		return;
	writer->positions[place] = writer->head.places++;
	put_stamp(writer, places_stamp(places, place));
	put_text(writer, path, strlen(path));
}

static bool is_worth_it(const struct writer *writer, const struct memory_entry *entry) {
	if (entry->context->dead)
		return false;
	for (uint32_t i = 0; i < entry->places_count; i++) {
		if (places_is_dead(writer->memory->places, entry->places[i]) ||
			places_stamp(writer->memory->places, entry->places[i])->unknown)
			return false;
	}
	return true;
}

static void put_places(struct writer *writer) {
	const struct memory_context *context;
	const struct memory_entry *entry;

	for (context = writer->memory->contexts.by_key; context; context = context->hh.next) {
		for (size_t i = 0; i < context->places_count; i++)
			put_place(writer, context->places[i]);
	}
	TAILQ_FOREACH (entry, &writer->memory->entries.used, used) {
		for (uint32_t i = 0; i < entry->places_count && is_worth_it(writer, entry); i++)
			put_place(writer, entry->places[i]);
	}
}

static void put_positions(struct writer *writer, const place_id *places, size_t count) {
	put_number(writer, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		put_number(writer, writer->positions[places[i]]);
}

static void put_contexts(struct writer *writer) {
	struct memory_context *context;

	for (context = writer->memory->contexts.by_key; context; context = context->hh.next) {
		context->position = writer->head.contexts++;
		put_text(writer, context->key, strlen(context->key));
		put_positions(writer, context->places, context->places_count);
	}
}

static void put_entry(struct writer *writer, const struct memory_entry *entry) {
	put_number(writer, entry->context->position);
	put_number(writer, entry->objects_count);
	put_positions(writer, entry->places, entry->places_count);
	put_number(writer, (uint32_t)entry->detailed | (uint32_t)entry->provisional << 1);
	put_number(writer, entry->recall.reason);
	put_number(writer, entry->recall.signal);
	put_number(writer, (uint32_t)(uint16_t)entry->recall.exit_status);
	put_number(writer, entry->recall.duration_us);
	put_text(writer, entry->recall.bytes, entry->recall.size);
	writer->head.verdicts++;
}

static int write_all(struct writer *writer, const char *conditions) {
	const struct memory_entry *entry;

	if (fseek(writer->file, sizeof(writer->head), SEEK_SET) < 0)
		return -errno;
	put_text(writer, conditions, strlen(conditions));
	put_places(writer);
	put_contexts(writer);
	TAILQ_FOREACH (entry, &writer->memory->entries.used, used) {
		if (is_worth_it(writer, entry))
			put_entry(writer, entry);
	}
	/* The next daemon would call it damaged. */
	if (writer->head.size > OWNFILE_MAX - sizeof(writer->head))
		return -EFBIG;
	rewind(writer->file);
	fwrite(&writer->head, sizeof(writer->head), 1, writer->file);
	return fflush(writer->file) != 0 || ferror(writer->file) ? -EIO : 0;
}

static int write_to(struct memory *memory, int fd, const char *conditions) {
	struct writer writer = {.memory = memory, .head.checksum = CHECKSUM_START};
	size_t end = places_end(memory->places);
	cleanup_free uint32_t *positions = malloc((end + 1) * sizeof(*positions));

	if (!positions)
		return -ENOMEM;
	memset(positions, 0xff, (end + 1) * sizeof(*positions));
	writer.positions = positions;
	memcpy(writer.head.magic, MAGIC, sizeof(writer.head.magic));
	cleanup_file FILE *file = fdopen(dup(fd), "w");
	if (!file)
		return -errno;
	writer.file = file;
	return write_all(&writer, conditions);
}

/* A file that is new for certain: one of this name can only be left of a daemon that was killed. */
static int open_new(int dir, const char *name) {
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	int fd = openat(dir, name, flags, S_IRUSR | S_IWUSR);
	if (fd < 0 && errno == EEXIST && unlinkat(dir, name, 0) == 0)
		fd = openat(dir, name, flags, S_IRUSR | S_IWUSR);
	return fd < 0 ? -errno : fd;
}

int memory_save(struct memory *memory, int dir, const char *name, const char *conditions) {
	cleanup_free char *temporary = NULL;

	memory_settle(memory);
	if (asprintf(&temporary, "%s.%d", name, (int)getpid()) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	cleanup_fd int fd = open_new(dir, temporary);
	if (fd < 0)
		return fd;
	int r = write_to(memory, fd, conditions);
	if (r == 0 && renameat(dir, temporary, dir, name) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(dir, temporary, 0);
	return r;
}

struct reader {
	struct memory *memory;
	struct head head;
	const char *cursor, *end;
	place_id *places; /* by position, held */
	uint32_t places_count;
	struct memory_context **contexts; /* by position, held */
	uint32_t contexts_count;
};

static bool take(struct reader *reader, void *bytes, size_t size) {
	if ((size_t)(reader->end - reader->cursor) < size)
		return false;
	if (size > 0)
		memcpy(bytes, reader->cursor, size);
	reader->cursor += size;
	return true;
}

static bool take_number(struct reader *reader, uint32_t *ret_number) {
	return take(reader, ret_number, sizeof(*ret_number));
}

/* Takes a text, with a NUL behind it; the caller frees it. NULL also if out of memory. */
static char *take_text(struct reader *reader, uint32_t *ret_size) {
	if (!take_number(reader, ret_size) || (size_t)(reader->end - reader->cursor) < *ret_size)
		return NULL;
	char *text = malloc((size_t)*ret_size + 1);
	if (!text || !take(reader, text, *ret_size)) {
		free(text);
		return NULL;
	}
	text[*ret_size] = '\0';
	return text;
}

static bool take_place(struct reader *reader) {
	struct disk_stamp disk;
	uint32_t size;

	if (!take(reader, &disk, sizeof(disk)))
		return false;
	const struct stamp stamp = {.dev = disk.dev,
		.ino = disk.ino,
		.size = disk.size,
		.mtime_s = disk.mtime_s,
		.ctime_s = disk.ctime_s,
		.mtime_ns = disk.mtime_ns,
		.ctime_ns = disk.ctime_ns,
		.way = disk.way};
	cleanup_free char *path = take_text(reader, &size);
	if (!path || path[0] != '/')
		return false;
	place_id place = places_put(reader->memory->places, path, &stamp);
	if (place == PLACE_NONE)
		return false;
	reader->places[reader->places_count++] = place;
	return true;
}

/* Takes places by their positions, each held once more. */
static bool take_positions(
	struct reader *reader, place_id *places, size_t limit, uint32_t *ret_count) {
	uint32_t count, position;

	if (!take_number(reader, &count) || count > limit)
		return false;
	for (*ret_count = 0; *ret_count < count; ++*ret_count) {
		if (!take_number(reader, &position) || position >= reader->places_count)
			return false;
		places[*ret_count] = reader->places[position];
		places_hold(reader->memory->places, reader->places[position]);
	}
	return true;
}

static bool take_context(struct reader *reader) {
	place_id places[MEMORY_CONTEXT_PLACES_MAX];
	uint32_t size, count = 0;
	cleanup_free char *key = take_text(reader, &size);

	bool whole = key && take_positions(reader, places, MEMORY_CONTEXT_PLACES_MAX, &count);
	struct memory_context *context =
		whole ? memory_context_put(&reader->memory->contexts, key, places, count) : NULL;
	if (!context) {
		for (uint32_t i = 0; i < count; i++)
			places_drop(reader->memory->places, places[i]);
		return false;
	}
	memory_context_hold(context);
	reader->contexts[reader->contexts_count++] = context;
	return true;
}

static bool take_recall(struct reader *reader, struct memory_entry *entry) {
	uint32_t flags, reason, number, status, size = 0;

	if (!take_number(reader, &flags) || !take_number(reader, &reason) ||
		reason >= DLTEST_REASON_COUNT_ || !take_number(reader, &number) ||
		!take_number(reader, &status) || !take_number(reader, &entry->recall.duration_us))
		return false;
	entry->detailed = flags & 1;
	entry->provisional = flags & 2;
	entry->recall.signal = (uint8_t)number;
	entry->recall.exit_status = (int16_t)status;
	entry->recall.reason = (uint8_t)reason;
	entry->recall.bytes = take_text(reader, &size);
	entry->recall.size = size;
	return entry->recall.bytes && recall_is_sound(&entry->recall);
}

/* An array for as many places as the count that comes next says; NULL if the file cannot hold them.
 */
static place_id *make_places(const struct reader *reader, uint32_t *ret_count) {
	size_t left = (size_t)(reader->end - reader->cursor);

	if (left < sizeof(*ret_count))
		return NULL;
	memcpy(ret_count, reader->cursor, sizeof(*ret_count));
	if (*ret_count > left / sizeof(uint32_t))
		return NULL;
	return malloc((*ret_count + (size_t)1) * sizeof(place_id));
}

static bool take_entry(struct reader *reader) {
	struct memory_entry entry = {0};
	uint32_t context, count;

	if (!take_number(reader, &context) || context >= reader->contexts_count ||
		!take_number(reader, &entry.objects_count))
		return false;
	entry.context = reader->contexts[context];
	entry.places = make_places(reader, &count);
	bool whole = entry.places &&
		     take_positions(reader, entry.places, count, &entry.places_count) &&
		     entry.places_count > entry.objects_count && take_recall(reader, &entry);
	if (whole)
		memory_entries_add(&reader->memory->entries, &entry);
	else
		memory_entries_discard(&reader->memory->entries, &entry);
	return whole;
}

static int take_all(struct reader *reader, const char *conditions) {
	uint32_t size;
	cleanup_free char *text = take_text(reader, &size);

	if (!text)
		return -EBADMSG;
	if (strcmp(text, conditions) != 0)
		return -ESTALE;
	for (uint32_t i = 0; i < reader->head.places; i++) {
		if (!take_place(reader))
			return -EBADMSG;
	}
	for (uint32_t i = 0; i < reader->head.contexts; i++) {
		if (!take_context(reader))
			return -EBADMSG;
	}
	for (uint32_t i = 0; i < reader->head.verdicts; i++) {
		if (!take_entry(reader))
			return -EBADMSG;
	}
	return 0;
}

static int read_body(struct reader *reader, const char *conditions) {
	const size_t size = (size_t)(reader->end - reader->cursor);

	if (memcmp(reader->head.magic, MAGIC, sizeof(reader->head.magic)) != 0 ||
		reader->head.size != size || reader->head.places > size ||
		reader->head.contexts > size ||
		reader->head.checksum != add_checksum(CHECKSUM_START, reader->cursor, size))
		return -EBADMSG;
	cleanup_free place_id *places = calloc(reader->head.places + 1, sizeof(*places));
	cleanup_free struct memory_context **contexts =
		calloc(reader->head.contexts + 1, sizeof(struct memory_context *));
	if (!places || !contexts)
		return -ENOMEM;
	reader->places = places;
	reader->contexts = contexts;
	int r = take_all(reader, conditions);
	for (uint32_t i = 0; i < reader->contexts_count; i++)
		memory_context_drop(&reader->memory->contexts, contexts[i]);
	for (uint32_t i = 0; i < reader->places_count; i++)
		places_drop(reader->memory->places, places[i]);
	memory_entries_trim(&reader->memory->entries, r < 0 ? 0 : MEMORY_VERDICTS_MAX);
	return r;
}

int memory_load(struct memory *memory, const char *bytes, size_t size, const char *conditions) {
	struct reader reader = {.memory = memory};

	if (size < sizeof(reader.head))
		return -EBADMSG;
	memcpy(&reader.head, bytes, sizeof(reader.head));
	reader.cursor = bytes + sizeof(reader.head);
	reader.end = bytes + size;
	return read_body(&reader, conditions);
}
