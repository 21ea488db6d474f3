/* SPDX-License-Identifier: MIT */
/* When a hostile library attacks: as it is opened, as it is closed, from a thread of its own, or as
 * the audit library of one that is traced. */
#include <pthread.h>
#include <stdlib.h>

void attack_run(void);
const char *own_path(void);

#ifdef FORM_OPEN
__attribute__((constructor)) static void on_open(void) {
	attack_run();
}
#endif

#ifdef FORM_AUDIT
/* The dynamic linker loads it beside the library it is to watch, and asks for its version. */
unsigned la_version(unsigned version) {
	attack_run();
	return version;
}
#endif

#ifdef FORM_CLOSE
__attribute__((destructor)) static void on_close(void) {
	attack_run();
}
#endif

#ifdef FORM_EXIT
/* Runs from the list of atexit() handlers that dlclose() works off. */
__attribute__((constructor)) static void on_open(void) {
	atexit(attack_run);
}
#endif

#ifdef FORM_THREAD
static void *thread_main(void *argument) {
	attack_run();
	return argument;
}

__attribute__((constructor)) static void on_open(void) {
	pthread_t id;

	own_path();
	if (pthread_create(&id, NULL, thread_main, NULL) == 0)
		pthread_join(id, NULL);
}
#endif
