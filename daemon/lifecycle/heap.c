/* SPDX-License-Identifier: MIT */
#include "heap.h"

/* Tells which C library it is of. */
#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

/* glibc's own threshold, which would rise with each large thing that is freed (mallopt(3)): replies
 * would lie among small things then, and what they leave could not be given back. */
#define LARGE (128 * 1024)

#ifdef __GLIBC__

void heap_set_up(void) {
	mallopt(M_MMAP_THRESHOLD, LARGE);
}

void heap_trim(void) {
	malloc_trim(0);
}

#else

void heap_set_up(void) {
}

void heap_trim(void) {
}

#endif
