/* SPDX-License-Identifier: MIT */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/standing.h>

#include "fdpass.h"
#include "loadenv.h"
#include "loader_abi.h"
#include "loaders.h"
#include "loadersetup.h"
#include "sandbox.h"
#include "selftest.h"

_Static_assert(LOADER_ZYGOTE_NOFILE == DLTEST_STANDING_NOFILE, "one limit of descriptors");

const char *confine_step_name(unsigned step) {
	static const char *const names[CONFINE_STEP_COUNT_] = {
		[CONFINE_STEP_PARENT] = "tying it to the daemon",
		[CONFINE_STEP_DESCRIPTORS] = "arranging its descriptors",
		[CONFINE_STEP_LIMITS] = "limiting its resources",
		[CONFINE_STEP_CAPABILITIES] = "dropping its capabilities",
		[CONFINE_STEP_NO_NEW_PRIVS] = "setting no_new_privs",
		[CONFINE_STEP_LANDLOCK] = "entering Landlock",
		[CONFINE_STEP_SECCOMP] = "installing the system call filter",
		[CONFINE_STEP_SELF_TEST] = "testing the sandbox",
		[CONFINE_STEP_EXECUTE] = "executing it",
	};

	return step < CONFINE_STEP_COUNT_ ? names[step] : "an unknown step";
}

/* From here to execve(): the forked child. No allocation, no stdio, no cleanup attributes. */

static int tie_to(pid_t daemon) {
	struct sigaction fresh = {.sa_handler = SIG_DFL};
	sigset_t none;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -1;
	if (getppid() != daemon)
		_exit(0);
	/* No controlling terminal to type into, and a process group of its own. */
	if (setsid() < 0)
		return -1;
	for (int number = 1; number < NSIG; number++)
		sigaction(number, &fresh, NULL);
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_between(int first, int last) {
	if (first > last || syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0) == 0)
		return;
	/* Before Linux 5.9. */
	long limit = sysconf(_SC_OPEN_MAX);
	for (int fd = first; fd <= last && fd < limit; fd++)
		close(fd);
}

/* All that was inherited but these two: the daemon's table may be full, and what is opened from
 * here on must find a place in this one. */
static void close_others(int one, int other) {
	int low = one < other ? one : other, high = one < other ? other : one;

	close_between(0, low - 1);
	close_between(low + 1, high - 1);
	close_between(high + 1, INT_MAX);
}

/* Puts control and setup where the loader expects them; either may be in the other's place. */
static int arrange_descriptors(int control, int setup) {
	close_others(control, setup);
	control = fcntl(control, F_DUPFD, 10);
	setup = fcntl(setup, F_DUPFD, 10);
	if (control < 0 || setup < 0)
		return -1;
	/* Before anything else can fail, since that is told of there. */
	if (dup2(control, LOADER_FD_CONTROL) < 0 || dup2(setup, LOADER_FD_SETUP) < 0)
		return -1;
	int null = open("/dev/null", O_RDWR);
	if (null < 0)
		return -1;
	for (int fd = 0; fd <= 2; fd++) {
		if (dup2(null, fd) < 0)
			return -1;
	}
	close_between(LOADER_FD_SETUP + 1, INT_MAX);
	umask(077);
	return chdir("/");
}

/* An inherited lower hard limit stays, which an ordinary user cannot raise. */
static int lower_limit(const struct dltest_limit *lower) {
	struct rlimit limit;

	if (getrlimit(lower->resource, &limit) < 0)
		return -1;
	if (limit.rlim_max > lower->load)
		limit.rlim_max = lower->load;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(lower->resource, &limit);
}

static int limit_resources(void) {
	size_t count;
	const struct dltest_limit *limits = dltest_standing_limits(&count);

	for (size_t i = 0; i < count; i++) {
		if (lower_limit(&limits[i]) < 0)
			return -1;
	}
	/* The first to go when memory runs out. Not essential. */
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (write(fd, "1000", 4) < 0)
			(void)0;
		close(fd);
	}
	return 0;
}

/* So that root, too, is nobody special here, not even after execve() (capabilities(7)). */
static int drop_capabilities(void) {
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[2] = {{0}, {0}};

	for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0;
		capability++)
		prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	/* Both fail without CAP_SETPCAP; then there is nothing that execve() could give back. */
	prctl(PR_SET_SECUREBITS,
		SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
			SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED,
		0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return (int)syscall(SYS_capset, &header, none);
}

