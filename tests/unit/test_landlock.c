/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>

#include "landlock.h"

/* uapi/linux/landlock.h: what each ABI added. */
static const struct {
	int abi;
	uint64_t fs, net, scoped;
	uint32_t attr_size, flags;
} expected[] = {
	{-EPERM, 0, 0, 0, 0, 0},
	{-ENOSYS, 0, 0, 0, 0, 0},
	{0, 0, 0, 0, 0, 0},
	{1, 0x1fff, 0, 0, 8, 0},
	{2, 0x3fff, 0, 0, 8, 0},
	{3, 0x7fff, 0, 0, 8, 0},
	{4, 0x7fff, 3, 0, 16, 0},
	{5, 0xffff, 3, 0, 16, 0},
	{6, 0xffff, 3, 3, 24, 0},
	{7, 0xffff, 3, 3, 24, 5},
};

Test(landlock, handles_what_each_abi_knows) {
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct landlock_policy policy = landlock_policy_for(expected[i].abi);
		int abi = expected[i].abi;

		cr_expect_eq(policy.abi, abi > 0 ? abi : 0);
		cr_expect_eq(policy.fs, expected[i].fs, "ABI %d", abi);
		cr_expect_eq(policy.net, expected[i].net, "ABI %d", abi);
		cr_expect_eq(policy.scoped, expected[i].scoped, "ABI %d", abi);
		cr_expect_eq(policy.attr_size, expected[i].attr_size, "ABI %d", abi);
		cr_expect_eq(policy.flags, expected[i].flags, "ABI %d", abi);
		cr_expect_eq(policy.read & ~policy.fs, 0, "no right that is not handled");
		cr_expect_eq(policy.execute & ~policy.fs, 0);
	}
}

Test(landlock, gives_no_right_to_write) {
	struct landlock_policy policy = landlock_policy_for(7);

	cr_expect_eq(policy.read, (1 << 2) | (1 << 3), "READ_FILE and READ_DIR");
	cr_expect_eq(policy.read_file, 1 << 2);
	cr_expect_eq(policy.execute, (1 << 0) | (1 << 2));
}

Test(landlock, files_have_no_directory_rights) {
	cr_expect_eq(landlock_file_rights(~UINT64_C(0)), 0xc007);
	cr_expect_eq(landlock_file_rights(1 << 3), 0);
}

Test(landlock, the_probe_answers) {
	int abi = landlock_probe();

	cr_expect(abi > 0 || abi == -ENOSYS || abi == -EOPNOTSUPP || abi == -EPERM, "%d", abi);
}
