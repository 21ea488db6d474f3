/* SPDX-License-Identifier: MIT */
/*
 * What glibc 2.34 moved into libc.so.6 from libraries beside it. From the dynamic symbols of 2.36:
 * those that libc.so.6 has in an old version for compatibility and, but for __res_... and __dn_...,
 * anew as GLIBC_2.34; held against the lists of the symbols of older libraries in glibc's sources
 * (*.abilist). Internal ones are left out.
 */
#include "latent_parts.h"

#include <stdlib.h>
#include <string.h>

/* In the order of strcmp(), each. */
static const char *const of_pthread[] = {"__pthread_key_create", "call_once", "cnd_broadcast",
	"cnd_destroy", "cnd_init", "cnd_signal", "cnd_timedwait", "cnd_wait", "mtx_destroy",
	"mtx_init", "mtx_lock", "mtx_timedlock", "mtx_trylock", "mtx_unlock",
	"pthread_attr_getaffinity_np", "pthread_attr_getguardsize", "pthread_attr_getstack",
	"pthread_attr_getstackaddr", "pthread_attr_getstacksize", "pthread_attr_setguardsize",
	"pthread_attr_setstack", "pthread_attr_setstackaddr", "pthread_attr_setstacksize",
	"pthread_barrier_destroy", "pthread_barrier_init", "pthread_barrier_wait",
	"pthread_barrierattr_destroy", "pthread_barrierattr_getpshared", "pthread_barrierattr_init",
	"pthread_barrierattr_setpshared", "pthread_cancel", "pthread_clockjoin_np",
	"pthread_cond_clockwait", "pthread_condattr_getclock", "pthread_condattr_getpshared",
	"pthread_condattr_setclock", "pthread_condattr_setpshared", "pthread_create",
	"pthread_detach", "pthread_getattr_default_np", "pthread_getconcurrency",
	"pthread_getcpuclockid", "pthread_getname_np", "pthread_getspecific", "pthread_join",
	"pthread_key_create", "pthread_key_delete", "pthread_kill", "pthread_mutex_clocklock",
	"pthread_mutex_consistent", "pthread_mutex_getprioceiling", "pthread_mutex_setprioceiling",
	"pthread_mutex_timedlock", "pthread_mutex_trylock", "pthread_mutexattr_destroy",
	"pthread_mutexattr_getprioceiling", "pthread_mutexattr_getprotocol",
	"pthread_mutexattr_getpshared", "pthread_mutexattr_getrobust", "pthread_mutexattr_gettype",
	"pthread_mutexattr_init", "pthread_mutexattr_setprioceiling",
	"pthread_mutexattr_setprotocol", "pthread_mutexattr_setpshared",
	"pthread_mutexattr_setrobust", "pthread_mutexattr_settype", "pthread_once",
	"pthread_rwlock_clockrdlock", "pthread_rwlock_clockwrlock", "pthread_rwlock_destroy",
	"pthread_rwlock_init", "pthread_rwlock_rdlock", "pthread_rwlock_timedrdlock",
	"pthread_rwlock_timedwrlock", "pthread_rwlock_tryrdlock", "pthread_rwlock_trywrlock",
	"pthread_rwlock_unlock", "pthread_rwlock_wrlock", "pthread_rwlockattr_destroy",
	"pthread_rwlockattr_getkind_np", "pthread_rwlockattr_getpshared", "pthread_rwlockattr_init",
	"pthread_rwlockattr_setkind_np", "pthread_rwlockattr_setpshared", "pthread_setaffinity_np",
	"pthread_setattr_default_np", "pthread_setconcurrency", "pthread_setname_np",
	"pthread_setschedprio", "pthread_setspecific", "pthread_sigqueue", "pthread_spin_destroy",
	"pthread_spin_init", "pthread_spin_lock", "pthread_spin_trylock", "pthread_spin_unlock",
	"pthread_testcancel", "pthread_timedjoin_np", "pthread_tryjoin_np", "sem_clockwait",
	"sem_close", "sem_destroy", "sem_getvalue", "sem_init", "sem_open", "sem_post",
	"sem_timedwait", "sem_trywait", "sem_unlink", "sem_wait", "thrd_create", "thrd_detach",
	"thrd_exit", "thrd_join", "tss_create", "tss_delete", "tss_get", "tss_set"};
static const char *const of_dl[] = {"dladdr", "dladdr1", "dlclose", "dlerror", "dlinfo", "dlmopen",
	"dlopen", "dlsym", "dlvsym"};
static const char *const of_resolv[] = {"__dn_comp", "__dn_expand", "__dn_skipname", "__res_dnok",
	"__res_hnok", "__res_mailok", "__res_mkquery", "__res_nmkquery", "__res_nquery",
	"__res_nquerydomain", "__res_nsearch", "__res_nsend", "__res_ownok", "__res_query",
	"__res_querydomain", "__res_search", "__res_send", "ns_name_compress", "ns_name_ntop",
	"ns_name_pack", "ns_name_pton", "ns_name_skip", "ns_name_uncompress", "ns_name_unpack"};
static const char *const of_rt[] = {"aio_cancel", "aio_cancel64", "aio_error", "aio_error64",
	"aio_fsync", "aio_fsync64", "aio_init", "aio_read", "aio_read64", "aio_return",
	"aio_return64", "aio_suspend", "aio_suspend64", "aio_write", "aio_write64", "lio_listio",
	"lio_listio64", "mq_close", "mq_getattr", "mq_notify", "mq_open", "mq_receive", "mq_send",
	"mq_setattr", "mq_timedreceive", "mq_timedsend", "mq_unlink", "shm_open", "shm_unlink",
	"timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime"};
static const char *const of_util[] = {
	"forkpty", "login", "login_tty", "logout", "logwtmp", "openpty"};
static const char *const of_anl[] = {"gai_cancel", "gai_error", "gai_suspend", "getaddrinfo_a"};

static int compare(const void *name, const void *element) {
	const char *const *other = element;

	return strcmp(name, *other);
}

const char *latent_moved_from(const char *name) {
	static const struct {
		const char *soname;
		const char *const *names;
		size_t count;
	} libraries[] = {
		{"libpthread.so.0", of_pthread, sizeof(of_pthread) / sizeof(of_pthread[0])},
		{"libdl.so.2", of_dl, sizeof(of_dl) / sizeof(of_dl[0])},
		{"libresolv.so.2", of_resolv, sizeof(of_resolv) / sizeof(of_resolv[0])},
		{"librt.so.1", of_rt, sizeof(of_rt) / sizeof(of_rt[0])},
		{"libutil.so.1", of_util, sizeof(of_util) / sizeof(of_util[0])},
		{"libanl.so.1", of_anl, sizeof(of_anl) / sizeof(of_anl[0])},
	};

	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		if (bsearch(name, libraries[i].names, libraries[i].count, sizeof(char *), compare))
			return libraries[i].soname;
	}
	return NULL;
}
