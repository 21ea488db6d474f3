/* SPDX-License-Identifier: MIT */
#include "lastreport.h"

#include <stdio.h>
#include <string.h>

/* Takes what the next report is about. The loader says it before the code of each runs, in their
 * order, and of the library last: whoever goes back blames another for its own. */
static bool take_beginning(uint32_t about, struct lastreport *last) {
	if (last->begun || last->stage != 0 || (about > 0 && about <= last->about))
		return false;
	last->about = about;
	last->begun = about == 0;
	return true;
}

/* Takes what is said of the host, 'size' bytes at 'text'. The child says it of itself alone. */
static bool take_host(uint32_t about, const char *text, size_t size, struct lastreport *last) {
	char copy[48], rest;

	switch (about) {
	case LOADER_HOST_GIVEN:
		if (size >= sizeof(copy))
			return false;
		memcpy(copy, text, size);
		copy[size] = '\0';
		return sscanf(copy, "%zu %zu%c", &last->host.symbols, &last->host.data, &rest) == 2;
	case LOADER_HOST_LIBRARIES:
	case LOADER_HOST_READY:
		last->host.in_libraries = about == LOADER_HOST_LIBRARIES;
		return true;
	default:
		return false;
	}
}

static bool take_call(const char *text, size_t size, struct lastreport *last) {
	if (last->called)
		return false;
	last->called = text;
	last->called_size = size;
	return true;
}

static bool take_refused(
	const char *text, size_t size, uint64_t duration_ns, struct lastreport *last) {
	if (last->refused_count == LASTREPORT_REFUSED_MAX) {
		memmove(&last->refused[0], &last->refused[1],
			(LASTREPORT_REFUSED_MAX - 1) * sizeof(last->refused[0]));
		last->refused_count--;
	}
	last->refused[last->refused_count].text = text;
	last->refused[last->refused_count++].size = size;
	last->refused_ns = duration_ns;
	return true;
}

/* What a report says besides how a stage went; false if it makes no sense. */
static bool take_aside(
	const struct loader_report *head, const char *text, struct lastreport *last) {
	switch (head->stage) {
	case LOADER_STAGE_BEGUN:
		return take_beginning(head->about, last);
	case LOADER_STAGE_HOST:
		return take_host(head->about, text, head->text_size, last);
	case LOADER_STAGE_CALLED:
		return take_call(text, head->text_size, last);
	case LOADER_STAGE_REFUSED:
		return take_refused(text, head->text_size, head->duration_ns, last);
	case LOADER_STAGE_CULPRIT:
		last->culprit.text = text;
		last->culprit.size = head->text_size;
		return true;
	default:
		return false;
	}
}

/* Takes the report at *cursor apart; false if there is no whole and sensible one. */
static bool take_report(const char **cursor, const char *end, struct lastreport *last) {
	struct loader_report head;
	size_t left = (size_t)(end - *cursor);

	if (left < sizeof(head))
		return false;
	memcpy(&head, *cursor, sizeof(head));
	left -= sizeof(head);
	if (head.magic != LOADER_MAGIC_REPORT || head.stage == 0 ||
		head.stage >= LOADER_STAGE_COUNT_ || head.reason >= DLTEST_REASON_COUNT_)
		return false;
	if (head.text_size > LOADER_TEXT_MAX || head.facts_size > LOADER_FACTS_MAX ||
		left < (size_t)head.text_size + head.facts_size)
		return false;
	const char *text = *cursor + sizeof(head);
	if (head.stage >= LOADER_STAGE_BEGUN) {
		*cursor = text + head.text_size + head.facts_size;
		return take_aside(&head, text, last);
	}
	last->stage = (enum loader_stage)head.stage;
	last->reason = (enum dltest_reason)head.reason;
	last->text = text;
	last->text_size = head.text_size;
	if (head.facts_size && last->facts_count < sizeof(last->facts) / sizeof(last->facts[0])) {
		last->facts[last->facts_count].bytes = last->text + head.text_size;
		last->facts[last->facts_count++].size = head.facts_size;
	}
	last->duration_ns = head.duration_ns;
	*cursor = last->text + head.text_size + head.facts_size;
	return true;
}

void lastreport_read(struct lastreport *last, const void *reports, size_t size) {
	const char *cursor = reports, *end = cursor + size;

	*last = (struct lastreport){0};
	while (cursor < end) {
		if (!take_report(&cursor, end, last)) {
			last->garbage = true;
			break;
		}
	}
}
