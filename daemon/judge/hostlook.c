/* SPDX-License-Identifier: MIT */
#include "hostlook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "failurelook.h"
#include "hostdirs.h"
#include "hostquery.h"
#include "hosttrial.h"
#include "hostwords.h"
#include "inquiry.h"
#include "request.h"
#include "tracetext.h"

/* Plugins that lack each other's symbols are loaded one after the other, to this depth. */
#define AFTER_ROUNDS_MAX 4

enum stage {
	STAGE_PROGRAMS, /* who may it be? */
	STAGE_VIA,	/* what is lacking with the plugin first that this one is a plugin of */
	STAGE_TRIALS,	/* each of these in turn */
	STAGE_SIBLINGS, /* who has what the best of them lacks? */
	STAGE_TRACE,	/* what is lacking with those loaded first */
	STAGE_AFTER,	/* the best of the programs once more, with them */
	STAGE_OVER,
};

struct hostlook {
	struct inquiry *inquiry;
	struct failurelook *failure;
	enum stage stage;
	struct strv names;  /* of the symbols that are lacking */
	struct needs wants; /* the same, with their versions */
	struct hostdirs dirs;
	struct hostquery query;
	struct hostfinding finding;
	size_t tried;	    /* candidates */
	bool via_is_traced; /* of the next one it is known what its plugin lacks */
	struct hosttrial trial;
	const char *via;     /* what the program of the trial loads first; NULL: nothing */
	struct verdict best; /* of the trial that came furthest and failed */
	const struct hostcandidate *best_host; /* with which that was; NULL: none was of any use */
	struct strv lacks;		       /* what was left then */
	struct strv left;		       /* what is left now, which siblings may have */
	struct strv after;		       /* siblings to be loaded first */
	unsigned rounds;
	bool is_incomplete; /* not all that might have helped was found out */
	char *trouble;	    /* why the first candidate that was of no use was not; NULL: none */
};

/* Versions are wanted of libraries, not of programs. */
static bool is_symbol(const struct need *need) {
	return need->provider == NULL;
}

static bool lacks_symbols(const struct verdict *verdict) {
	/* Without a trace that told anything there is what the dynamic linker said. */
	if (verdict->needs.count == 0)
		return verdict->symbols.count > 0;
	for (size_t i = 0; i < verdict->needs.count; i++) {
		if (is_symbol(&verdict->needs.items[i]))
			return true;
	}
	return false;
}

bool hostlook_applies(const struct inquiry *inquiry) {
	const struct request *request = inquiry->question.request;
	const struct verdict *answer = &inquiry->answer;

	return answer->reason == DLTEST_REASON_UNDEFINED_SYMBOL && !request->bare &&
	       !request->dry_run && answer->loads_with.count == 0 && lacks_symbols(answer);
}

static int take_wants(struct hostlook *look, const struct needs *needs) {
	int r = 0;

	for (size_t i = 0; i < needs->count && r == 0; i++) {
		if (is_symbol(&needs->items[i]))
			r = needs_add(&look->wants, needs->items[i].name, needs->items[i].version,
				NULL, NULL);
	}
	return r;
}

static int list_names(struct hostlook *look) {
	int r = 0;

	for (size_t i = 0; i < look->wants.count && r == 0; i++)
		r = strv_add(&look->names, look->wants.items[i].name);
	return r;
}

/* What the dynamic linker said: "NAME" or "NAME, version VERSION". */
static int take_first(struct hostlook *look) {
	const char *symbol = look->inquiry->answer.symbols.items[0];
	size_t length = strcspn(symbol, ",");
	char *name = strndup(symbol, length);

	if (!name)
		return -ENOMEM;
	int r = needs_add(&look->wants, name, NULL, NULL, NULL);
	free(name);
	return r;
}

/* Those that the user named, in their order. */
static int take_named(struct hostlook *look) {
	const struct strv *hosts = &look->inquiry->question.request->hosts;
	int r = 0;

	for (size_t i = 0; i < hosts->count && r == 0; i++) {
		const char *slash = strrchr(hosts->items[i], '/');

		r = hostfinding_add(
			&look->finding, slash ? slash + 1 : hosts->items[i], hosts->items[i], true);
	}
	look->finding.is_complete = true;
	return r;
}

