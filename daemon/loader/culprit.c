/* SPDX-License-Identifier: MIT */
#include "culprit.h"

#include <limits.h>
#include <link.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include "guard.h"
#include "registers.h"
#include "report.h"

/* Frames from the innermost on that are looked at. What recurses has many, all of its own. */
#define FRAMES_MAX 256
/* Entries of an object's dynamic section, and of its tables, that are looked at. */
#define ENTRIES_MAX 100000
/* Bytes of code that tell which instruction it was; the longest has 15. */
#define CODE_SIZE 16

struct frame {
	uintptr_t counter;  /* within the instruction that was being executed */
	uintptr_t function; /* where its function starts; 0: not known */
};

/* An object in memory. */
struct object {
	char path[PATH_MAX]; /* empty: the loader */
	uintptr_t base;
	const ElfW(Dyn) * dynamic;
	const unsigned char *frames; /* .eh_frame_hdr, or NULL */
	bool found;
};

struct walk {
	const ucontext_t *context;
	uintptr_t counter; /* at which the signal came */
	bool reached;	   /* true: that frame has been come to */
	struct frame frames[FRAMES_MAX];
	size_t count;
};

/* All of it is large, and wanted by one thread at a time, once. */
static struct walk walk;
static struct object culprit, other;

static _Unwind_Reason_Code on_frame(struct _Unwind_Context *context, void *argument) {
	int exact = 0;
	uintptr_t counter = _Unwind_GetIPInfo(context, &exact);

	(void)argument;
	/* Those before it are the handler's. */
	if (!walk.reached && counter != walk.counter)
		return _URC_NO_REASON;
	walk.reached = true;
	if (counter == 0 || walk.count == FRAMES_MAX)
		return _URC_END_OF_STACK;
	/* A call may be the last instruction of its function. */
	walk.frames[walk.count++] = (struct frame){
		exact ? counter : counter - 1, (uintptr_t)_Unwind_GetRegionStart(context)};
	return _URC_NO_REASON;
}

static void walk_stack(void *argument) {
	(void)argument;
	_Unwind_Backtrace(on_frame, NULL);
}

struct search {
	uintptr_t address;
	struct object *object;
};

static bool has(const struct dl_phdr_info *info, uintptr_t address) {
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *phdr = &info->dlpi_phdr[i];

		if (phdr->p_type == PT_LOAD &&
			address - (info->dlpi_addr + phdr->p_vaddr) < phdr->p_memsz)
			return true;
	}
	return false;
}

static int on_object(struct dl_phdr_info *info, size_t size, void *argument) {
	struct search *search = argument;
	struct object *object = search->object;

	(void)size;
	if (!has(info, search->address))
		return 0;
	object->found = true;
	object->base = info->dlpi_addr;
	object->dynamic = NULL;
	object->frames = NULL;
	snprintf(object->path, sizeof(object->path), "%s", info->dlpi_name ? info->dlpi_name : "");
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const void *start = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);

		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			object->dynamic = start;
		else if (info->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME)
			object->frames = start;
	}
	return 1;
}

/* The object that 'address' is in. */
static bool find(uintptr_t address, struct object *object) {
	struct search search = {address, object};

	object->found = false;
	dl_iterate_phdr(on_object, &search);
	return object->found;
}

static const char *name_of(const struct object *object) {
	const char *slash = strrchr(object->path, '/');

	return slash ? slash + 1 : object->path;
}

