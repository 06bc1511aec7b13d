/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of check_listener: options (the table), values (port lists), wishes (what an owner must
 * be), rules (options that exclude each other), local and remote (listeners and who owns them), judge
 * (listeners to result), words (the sentence), tell (details and facts), keys (--derive-keys). */
#ifndef PLUGINS_CHECK_LISTENER_H
#define PLUGINS_CHECK_LISTENER_H

#include "base/port_set.h"
#include "check/addresses.h"
#include "check/endpoint.h"
#include "check/program.h"
#include "check/snmp_access.h"
#include "proto/listener_scan.h"
#include "proto/process_query.h"
#include "snmp/client.h"

#include <regex.h>

enum listener_outcome {
	OUT_EXPECTED,
	OUT_OTHER_OWNER,
	OUT_ABSENT,
	OUT_UNEXPECTED,
	OUT_EXPOSED,
	OUT_OWNER_HIDDEN,
	OUT_STALE,
	OUT_NO_AGENT,
	OUT_NO_SUCH_OBJECT,
	OUT_AUTH,
	OUT_BAD_AGENT,
	OUT_DNS,
	OUT_NOT_STARTED,
	OUT_INTERRUPTED,
	OUT_LOCAL_ERROR,
	OUTCOMES
};

enum listener_metric { METRIC_LISTENERS, METRIC_HIDDEN, METRIC_TIME, METRIC_PACKETS, METRICS };

/* An agent tells no users. */
#define UID_UNKNOWN UINT32_MAX

enum { PORTS_REQUIRED_MAX = 4096, ALLOW_BYTES_MAX = 1 << 20, AGENT_PORT = 161 };

/* What a port should be. */
enum wish_kind {
	WISH_REPORT,  /* any-or-none */
	WISH_ALLOWED, /* as the --allow file says; what it does not name is free */
	WISH_ANY,
	WISH_NONE,
	WISH_NAMES,
	WISH_REGEX,
};

struct port_wish {
	struct port_range range;
	bool tcp;
	enum wish_kind kind;
	struct view owner;    /* WISH_NAMES: NAME[+NAME], WISH_REGEX: the expression; as written */
	const regex_t *regex; /* lives in the list */
};

struct wish_list {
	struct port_wish *item;
	size_t count, cap;
	size_t required; /* ports that must be bound */
	struct regex_link *regexes;
};

struct conf {
	struct common common; /* first: see cli/opt.h */
	struct wish_list ports;
	struct view allow;
	struct opt_list user, path, unit;
	bool only_local, require_owner;
	struct view credentials;
	uint64_t credentials_fd, agent_port;
	struct view engine_id; /* raw bytes */
	bool v2c, insecure;
	struct view derive_keys;
};

/* Processes that hold a listener and look alike. */
struct holder {
	const struct holder *next;
	uint32_t pid;
	unsigned count;
	struct view name, path; /* any bytes; path n = 0: not known */
	const char *user;	/* NULL = not known */
	uint32_t uid;
	const char *unit; /* NULL = none or not known */
	bool by_agent;	  /* the path is how the program was called */
	bool elsewhere;	  /* the path is one of another mount namespace */
};

enum owner_known { OWNER_KNOWN, OWNER_HIDDEN, OWNER_STALE };

struct listener {
	struct addr addr; /* with port; family 0: both families */
	bool tcp, any, v6only, connected;
	unsigned sockets; /* alike */
	enum owner_known known;
	const struct holder *holder; /* OWNER_KNOWN: at least one */
	uint32_t pid;		     /* of an agent; 0 = not told */
	const char *user, *unit;     /* of a local socket, also when the owner is hidden */
	uint32_t uid;
	const char *hidden_why; /* OWNER_HIDDEN: a constant clause, or in the arena */
	bool unheld;		/* all processes were seen and none of them holds it */
};