static int add_rule(int ruleset, const char *path, uint64_t rights) {
	struct landlock_path_beneath_attr rule = {.allowed_access = rights};
	struct stat status;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -1;
	if (fstat(rule.parent_fd, &status) == 0 && !S_ISDIR(status.st_mode))
		rule.allowed_access = landlock_file_rights(rights);
	int r = (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return r;
}

/* Execution is for the loader and its interpreter alone. */
static int add_execution(int ruleset, const struct confine_plan *plan) {
	static const char *const interpreters[] = {
		"/lib64/ld-linux-x86-64.so.2",
		"/lib/ld-linux-aarch64.so.1",
		"/lib/ld-musl-x86_64.so.1",
		"/lib/ld-musl-aarch64.so.1",
		"/nix/store",
		"/gnu/store",
	};
	const uint64_t rights = plan->sandbox->landlock.execute;

	for (size_t i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]); i++) {
		if (add_rule(ruleset, interpreters[i], rights) < 0)
			return -1;
	}
	return add_rule(ruleset, plan->env->loader->program, rights);
}

static int add_standin(int ruleset, const struct confine_plan *plan) {
	return plan->standin ? add_rule(ruleset, plan->standin, plan->sandbox->landlock.read_file)
			     : 0;
}

static int enter_landlock(const struct confine_plan *plan) {
	const struct landlock_policy *policy = &plan->sandbox->landlock;
	const uint64_t attr[] = {policy->fs, policy->net, policy->scoped};

	if (policy->abi == 0)
		return 0;
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, attr, (size_t)policy->attr_size, 0);
	if (ruleset < 0)
		return -1;
	for (size_t i = 0; i < plan->env->rules_count; i++) {
		const struct loadenv_rule *rule = &plan->env->rules[i];

		/* It would be waited for without end. */
		if (rule->unanswered)
			continue;

		if (add_rule(ruleset, rule->path, loadersetup_rights(policy, rule)) < 0)
			return -1;
	}
	/* Each child narrows this to its own directory. */
	if (add_rule(ruleset, "/proc", policy->read) < 0 || add_standin(ruleset, plan) < 0 ||
		add_execution(ruleset, plan) < 0)
		return -1;
	if (syscall(SYS_landlock_restrict_self, ruleset, policy->flags) < 0)
		return -1;
	close(ruleset);
	return 0;
}

static int send_listener(int listener, uint64_t token) {
	const struct loader_event event = {LOADER_EVENT_LISTENER, 0, 0, 0};
	struct fdpass_message message;

	fdpass_make(&message, &event, sizeof(event), &listener, 1);
	/* The filter wants to see the token in an argument that the system call does not have. */
	long sent = syscall(SYS_sendmsg, LOADER_FD_CONTROL, &message.header,
		MSG_DONTWAIT | MSG_NOSIGNAL, (unsigned long)token);
	return sent == sizeof(event) ? 0 : -1;
}

