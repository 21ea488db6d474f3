/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * An inquiry into one library: what was asked, the time left, the answer so far, and the load that
 * is planned. The looks have it in common; for secondlook.c, failurelook.c and needlook.c alone.
 * Non-logging.
 */

#include <stdbool.h>
#include <stdint.h>

#include "question.h"
#include "secondlook.h"
#include "strv.h"
#include "verdict.h"

struct loadenv;
struct sight;

/* With less time left than this there is no further load. */
#define INQUIRY_LEFT_MIN_MS 20

struct inquiry {
	struct question question;
	const struct loadenv *env; /* in which the question was asked */
	uint32_t left_ms;	   /* of the time for the question */
	struct verdict answer;	   /* the verdict that stands if no better one comes */
	struct strv company; /* directories of the library's own package, once it has failed */
	struct strv package; /* trees of directories that are its package, likewise */
	struct strv
		found; /* what it lacks and the package has: a name, and right behind it a path */
	struct strv companions; /* those of the paths that no search by name would come to */
	struct sight *sight;	/* what lies where it may not be looked at; NULL: without memory */
	struct secondlook_plan plan; /* points into the inquiry */
	struct strv library_path;    /* of the plan */
	struct strv preload;	     /* of the plan */
};

/* Frees what 'inquiry' holds. */
void inquiry_fini(struct inquiry *inquiry);

/* Takes 'elapsed_us' off the time that is left. */
void inquiry_spend(struct inquiry *inquiry, uint64_t elapsed_us);

/* True if the time that is left is enough for a further load. */
bool inquiry_has_time(const struct inquiry *inquiry);

/* Plans a load of the library as the first one was. */
void inquiry_plan(struct inquiry *inquiry);

/* True if 'found', one of what was found, is for 'name'. */
bool inquiry_is_found(const char *found, const char *name);

/* The path in 'found' if the file there has another name than what was looked for; else NULL. */
const char *inquiry_misnamed(const char *found);

/* Has the planned load search the directories of the library's package before those of the request,
 * and load its companions before all else; to be called before inquiry_plan_preload(). Returns 0 or
 * -ENOMEM. */
int inquiry_plan_company(struct inquiry *inquiry);

/* Adds 'name' to what the planned load loads before all else. Returns 0 or -ENOMEM. */
int inquiry_plan_preload(struct inquiry *inquiry, const char *name);

/* Adds 'text', with the letter of enum loader_survey before it, to what the planned look through
 * directories is about; one that is longer than any path is left out. Returns 0 or -ENOMEM. */
int inquiry_plan_text(struct inquiry *inquiry, char letter, const char *text);
