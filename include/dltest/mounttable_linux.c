/* SPDX-License-Identifier: MIT */
#include <dltest/mounttable.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/number.h>

#define TEXT_FIRST 16384

/* Those that the kernel serves by itself, from memory or from a disk of this machine. */
static const char *const local_types[] = {
	"aufs",
	"bcachefs",
	"bdev",
	"binder",
	"binfmt_misc",
	"bpf",
	"btrfs",
	"cgroup",
	"cgroup2",
	"configfs",
	"cpuset",
	"cramfs",
	"debugfs",
	"devpts",
	"devtmpfs",
	"ecryptfs",
	"efivarfs",
	"erofs",
	"exfat",
	"ext2",
	"ext3",
	"ext4",
	"f2fs",
	"functionfs",
	"fusectl",
	"hfs",
	"hfsplus",
	"hugetlbfs",
	"iso9660",
	"jffs2",
	"jfs",
	"minix",
	"mqueue",
	"msdos",
	"nfsd",
	"nilfs2",
	"nsfs",
	"ntfs3",
	"overlay",
	"overlayfs",
	"proc",
	"pstore",
	"ramfs",
	"reiserfs",
	"resctrl",
	"romfs",
	"rootfs",
	"rpc_pipefs",
	"securityfs",
	"selinuxfs",
	"smackfs",
	"squashfs",
	"sysfs",
	"sysv",
	"tmpfs",
	"tracefs",
	"ubifs",
	"udf",
	"ufs",
	"vfat",
	"xfs",
	"zfs",
};

static bool is_local(const char *type) {
	for (size_t i = 0; i < sizeof(local_types) / sizeof(local_types[0]); i++) {
		if (strcmp(type, local_types[i]) == 0)
			return true;
	}
	return false;
}

void dltest_mounttable_init(struct dltest_mounttable *table) {
	*table = (struct dltest_mounttable){
		.fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)};
}

static void free_texts(const struct dltest_mounttable_entry *entry) {
	free(entry->point);
	free(entry->root);
}

static void forget(struct dltest_mounttable *table) {
	for (size_t i = 0; i < table->count; i++)
		free_texts(&table->entries[i]);
	free(table->entries);
	table->entries = NULL;
	table->count = 0;
	table->is_read = table->has_doubtful = table->has_automount = false;
}

void dltest_mounttable_fini(struct dltest_mounttable *table) {
	forget(table);
	table->fd = fd_close(table->fd);
}

/* The whole text of 'fd' from its start, which the caller frees; NULL with errno. */
static char *read_all(int fd) {
	size_t capacity = TEXT_FIRST, length = 0;
	cleanup_free char *text = malloc(capacity);
	ssize_t got = 1;

	while (text && got > 0) {
		got = pread(fd, text + length, capacity - length - 1, (off_t)length);
		if (got < 0 && errno != EINTR)
			return NULL;
		length += got > 0 ? (size_t)got : 0;
		got = got < 0 ? 1 : got;
		if (capacity - length > 1)
			continue;
		char *grown = realloc(text, capacity *= 2);
		if (!grown)
			return NULL;
		text = grown;
	}
	if (text)
		text[length] = '\0';
	return steal_ptr(&text);
}

