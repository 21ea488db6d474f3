/* SPDX-License-Identifier: MIT */

/*
 * What a host's own process says to its plugin, before any of the host's code has run:
 *
 *     DLTEST_SHIM_LOADS='PATH...' DLTEST_SHIM_REPORT=FD ld.so --preload SHIM HOST
 *
 * loads the paths, which are separated by newlines, in their order and ends the process. What comes
 * before the last is what the host would have loaded by then, with RTLD_GLOBAL. The last is
 * unloaded again, as the verdict is about that, too. Writes to the descriptor FD: "ok"; what
 * dlerror() says of the first that fails; or "linked: " and in which file of the host's it crashed,
 * since a plugin's constructor that calls its host meets one that has not begun yet.
 *
 * The dynamic linker runs constructors of the host's libraries before this one, and the host's own
 * after it. Links the C library alone and exports nothing, so that it answers for nothing.
 */

#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OBJECTS_MAX 1024

static int report_fd;
/* What is in memory when the plugin is loaded: the host, its libraries, other plugins. */
static ElfW(Addr) objects[OBJECTS_MAX];
static size_t objects_count;

static _Noreturn void end(const char *text) {
	size_t length = strlen(text);

	_exit(write(report_fd, text, length) == (ssize_t)length ? 0 : 1);
}

/* Where the first segment of an object begins is what dladdr() calls its base. */
static int note_object(struct dl_phdr_info *info, size_t size, void *context) {
	(void)size;
	(void)context;
	for (int i = 0; i < info->dlpi_phnum && objects_count < OBJECTS_MAX; i++) {
		if (info->dlpi_phdr[i].p_type != PT_LOAD)
			continue;
		ElfW(Addr) start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		objects[objects_count++] = start & ~(ElfW(Addr))(getpagesize() - 1);
		break;
	}
	return 0;
}

static bool is_noted(const void *base) {
	for (size_t i = 0; i < objects_count; i++) {
		if (objects[i] == (ElfW(Addr))base)
			return true;
	}
	return false;
}

/* Nothing is left to be kept intact: functions that are not safe in a handler will do. The C
 * library crashes for whoever called it wrongly, and an IFUNC resolver for want of relocations. */
static void on_crash(int signal_number, siginfo_t *info, void *context) {
	const ucontext_t *state = context;
	char text[4096];
	Dl_info where;

	(void)info;
#ifdef __x86_64__
	const void *pc = (const void *)state->uc_mcontext.gregs[REG_RIP];
#else
	const void *pc = (const void *)state->uc_mcontext.pc;
#endif
	if (dladdr(pc, &where) && is_noted(where.dli_fbase) &&
		!strstr(where.dli_fname, "/libc.so.") && !strstr(where.dli_fname, "/libm.so.")) {
		snprintf(text, sizeof(text), "linked: signal %d in %s", signal_number,
			where.dli_fname);
		end(text);
	}
	signal(signal_number, SIG_DFL);
}

static _Noreturn void fail(void) {
	const char *error = dlerror();

	end(error ? error : "failed without a word");
}

static void *load(const char *path, int mode) {
	void *handle = dlopen(path, mode);

	if (!handle)
		fail();
	return handle;
}

__attribute__((constructor)) static void load_all(void) {
	char *path = getenv("DLTEST_SHIM_LOADS"), *next;
	const char *fd = getenv("DLTEST_SHIM_REPORT");
	struct sigaction action = {.sa_flags = SA_SIGINFO};

	if (!path || !fd)
		return;
	report_fd = (int)strtol(fd, NULL, 10);
	action.sa_sigaction = on_crash;
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	while ((next = strchr(path, '\n'))) {
		*next = '\0';
		load(path, RTLD_LAZY | RTLD_GLOBAL);
		path = next + 1;
	}
	dl_iterate_phdr(note_object, NULL);
	if (dlclose(load(path, RTLD_NOW | RTLD_LOCAL)) != 0)
		fail();
	end("ok");
}
