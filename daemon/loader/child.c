/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "loader_abi.h"
#include "probe.h"
#include "tracer.h"

/* What landlock_create_ruleset() takes; the headers of Debian 12 know only the first field
 * (uapi/linux/landlock.h, Linux 6.12). */
struct ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

static _Noreturn void give_up(void) {
	_exit(LOADER_EXIT_CONFINE);
}

/* Ends the process for errno. */
static _Noreturn void give_up_for_error(void) {
	_exit(setup_lacks_room(errno) ? LOADER_EXIT_NO_ROOM : LOADER_EXIT_CONFINE);
}

/* Reads nothing, from an open file of its own: what one child sets of it is not for the next to
 * see. */
static void open_input(void) {
	int input = open("/dev/null", O_RDONLY);

	if (input < 0 && setup_lacks_room(errno))
		give_up_for_error();
	if (input < 0)
		return;
	if (dup2(input, STDIN_FILENO) < 0)
		give_up();
	close(input);
}

/* Puts channel, input and output in their places, and leaves the descriptors of the rules, which
 * confinement still needs. */
static void arrange_descriptors(int channel, int output) {
	open_input();
	if (output >= 0 && (dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0))
		give_up();
	/* Over the control socket, which is the zygote's alone. dup2() clears close-on-exec, which
	 * makes no difference to a process that cannot execute. */
	if (dup2(channel, LOADER_FD_CHANNEL) < 0)
		give_up();
	close(channel);
	if (output >= 0)
		close(output);
}

static void close_from(int first) {
	if (syscall(SYS_close_range, (unsigned)first, ~0u, 0) == 0)
		return;
	/* Before Linux 5.9. The zygote's limit is low. */
	long limit = sysconf(_SC_OPEN_MAX);
	for (int fd = first; fd < limit; fd++)
		close(fd);
}

static void add_rule(int ruleset, int fd, uint64_t access) {
	struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};

	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		give_up_for_error();
}

/* A file or directory for a rule; -1 if there is none of this name. */
static int open_for_rule(const char *path, int flags) {
	int fd = open(path, O_PATH | O_CLOEXEC | flags);

	/* Without the rule something would be denied that is needed. */
	if (fd < 0 && setup_lacks_room(errno))
		give_up_for_error();
	return fd;
}

/* Enters a Landlock layer under which 'program' (NULL: none) may be executed. Each child makes the
 * rules anew: below /proc it may see only itself, and a rule on /proc/self made by the zygote would
 * be about the zygote. */
static void enter_landlock(const struct setup *setup, const char *program) {
	const struct loader_setup *head = setup->head;
	struct ruleset_attr attr = {head->landlock_fs, head->landlock_net, head->landlock_scoped};

	if (head->landlock_fs == 0)
		return;
	int ruleset = (int)syscall(
		SYS_landlock_create_ruleset, &attr, (size_t)head->landlock_attr_size, 0);
	if (ruleset < 0)
		give_up_for_error();
	for (size_t i = 0; i < setup->rules_count; i++)
		add_rule(ruleset, setup->rules[i].fd, setup->rules[i].access);
	int proc = open_for_rule("/proc/self", O_DIRECTORY);
	if (proc >= 0)
		add_rule(ruleset, proc, head->landlock_proc);
	int executable = program ? open_for_rule(program, 0) : -1;
	if (executable >= 0)
		add_rule(ruleset, executable,
			LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE);
	if (syscall(SYS_landlock_restrict_self, ruleset, head->landlock_flags) < 0)
		give_up_for_error();
}

/* The filter was built by the daemon with a placeholder where this process's id belongs. */
static void enter_seccomp(struct sock_filter *filter, uint32_t count) {
	struct sock_fprog program = {.len = (unsigned short)count, .filter = filter};
	uint32_t pid = (uint32_t)getpid();

	if (count == 0)
		return;
	for (uint32_t i = 0; i < count; i++) {
		if (filter[i].k == LOADER_PID_PLACEHOLDER)
			filter[i].k = pid;
	}
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		give_up_for_error();
}

static void stay_on_processor(const struct child *child) {
	/* Whatever runs here later must not find the token. */
	volatile uint64_t *token = child->setup->affinity_token;
	cpu_set_t set;

	if (child->cpu >= 0 && child->cpu < CPU_SETSIZE) {
		CPU_ZERO(&set);
		CPU_SET((size_t)child->cpu, &set);
		/* OpenBLAS and its like start a thread for each processor they see. Not being able
		 * to keep to one costs time, nothing else. */
		syscall(SYS_sched_setaffinity, 0, sizeof(set), &set, *token);
	}
	*token = 0;
}

