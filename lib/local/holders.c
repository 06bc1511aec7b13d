/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pass over /proc with the fewest system calls per descriptor, and a thorough one; see holders.h. */
#define _GNU_SOURCE
#include "local/holders.h"

#include "base/text.h"
#include "local/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAME_BYTES = 64, CGROUP_BYTES = 16384 };

struct scan {
	struct arena *arena;
	const uint32_t *inode;
	uint32_t *pid; /* per inode: the process that was last seen to hold it, 0 = none */
	size_t count;
	struct holders *out;
	int proc;
	bool sized;    /* the size of a folder of descriptors is their count: Linux 6.2 */
	bool thorough; /* each descriptor is listed, of each thread */
	struct local_owners_seen *seen;
};

/* A process while its descriptors are looked at. */
struct look {
	struct scan *scan;
	int dir; /* of its descriptors, or a thread's */
	uint32_t pid;
	size_t found;		       /* how many of the wanted sockets it holds */
	struct local_process *process; /* NULL before the first of them */
};

static int compare_inodes(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* 0 when the link is to something else. */
static uint32_t socket_inode(struct view link)
{
	uint64_t inode;

	if (!view_starts(link, VIEW("socket:[")) || !view_ends(link, VIEW("]")))
		return 0;
	link = view_skip(link, sizeof("socket:[") - 1);
	link.n--;
	return text_u64(link, UINT32_MAX, &inode) ? (uint32_t)inode : 0;
}

/* The whole of a small file: 0 or an errno. */
static int read_file(int dir, const char *path, char *bytes, size_t cap, struct view *out)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC), error = 0;
	size_t used = 0;
	ssize_t n = 1;

	if (fd < 0)
		return errno;
	while (n > 0 && used < cap) {
		n = read(fd, bytes + used, cap - used);
		used += n > 0 ? (size_t)n : 0;
	}
	if (n != 0)
		error = n < 0 ? errno : EFBIG;
	close(fd);
	*out = (struct view){ bytes, used };
	return error;
}

/* In our own mount namespace its path is the program's, and nothing is looked up. */
static bool is_elsewhere(const struct look *look, struct view path)
{
	char theirs[64], ours[64];
	ssize_t n = readlinkat(look->dir, "../ns/mnt", theirs, sizeof(theirs));
	ssize_t m = readlinkat(look->scan->proc, "self/ns/mnt", ours, sizeof(ours));
	struct statx program, seen;

	if (n <= 0 || m <= 0 || view_ends(path, VIEW(" (deleted)")) ||
	    view_eq((struct view){ theirs, (size_t)n }, (struct view){ ours, (size_t)m }))
		return false;
	if (statx(look->dir, "../exe", AT_STATX_DONT_SYNC, STATX_INO, &program) != 0)
		return false;
	if (statx(AT_FDCWD, path.p, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_INO, &seen) != 0)
		return errno == ENOENT || errno == ENOTDIR;
	return program.stx_ino != seen.stx_ino || program.stx_dev_major != seen.stx_dev_major ||
	       program.stx_dev_minor != seen.stx_dev_minor;
}

/* 0 or an errno, ESRCH when it ended. All is read through the open folder, which stays that
 * process's even when the pid is given to another. */
static int describe(struct look *look)
{
	char name[NAME_BYTES], path[PATH_MAX], group[CGROUP_BYTES];
	struct arena *arena = look->scan->arena;
	struct local_process *process;
	struct view text = { 0 };
	struct stat st;
	const char *comm = look->scan->thorough ? "../../../comm" : "../comm";
	int error = read_file(look->dir, comm, name, sizeof(name), &text);

	if (error == 0 && fstatat(look->dir, "..", &st, 0) != 0)
		error = errno;
	if (error != 0)
		return error == ENOENT ? ESRCH : error;
	process = arena_new(arena, 1, sizeof(*process));
	*process = (struct local_process){ .pid = look->pid, .uid = st.st_uid, .count = 1 };
	if (view_ends(text, VIEW("\n")))
		text.n--;
	process->name = arena_text(arena, text);
	ssize_t n = readlinkat(look->dir, "../exe", path, sizeof(path));
	if (n > 0 && n < PATH_MAX) {
		process->path = arena_text(arena, (struct view){ path, (size_t)n });
		process->path_elsewhere = is_elsewhere(look, view_of(process->path));
	}
	if (read_file(look->dir, "../cgroup", group, sizeof(group), &text) == 0)
		process->unit = cgroup_text_unit(arena, text);
	look->process = process;
	return 0;
}