/* Blanks and the like are \ooo (proc(5)). */
static char *unescape(char *text) {
	char *to = text;

	for (const char *from = text; *from; to++) {
		bool octal = from[0] == '\\' && strspn(from + 1, "01234567") >= 3;

		*to = octal ? (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'))
			    : *from;
		from += octal ? 4 : 1;
	}
	*to = '\0';
	return text;
}

/* Takes one line: id, parent, device, root, point, options, more fields, "-", type. A line that is
 * none is left out. Returns 0 or -ENOMEM. */
static int take_line(struct dltest_mounttable *table, char *line) {
	char *save = NULL, *rest = strstr(line, " - ");
	const char *numbers = line;
	unsigned id, parent, major, minor;

	if (!rest || !dltest_number_take(&numbers, 10, ' ', &id) ||
		!dltest_number_take(&numbers, 10, ' ', &parent) ||
		!dltest_number_take(&numbers, 10, ':', &major) ||
		!dltest_number_take(&numbers, 10, ' ', &minor))
		return 0;
	struct dltest_mounttable_entry entry = {.mount.id = (int)id, .parent = (int)parent};
	*rest = '\0';
	const char *type = strtok_r(rest + 3, " ", &save);
	char *root = NULL, *point = NULL, *word = strtok_r(line, " ", &save);
	for (int field = 0; word && field < 5; field++) {
		root = point;
		point = word;
		word = strtok_r(NULL, " ", &save);
	}
	if (!type || !word)
		return 0;
	entry.mount.device = makedev(major, minor);
	entry.answers = is_local(type);
	entry.is_proc = strcmp(type, "proc") == 0;
	entry.is_autofs = strcmp(type, "autofs") == 0;
	entry.point = strdup(unescape(point));
	entry.root = strdup(unescape(root));
	if (!entry.point || !entry.root) {
		free_texts(&entry);
		return -ENOMEM;
	}
	table->entries[table->count++] = entry;
	return 0;
}

static int take_text(struct dltest_mounttable *table, char *text) {
	size_t lines = 1;
	char *save = NULL;
	int r = 0;

	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	table->entries = calloc(lines, sizeof(*table->entries));
	if (!table->entries)
		return -ENOMEM;
	/* The fields of a line are cut by another strtok_r(). */
	for (char *line = strtok_r(text, "\n", &save); line && r == 0;
		line = strtok_r(NULL, "\n", &save))
		r = take_line(table, line);
	return r;
}

static int compare(const void *a, const void *b) {
	const struct dltest_mounttable_entry *first = a, *second = b;

	return strcmp(first->point, second->point);
}

static void believe(struct dltest_mounttable *table, dev_t device) {
	for (size_t i = 0; i < table->count; i++) {
		if (table->entries[i].mount.device == device)
			table->entries[i].answers = true;
	}
}

/* What this program is mapped from answers, or it would not run. */
static void believe_own(struct dltest_mounttable *table) {
	cleanup_fd int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	cleanup_free char *text = fd < 0 ? NULL : read_all(fd);
	char *save = NULL;

	for (const char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save)) {
		/* Range, permissions, offset, device (proc(5)). */
		const char *code = strstr(line, " r-xp ");
		const char *device = code ? strchr(code + strlen(" r-xp "), ' ') : NULL;
		unsigned major, minor;

		if (device && dltest_number_take(&device, 16, ':', &major) &&
			dltest_number_take(&device, 16, ' ', &minor))
			believe(table, makedev(major, minor));
	}
}

static void judge(struct dltest_mounttable *table) {
	const struct dltest_mounttable_entry *root = dltest_mounttable_find(table, "/");
	bool is_all_local = true;

	for (size_t i = 0; i < table->count; i++)
		is_all_local = is_all_local && table->entries[i].answers;
	if (is_all_local)
		return;
	if (root)
		believe(table, root->mount.device);
	believe_own(table);
	for (size_t i = 0; i < table->count; i++) {
		const struct dltest_mounttable_entry *entry = &table->entries[i];

		/* Nothing looks for libraries below /proc, and systemd has one there, on almost
		 * every machine. */
		if (entry->is_autofs && strncmp(entry->point, "/proc/", 6) == 0)
			continue;
		table->has_doubtful |= !entry->answers;
		table->has_automount |= entry->is_autofs;
	}
}

static bool has_changed(const struct dltest_mounttable *table) {
	struct pollfd poll_fd = {.fd = table->fd, .events = POLLPRI};

	return poll(&poll_fd, 1, 0) > 0;
}

int dltest_mounttable_refresh(struct dltest_mounttable *table) {
	if (table->fd < 0)
		return 0;
	/* Asked before it is read: what changes after that is news. */
	bool changed = has_changed(table);
	if (table->is_read && !changed)
		return 0;
	forget(table);
	cleanup_free char *text = read_all(table->fd);
	int r = text ? take_text(table, text) : -errno;
	if (r < 0) {
		forget(table);
		return r;
	}
	if (table->count > 0)
		qsort(table->entries, table->count, sizeof(*table->entries), compare);
	table->is_read = true;
	judge(table);
	return 0;
}

/* Whether another mount at the same point is on top of it. */
static bool is_covered(
	const struct dltest_mounttable *table, const struct dltest_mounttable_entry *entry) {
	for (size_t i = 0; i < table->count; i++) {
		const struct dltest_mounttable_entry *other = &table->entries[i];

		if (other != entry && other->parent == entry->mount.id &&
			strcmp(other->point, entry->point) == 0)
			return true;
	}
	return false;
}

const struct dltest_mounttable_entry *dltest_mounttable_find(
	const struct dltest_mounttable *table, const char *point) {
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(table->entries[middle].point, point) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	const struct dltest_mounttable_entry *found = NULL;
	for (; low < table->count && strcmp(table->entries[low].point, point) == 0; low++) {
		found = &table->entries[low];
		if (!is_covered(table, found))
			break;
	}
	return found;
}

const struct dltest_mounttable_entry *dltest_mounttable_find_id(
	const struct dltest_mounttable *table, int id) {
	for (size_t i = 0; i < table->count; i++) {
		if (table->entries[i].mount.id == id)
			return &table->entries[i];
	}
	return NULL;
}