/* Lowers a limit to 'value'; a lower one that was inherited stays. */
static void limit(int resource, rlim_t value) {
	struct rlimit limit = {value, value};

	/* The C libraries do not agree on the type of 'resource'. */
	if (syscall(SYS_prlimit64, 0, resource, &limit, NULL) == 0)
		return;
	if (syscall(SYS_prlimit64, 0, resource, NULL, &limit) < 0 || limit.rlim_max > value)
		give_up();
}

static void bind(const struct child *child) {
	/* Dies with the zygote, which dies with the daemon; also if that happened already. Before
	 * it has a session of its own: by that the daemon knows who will (server.c). */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != child->zygote)
		give_up();
	/* A session, and so an autogroup where the kernel has them (sched(7)): a library gets the
	 * processor time of one process, however many threads it starts, and whoever waits for time
	 * beside it (the loader, other loads) is not in its queue. Also a process group, so that
	 * the daemon could signal all of it at once. */
	if (syscall(SYS_setsid, LOADER_SETSID_TOKEN) < 0)
		give_up();
	/* What it is refused is read by processes that Yama would keep from it, where there is
	 * that. */
	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	limit(RLIMIT_CPU, child->setup->head->cpu_seconds);
	/* The files that it makes for itself have a size that is enough for most; a program of no
	 * limit would have had the error at most. */
	signal(SIGXFSZ, SIG_IGN);
	stay_on_processor(child);
}

/* Puts what is left of the descriptors behind the channel, so that those of the rules can go. They
 * came behind them, the names before the program. */
static void gather_host(struct host_gift *host, int *ret_first) {
	*ret_first = LOADER_FD_CHANNEL + 1;
	if (host->names < 0)
		return;
	if (dup2(host->names, *ret_first) < 0)
		give_up();
	host->names = (*ret_first)++;
	if (host->program < 0)
		return;
	if (dup2(host->program, *ret_first) < 0)
		give_up();
	host->program = (*ret_first)++;
}

/* Keeps the channel, and what there is of a host until that has been read. */
static void keep_channel_alone(struct host_gift *host) {
	int first;

	gather_host(host, &first);
	close_from(first);
	limit(RLIMIT_NOFILE, LOADER_CHILD_NOFILE);
}

static void read_or_exit(void *buffer, size_t size) {
	char *cursor = buffer;

	while (size > 0) {
		ssize_t length = read(LOADER_FD_CHANNEL, cursor, size);
		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			_exit(LOADER_EXIT_NO_JOB);
		cursor += length;
		size -= (size_t)length;
	}
}

static void read_job(struct probe_job *job) {
	static char text[LOADER_JOB_TEXT_MAX];
	struct loader_job head;

	read_or_exit(&head, sizeof(head));
	if (head.magic != LOADER_MAGIC_JOB || head.text_size == 0 ||
		head.text_size > sizeof(text) || head.preload_count > LOADER_PRELOAD_MAX ||
		head.companions > head.preload_count)
		_exit(LOADER_EXIT_PROTOCOL);
	read_or_exit(text, head.text_size);

	const char *cursor = text, *end = text + head.text_size;
	for (uint32_t i = 0; i <= head.preload_count; i++) {
		const char *nul =
			cursor < end ? memchr(cursor, '\0', (size_t)(end - cursor)) : NULL;

		if (!nul)
			_exit(LOADER_EXIT_PROTOCOL);
		*(i == 0 ? &job->path : &job->preload[i - 1]) = cursor;
		cursor = nul + 1;
	}
	job->flags = head.flags;
	job->preload_count = head.preload_count;
	job->companions = head.companions;
}

static void say_hello(void) {
	const struct loader_hello hello = {LOADER_MAGIC_HELLO, getpid()};

	if (write(LOADER_FD_CHANNEL, &hello, sizeof(hello)) != sizeof(hello))
		give_up();
}

void child_run(const struct child *child) {
	struct probe_job job = {.host = child->host};

	arrange_descriptors(child->channel, child->output);
	bind(child);
	enter_landlock(child->setup, NULL);
	keep_channel_alone(&job.host);
	enter_seccomp(child->setup->filter, child->setup->head->filter_count);
	say_hello();
	read_job(&job);
	probe_run(child->setup, &job);
}

void child_trace(const struct child *child) {
	struct probe_job job = {.host = {-1, -1}};

	arrange_descriptors(child->channel, child->output);
	bind(child);
	say_hello();
	read_job(&job);
	enter_landlock(child->setup, job.path);
	keep_channel_alone(&job.host);
	enter_seccomp(child->setup->trace_filter, child->setup->head->trace_filter_count);
	tracer_run(&job, child->setup->environment);
}
