/* SPDX-License-Identifier: MIT */
#include <dltest/standing.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dltest/cleanup.h>

/* Of kernels newer than the headers may be. */
#ifndef PR_GET_MDWE
#define PR_GET_MDWE 66
#endif
#define MDWE_REFUSE_EXEC_GAIN 1
#define MDWE_NO_INHERIT	      2

#define MIB (UINT64_C(1) << 20)
/* The limit of loads is the inherited one. */
#define INHERITED UINT64_MAX
/* What any library needs, and a daemon that serves all of a user's clients. What is more is all
 * the same: it differs between a login and systemd's user manager. */
#define ENOUGH_PROCESSES   4096
#define ENOUGH_DESCRIPTORS 1024
#define ENOUGH_FILE	   (64 * MIB)

/* As the kernel has it since Linux 5.19; the first version had 64. */
#define LANDLOCK_DOMAINS_MAX 16

/* Of /proc/PID/status and limits. */
#define TEXT_MAX 16384

static const struct dltest_limit limits[] = {
	/* No file has one byte. With 0 there would be one for a program that core files are piped
	 * to (fs/coredump.c). */
	{RLIMIT_CORE, "core file size", 1, 0},
	/* Of anonymous files: no other can be written to. */
	{RLIMIT_FSIZE, "file size", ENOUGH_FILE, ENOUGH_FILE},
	{RLIMIT_NOFILE, "open files", DLTEST_STANDING_NOFILE, ENOUGH_DESCRIPTORS},
	/* Address space is no measure of memory: garbage collectors and sanitizers reserve
	 * terabytes. What a load really has, the daemon looks at. */
	{RLIMIT_AS, "address space", INHERITED, RLIM_INFINITY},
	{RLIMIT_DATA, "data size", INHERITED, RLIM_INFINITY},
	/* Also the size of a thread's stack. */
	{RLIMIT_STACK, "stack size", 8 * MIB, 8 * MIB},
	{RLIMIT_MEMLOCK, "locked memory", 64 * 1024, 64 * 1024},
	{RLIMIT_MSGQUEUE, "msgqueue size", 0, 0},
	{RLIMIT_SIGPENDING, "pending signals", 128, 128},
	{RLIMIT_RTPRIO, "realtime priority", 0, 0},
	{RLIMIT_NICE, "nice priority", 0, 0},
	/* A zygote needs a second for thousands of forks, and each child limits its own; but a
	 * foreign C library may have forked something else. */
	{RLIMIT_CPU, "cpu time", 3600, 3600},
	/* Never one of ours: it counts all of the user's processes. */
	{RLIMIT_NPROC, "processes", INHERITED, ENOUGH_PROCESSES},
};

#define LIMITS (sizeof(limits) / sizeof(limits[0]))

_Static_assert(LIMITS <= DLTEST_STANDING_LIMITS_MAX, "room for all limits");
_Static_assert(RLIM_INFINITY == UINT64_MAX, "no limit is the highest");

const struct dltest_limit *dltest_standing_limits(size_t *ret_count) {
	*ret_count = LIMITS;
	return limits;
}

/* Reads /proc/'who'/'name'. Returns 0 or -errno. */
static int read_text(const char *who, const char *name, char text[TEXT_MAX]) {
	char path[64];
	size_t length = 0;
	ssize_t got = 1;

	snprintf(path, sizeof(path), "/proc/%s/%s", who, name);
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	while (got > 0 && length < TEXT_MAX - 1) {
		got = read(fd, text + length, TEXT_MAX - 1 - length);
		if (got > 0)
			length += (size_t)got;
	}
	text[length] = '\0';
	return got < 0 ? -errno : 0;
}

/* The number behind 'name', a line's beginning with its colon, in 'text'. */
static bool find_number(const char *text, const char *name, unsigned *ret_number) {
	const char *at = strstr(text, name);

	if (!at || (at > text && at[-1] != '\n'))
		return false;
	*ret_number = (unsigned)strtoul(at + strlen(name), NULL, 10);
	return true;
}

/* How many filters a process has; before Linux 5.9 whether it has any. */
static int read_filters(const char *text, unsigned *ret_filters) {
	unsigned mode;

	if (!find_number(text, "Seccomp:", &mode))
		return -ENODATA;
	if (!find_number(text, "Seccomp_filters:", ret_filters))
		*ret_filters = mode > 0;
	return 0;
}

static int take_limits(pid_t pid, struct dltest_standing *standing) {
	for (size_t i = 0; i < LIMITS; i++) {
		/* As the kernel has it, whatever the C library does. */
		struct {
			uint64_t soft, hard;
		} limit;

		if (limits[i].enough == 0)
			continue;
		if (syscall(SYS_prlimit64, pid, limits[i].resource, NULL, &limit) < 0)
			return -errno;
		standing->limits[i] = limit.hard < limits[i].enough ? limit.hard : limits[i].enough;
	}
	return 0;
}

static int take_capabilities(pid_t pid, struct dltest_standing *standing) {
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, pid};
	struct __user_cap_data_struct data[2] = {{0}, {0}};

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	standing->capabilities =
		data[0].effective & (1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH);
	return 0;
}

int dltest_standing_take_of(pid_t pid, struct dltest_standing *ret_standing) {
	struct dltest_standing standing = {0};

	int r = take_limits(pid, &standing);
	if (r == 0)
		r = take_capabilities(pid, &standing);
	if (r == 0)
		*ret_standing = standing;
	return r;
}