static void append(struct holders *all, uint32_t inode, struct local_process *process)
{
	if (all->count == all->cap) {
		all->cap = all->cap > 0 ? all->cap * 2 : 64;
		all->holder = mem_resize(all->holder, all->cap, sizeof(*all->holder));
	}
	all->holder[all->count++] = (struct holder){ inode, process };
}

static int look_at_socket(struct look *look, uint32_t inode)
{
	struct scan *scan = look->scan;
	const uint32_t *wanted =
		bsearch(&inode, scan->inode, scan->count, sizeof(inode), compare_inodes);
	int error = 0;

	if (wanted == NULL || scan->pid[wanted - scan->inode] == look->pid)
		return 0;
	if (look->process == NULL)
		error = describe(look);
	if (error != 0)
		return error;
	scan->pid[wanted - scan->inode] = look->pid;
	look->found++;
	append(scan->out, inode, look->process);
	return 0;
}

/* ENOENT when there is no such descriptor; what is no link, or to a path above 4 KiB, is no socket. */
static int look_at_link(struct look *look, const char *number)
{
	char link[64];
	ssize_t n = readlinkat(look->dir, number, link, sizeof(link));

	if (n < 0)
		return errno == EINVAL || errno == ENAMETOOLONG ? 0 : errno;
	uint32_t inode = socket_inode((struct view){ link, (size_t)n });
	return inode != 0 ? look_at_socket(look, inode) : 0;
}

static int look_at_number(struct look *look, unsigned number)
{
	char text[16] = "";
	struct wr w = wr_over(text, sizeof(text) - 1);

	wr_u64(&w, number);
	return look_at_link(look, text);
}

