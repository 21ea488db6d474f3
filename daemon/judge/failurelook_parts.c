/* SPDX-License-Identifier: MIT */
#include "failurelook_parts.h"

#include "request.h"

/* --bare wants the diagnosis, and no other load. */
bool failurelook_may_be_helped(const struct failurelook *look) {
	enum dltest_reason reason = answer_of(look)->reason;

	return !look->inquiry->question.request->bare && !look->in_company &&
	       (reason == DLTEST_REASON_MISSING_DEPENDENCY ||
		       reason == DLTEST_REASON_UNDEFINED_SYMBOL ||
		       reason == DLTEST_REASON_MISSING_VERSION || reason == DLTEST_REASON_CRASHED);
}

void failurelook_note_basis(struct verdict *answer, const struct verdict *trial) {
	switch (dltest_reason_class(trial->reason)) {
	case DLTEST_REASON_CLASS_LOADS:
		if (facts_append(&answer->basis, trial->facts.bytes, trial->facts.size) < 0)
			facts_fini(&answer->basis);
		break;
	case DLTEST_REASON_CLASS_PASSING:
		verdict_lower(answer, VERDICT_WORTH_NEVER);
		break;
	case DLTEST_REASON_CLASS_PROCESS:
		/* Which may have many causes. */
		verdict_lower(answer, VERDICT_WORTH_IF_REPEATED);
		break;
	case DLTEST_REASON_CLASS_PATH:
	case DLTEST_REASON_CLASS_FORM:
	case DLTEST_REASON_CLASS_LINKER:
		break;
	}
}

bool failurelook_is_confirmed(struct failurelook *look, const struct verdict *trial) {
	struct verdict *answer = answer_of(look);

	look->unconfirmed = false;
	if (trial->reason != answer->reason)
		verdict_lower(answer, VERDICT_WORTH_NEVER);
	if (loads(trial))
		(void)verdict_add_remark(answer, "but not when it was tried once more");
	return !loads(trial);
}
