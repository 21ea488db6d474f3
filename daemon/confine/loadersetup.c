/* SPDX-License-Identifier: MIT */
#include "loadersetup.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "loadenv.h"
#include "loader_abi.h"
#include "sandbox.h"

uint64_t loadersetup_rights(const struct landlock_policy *policy, const struct loadenv_rule *rule) {
	uint64_t rights = rule->access == LOADENV_READ ? policy->read : policy->read_file;

	return rule->is_dir ? rights : landlock_file_rights(rights);
}

static void put_rules(FILE *stream, struct loader_setup *head, const struct landlock_policy *policy,
	const struct loadenv *env) {
	long start = ftell(stream);

	for (size_t i = 0; i < env->rules_count; i++) {
		struct loader_rule rule = {loadersetup_rights(policy, &env->rules[i])};

		if (!env->rules[i].exists)
			continue;
		fwrite(&rule, sizeof(rule), 1, stream);
		fwrite(env->rules[i].path, strlen(env->rules[i].path) + 1, 1, stream);
		head->rules_count++;
	}
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

static void put_setup(FILE *stream, const struct sandbox *sandbox, const struct loadenv *env) {
	const struct landlock_policy *policy = &sandbox->landlock;
	struct loader_setup head = {
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

	fwrite(&head, sizeof(head), 1, stream);
	put_filter(stream, &sandbox->child);
	put_filter(stream, &sandbox->trace);
	if (policy->abi > 0)
		put_rules(stream, &head, policy, env);
	put_roots(stream, &head, env);
	rewind(stream);
	fwrite(&head, sizeof(head), 1, stream);
}

int loadersetup_make(const struct sandbox *sandbox, const struct loadenv *env) {
	cleanup_fd int fd = memfd_create("dltest-setup", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	int copy = dup(fd);
	FILE *stream = copy < 0 ? NULL : fdopen(copy, "w");
	if (!stream) {
		int r = -errno;
		fd_close(copy);
		return r;
	}
	put_setup(stream, sandbox, env);
	bool failed = ferror(stream);
	if (fclose(stream) != 0 || failed)
		return -EIO;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return steal_fd(&fd);
}