/* This host, or one with an agent. */
struct host {
	struct host *next;
	struct check *check;
	const char *name; /* NULL: this host */
	struct addr peer; /* of the agent */
	int64_t dns_us;
	struct listener *listener; /* sorted by transport, port, address once it is complete */
	size_t count, cap;
	bool no_table[2];	/* [tcp]: the agent shows no listener at all */
	bool old_table[2];	/* [tcp]: only by the table without owners and IPv6 */
	int64_t cache_s;	/* -1 = not told */
	unsigned foreign;	/* datagrams that answered nothing */
	struct remote *remote;	/* NULL: this host */
	struct result *result;	/* the host's own node */
	struct result *metrics; /* the leaf that carries time and packets; NULL before it exists */
};

/* Everything of one run. */
struct check {
	struct conf conf; /* first: see check_main */
	struct arena arena;
	struct wish_list allowed; /* of the --allow file */
	uint32_t *uid;		  /* of --user, in that order */
	struct user_name *users;
	struct snmp_access access;
	struct report *report;
	struct engine *engine;
	const struct snmp_api *api;
	bool many; /* hosts */
};

extern const struct program check_listener_program;

/* Values of options; see struct opt. */
bool listener_parse_ports(void *field, struct view value, struct arena *arena,
			  struct opt_error *error);
bool listener_parse_engine(void *field, struct view value, struct arena *arena,
			   struct opt_error *error);
/* The default set: 1440, 2860, 2861, 5060, 5061, to report only. */
void listener_default_ports(struct check *check);
/* Lines of an --allow file; false with the line. */
bool listener_parse_allow(struct wish_list *list, struct view text, struct arena *arena,
			  unsigned *line, struct opt_error *error);
void listener_wishes_free(struct wish_list *list);

/* Whether these processes are what the wish wants, and what --user, --path and --unit want. */
bool listener_name_fits(const struct port_wish *wish, const struct holder *holder);
bool listener_further_fits(const struct check *check, const struct holder *holder);
bool listener_user_fits(const struct check *check, uint32_t uid);
/* The wish for a bound port: of --allow the line that names it, NULL = none does. */
const struct port_wish *listener_allowed(const struct check *check, bool tcp, unsigned port);

/* OPT_GO_ON, or the exit code after an error was printed. */
int listener_check_options(struct check *check, const struct target_list *targets, struct out *out);

/* Takes a copy. */
void listener_add(struct host *host, const struct listener *listener);
/* Sorts, and makes one of what is alike. */
void listener_settle(struct host *host);
void listener_run_local(struct check *check);
/* OPT_GO_ON, or the exit code after an error was printed. */
int listener_run_remote(struct check *check, const struct target_list *targets, struct out *out);
/* An agent is the same at all addresses of its host: the first of IPv4, where agents listen. */
const struct addr *listener_agent_address(const struct addresses_found *found);
/* --derive-keys; the exit code. */
int listener_derive_keys(struct check *check, const struct target_list *targets, struct out *out);

/* A port of a host, or a range of which nothing is bound, as it is judged. */
struct finding {
	struct host *host;
	const struct port_wish *wish;
	struct port_range range;
	const struct listener *first; /* bound there; connected ones are not */
	size_t count;
	const struct listener *worst;	 /* the one that decided; NULL when nothing is bound */
	const struct port_wish *allowed; /* of --allow, for `worst` */
	enum listener_outcome outcome;
	enum state state;
	struct result *result;
};

void listener_judge_host(struct host *host);
/* Nothing is known of the host's ports. `why` may hold foreign bytes, "" = none; `trace` may be
 * NULL. */
void listener_judge_nothing(struct host *host, enum listener_outcome outcome, const char *why,
			    const struct trace *trace);

/* "pbx (192.0.2.7): ", nothing for this host. */
void wr_host(struct wr *w, const struct host *host);
void listener_say(const struct finding *finding);
void listener_say_host(const struct host *host, unsigned bound, unsigned ports);
void listener_tell(const struct finding *finding);
void listener_say_nothing(const struct host *host, struct result *result,
			  enum listener_outcome outcome, const char *why,
			  const struct trace *trace);
/* "kamailio" (pid 4711 and 3 more, user kamailio); with `further` what --path and --unit look at. */
void wr_holder(struct wr *w, const struct holder *holder, const struct conf *further);
/* "0.0.0.0 and ::" */
void wr_listener_place(struct wr *w, const struct listener *listener, bool remote);

#endif
