/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the engine's tests share: an exchange that does as it is told, and runs that keep what each
 * probe found. */
#ifndef ENGINE_WORLD_H
#define ENGINE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/engine.h"

enum { WORLD_PROBES_MAX = 2048, TOLD_TEXT_MAX = 64, TOLD_TIMERS_MAX = 8 };

struct told;

/* What a probe does; its `arg`. */
struct ask {
	struct view say; /* sent at the start and at each timer */
	size_t want;	 /* ends with this many bytes (streams: in all) from anyone, 0 = never */
	bool peer_only;	 /* counts only what comes from the peer itself */
	bool consume;	 /* streams: use up what came, instead of keeping it */
	bool at_once;	 /* ends in its first callback */
	int64_t wake_us; /* from one timer to the next; 0 = none, negative = in the past */
	unsigned timers; /* ends with this timer; 0 = never */
	void (*hook)(void *arg, struct xio *io); /* at the start and at each timer */
	void *hook_arg;
};

/* What a probe found; its state. */
struct told {
	unsigned answers, strangers, timers;
	size_t n;
	char text[TOLD_TEXT_MAX + 1];
	struct addr from, local;
	bool closed;
	int64_t started_us, answered_us;
	int64_t timer_us[TOLD_TIMERS_MAX];
	uint64_t entropy;
};

struct result {
	bool ended;
	unsigned order;
	struct told told;
	struct trace trace;
	struct tls_facts facts;
};

struct world {
	struct engine *engine;
	struct engine_conf conf;
	const char *tls_name;
	struct result result[WORLD_PROBES_MAX];
	unsigned probes, ended;
	struct ask *again; /* asked once more when the first probe ends */
	int64_t began_us, took_us;
	struct engine_counts counts;
	unsigned sent, received; /* by the tap */
};

/* Release with free. */
struct world *world_new(int64_t timeout_us);
/* Makes the engine when it is not there yet. */
void world_begin(struct world *world);
/* The result's place is the order of the calls. */
void world_ask(struct world *world, enum transport transport, const char *ip, uint16_t port,
	       const struct ask *ask);
/* Runs and frees the engine. */
enum engine_end world_run(struct world *world);
struct addr world_addr(const char *ip, uint16_t port);
unsigned world_count(const struct world *world, enum fault fault);

#endif
