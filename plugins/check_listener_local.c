/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The listeners of this host and who holds them. */
#include "check_listener.h"

#include "local/owners.h"
#include "local/sockets.h"
#include "local/users.h"

/* Sockets as the kernel tells them, before their owners are known. */
struct found {
	struct check *check;
	struct local_socket *socket;
	size_t count, cap;
};

/* The file is read once a user. */
struct user_name {
	struct user_name *next;
	uint32_t uid;
	const char *name;
};

static const char *user_name(struct check *check, uint32_t uid)
{
	struct user_name *user = check->users;

	while (user != NULL && user->uid != uid)
		user = user->next;
	if (user == NULL) {
		user = arena_new(&check->arena, 1, sizeof(*user));
		*user = (struct user_name){ check->users, uid,
					    local_user_name(&check->arena, uid) };
		check->users = user;
	}
	return user->name;
}

static bool is_wanted(const struct wish_list *ports, bool tcp, unsigned port)
{
	for (size_t i = 0; i < ports->count; i++)
		if (ports->item[i].tcp == tcp && ports->item[i].range.first <= port &&
		    port <= ports->item[i].range.last)
			return true;
	return false;
}

static void on_socket(void *ctx, const struct local_socket *socket)
{
	struct found *found = ctx;

	if (!is_wanted(&found->check->conf.ports, socket->tcp, socket->addr.port))
		return;
	if (found->count == found->cap) {
		found->cap = found->cap == 0 ? 64 : 2 * found->cap;
		found->socket = mem_resize(found->socket, found->cap, sizeof(*found->socket));
	}
	found->socket[found->count++] = *socket;
}

/* From the lowest port that matters to the highest; false: none. */
static bool span(const struct wish_list *ports, bool tcp, struct port_range *out)
{
	bool any = false;

	for (size_t i = 0; i < ports->count; i++) {
		const struct port_range *range = &ports->item[i].range;
		if (ports->item[i].tcp != tcp)
			continue;
		if (!any || range->first < out->first)
			out->first = range->first;
		if (!any || range->last > out->last)
			out->last = range->last;
		any = true;
	}
	return any;
}

static const struct holder *holders(struct check *check, const struct local_process *process)
{
	const struct holder *first = NULL, **last = &first;

	for (; process != NULL; process = process->next) {
		struct holder *holder = arena_new(&check->arena, 1, sizeof(*holder));
		*holder = (struct holder){ .pid = process->pid,
					   .count = process->count,
					   .name = view_of(process->name),
					   .path = view_of(process->path),
					   .user = user_name(check, process->uid),
					   .uid = process->uid,
					   .unit = process->unit,
					   .elsewhere = process->path_elsewhere };
		*last = holder;
		last = &holder->next;
	}
	return first;
}

static const char *hidden_why(struct check *check, const struct local_owners_seen *seen)
{
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (seen->hidden)
		return "/proc is mounted with hidepid and shows our own processes only";
	if (seen->closed == 0)
		return "no process that /proc shows holds it: the kernel itself, or another PID "
		       "namespace";
	wr_fmt(&w, "the descriptors of %u of %u processes may not be read", seen->closed,
	       seen->processes);
	wr_str(&w, seen->capable ? ", with all capabilities this takes"
				 : ", CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH would show them");
	return arena_text(&check->arena, wr_view(&w));
}

static void add_sockets(struct host *host, const struct found *found,
			const struct local_owner *owner, const struct local_owners_seen *seen)
{
	const char *why = found->count > 0 ? hidden_why(host->check, seen) : NULL;

	for (size_t i = 0; i < found->count; i++) {
		const struct local_socket *socket = &found->socket[i];
		const struct local_process *first = owner[i].first;
		struct listener listener = {
			.addr = socket->addr,
			.tcp = socket->tcp,
			.any = socket->any,
			.v6only = socket->v6only,
			.connected = socket->connected,
			.sockets = 1,
			.known = first != NULL ? OWNER_KNOWN : OWNER_HIDDEN,
			.holder = holders(host->check, first),
			.uid = socket->uid,
			.user = user_name(host->check, socket->uid),
			.unit = first != NULL ? first->unit : owner[i].unit,
			.hidden_why = why,
			.unheld = first == NULL && seen->closed == 0 && !seen->hidden,
		};
		listener_add(host, &listener);
	}
}

static bool find_owners(struct host *host, const struct found *found, char *why, size_t cap)
{
	struct arena *arena = &host->check->arena;
	struct local_owner *owner = arena_new(arena, found->count + 1, sizeof(*owner));
	struct local_owners_seen seen = { .processes = 0 };

	for (size_t i = 0; i < found->count; i++) {
		owner[i].inode = found->socket[i].inode;
		owner[i].cgroup = found->socket[i].cgroup;
	}
	if (found->count > 0 && !local_owners(arena, owner, found->count, &seen, why, cap))
		return false;
	add_sockets(host, found, owner, &seen);
	return true;
}

static bool find_sockets(struct found *found, char *why, size_t cap)
{
	const struct wish_list *ports = &found->check->conf.ports;
	struct port_range range = { 0, 0 };

	for (int tcp = 0; tcp < 2; tcp++)
		if (span(ports, tcp != 0, &range) &&
		    !local_sockets_within(tcp != 0, range, on_socket, found, why, cap))
			return false;
	return true;
}

void listener_run_local(struct check *check)
{
	struct host *host = arena_new(&check->arena, 1, sizeof(*host));
	struct found found = { .check = check };
	char why[TRACE_WHY_MAX] = "";

	host->check = check;
	host->cache_s = -1;
	host->result = report_root(check->report);
	if (find_sockets(&found, why, sizeof(why)) && find_owners(host, &found, why, sizeof(why))) {
		listener_settle(host);
		listener_judge_host(host);
	} else {
		listener_judge_nothing(host, OUT_LOCAL_ERROR, why, NULL);
	}
	mem_free(found.socket);
	mem_free(host->listener);
}