/* Returns as dltest_standing_take_of(). */
static int count_filters_of(const char *who, unsigned *ret_filters) {
	char text[TEXT_MAX];

	int r = read_text(who, "status", text);
	return r < 0 ? r : read_filters(text, ret_filters);
}

int dltest_standing_count_filters(pid_t pid, unsigned *ret_filters) {
	char who[16];

	snprintf(who, sizeof(who), "%d", (int)pid);
	return count_filters_of(who, ret_filters);
}

/* The hard limit of process 1: a container's, or the machine's. */
static bool find_limit(const char *text, const char *name, uint64_t *ret_hard) {
	char line[40];
	const char *at;
	size_t length = (size_t)snprintf(line, sizeof(line), "\nMax %s ", name);

	at = strstr(text, line);
	if (!at)
		return false;
	at += length;
	at += strspn(at, " ");
	at += strcspn(at, " \n");
	at += strspn(at, " ");
	*ret_hard = *at == 'u' ? UINT64_MAX : strtoull(at, NULL, 10);
	return true;
}

/* Whether all limits are enough, or what process 1 has. */
static bool has_usual_limits(const struct dltest_standing *standing) {
	char text[TEXT_MAX];
	bool has_text = false;

	for (size_t i = 0; i < LIMITS; i++) {
		uint64_t hard;

		if (standing->limits[i] == limits[i].enough)
			continue;
		if (!has_text && read_text("1", "limits", text) < 0)
			return false;
		has_text = true;
		if (!find_limit(text, limits[i].name, &hard) || standing->limits[i] < hard)
			return false;
	}
	return true;
}

/* How many filters this process has; that there are none is told without a file. */
static unsigned count_filters(void) {
	unsigned filters = 1;

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) <= 0)
		return 0;
	/* By its number, /proc of another pid namespace has somebody else. */
	count_filters_of("self", &filters);
	return filters;
}

/* Whether this process has no more filters than process 1. */
static bool has_usual_filters(const struct dltest_standing *standing) {
	unsigned theirs;

	return standing->filters == 0 ||
	       (count_filters_of("1", &theirs) == 0 && standing->filters <= theirs);
}

/* Enters domains until there can be no more, and returns how many those were. */
static unsigned enter_domains(int ruleset) {
	unsigned entered = 0;

	while (entered < LANDLOCK_DOMAINS_MAX &&
		syscall(SYS_landlock_restrict_self, ruleset, 0) == 0)
		entered++;
	return entered;
}

/*
 * How many domains this process is in. The kernel does not say; but it does not let more than a
 * certain number be entered. Nobody enters one without no_new_privs but who has CAP_SYS_ADMIN, and
 * what such a process leaves to others is not found. The child has the caller's memory and its own
 * credentials.
 */
static unsigned count_domains(void) {
	const uint64_t access[] = {LANDLOCK_ACCESS_FS_MAKE_BLOCK};
	static volatile unsigned entered;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 0;
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	cleanup_fd int ruleset =
		version < 2 ? -1
			    : (int)syscall(SYS_landlock_create_ruleset, access, sizeof(access), 0);
	if (ruleset < 0)
		return 0;
	entered = LANDLOCK_DOMAINS_MAX;
	pid_t pid = vfork();
	if (pid == 0) {
		entered = enter_domains(ruleset);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return LANDLOCK_DOMAINS_MAX - entered;
}

/* What the kernel tells of a process to itself alone. */
static void take_restrictions(struct dltest_standing *standing) {
	int mdwe = prctl(PR_GET_MDWE, 0, 0, 0, 0), bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	if (mdwe > 0 && !(mdwe & MDWE_NO_INHERIT))
		standing->mdwe = MDWE_REFUSE_EXEC_GAIN;
	if (bits > 0)
		standing->securebits = (unsigned)bits & ~(unsigned)SECBIT_KEEP_CAPS;
}

void dltest_standing_take(struct dltest_standing *ret_standing) {
	struct dltest_standing standing = {.kind = DLTEST_STANDING_USUAL};

	take_limits(0, &standing);
	take_capabilities(0, &standing);
	take_restrictions(&standing);
	standing.filters = count_filters();
	standing.domains = count_domains();
	if (standing.domains > 0 || !has_usual_filters(&standing))
		standing.kind = DLTEST_STANDING_APART;
	else if (standing.mdwe || standing.securebits || !has_usual_limits(&standing))
		standing.kind = DLTEST_STANDING_OTHER;
	*ret_standing = standing;
}

void dltest_standing_disown(void) {
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[2] = {{0}, {0}};

	/* Without it clock_gettime(2) is a crash. */
	prctl(PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0);
	/* Root's come back with each program, and are wanted for root's own files. */
	if (geteuid() == 0)
		return;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	syscall(SYS_capset, &header, none);
}

void dltest_standing_say(struct dltest_standing_words *ret_words) {
	struct dltest_standing standing = {0};

	take_restrictions(&standing);
	ret_words->count = 0;
	if (standing.mdwe)
		snprintf(ret_words->text[ret_words->count++], sizeof(ret_words->text[0]), "mdwe");
	if (standing.securebits)
		snprintf(ret_words->text[ret_words->count++], sizeof(ret_words->text[0]),
			"securebits=0x%x", standing.securebits);
	for (size_t i = 0; i < ret_words->count; i++)
		ret_words->items[i] = ret_words->text[i];
}