static bool begins_with(const char *text, const char *beginning) {
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool is_linker(const struct object *object) {
	return begins_with(name_of(object), "ld-linux") ||
	       begins_with(name_of(object), "ld-musl") || begins_with(name_of(object), "ld64.so") ||
	       begins_with(name_of(object), "ld.so");
}

static bool is_one_of(const struct object *object, const char *const *names, size_t count) {
	for (size_t i = 0; i < count; i++) {
		if (begins_with(name_of(object), names[i]))
			return true;
	}
	return false;
}

/* Whether it is a part of the system that is in every process, and starts all threads. */
static bool is_system(const struct object *object) {
	static const char *const names[] = {
		"libc.so", "libpthread.so", "linux-vdso.so", "libc.musl-"};

	return is_one_of(object, names, sizeof(names) / sizeof(names[0])) || is_linker(object);
}

/* Whether it works for others: what it does, somebody has called for. */
static bool is_servant(const struct object *object) {
	static const char *const names[] = {
		"libdl.so", "librt.so", "libm.so", "libgcc_s.so", "libstdc++.so"};

	return is_one_of(object, names, sizeof(names) / sizeof(names[0])) || is_system(object);
}

/* Whether the table of functions that the tags are about has 'function' in it. */
static bool has_function(
	const struct object *object, ElfW(Sxword) tag, ElfW(Sxword) size_tag, uintptr_t function) {
	const ElfW(Addr) *table = NULL;
	size_t count = 0;

	for (size_t i = 0; i < ENTRIES_MAX && object->dynamic[i].d_tag != DT_NULL; i++) {
		ElfW(Addr) value = object->dynamic[i].d_un.d_ptr;

		/* Relocated in place, or not, see image_address(). */
		if (object->dynamic[i].d_tag == tag)
			table = (const void *)(value < object->base ? object->base + value : value);
		else if (object->dynamic[i].d_tag == size_tag)
			count = object->dynamic[i].d_un.d_val / sizeof(*table);
	}
	for (size_t i = 0; table && i < count && i < ENTRIES_MAX; i++) {
		if (table[i] == function || object->base + table[i] == function)
			return true;
	}
	return false;
}

/* Whether the tag is about 'function' itself. */
static bool is_function(const struct object *object, ElfW(Sxword) tag, uintptr_t function) {
	for (size_t i = 0; i < ENTRIES_MAX && object->dynamic[i].d_tag != DT_NULL; i++) {
		ElfW(Addr) value = object->dynamic[i].d_un.d_ptr;

		if (object->dynamic[i].d_tag == tag &&
			(value == function || object->base + value == function))
			return true;
	}
	return false;
}

/* What 'function' is, the outermost that is known: the one that was called may have gone, where it
 * ended with a jump to this. */
static const char *role_of(uintptr_t function, bool closing) {
	if (function == 0 || !find(function, &other) || !other.dynamic)
		return NULL;
	if (is_function(&other, DT_INIT, function) ||
		has_function(&other, DT_INIT_ARRAY, DT_INIT_ARRAYSZ, function))
		return "a constructor";
	if (closing || is_function(&other, DT_FINI, function) ||
		has_function(&other, DT_FINI_ARRAY, DT_FINI_ARRAYSZ, function))
		return "a destructor";
	return NULL;
}

/*
 * Whether the unwinder knows of none of the object's functions: glibc tells it of an object once
 * that has been relocated (_dl_find_object(), since 2.35), so that this is the time of resolvers. A
 * single function may have no frame. Of the table (LSB, "Exception Frames") only its usual form is
 * read: numbers of four bytes, from its own start.
 */
static bool is_being_relocated(const struct object *object) {
	static const unsigned char usual[] = {1, 0x1b, 3, 0x3b};
	int32_t first;

	if (!object->frames || memcmp(object->frames, usual, sizeof(usual)) != 0)
		return false;
	memcpy(&first, object->frames + 12, sizeof(first));
	return !_Unwind_FindEnclosingFunction(
		(void *)((uintptr_t)object->frames + (uintptr_t)(intptr_t)first + 1));
}

/* What was asked of the culprit: that is the outermost function before the dynamic linker's. */
static const char *find_role(size_t first, bool closing) {
	size_t outermost = first;

	if (syscall(SYS_gettid) != getpid())
		return "a thread";
	for (size_t i = first; i < walk.count && find(walk.frames[i].counter, &other); i++) {
		if (is_linker(&other))
			return role_of(walk.frames[outermost].function, closing);
		if (!is_servant(&other))
			outermost = i;
	}
	return !closing && is_being_relocated(&culprit) ? "an IFUNC resolver" : NULL;
}

/* The frame of whoever is to answer for it; walk.count if nobody is found. */
static size_t find_culprit(void) {
	size_t servant = walk.count;

	for (size_t i = 0; i < walk.count; i++) {
		if (!find(walk.frames[i].counter, &culprit))
			continue;
		if (!is_servant(&culprit))
			return i;
		if (servant == walk.count && !is_system(&culprit))
			servant = i;
	}
	if (servant < walk.count)
		find(walk.frames[servant].counter, &culprit);
	return servant;
}

/* Of a call that leads nowhere there is no frame, but there is whoever made it. */
static void take_caller(void *argument) {
	uintptr_t address = registers_return_address(walk.context);

	(void)argument;
	if (address == 0 || !find(address, &other))
		return;
	walk.frames[0] = (struct frame){.counter = address - 1};
	walk.count = 1;
}

/* What is told: texts with their NULs. */
static struct {
	char text[PATH_MAX + 128];
	size_t size;
} words;

static void put(const char *text) {
	size_t size = strlen(text) + 1;

	if (size > sizeof(words.text) - words.size)
		return;
	memcpy(words.text + words.size, text, size);
	words.size += size;
}

/* The code that was to be executed, in hexadecimal, up to where it cannot be read: that ends this.
 */
static void put_code(void *argument) {
	const volatile unsigned char *code = argument;

	for (size_t i = 0; i < CODE_SIZE && words.size + 2 < sizeof(words.text); i++) {
		unsigned char byte = code[i];

		snprintf(words.text + words.size, 3, "%02x", byte);
		words.size += 2;
	}
}

static void put_culprit(void *argument) {
	const bool *closing = argument;
	char place[32];
	size_t index = find_culprit();

	if (index == walk.count || !culprit.path[0])
		return;
	snprintf(place, sizeof(place), "+%#lx",
		(unsigned long)(walk.frames[index].counter - culprit.base));
	const char *role = find_role(index, *closing);
	put(culprit.path);
	put(place);
	put(role ? role : "");
}

static void take_stack(const ucontext_t *context) {
	walk.context = context;
	walk.counter = registers_counter(context);
	guard_run(walk_stack, NULL);
	if (walk.count == 0) {
		walk.frames[0] = (struct frame){.counter = walk.counter};
		walk.count = 1;
	}
	if (!find(walk.counter, &culprit))
		guard_run(take_caller, NULL);
}

void culprit_tell(const ucontext_t *context, bool closing, uint64_t start_ns) {
	take_stack(context);
	if (!guard_run(put_culprit, &closing) || words.size == 0)
		return;
	guard_run(put_code, (void *)walk.counter);
	words.text[words.size++] = '\0';
	const struct report report = {.stage = LOADER_STAGE_CULPRIT,
		.text = words.text,
		.text_size = words.size,
		.start_ns = start_ns};
	report_send(&report);
}