static void plan_query(struct hostlook *look, enum hostquery_kind kind, const struct strv *names) {
	look->query = (struct hostquery){
		.kind = kind,
		.plugin = look->inquiry->question.path,
		.names = names,
		.programs = &look->dirs.programs,
		.own_count = look->dirs.own_count,
		.libraries = &look->dirs.libraries,
		.package_depth = look->dirs.package_depth,
	};
}

int hostlook_new(struct inquiry *inquiry, struct failurelook *failure, struct hostlook **ret_look) {
	struct hostlook *look = calloc(1, sizeof(*look));

	if (!look)
		return -ENOMEM;
	look->inquiry = inquiry;
	look->failure = failure;
	look->stage = inquiry->question.request->hosts.count > 0 ? STAGE_TRIALS : STAGE_PROGRAMS;
	int r = take_wants(look, &inquiry->answer.needs);
	if (r == 0 && look->wants.count == 0)
		r = take_first(look);
	if (r == 0)
		r = list_names(look);
	if (r == 0)
		r = look->stage == STAGE_TRIALS
			    ? take_named(look)
			    : hostdirs_list(&look->dirs, inquiry->env, inquiry->question.path);
	if (r < 0) {
		hostlook_free(look);
		return r;
	}
	plan_query(look, HOSTQUERY_PROGRAMS, &look->names);
	*ret_look = look;
	return 0;
}

const struct hostquery *hostlook_query(const struct hostlook *look) {
	return &look->query;
}

/* The candidate that is tried now. */
static const struct hostcandidate *host_now(const struct hostlook *look) {
	bool is_next = look->stage == STAGE_VIA || look->stage == STAGE_TRIALS;

	return is_next ? &look->finding.candidates[look->tried] : look->best_host;
}

/* The plugin that this one is a plugin of, and its siblings, in whatever order they can be. */
static int plan_before(struct hostlook *look, const char *via) {
	struct inquiry *inquiry = look->inquiry;
	int r = via ? inquiry_plan_preload(inquiry, via) : 0;

	for (size_t i = 0; i < look->after.count && r == 0; i++)
		r = inquiry_plan_preload(inquiry, look->after.items[i]);
	inquiry->plan.companions += look->after.count + (via != NULL);
	return r;
}

/* Plans a trace with what comes first. Returns false without memory for it. */
static bool plan_trace(struct hostlook *look) {
	struct inquiry *inquiry = look->inquiry;

	inquiry_plan(inquiry);
	if (failurelook_is_in_company(look->failure) && inquiry_plan_company(inquiry) < 0)
		return false;
	return plan_before(look, host_now(look)->via) == 0;
}

/* Plans a load with the program besides. Returns false without memory for it. */
static bool plan_load(struct hostlook *look) {
	const struct hostcandidate *host = host_now(look);

	if (!plan_trace(look))
		return false;
	look->trial = (struct hosttrial){.program = host->program, .wants = &look->wants};
	look->via = host->via;
	look->inquiry->plan.host = &look->trial;
	return true;
}

void hostlook_plan_again(struct hostlook *look) {
	(void)plan_before(look, look->via);
	look->inquiry->plan.host = &look->trial;
}

static enum secondlook_act plan_trial(struct hostlook *look) {
	for (; look->tried < look->finding.candidates_count; look->tried++) {
		const struct hostcandidate *host = host_now(look);

		if (host->via && !look->via_is_traced && plan_trace(look)) {
			look->stage = STAGE_VIA;
			return SECONDLOOK_TRACE;
		}
		if (host->program && (!host->via || look->via_is_traced) && plan_load(look))
			return SECONDLOOK_LOAD;
		look->via_is_traced = false;
	}
	return SECONDLOOK_DONE;
}

