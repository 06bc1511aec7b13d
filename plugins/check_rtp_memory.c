/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What check_rtp leaves to its next run: the state file of one address. */
#define _POSIX_C_SOURCE 200809L
#include "check_rtp.h"

#include "cli/file.h"

static void set_ages(struct check *check)
{
	check->proven_age_s = arena_new(check->arena, PORTS, sizeof(int32_t));
	for (unsigned port = 0; port < PORTS; port++) {
		int64_t at = check->memory->proven_at[port], age = check->now - at;
		check->proven_age_s[port] = at == 0	      ? -1
					    : age > INT32_MAX ? INT32_MAX
							      : (int32_t)age;
	}
}

bool check_rtp_remember(struct check *check, struct opt_error *error)
{
	const char *path = arena_text(check->arena, check->conf->state_file), *why;
	struct view text;
	unsigned line;

	if (!state_file_open(&check->file, path, SWEEP_MEMORY_TEXT_MAX, check->arena, &text, error))
		return false;
	check->memory = mem_new(1, sizeof(*check->memory));
	if (!sweep_memory_read(text, check->now, check->memory, &line, &why))
		return file_error(error, path, line, why);
	set_ages(check);
	return true;
}

bool check_rtp_memory_fits(const struct check *check, const struct addr *peer,
			   struct opt_error *error)
{
	const struct sweep_memory *memory = check->memory;
	char buffer[ADDR_TEXT_MAX + 40];
	struct wr w = wr_over(buffer, sizeof(buffer) - 1);

	if (memory->peer.family == 0 || addr_same_ip(&memory->peer, peer))
		return true;
	wr_str(&w, "belongs to ");
	wr_ip(&w, &memory->peer);
	wr_str(&w, ", another address");
	buffer[w.n] = '\0';
	return file_error(error, check->file.path, 0, buffer);
}

/* An answer counts only in the run that got it. */
static void learn(struct sweep_memory *memory, const struct rtp_host *host, unsigned port,
		  int64_t now)
{
	enum port_state state = check_rtp_found(host, port);

	if (memory->state[port] == PORT_ANSWERING && state != PORT_UNASKED)
		memory->proven_at[port] = 0;
	if (!check_rtp_is_known(state))
		return;
	memory->state[port] = (uint8_t)state;
	memory->proven_at[port] = now;
}

bool check_rtp_keep(struct check *check, const struct rtp_host *host, struct opt_error *error)
{
	struct sweep_memory *memory = check->memory;
	char *buffer = mem_new(SWEEP_MEMORY_TEXT_MAX, 1);
	struct wr w = wr_over(buffer, SWEEP_MEMORY_TEXT_MAX);
	bool ok;

	memory->peer = host->peer;
	memory->peer.port = 0;
	for (unsigned port = 1; port < PORTS; port++)
		if (port_set_has(&check->asked, port))
			learn(memory, host, port, check->now);
	sweep_memory_write(&w, memory);
	ok = w.full ? opt_error_set(error, "the state is too large")
		    : state_file_replace(&check->file, wr_view(&w), error);
	mem_free(buffer);
	return ok;
}

void check_rtp_forget(struct check *check)
{
	state_file_close(&check->file);
	mem_free(check->memory);
	check->memory = NULL;
}
