/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Ties a verdict to the file that was judged. One page of that file stays mapped; when the
 * library is loaded, the kernel's own table of mappings must show the same device and inode for
 * that page and for the object that the dynamic linker mapped. Both numbers come from the same
 * table, because elsewhere they are not comparable: on btrfs and overlayfs what stat(2) says of a
 * file differs from what /proc/self/maps says of its mapping.
 */

struct identity {
	const void *page; /* NULL: the file could not be mapped */
};

/* Maps one page of the file that is open for reading at 'fd'. */
void identity_take(struct identity *identity, int fd);

enum identity_answer {
	IDENTITY_SAME,	 /* also where it cannot be told, because /proc is not mounted or the file
			    could not be mapped */
	IDENTITY_OTHER,	 /* another file is there */
	IDENTITY_NOTHING /* there is nothing: whoever said so has lost its memory */
};

/* Whether the object mapped at 'address' is the file of 'identity'. */
enum identity_answer identity_compare(const struct identity *identity, const void *address);