/* Whether a plugin beside it may have what is left. */
static bool wants_siblings(const struct hostlook *look) {
	return look->best_host && look->best_host->by_entry &&
	       look->best.reason == DLTEST_REASON_UNDEFINED_SYMBOL && look->left.count > 0 &&
	       look->rounds < AFTER_ROUNDS_MAX;
}

static enum secondlook_act conclude(struct hostlook *look) {
	const struct hostwords words = {
		.answer = &look->inquiry->answer,
		.best = &look->best,
		.best_host = look->best_host,
		.finding = &look->finding,
		.plugin = look->inquiry->question.path,
		.lacks = &look->lacks,
		.names = &look->names,
		.timeout_ms = look->inquiry->question.request->timeout_ms,
		.trouble = look->trouble,
		.is_incomplete = look->is_incomplete,
	};

	look->stage = STAGE_OVER;
	hostwords_conclude(&words);
	return SECONDLOOK_DONE;
}

enum secondlook_act hostlook_next(struct hostlook *look) {
	enum secondlook_act act = SECONDLOOK_DONE;

	if (look->stage == STAGE_OVER)
		return SECONDLOOK_DONE;
	if (!inquiry_has_time(look->inquiry)) {
		verdict_lower(&look->inquiry->answer, VERDICT_WORTH_NEVER);
		return conclude(look);
	}
	if (look->stage == STAGE_PROGRAMS)
		return SECONDLOOK_FIND;
	if (look->stage == STAGE_TRIALS)
		act = plan_trial(look);
	if (act != SECONDLOOK_DONE)
		return act;
	if (look->stage == STAGE_TRIALS && wants_siblings(look)) {
		look->stage = STAGE_SIBLINGS;
		plan_query(look, HOSTQUERY_SIBLINGS, &look->left);
		return SECONDLOOK_FIND;
	}
	if (look->stage == STAGE_TRACE && plan_trace(look))
		return SECONDLOOK_TRACE;
	if (look->stage == STAGE_AFTER && plan_load(look))
		return SECONDLOOK_LOAD;
	return conclude(look);
}

/* What is remembered of the answer rests on what was searched, be it in vain. */
static void note_search(struct hostlook *look, const struct hostfinding *finding) {
	struct verdict *answer = &look->inquiry->answer;
	const struct strv *searched = &finding->searched;

	if (!finding->is_complete) {
		verdict_lower(answer, VERDICT_WORTH_NEVER);
		look->is_incomplete = true;
	}
	for (size_t i = 0; i < searched->count; i++) {
		if (facts_put(&answer->basis, DLTEST_FACT_OBJECT, searched->items[i]) < 0)
			verdict_lower(answer, VERDICT_WORTH_NEVER);
	}
}

/* The siblings that are not loaded first already. Returns how many those are, or -ENOMEM. */
static int take_siblings(struct hostlook *look, const struct hostfinding *finding) {
	size_t before = look->after.count;

	for (size_t i = 0; i < finding->siblings.count; i++) {
		if (strv_add_once(&look->after, finding->siblings.items[i]) < 0)
			return -ENOMEM;
	}
	return (int)(look->after.count - before);
}

enum secondlook_act hostlook_found(struct hostlook *look, struct hostfinding *finding) {
	if (look->stage == STAGE_PROGRAMS) {
		look->finding = *finding;
		*finding = (struct hostfinding){0};
		note_search(look, &look->finding);
		look->stage = STAGE_TRIALS;
		return hostlook_next(look);
	}
	look->rounds++;
	note_search(look, finding);
	look->stage = take_siblings(look, finding) > 0 ? STAGE_TRACE : STAGE_OVER;
	hostfinding_fini(finding);
	return look->stage == STAGE_OVER ? conclude(look) : hostlook_next(look);
}

/* Goes on to the next candidate. */
static enum secondlook_act try_next(struct hostlook *look) {
	look->tried++;
	look->via_is_traced = false;
	return hostlook_next(look);
}

enum secondlook_act hostlook_traced(struct hostlook *look, const struct tracetext *text) {
	bool is_via = look->stage == STAGE_VIA;

