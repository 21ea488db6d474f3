/* SPDX-License-Identifier: MIT */
/* Attacks that want to change files, or to read what is none of a library's business. */
#include "attack.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <time.h>
#include <utime.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static void open_for_writing(void) {
	const char *canary = below("canaries", "file");
	struct open_how how = {.flags = O_RDWR};

	TRY(open(canary, O_WRONLY));
	TRY(open(canary, O_RDWR));
	TRY(open(canary, O_WRONLY | O_APPEND));
	TRY(open(canary, O_RDONLY | O_TRUNC));
	TRY(open(canary, O_WRONLY | O_TRUNC));
	TRY(open(canary, 3)); /* the old way to ask for ioctl() alone */
	TRY(openat(AT_FDCWD, canary, O_WRONLY));
	TRY_SYS(openat, AT_FDCWD, canary, 0x100000000L | O_WRONLY, 0);
	TRY_SYS(openat2, AT_FDCWD, canary, &how, sizeof(how));
#ifdef SYS_creat
	TRY_SYS(creat, canary, 0600);
#endif
	TRY(open(own_path(), O_WRONLY));
	TRY(open("/dev/full", O_WRONLY));
}

/* The one thing that may be written to, where somebody gives it. */
static bool is_null(int fd) {
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) &&
	       status.st_rdev == makedev(1, 3);
}

static char swapped[1024];
static atomic_bool swaps = true;

static void *swap_path(void *canary) {
	while (swaps) {
		strcpy(swapped, "/dev/null");
		strcpy(swapped, canary);
	}
	return NULL;
}

/* Whatever becomes of the path between the look at it and the opening of it. */
static void swap_while_opening(void) {
	static char canary[1024];
	pthread_t thread;

	snprintf(canary, sizeof(canary), "%s", below("canaries", "file"));
	strcpy(swapped, "/dev/null");
	if (pthread_create(&thread, NULL, swap_path, canary) != 0)
		return;
	for (int i = 0; i < 300; i++) {
		int fd = open(swapped, i & 1 ? O_WRONLY : O_RDWR | O_CREAT, 0600);

		if (fd >= 0 && !is_null(fd))
			say("WORKED swapped\n");
		if (fd >= 0)
			close(fd);
	}
	swaps = false;
	pthread_join(thread, NULL);
}

