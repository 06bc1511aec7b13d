/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owners of sockets: who holds them, each kind of process once; see owners.h. */
#define _GNU_SOURCE
#include "local/owners.h"

#include "local/cgroup.h"
#include "local/holders.h"

#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int compare_u32(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int compare_inodes(const void *a, const void *b)
{
	return compare_u32(*(const uint32_t *)a, *(const uint32_t *)b);
}

/* NULL comes first. */
static int compare_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? (a != NULL) - (b != NULL) : strcmp(a, b);
}

static int compare_kinds(const struct local_process *a, const struct local_process *b)
{
	int order = compare_u32(a->uid, b->uid);

	if (a == b)
		return 0;
	if (order == 0)
		order = compare_text(a->name, b->name);
	if (order == 0)
		order = compare_text(a->path, b->path);
	if (order == 0)
		order = a->path_elsewhere - b->path_elsewhere;
	return order != 0 ? order : compare_text(a->unit, b->unit);
}

static int compare_pids(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;
	int order = compare_u32(x->inode, y->inode);

	return order != 0 ? order : compare_u32(x->process->pid, y->process->pid);
}

static int compare_holders(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;
	int order = compare_u32(x->inode, y->inode);

	if (order == 0)
		order = compare_kinds(x->process, y->process);
	return order != 0 ? order : compare_u32(x->process->pid, y->process->pid);
}

/* Holders of one kind become one, of those of a socket a list is made; afterwards they stand by
 * socket and pid. */
static void merge(struct arena *arena, struct holders *all)
{
	struct holder *holder = all->holder;
	size_t n = 0;

	qsort(holder, all->count, sizeof(*holder), compare_holders);
	for (size_t i = 0; i < all->count; i++) {
		struct holder each = holder[i];
		if (n > 0 && holder[n - 1].inode == each.inode &&
		    compare_kinds(holder[n - 1].process, each.process) == 0) {
			holder[n - 1].process->count++;
		} else {
			holder[n] = each;
			holder[n].process = arena_new(arena, 1, sizeof(*each.process));
			*holder[n++].process = *each.process;
		}
	}
	all->count = n;
	qsort(holder, n, sizeof(*holder), compare_pids);
	for (size_t i = 1; i < n; i++)
		if (holder[i - 1].inode == holder[i].inode)
			holder[i - 1].process->next = holder[i].process;
}

/* The first of those that hold it. */
static struct local_process *holder_of(const struct holders *all, uint32_t inode)
{
	size_t from = 0, to = all->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (all->holder[middle].inode < inode)
			from = middle + 1;
		else
			to = middle;
	}
	return from < all->count && all->holder[from].inode == inode ? all->holder[from].process
								     : NULL;
}

/* Units of the sockets that nobody visible holds. */
static void find_units(struct arena *arena, struct local_owner *owner, size_t count)
{
	struct cgroup_wish *wish = mem_new(count, sizeof(*wish));
	const char *root = cgroup_root();
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (owner[i].first == NULL && owner[i].cgroup != 0)
			wish[n++] = (struct cgroup_wish){ .id = owner[i].cgroup,
							  .unit = &owner[i].unit };
	if (n > 0 && root != NULL)
		cgroup_find(arena, root, wish, n);
	mem_free(wish);
}

/* Ascending, each once. */
static size_t wanted_inodes(const struct local_owner *owner, size_t count, uint32_t *inode)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		inode[i] = owner[i].inode;
	qsort(inode, count, sizeof(*inode), compare_inodes);
	for (size_t i = 0; i < count; i++)
		if (inode[i] != 0 && (n == 0 || inode[n - 1] != inode[i]))
			inode[n++] = inode[i];
	return n;
}

static bool is_capable(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	uint32_t both = 1u << CAP_SYS_PTRACE | 1u << CAP_DAC_READ_SEARCH;

	return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & both) == both;
}

bool local_owners(struct arena *arena, struct local_owner *owner, size_t count,
		  struct local_owners_seen *seen, char *why, size_t cap)
{
	uint32_t *inode = mem_new(count, sizeof(*inode));
	size_t wanted = wanted_inodes(owner, count, inode);
	struct wr w = wr_over(why, cap - 1);
	struct holders all = { 0 };
	int error = 0;

	*seen = (struct local_owners_seen){ 0 };
	if (wanted > 0)
		error = holders_find(arena, inode, wanted, &all, seen);
	if (error == 0) {
		seen->capable = is_capable();
		if (all.count > 0)
			merge(arena, &all);
		for (size_t i = 0; i < count; i++) {
			owner[i].first = holder_of(&all, owner[i].inode);
			owner[i].unit = NULL;
		}
		find_units(arena, owner, count);
	} else {
		*seen = (struct local_owners_seen){ 0 };
		wr_fmt(&w, "cannot read /proc: %s", strerror(error));
		why[w.n] = '\0';
	}
	mem_free(inode);
	mem_free(all.holder);
	return error == 0;
}