/* The descriptors from `number` on; the folder's position for it is 2 more. */
static int look_at_list(struct look *look, unsigned number)
{
	int fd = openat(look->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = 0;
	const struct dirent *entry = NULL;
	DIR *list = NULL;

	if (fd < 0)
		return errno;
	if (lseek(fd, (off_t)number + 2, SEEK_SET) >= 0)
		list = fdopendir(fd);
	if (list == NULL) {
		error = errno;
		close(fd);
		return error;
	}
	while (error == 0 && look->found < look->scan->count &&
	       (errno = 0, (entry = readdir(list)) != NULL)) {
		error = look_at_link(look, entry->d_name);
		if (error == ENOENT)
			error = 0;
	}
	if (error == 0 && entry == NULL)
		error = errno;
	closedir(list);
	return error;
}

/* Descriptors are mostly 0, 1, 2 and so on: to try these costs half of what it costs to list and
 * then read them. */
static int look_at_folder(struct look *look)
{
	const struct scan *scan = look->scan;
	unsigned number = 0;
	struct stat st;
	int error = 0;

	if (fstat(look->dir, &st) != 0)
		return errno;
	while (error == 0 && look->found < scan->count && !(scan->sized && number == st.st_size))
		error = look_at_number(look, number++);
	return error == ENOENT ? look_at_list(look, number) : error;
}

static int look_at_table(struct look *look, int above, const char *path)
{
	int error;

	look->dir = openat(above, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (look->dir < 0)
		return errno;
	error = look->scan->thorough ? look_at_list(look, 0) : look_at_folder(look);
	close(look->dir);
	return error;
}

static bool is_closed(int error)
{
	return error == EACCES || error == EPERM;
}

/* The main thread is the first of them; when it has ended, it is closed to its own user. Nearly all
 * share one table, which is looked at once where the kernel compares them. */
static int look_at_threads(struct look *look, DIR *list)
{
	const struct dirent *entry = NULL;
	uint64_t id, last = 0;
	int error = 0, closed = 0;

	while (error == 0 && look->found < look->scan->count &&
	       (errno = 0, (entry = readdir(list)) != NULL)) {
		char path[32] = "";
		struct wr w = wr_over(path, sizeof(path) - 1);
		if (!text_u64(view_of(entry->d_name), UINT32_MAX, &id) ||
		    (last != 0 && syscall(SYS_kcmp, last, id, KCMP_FILES, 0, 0) == 0))
			continue;
		wr_fmt(&w, "%s/fd", entry->d_name);
		error = look_at_table(look, dirfd(list), path);
		closed = last == 0 && is_closed(error) ? error : 0;
		if (closed != 0 || error == ENOENT || error == ESRCH)
			error = 0;
		last = id;
	}
	if (error == 0 && entry == NULL)
		error = errno;
	return error != 0 ? error : closed;
}

static int look_thoroughly(struct look *look, const char *path)
{
	int fd = openat(look->scan->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
	int error = list != NULL ? look_at_threads(look, list) : errno;

	if (list != NULL)
		closedir(list);
	else if (fd >= 0)
		close(fd);
	return error;
}

/* 0, or an errno that is not about this process. */
static int look_at_process(struct scan *scan, uint32_t pid)
{
	struct look look = { .scan = scan, .pid = pid };
	char path[32] = "";
	struct wr w = wr_over(path, sizeof(path) - 1);
	int error;

	wr_u64(&w, pid);
	wr_str(&w, scan->thorough ? "/task" : "/fd");
	error = scan->thorough ? look_thoroughly(&look, path)
			       : look_at_table(&look, scan->proc, path);
	if (error == ENOENT || error == ESRCH)
		return 0;
	scan->seen->processes++;
	scan->seen->closed += is_closed(error);
	return is_closed(error) ? 0 : error;
}

/* Process 1 is in every process namespace, whoever looks. */
static int look_at_all(struct scan *scan, DIR *proc)
{
	const struct dirent *entry = NULL;
	struct stat self;
	uint64_t pid;
	int error = 0;

	scan->proc = dirfd(proc);
	scan->sized = fstatat(scan->proc, "self/fd", &self, 0) == 0 && self.st_size > 0;
	*scan->seen = (struct local_owners_seen){ .hidden = true };
	while (error == 0 && (errno = 0, (entry = readdir(proc)) != NULL)) {
		if (!text_u64(view_of(entry->d_name), UINT32_MAX, &pid))
			continue;
		if (pid == 1)
			scan->seen->hidden = false;
		error = look_at_process(scan, (uint32_t)pid);
	}
	if (error == 0)
		error = errno;
	return error == 0 && scan->seen->processes == 0 ? ENOENT : error;
}

/* Those that nobody was seen to hold become all that is wanted. */
static void keep_missing(struct scan *scan, uint32_t *missing)
{
	size_t n = 0;

	for (size_t i = 0; i < scan->count; i++)
		if (scan->pid[i] == 0)
			missing[n++] = scan->inode[i];
	for (size_t i = 0; i < n; i++)
		scan->pid[i] = 0;
	scan->inode = missing;
	scan->count = n;
}

/* A descriptor that comes back while its folder is looked at can leave the first pass one short. */
int holders_find(struct arena *arena, const uint32_t *inode, size_t count, struct holders *out,
		 struct local_owners_seen *seen)
{
	struct scan scan = {
		.arena = arena, .inode = inode, .count = count, .out = out, .seen = seen
	};
	DIR *proc = opendir("/proc");
	uint32_t *missing;
	int error;

	if (proc == NULL)
		return errno;
	scan.pid = mem_new(count, sizeof(*scan.pid));
	missing = mem_new(count, sizeof(*missing));
	error = look_at_all(&scan, proc);
	keep_missing(&scan, missing);
	if (error == 0 && scan.count > 0) {
		scan.thorough = true;
		rewinddir(proc);
		error = look_at_all(&scan, proc);
	}
	mem_free(missing);
	mem_free(scan.pid);
	closedir(proc);
	return error;
}
