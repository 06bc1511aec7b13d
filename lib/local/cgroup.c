/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of control groups: from the text of /proc/PID/cgroup, and by number from the mounted
 * hierarchy; see cgroup.h. */
#define _GNU_SOURCE
#include "local/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { FOLDERS_MAX = 4096 };

static bool is_unit(struct view part)
{
	static const char *const ends[] = { ".service", ".scope", ".socket", ".mount", ".swap" };
	bool found = false;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct view end = view_of(ends[i]);
		found = found || (part.n > end.n && view_ends(part, end));
	}
	return found;
}

static bool is_slice(struct view part)
{
	return part.n > sizeof(".slice") - 1 && view_ends(part, VIEW(".slice"));
}

static bool is_dots(struct view part)
{
	return view_eq(part, VIEW(".")) || view_eq(part, VIEW(".."));
}

/* The first part behind slices, of which `slice` becomes the last. */
static struct view take_behind_slices(struct view *path, struct view *slice)
{
	while (path->n > 0) {
		struct view part = view_take_until(path, '/');
		if (is_slice(part))
			*slice = part;
		else if (part.n > 0 && !is_dots(part))
			return part;
	}
	return VIEW("");
}

static const char *user_unit(struct arena *arena, struct view manager, struct view path)
{
	struct view slice, unit = take_behind_slices(&path, &slice);
	size_t cap = manager.n + 1 + unit.n;
	char *text;

	if (!is_unit(unit))
		return arena_text(arena, manager);
	text = arena_new(arena, cap + 1, 1);
	struct wr w = wr_over(text, cap);
	wr_put(&w, manager);
	wr_byte(&w, '/');
	wr_put(&w, unit);
	return text;
}

const char *cgroup_path_unit(struct arena *arena, struct view path)
{
	struct view slice = VIEW(""), name = take_behind_slices(&path, &slice);

	if (name.n == 0)
		return slice.n > 0 ? arena_text(arena, slice) : NULL;
	if (is_unit(name))
		return view_starts(name, VIEW("user@")) ? user_unit(arena, name, path)
							: arena_text(arena, name);
	while (path.n > 0) {
		struct view part = view_take_until(&path, '/');
		if (is_unit(part) || is_slice(part))
			break;
		if (part.n > 0)
			name = part;
	}
	return arena_text(arena, name);
}

/* A line is "number:controllers:path"; version 2 has number 0 and no controllers. */
const char *cgroup_text_unit(struct arena *arena, struct view text)
{
	struct view paths[2] = { { 0 } };
	const char *unit;

	while (text.n > 0) {
		struct view path = view_take_until(&text, '\n');
		struct view number = view_take_until(&path, ':');
		struct view controllers = view_take_until(&path, ':');
		if (view_eq(number, VIEW("0")) && controllers.n == 0)
			paths[0] = path;
		else if (view_eq(controllers, VIEW("name=systemd")))
			paths[1] = path;
	}
	unit = cgroup_path_unit(arena, paths[0]);
	return unit != NULL ? unit : cgroup_path_unit(arena, paths[1]);
}

const char *cgroup_root(void)
{
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs fs;

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (statfs(roots[i], &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return roots[i];
	return NULL;
}

/* A group whose folder is still to be looked into; its path begins below the root. */
struct folder {
	struct folder *next;
	const char *path;
};

struct walk {
	struct arena *arena; /* for what is found; the folders have their own */
	struct cgroup_wish *wish;
	size_t count, met;
	int root;
	struct arena own;
	struct folder *first, **end;
	unsigned folders;
};

static int compare_ids(const void *a, const void *b)
{
	uint64_t x = ((const struct cgroup_wish *)a)->id, y = ((const struct cgroup_wish *)b)->id;

	return (x > y) - (x < y);
}

static void meet(struct walk *walk, uint64_t id, struct view path)
{
	struct cgroup_wish key = { .id = id }, *end = walk->wish + walk->count;
	struct cgroup_wish *wish = bsearch(&key, walk->wish, walk->count, sizeof(key), compare_ids);
	const char *unit;

	if (wish == NULL || wish->met)
		return;
	unit = cgroup_path_unit(walk->arena, path);
	while (wish > walk->wish && wish[-1].id == id)
		wish--;
	for (; wish < end && wish->id == id; wish++) {
		*wish->unit = unit;
		wish->met = true;
		walk->met++;
	}
}

static void append(struct walk *walk, struct view path)
{
	struct folder *folder;

	if (walk->folders == FOLDERS_MAX)
		return;
	walk->folders++;
	folder = arena_new(&walk->own, 1, sizeof(*folder));
	folder->path = arena_text(&walk->own, path);
	*walk->end = folder;
	walk->end = &folder->next;
}

static void look_into(struct walk *walk, const struct folder *folder)
{
	char text[PATH_MAX];
	struct wr path = wr_over(text, sizeof(text));
	const struct dirent *entry;
	int fd = openat(walk->root, folder->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (walk->met < walk->count && (entry = readdir(dir)) != NULL) {
		if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		wr_reset(&path);
		wr_fmt(&path, "%s/%s", folder->path, entry->d_name);
		if (path.full)
			continue;
		meet(walk, entry->d_ino, wr_view(&path));
		append(walk, wr_view(&path));
	}
	closedir(dir);
}

void cgroup_find(struct arena *arena, const char *root, struct cgroup_wish *wish, size_t count)
{
	struct walk walk = { .arena = arena, .wish = wish, .count = count, .end = &walk.first };
	struct stat st;

	qsort(wish, count, sizeof(*wish), compare_ids);
	walk.root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (walk.root < 0)
		return;
	if (fstat(walk.root, &st) == 0)
		meet(&walk, st.st_ino, VIEW("/"));
	append(&walk, VIEW("."));
	for (; walk.first != NULL && walk.met < count; walk.first = walk.first->next)
		look_into(&walk, walk.first);
	close(walk.root);
	arena_free(&walk.own);
}