	look->stage = is_via ? STAGE_TRIALS : STAGE_AFTER;
	/* What they lack of the host is not known then. */
	if (!text || text->error || take_wants(look, &text->symbols) < 0)
		return is_via ? try_next(look) : conclude(look);
	look->via_is_traced = is_via;
	return hostlook_next(look);
}

/* It loads with 'host': that is the answer. */
static enum secondlook_act take(
	struct hostlook *look, const struct hostcandidate *host, struct verdict *trial) {
	struct inquiry *inquiry = look->inquiry;
	struct verdict *answer = &inquiry->answer;

	if (failurelook_is_at_fault(look->failure, trial)) {
		look->stage = STAGE_OVER;
		return SECONDLOOK_DONE;
	}
	if (failurelook_add_context(look->failure, trial) < 0)
		return conclude(look);
	if (hostwords_take(answer, host, &look->after, trial) < 0)
		return conclude(look);
	look->stage = STAGE_OVER;
	return SECONDLOOK_DONE;
}

static size_t count_left(const struct verdict *trial) {
	const char *name = NULL;
	size_t count = 0;

	while ((name = facts_next(&trial->facts, DLTEST_FACT_HOST_LACKS, name)))
		count++;
	while ((name = facts_next(&trial->facts, DLTEST_FACT_HOST_UNCHECKED, name)))
		count++;
	/* What the dynamic linker named is lacking, whatever the child knew of. */
	return count > 0 ? count : 1;
}

static void list_left(struct strv *lacks, const struct verdict *trial) {
	const char *name = NULL;
	int r = 0;

	strv_fini(lacks);
	while (r == 0 && (name = facts_next(&trial->facts, DLTEST_FACT_HOST_LACKS, name)))
		r = strv_add(lacks, name);
}

/* Keeps 'trial' if it came further than those before. */
static void compare(
	struct hostlook *look, const struct hostcandidate *host, struct verdict *trial) {
	if (look->best_host && count_left(trial) >= count_left(&look->best))
		return;
	verdict_fini(&look->best);
	look->best = verdict_steal(trial);
	look->best_host = host;
	list_left(&look->lacks, &look->best);
	list_left(&look->left, &look->best);
}

/* Nothing can be said of a plugin whose host cannot be read, or brings what ends the process. */
static bool is_of_no_use(
	struct hostlook *look, const struct hostcandidate *host, const struct verdict *trial) {
	char *trouble = hostwords_trouble(host, trial);

	if (!trouble)
		return false;
	if (look->trouble)
		free(trouble);
	else
		look->trouble = trouble;
	return true;
}

enum secondlook_act hostlook_judge(struct hostlook *look, struct verdict *trial) {
	struct verdict *answer = &look->inquiry->answer;
	const struct hostcandidate *host = host_now(look);

	if (hostwords_are_good(trial))
		return take(look, host, trial);
	if (facts_put(&answer->basis, DLTEST_FACT_OBJECT, host->program) < 0 ||
		dltest_reason_class(trial->reason) == DLTEST_REASON_CLASS_PASSING)
		verdict_lower(answer, VERDICT_WORTH_NEVER);
	if (look->stage == STAGE_AFTER) {
		/* It has what it lacked now, and they may lack something themselves. */
		if (trial->reason != DLTEST_REASON_UNDEFINED_SYMBOL)
			return conclude(look);
		list_left(&look->left, trial);
		look->stage = STAGE_TRIALS;
		return wants_siblings(look) ? hostlook_next(look) : conclude(look);
	}
	/* A failure of ours tells nothing. */
	if (trial->reason != DLTEST_REASON_NO_VERDICT && !is_of_no_use(look, host, trial))
		compare(look, host, trial);
	return try_next(look);
}

struct hostlook *hostlook_free(struct hostlook *look) {
	if (!look)
		return NULL;
	strv_fini(&look->names);
	hostdirs_fini(&look->dirs);
	strv_fini(&look->lacks);
	strv_fini(&look->left);
	strv_fini(&look->after);
	needs_fini(&look->wants);
	hostfinding_fini(&look->finding);
	verdict_fini(&look->best);
	free(look->trouble);
	free(look);
	return NULL;
}
