/* SPDX-License-Identifier: MIT */
#include "confinement.h"

#include <errno.h>
#include <string.h>

#include "confine.h"
#include "log.h"
#include "sandbox.h"
#include "zygote.h"

static void describe(const struct sandbox *sandbox, struct holding *holding) {
	struct sandbox_lack lacks[SANDBOX_LACKS_MAX];

	_Static_assert(HOLDING_LACKS_MAX == SANDBOX_LACKS_MAX, "as many lacks as can be");
	*holding = (struct holding){
		.may_load = sandbox_may_load(sandbox),
		.filter = sandbox->seccomp_error == 0,
		.denials = sandbox->notify,
		.landlock = sandbox->landlock.abi,
		.lacks_count = sandbox_lacks(sandbox, lacks),
	};
	for (size_t i = 0; i < holding->lacks_count; i++)
		holding->lacks[i] =
			(struct holding_lack){lacks[i].what, lacks[i].why, lacks[i].remedy};
}

void confinement_init(struct confinement *confinement, struct sandbox *sandbox) {
	confinement->sandbox = sandbox;
	describe(sandbox, &confinement->holding);
}

void confinement_note_success(struct confinement *confinement, const struct zygote *zygote) {
	if (zygote_is_heard(zygote))
		confinement->records = true;
}

/* Whether 'error' says that there is no listener to be had: the kernel does not know of any, a
 * filter that the daemon runs under has one already, or refuses it. */
static bool denies_listener(int error) {
	switch (error) {
	case EINVAL:
	case EBUSY:
	case EPERM:
	case EACCES:
	case ENOSYS:
	case EOPNOTSUPP:
		return true;
	default:
		return false;
	}
}

void confinement_adapt(struct confinement *confinement, const struct zygote *zygote) {
	struct sandbox *sandbox = confinement->sandbox;

	if (zygote_failed_step(zygote) != CONFINE_STEP_SECCOMP || !sandbox->notify ||
		confinement->records || !denies_listener(zygote_error(zygote)))
		return;
	log_warn("refused system calls cannot be recorded here");
	int r = sandbox_give_up_notify(sandbox);
	if (r < 0)
		log_error("cannot build the system call filter: %s", strerror(-r));
	describe(sandbox, &confinement->holding);
}