static void null_device(void) {
	static const char *const likes[] = {"/dev/null/", "/dev/./null", "/dev/../dev/null",
		"//dev/null", "/proc/self/root/dev/null", "/dev/zero", "/dev/urandom", "/dev/tty",
		"/dev/ptmx", "/dev/nullx", "/dev/nul"};
	int fd = open("/dev/null", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	for (size_t i = 0; i < sizeof(likes) / sizeof(likes[0]); i++) {
		attempt_or(likes[i], open(likes[i], O_WRONLY), ENOTDIR);
		attempt_or(likes[i], open(likes[i], O_RDWR | O_CREAT, 0600), ENOTDIR);
	}
	TRY(open("/dev/null", O_RDWR | O_TMPFILE, 0600));
	if (fd >= 0) {
		if (!is_null(fd) || !(fcntl(fd, F_GETFD) & FD_CLOEXEC))
			say("WORKED another file\n");
		TRY_OR(ftruncate(fd, 1 << 20), EINVAL);
		TRY_SYS(fchmod, fd, 0777);
		TRY_SYS(ioctl, fd, 0x5412 /* TIOCSTI */, "x");
		close(fd);
	}
	swap_while_opening();
}

/* Some of them may be made. */
static void anonymous_files(void) {
	char *const arguments[] = {"sh", NULL};
	char link[64];
	int first = -1, made = 0;

	for (int fd; made < 60 && (fd = memfd_create("dltest-attack", 0)) >= 0; made++) {
		if (first < 0)
			first = fd;
		else
			close(fd);
	}
	if (made > 16)
		say("WORKED %d files\n", made);
	TRY_SYS(memfd_create, "dltest-attack", 0);
	TRY_SYS(memfd_create, "dltest-attack", MFD_HUGETLB);
	TRY_SYS(memfd_create, "dltest-attack", 0x100000000L | MFD_HUGETLB);
	if (first < 0)
		return;
	/* As large as the limit lets it, and no larger. */
	TRY_OR(ftruncate(first, (64L << 20) + 1), EFBIG);
	TRY_OR(fallocate(first, 0, 64L << 20, 4096), EFBIG);
	TRY_OR(pwrite(first, "x", 1, 64L << 20), EFBIG);
	TRY_SYS(execveat, first, "", arguments, NULL, AT_EMPTY_PATH);
	TRY_SYS(linkat, first, "", AT_FDCWD, below("canaries", "new"), AT_EMPTY_PATH);
	TRY_SYS(fchmod, first, 0777);
	TRY_SYS(fchown, first, 0, 0);
	TRY_SYS(flock, first, LOCK_EX);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", first);
	TRY(open(link, O_RDWR));
	TRY(execv(link, arguments));
	close(first);
}

/* Names that somebody has to write down. */
static void odd_names(void) {
	char name[1024];

	for (size_t shift = 0; shift < 4; shift++) {
		memset(name, 'x', shift);
		for (size_t at = shift; at + 4 < sizeof(name); at += 4)
			memcpy(name + at, "\xf0\x9f\xa6\x80", 5);
		TRY(open(name, O_WRONLY));
	}
	memset(name, 0xff, sizeof(name));
	TRY(open(name, O_WRONLY));
	TRY(open("new\nline \x1b[31m \"quote\" \\ \xc3", O_WRONLY));
	TRY(open("", O_WRONLY));
	TRY(open((const char *)8, O_WRONLY));
	TRY(open((const char *)-1L, O_WRONLY));
}

static void create_files(void) {
	const char *const places[] = {conf("canaries"), conf("libs"), conf("home"), "/tmp",
		"/dev/shm", "/var/tmp", "/proc/self/fd"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char path[2048];

		snprintf(path, sizeof(path), "%s/dltest-attack-%d", places[i], (int)getpid());
		attempt(places[i], open(path, O_WRONLY | O_CREAT, 0600));
		attempt(places[i], open(path, O_RDONLY | O_CREAT | O_EXCL, 0600));
		attempt(places[i], open(places[i], O_TMPFILE | O_RDWR, 0600));
	}
	TRY_SYS(memfd_create, "dltest-attack", MFD_HUGETLB);
#ifdef SYS_memfd_secret
	TRY_SYS(memfd_secret, 0);
#endif
}

static void change_tree(void) {
	const char *file = below("canaries", "file"), *dir = below("canaries", "directory");
	const char *link_name = below("canaries", "link"), *new = below("canaries", "new");

	TRY_SYS(unlinkat, AT_FDCWD, file, 0);
	TRY_SYS(unlinkat, AT_FDCWD, dir, AT_REMOVEDIR);
	TRY_SYS(renameat2, AT_FDCWD, file, AT_FDCWD, new, 0);
	TRY_SYS(linkat, AT_FDCWD, file, AT_FDCWD, new, 0);
	TRY_SYS(symlinkat, "file", AT_FDCWD, new);
	TRY_SYS(mkdirat, AT_FDCWD, new, 0700);
	TRY_SYS(mknodat, AT_FDCWD, new, S_IFIFO | 0600, 0);
	TRY_SYS(mknodat, AT_FDCWD, new, S_IFREG | 0600, 0);
	TRY(unlink(link_name));
	TRY(unlink(own_path()));
	TRY(rename(file, new));
	TRY(rename(own_path(), new));
	TRY(rmdir(dir));
	TRY(mkdir(new, 0700));
	TRY(link(file, new));
	TRY(symlink(file, new));
}

static void change_contents(void) {
	const char *file = below("canaries", "file");
	int own = open(own_path(), O_RDONLY | O_CLOEXEC);

	TRY(truncate(file, 0));
	TRY(truncate(own_path(), 0));
	/* Not open for that. */
	TRY_OR(ftruncate(own, 0), EINVAL);
	TRY_OR(fallocate(own, 0, 0, 1 << 20), EBADF);
	TRY_OR(pwrite(own, "x", 1, 0), EBADF);
	TRY_OR(pwritev(own, NULL, 0, 0), EBADF);
	TRY_SYS(copy_file_range, own, NULL, 1, NULL, 1, 0);
	TRY_SYS(sendfile, 1, own, NULL, 1);
	TRY_SYS(splice, own, NULL, 1, NULL, 1, 0);
	TRY_SYS(tee, 0, 1, 1, 0);
	TRY_SYS(vmsplice, 1, NULL, 0, 0);
	TRY_SYS(sync);
	TRY_SYS(syncfs, own);
	close(own);
}

static void change_attributes(void) {
	const char *file = below("canaries", "file");
	int own = open(own_path(), O_RDONLY | O_CLOEXEC);

	TRY(chmod(file, 0777));
	TRY(fchmod(own, 0777));
	TRY_SYS(fchmodat, AT_FDCWD, file, 0777);
	TRY_SYS(fchmodat2, AT_FDCWD, file, 0777, 0);
	TRY(chown(file, getuid(), getgid()));
	TRY(lchown(file, getuid(), getgid()));
	TRY(fchown(own, getuid(), getgid()));
	TRY(fchownat(AT_FDCWD, file, getuid(), getgid(), 0));
	TRY_SYS(utimensat, AT_FDCWD, file, NULL, 0);
	TRY_SYS(utimensat, own, NULL, NULL, 0);
#ifdef SYS_utime
	TRY_SYS(utime, file, NULL);
	TRY_SYS(utimes, file, NULL);
	TRY_SYS(futimesat, AT_FDCWD, file, NULL);
#endif
	TRY(setxattr(file, "user.dltest", "x", 1, 0));
	TRY(lsetxattr(file, "user.dltest", "x", 1, 0));
	TRY(fsetxattr(own, "user.dltest", "x", 1, 0));
	TRY(removexattr(file, "user.dltest"));
	TRY(lremovexattr(file, "user.dltest"));
	TRY(fremovexattr(own, "user.dltest"));
	close(own);
}

static void lock_and_watch(void) {
	int own = open(own_path(), O_RDONLY | O_CLOEXEC);
	int cache = open("/etc/ld.so.cache", O_RDONLY | O_CLOEXEC);
	struct flock lock = {.l_type = F_RDLCK};

	TRY(flock(own, LOCK_EX));
	TRY(flock(cache, LOCK_EX));
	TRY_SYS(fcntl, own, F_SETLK, &lock);
	TRY_SYS(fcntl, own, F_SETLKW, &lock);
	TRY_SYS(fcntl, own, F_OFD_SETLK, &lock);
	TRY_SYS(fcntl, own, F_SETLEASE, F_RDLCK);
	TRY_SYS(fcntl, own, F_NOTIFY, 2);
	TRY_SYS(inotify_init1, 0);
	TRY_SYS(fanotify_init, 0, 0);
	TRY_SYS(name_to_handle_at, AT_FDCWD, own_path(), NULL, NULL, 0);
	TRY_SYS(open_by_handle_at, own, NULL, 0);
	close(own);
	close(cache);
}

static void mounts(void) {
	const char *dir = below("canaries", "directory");

	TRY(mount("none", dir, "tmpfs", 0, NULL));
	TRY(mount(conf("home"), dir, NULL, MS_BIND, NULL));
	TRY(umount2(dir, MNT_DETACH));
	TRY(chroot(dir));
	TRY_SYS(pivot_root, dir, dir);
	TRY_SYS(fsopen, "tmpfs", 0);
	TRY_SYS(open_tree, AT_FDCWD, dir, 1);
	TRY_SYS(move_mount, 0, "", 0, "", 0);
	TRY_SYS(fsmount, 0, 0, 0);
	TRY_SYS(mount_setattr, AT_FDCWD, dir, 0, NULL, 0);
	TRY_SYS(swapon, dir, 0);
	TRY_SYS(swapoff, dir);
	TRY_SYS(quotactl, 0, "", 0, NULL);
	TRY_SYS(acct, dir);
}

static void read_one(const char *path) {
	char text[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	/* What this machine does not have cannot be read either. */
	if (attempt_or(path, fd, ENOENT))
		return;
	ssize_t length = read(fd, text, sizeof(text));
	say("READ %s: %.*s\n", path, length > 0 ? (int)length : 0, text);
	close(fd);
}

static void read_process(const char *key) {
	static const char *const files[] = {"environ", "mem", "maps", "auxv", "stack", "fd",
		"root/etc/passwd", "cwd/etc/passwd", "task", "map_files"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[128];

		snprintf(path, sizeof(path), "/proc/%ld/%s", conf_number(key), files[i]);
		read_one(path);
	}
}

static void read_secrets(void) {
	read_one(below("home", ".ssh/id_rsa"));
	read_one(conf("home"));
	read_one(below("canaries", "file"));
	read_one(below("canaries", "link"));
	/* A link that the attacker's package brought along. */
	read_one(below("libs", "secret"));
	read_one(below("libs", "../../../../secret.txt"));
	read_one("/etc/shadow");
	read_one("/etc/hostname");
	read_one("/etc/ssl/private");
	read_one("/proc/self/root/etc/hostname");
	read_one("/proc/self/cwd/etc/hostname");
	read_one("/proc/thread-self/root/etc/hostname");
	read_one("/proc/interrupts");
	read_one("/proc/keys");
	read_one("/proc/modules");
	read_one("/proc/bus");
	read_one("/proc/sys/../kmsg");
	read_one("/sys/bus/pci/devices");
	read_one("/dev/mem");
	read_one("/dev/fuse");
	read_one("/dev/tty");
	read_one("/dev/ptmx");
	read_one("/dev/console");
	read_one("/var/log/dpkg.log");
	read_one("/run");
}

/* The user's keys, wherever the test has put them. */
static void read_home(void) {
	read_one(conf("home"));
	read_one(below("home", ".ssh"));
	read_one(below("home", ".ssh/id_rsa"));
}

static void read_processes(void) {
	char path[64];

	read_process("daemon");
	read_process("bystander");
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)getppid());
	read_one(path);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)getppid());
	read_one(path);
	read_one("/proc/1/environ");
	read_one("/proc/kcore");
	read_one("/proc/kmsg");
	read_one("/proc/sysrq-trigger");
}

