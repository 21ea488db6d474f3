/* SPDX-License-Identifier: MIT */

/*
 * A library to be damaged: small, and with a little of all that a dynamic linker has to do with.
 * Thread-local storage, an indirect function, constructors and destructors, relocations of data in
 * every kind, symbols with versions. It does nothing that another process could notice, since some
 * of the damaged ones are loaded without confinement, too.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef WITH_MATHS
#include <math.h>
#endif

struct row {
	const char *name;
	int (*work)(int);
	struct row *next;
};

int victim_work(int number);
int victim_choose(int number);
int victim_sum(void);

__thread int victim_counter = 7;
#ifdef WITH_STATIC_TLS
static __thread int victim_own[32] __attribute__((tls_model("initial-exec")));
#else
static __thread int victim_own[32];
#endif

static volatile int opened;
static char buffer[9000];
int victim_value = 42;
int *victim_pointer = &victim_value;

int victim_work(int number) {
	victim_own[number & 31] += number;
	return victim_own[number & 31] + victim_counter + *victim_pointer;
}

static int twice(int number) {
	return 2 * number;
}

static int thrice(int number) {
	return 3 * number;
}

static struct row rows[] = {
	{"first", victim_work, &rows[1]},
	{"second", twice, &rows[2]},
	{"third", thrice, &rows[3]},
	{"fourth", victim_choose, NULL},
};

#ifdef WITH_IFUNC
static int (*choose(void))(int) {
	return victim_value == 42 ? twice : thrice;
}
int victim_choose(int number) __attribute__((ifunc("choose")));
#else
int victim_choose(int number) {
	return twice(number);
}
#endif

int victim_sum(void) {
	int sum = 0;

	for (const struct row *row = rows; row; row = row->next)
		sum += row->work(3) + row->name[0];
#ifdef WITH_MATHS
	sum += (int)sqrt((double)sum);
#endif
	return sum;
}

__attribute__((constructor(201))) static void open_first(void) {
	opened = victim_sum();
}

__attribute__((constructor)) static void open_second(void) {
	for (size_t i = 0; i < sizeof(buffer); i += 512)
		buffer[i] = (char)(opened + (int)i);
}

__attribute__((destructor)) static void close_it(void) {
	opened = buffer[512] - victim_work(opened);
}

#ifdef WITH_VERSIONS
int victim_old(int number);
int victim_new(int number);

int victim_old(int number) {
	return twice(number);
}

int victim_new(int number) {
	return thrice(number);
}

__asm__(".symver victim_old,victim_call@VICTIM_1");
__asm__(".symver victim_new,victim_call@@VICTIM_2");
#endif
