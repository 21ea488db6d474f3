/* SPDX-License-Identifier: MIT */
#include "sysprogram.h"

#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "blob.h"
#include "loader_abi.h"
#include "sysfilter.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool is_known(uint32_t arch, int number) {
	cleanup_free char *name = seccomp_syscall_resolve_num_arch(arch, number);

	return name != NULL;
}

static int highest_known(uint32_t arch) {
	int number = 1023;

	while (number > 0 && !is_known(arch, number))
		number--;
	return number;
}

/*
 * A system call newer than this build must look like one that the kernel lacks: a refusal would
 * keep a C library from taking its older way. libseccomp has no ranges, so that comes before its
 * program. Numbers from 2^30 on (x32) and other architectures are left to it; it kills for them.
 */
static size_t write_prologue(struct sock_filter *code, uint32_t arch) {
	const struct sock_filter prologue[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4), /* seccomp_data.arch */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), /* seccomp_data.nr */
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)highest_known(arch), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SCMP_ACT_ERRNO(ENOSYS)),
	};

	memcpy(code, prologue, sizeof(prologue));
	return LENGTH(prologue);
}

/* Since 2.6.0 libseccomp writes to memory as well (seccomp_export_bpf_mem()). Returns a descriptor
 * to read the program from, or -errno. */
static int export_to_blob(scmp_filter_ctx rules) {
	struct blob blob;

	int r = blob_new(LOADER_FILTER_MAX * sizeof(struct sock_filter), &blob);
	if (r < 0)
		return r;
	r = seccomp_export_bpf(rules, blob.writes);
	if (r == 0)
		return blob_finish(&blob);
	blob_fini(&blob);
	return r;
}

int sysprogram_export(void *rules, uint32_t prologue_arch, struct sysfilter *ret_filter) {
	const size_t room = LOADER_FILTER_MAX * sizeof(struct sock_filter);
	cleanup_fd int fd = export_to_blob(rules);

	if (fd < 0)
		return fd;
	/* One more would be too many. */
	cleanup_free struct sock_filter *code = calloc(LOADER_FILTER_MAX + 1, sizeof(*code));
	if (!code)
		return -ENOMEM;
	size_t start = prologue_arch ? write_prologue(code, prologue_arch) : 0;
	ssize_t size = read(fd, code + start, room - start * sizeof(*code) + 1);
	if (size < 0)
		return -errno;
	ret_filter->count = start + (size_t)size / sizeof(*code);
	ret_filter->code = steal_ptr(&code);
	return (size_t)size + start * sizeof(*code) <= room ? 0 : -E2BIG;
}
