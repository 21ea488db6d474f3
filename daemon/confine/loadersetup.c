/* SPDX-License-Identifier: MIT */
#include "loadersetup.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "blob.h"
#include "loadenv.h"
#include "loader_abi.h"
#include "sandbox.h"

uint64_t loadersetup_rights(const struct landlock_policy *policy, const struct loadenv_rule *rule) {
	uint64_t rights = rule->access == LOADENV_READ ? policy->read : policy->read_file;

	return rule->is_dir ? rights : landlock_file_rights(rights);
}

static void put_rule(FILE *stream, struct loader_setup *head, uint64_t rights, const char *path) {
	const struct loader_rule rule = {rights};

	fwrite(&rule, sizeof(rule), 1, stream);
	fwrite(path, strlen(path) + 1, 1, stream);
	head->rules_count++;
}

static void put_rules(FILE *stream, struct loader_setup *head, const struct landlock_policy *policy,
	const struct loadenv *env, const struct loadersetup_own *own) {
	long start = ftell(stream);

	for (size_t i = 0; i < env->rules_count; i++) {
		const struct loadenv_rule *rule = &env->rules[i];

		if (rule->exists)
			put_rule(stream, head, loadersetup_rights(policy, rule), rule->path);
	}
	/* A process may look at its own program. */
	put_rule(stream, head, landlock_file_rights(policy->read_file), own->loader);
	if (own->standin)
		put_rule(stream, head, landlock_file_rights(policy->read_file), own->standin);
	head->rules_size = (uint32_t)(ftell(stream) - start);
}

static void put_roots(FILE *stream, struct loader_setup *head, const struct loadenv *env) {
	for (size_t i = 0; i < env->roots.count; i++) {
		size_t size = strlen(env->roots.items[i]) + 1;

		fwrite(env->roots.items[i], size, 1, stream);
		head->roots_size += (uint32_t)size;
	}
	head->roots_count = (uint32_t)env->roots.count;
	head->libs_root = (uint32_t)env->libs_root;
}

static void put_filter(FILE *stream, const struct sysfilter *filter) {
	if (filter->count > 0)
		fwrite(filter->code, sizeof(*filter->code), filter->count, stream);
}

static struct loader_setup make_head(const struct sandbox *sandbox) {
	const struct landlock_policy *policy = &sandbox->landlock;

	return (struct loader_setup){
		.magic = LOADER_MAGIC_SETUP,
		.version = LOADER_ABI_VERSION,
		.daemon_pid = (uint32_t)getpid(),
		.cpu_seconds = DLTEST_TIMEOUT_MAX_MS / 1000 + 1,
		.landlock_fs = policy->fs,
		.landlock_net = policy->net,
		.landlock_scoped = policy->scoped,
		.landlock_proc = policy->read,
		.landlock_flags = policy->flags,
		.landlock_attr_size = policy->attr_size,
		.filter_count = (uint32_t)sandbox->child.count,
		.affinity_token = sandbox->affinity_token,
		.trace_filter_count = (uint32_t)sandbox->trace.count,
	};
}

/* Writes what follows *head, and in that how much it is. */
static void put_rest(FILE *stream, struct loader_setup *head, const struct sandbox *sandbox,
	const struct loadenv *env, const struct loadersetup_own *own) {
	put_filter(stream, &sandbox->child);
	put_filter(stream, &sandbox->trace);
	if (sandbox->landlock.abi > 0)
		put_rules(stream, head, &sandbox->landlock, env, own);
	put_roots(stream, head, env);
}

int loadersetup_make(const struct sandbox *sandbox, const struct loadenv *env,
	const struct loadersetup_own *own) {
	struct loader_setup head = make_head(sandbox);
	cleanup_free char *rest = NULL;
	struct blob blob;
	size_t size;

	FILE *stream = open_memstream(&rest, &size);
	if (!stream)
		return -ENOMEM;
	put_rest(stream, &head, sandbox, env, own);
	if (fclose(stream) != 0)
		return -ENOMEM;
	int r = blob_new(sizeof(head) + size, &blob);
	if (r < 0)
		return r;
	r = blob_write(&blob, &head, sizeof(head));
	if (r == 0)
		r = blob_write(&blob, rest, size);
	if (r == 0)
		return blob_finish(&blob);
	blob_fini(&blob);
	return r;
}