static int install(const struct sysfilter *filter, unsigned flags) {
	struct sock_fprog program = {
		.len = (unsigned short)filter->count,
		.filter = filter->code,
	};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static int enter_seccomp(const struct sandbox *sandbox) {
	if (sandbox->base.count == 0)
		return 0;
	if (!sandbox->notify)
		return install(&sandbox->base, 0);
	/* So that a signal does not make a process ask twice (Linux 5.19). */
	int listener = install(&sandbox->base,
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	if (listener < 0 && errno == EINVAL)
		listener = install(&sandbox->base, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	if (listener < 0)
		return -1;
	int r = send_listener(listener, sandbox->affinity_token);
	/* With it, what runs here could answer its own questions. */
	close(listener);
	return r;
}

/* The filter that a load child would add. */
static int enter_child_seccomp(const struct sandbox *sandbox) {
	if (sandbox->child.count == 0)
		return 0;
	for (size_t i = 0; i < sandbox->child.count; i++) {
		if (sandbox->child.code[i].k == LOADER_PID_PLACEHOLDER)
			sandbox->child.code[i].k = (uint32_t)getpid();
	}
	return install(&sandbox->child, 0);
}

static _Noreturn void fail(enum confine_step step) {
	struct loader_event event = {LOADER_EVENT_FAILED, step, 0, errno};

	if (write(LOADER_FD_CONTROL, &event, sizeof(event)) < 0)
		(void)0;
	_exit(127);
}

static void test_sandbox(const struct confine_plan *plan, const char *unreadable) {
	for (unsigned act = 0; act < selftest_count(); act++) {
		if (!selftest_applies(plan->sandbox, unreadable, act, SELFTEST_IN_ZYGOTE))
			continue;
		int error = selftest_try(unreadable, act);
		if (selftest_is_refusal(error))
			continue;
		bool untried = selftest_is_untried(act, error);
		errno = untried ? error : (int)act;
		fail(untried ? CONFINE_STEP_LANDLOCK : CONFINE_STEP_SELF_TEST);
	}
}

static _Noreturn void report_check(const struct confine_plan *plan, const char *unreadable) {
	if (enter_child_seccomp(plan->sandbox) < 0)
		fail(CONFINE_STEP_SECCOMP);
	for (unsigned act = 0; act < selftest_count(); act++) {
		struct loader_event event = {LOADER_EVENT_CHECK, act, 0, 0};

		if (!selftest_can_be_tried(unreadable, act))
			continue;
		event.value = selftest_try(unreadable, act);
		if (write(LOADER_FD_CONTROL, &event, sizeof(event)) < 0)
			break;
	}
	_exit(0);
}

static _Noreturn void become_loader(const struct confine_plan *plan, int setup, pid_t daemon,
	const char *unreadable, char *const arguments[], char *const environment[]) {
	if (tie_to(daemon) < 0)
		_exit(127);
	if (arrange_descriptors(plan->control, setup) < 0)
		fail(CONFINE_STEP_DESCRIPTORS);
	if (limit_resources() < 0)
		fail(CONFINE_STEP_LIMITS);
	if (drop_capabilities() < 0)
		fail(CONFINE_STEP_CAPABILITIES);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail(CONFINE_STEP_NO_NEW_PRIVS);
	if (enter_landlock(plan) < 0)
		fail(CONFINE_STEP_LANDLOCK);
	if (enter_seccomp(plan->sandbox) < 0)
		fail(CONFINE_STEP_SECCOMP);
	if (plan->purpose == CONFINE_TO_CHECK)
		report_check(plan, unreadable);
	test_sandbox(plan, unreadable);
	execve(plan->env->loader->program, arguments, environment);
	fail(CONFINE_STEP_EXECUTE);
}

pid_t confine_spawn(const struct confine_plan *plan) {
	cleanup_free char *search_path = NULL, *preload = NULL;
	cleanup_free char *loader = strdup(plan->env->loader->program);
	char path[] = "PATH=/usr/bin:/bin", home[] = "HOME=/nonexistent", locale[] = "LC_ALL=C",
	     temporary[] = "TMPDIR=/nonexistent", zygote[] = "--zygote";

	if (!loader || asprintf(&search_path, "LD_LIBRARY_PATH=%s", plan->env->search_path) < 0) {
		search_path = NULL;
		return -ENOMEM;
	}
	/* In memory under its name, it is what everybody's need of a C library is met by. */
	if (plan->env->clibrary && asprintf(&preload, "LD_PRELOAD=%s", plan->env->clibrary) < 0) {
		preload = NULL;
		return -ENOMEM;
	}
	/* All there is: nothing of the daemon's own environment, nor of the caller's. Without a
	 * search path there is no C library to be told from others. */
	char *const environment[] = {path, home, locale, temporary,
		plan->env->search_path[0] ? search_path : NULL, preload, NULL};
	char *const arguments[] = {loader, zygote, NULL};
	const struct loadersetup_own own = {plan->env->loader->program, plan->standin};
	cleanup_fd int setup = loadersetup_make(plan->sandbox, plan->env, &own);
	if (setup < 0)
		return setup;

	const char *unreadable = selftest_find_unreadable(plan->env);
	pid_t daemon = getpid();
	pid_t pid = fork();
	if (pid == 0)
		become_loader(plan, setup, daemon, unreadable, arguments, environment);
	return pid < 0 ? -errno : pid;
}