static long parent_of(long pid) {
	char path[64], text[512];
	long parent = 0;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	const char *end = strrchr(text, ')');
	return end && sscanf(end, ") %*c %ld", &parent) == 1 ? parent : 0;
}

/* Whatever goes through pipes of this process: whoever opens one for reading takes it from whom it
 * is for. */
static void take_pipes_of(const char *process) {
	char path[96], link[64], text[4096];

	for (int fd = 0; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/%s/fd/%d", process, fd);
		ssize_t length = readlink(path, link, sizeof(link) - 1);
		link[length > 0 ? length : 0] = '\0';
		if (strncmp(link, "pipe:", 5) != 0 && !strstr(link, "memfd:"))
			continue;
		int taken = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		/* By then its process may have ended. */
		if (!attempt_or(path, taken, ENOENT) && read(taken, text, sizeof(text)) > 0)
			say("READ %.60s\n", text);
		close(taken);
	}
}

/* Of this load, and of the daemon and all that it has started. */
static void take_pipes(void) {
	long daemon = conf_number("daemon");
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	take_pipes_of("self");
	while (proc && (entry = readdir(proc))) {
		long pid = strtol(entry->d_name, NULL, 10);
		long parent = pid > 1 ? parent_of(pid) : 0;

		if (pid > 1 && (pid == daemon || parent == daemon || parent_of(parent) == daemon))
			take_pipes_of(entry->d_name);
	}
	if (proc)
		closedir(proc);
}

static void take_pipes_for_a_while(void) {
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		take_pipes();
		usleep(500);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < 3);
}

const struct attack attacks_files[] = {
	{"anonymous_files", anonymous_files},
	{"change_attributes", change_attributes},
	{"change_contents", change_contents},
	{"change_tree", change_tree},
	{"create_files", create_files},
	{"lock_and_watch", lock_and_watch},
	{"mounts", mounts},
	{"null_device", null_device},
	{"odd_names", odd_names},
	{"open_for_writing", open_for_writing},
	{"read_home", read_home},
	{"read_processes", read_processes},
	{"read_secrets", read_secrets},
	{"take_pipes", take_pipes},
	{"take_pipes_for_a_while", take_pipes_for_a_while},
	{0},
};
