/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What check_eicon_slp tells beyond the sentence: facts of JSON, lists and the trace of messages. */
#include "check_eicon_slp.h"

#include "base/escape.h"
#include "base/text.h"

enum {
	LINE_MAX = 300,
	TRACE_BYTES = 96,
	TRACE_ALL_BYTES = 1400,
	TRACED_MAX = 200,
	LISTED_MAX = 64
};

/* Each text on a line of its own behind `what`. */
static void list(struct check *check, struct result *result, const char *what,
		 const struct slp_texts *texts, const char *room)
{
	char buffer[LINE_MAX];
	struct view text;
	size_t at = 0;
	unsigned listed = 0;

	while (listed < LISTED_MAX && slp_texts_next(texts, room, &at, &text)) {
		struct wr w = wr_over(buffer, sizeof(buffer));
		wr_fmt(&w, "%s ", what);
		wr_clause(&w, text, LINE_MAX - 40);
		result_detail(check->report, result, 1, wr_view(&w));
		listed++;
	}
	if (texts->seen > listed) {
		struct wr w = wr_over(buffer, sizeof(buffer));
		wr_fmt(&w, "%s: %u more are not listed", what, texts->seen - listed);
		result_detail(check->report, result, 1, wr_view(&w));
	}
}

/* All of a list in one fact, with blanks between. */
static void fact_list(struct check *check, struct result *result, const char *key,
		      const struct slp_texts *texts, const char *room)
{
	char buffer[SLP_TYPES_BYTES + 1];
	struct wr w = wr_over(buffer, sizeof(buffer));
	struct view text;
	size_t at = 0;

	while (slp_texts_next(texts, room, &at, &text)) {
		if (w.n > 0)
			wr_byte(&w, ' ');
		wr_put(&w, text);
	}
	if (texts->seen > 0)
		result_fact(check->report, result, key, wr_view(&w));
}

static void fact_versions(struct check *check, struct result *result,
			  const struct slp_findings *found)
{
	static const char *const versions[] = { "", "1", "2", "1 2" };
	static const char *const roles[] = { "", "sa", "da", "sa da" };
	unsigned version = (unsigned)found->v1 | (unsigned)found->v2 << 1;
	unsigned role = (unsigned)found->sa | (unsigned)found->da << 1;

	if (version != 0)
		result_fact(check->report, result, "slp_version", view_of(versions[version]));
	if (role != 0)
		result_fact(check->report, result, "roles", view_of(roles[role]));
}

void eicon_tell_findings(struct check *check, struct result *result,
			 const struct slp_findings *found)
{
	struct report *report = check->report;
	int64_t up_s = check_unix_us() / 1000000 - (int64_t)found->boot_time;

	fact_versions(check, result, found);
	fact_list(check, result, "scopes", &found->scopes, found->scopes_room);
	fact_list(check, result, "types", &found->types, found->types_room);
	fact_list(check, result, "services", &found->urls, found->urls_room);
	fact_list(check, result, "attributes", &found->attrs, found->attrs_room);
	if (found->errors > 0)
		result_fact_number(report, result, "slp_error", found->error);
	if (found->has_boot_time)
		result_fact_number(report, result, "boot_time", found->boot_time);
	if (found->has_lifetime)
		result_fact_number(report, result, "min_lifetime", found->min_lifetime_s);
	if (found->trailing_bytes > 0)
		result_fact_number(report, result, "trailing_bytes", (double)found->trailing_bytes);
	if (found->valid > 0)
		result_fact_bool(report, result, "authenticated", found->auth_blocks > 0);
	if (found->has_boot_time && found->boot_time != 0 && up_s >= 0)
		result_metric(report, result, METRIC_DA_UPTIME, (double)up_s);
	list(check, result, "type", &found->types, found->types_room);
	list(check, result, "service", &found->urls, found->urls_room);
	list(check, result, "attributes", &found->attrs, found->attrs_room);
	list(check, result, "scope", &found->scopes, found->scopes_room);
}

static void put_message(struct wr *w, struct view bytes)
{
	struct slp_msg msg;
	enum slp_reading reading = slp_decode(bytes, &msg);

	if (reading == SLP_FOREIGN)
		return;
	const char *name = slp_function_name(msg.version, msg.function);
	wr_fmt(w, ", SLPv%u %s, XID %u", (unsigned)msg.version, name != NULL ? name : "message",
	       (unsigned)msg.xid);
	if (reading == SLP_BROKEN || reading == SLP_CUT) {
		wr_str(w, ", ");
		wr_str(w, msg.why);
	}
	if (msg.has_error && msg.error != 0)
		wr_fmt(w, ", error %u", (unsigned)msg.error);
	if ((msg.flags & SLP_FLAG_OVERFLOW) != 0)
		wr_str(w, ", overflow");
}

static void tell_bytes(const struct check *check, const struct traced *traced, struct view bytes)
{
	size_t most = check->conf.common.verbose > 2 ? TRACE_ALL_BYTES : TRACE_BYTES;
	char buffer[TRACE_ALL_BYTES * 4 + 8];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_str(&w, "  ");
	wr_escaped(&w, view_first(bytes, most));
	wr_str(&w, bytes.n > most ? "..." : "");
	result_detail(check->report, traced->result, 2, wr_view(&w));
}

void eicon_tell_message(const struct check *check, struct traced *traced, enum transport transport,
			enum tap_event event, int64_t now_us, const struct addr *other,
			struct view bytes)
{
	char buffer[LINE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (traced->lines++ >= TRACED_MAX) {
		if (traced->lines == TRACED_MAX + 1)
			result_detail(check->report, traced->result, 1,
				      VIEW("(further messages are not shown)"));
		return;
	}
	if (traced->since_us == 0)
		traced->since_us = now_us;
	wr_fmt(&w, "%+.3f s %s ", (double)(now_us - traced->since_us) / 1e6,
	       event == TAP_SENT ? "sent" : "got");
	wr_count(&w, (unsigned)bytes.n, "byte", "bytes");
	wr_str(&w, event == TAP_SENT ? " to " : " from ");
	wr_addr(&w, other);
	wr_fmt(&w, "/%s", transport_name(transport));
	put_message(&w, bytes);
	result_detail(check->report, traced->result, 1, wr_view(&w));
	tell_bytes(check, traced, bytes);
}

void eicon_tell_outcome(const struct check *check, struct result *result, enum slp_outcome outcome,
			const struct addr *peer, enum transport transport,
			const struct trace *trace)
{
	const char *word = check_eicon_slp_program.outcome[outcome].word;
	char buffer[64];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_fmt(&w, "outcome %s", word);
	result_detail(check->report, result, 1, wr_view(&w));
	endpoint_facts(check->report, result, word, peer, transport, trace);
}
