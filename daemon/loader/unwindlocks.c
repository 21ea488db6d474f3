/* SPDX-License-Identifier: MIT */

/*
 * The locks of LLVM's unwinder, which remembers unwind tables for whoever comes next. In the loader
 * one thread unwinds, once, and then the process ends. With the real ones, which are libpthread's
 * before glibc 2.34, that library would be in memory, and answer for the one under test. For a
 * loader that is linked with that unwinder.
 */

#include <pthread.h>

int pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
	(void)lock;
	return 0;
}

int pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
	(void)lock;
	return 0;
}

int pthread_rwlock_unlock(pthread_rwlock_t *lock) {
	(void)lock;
	return 0;
}
