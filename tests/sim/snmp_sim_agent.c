/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GET, GETNEXT and GETBULK; see snmp_sim_agent.h. */
#include "snmp_sim_agent.h"

#define COMMUNITY "sim"
#define VERSION_2C 1
#define BULK_VARS_MAX 100 /* net-snmp's maxGetbulkResponses */

enum pdu { PDU_GET = 0xa0, PDU_NEXT = 0xa1, PDU_RESPONSE = 0xa2, PDU_BULK = 0xa5 };
enum error { ERROR_NONE = 0, ERROR_TOO_BIG = 1, ERROR_GENERAL = 5, ERROR_AUTHORIZATION = 16 };

const struct behaviour behaviours[] = {
	{ "good", "all is well", .set = MIB_GOOD },
	{ "big", "good, 2,000 UDP and 300 TCP rows more on 6 addresses", .set = MIB_BIG },
	{ "many", "good, 300 UDP rows more, each on its own address", .set = MIB_MANY },
	{ "old", "only udpTable and tcpConnTable", .set = MIB_OLD },
	{ "wildcard", "good, any address is unknown(0) and empty", .set = MIB_WILDCARD },
	{ "noproc", "good without names of processes", .set = MIB_NOPROC },
	{ "nopid", "good, all processes are 0", .set = MIB_NOPID },
	{ "empty", "knows no object", .set = MIB_EMPTY },
	{ "wrongtype", "processes are texts, their names are numbers", .set = MIB_WRONGTYPE },
	{ "negative", "processes are -1, and 4294967295 on 2860", .set = MIB_NEGATIVE },
	{ "hugetext", "the name of process 4711 has 60,000 bytes", .set = MIB_HUGETEXT },
	{ "control", "line ends, escapes, NUL and forged perfdata in names", .set = MIB_CONTROL },
	{ "notincreasing", "next is always the first row of the column", .walk = WALK_SAME },
	{ "backwards", "next is the row before", .walk = WALK_BACK },
	{ "endless", "a listener on each of all IPv4 addresses", .walk = WALK_INVENTED },
	{ "toobig", "tooBig for more than 4 variables or repetitions", .limit = 4 },
	{ "generr", "always genErr", .error = ERROR_GENERAL },
	{ "noaccess", "always authorizationError", .error = ERROR_AUTHORIZATION },
	{ "zerovars", "no variables", .no_vars = true },
	{ "short", "half of the variables to GETNEXT and GETBULK", .half = true },
	{ "more", "3 variables more than were asked for", .more = 3 },
	{ "wrongid", "another request id", .id_add = 1 },
	{ "wrongcommunity", "another community", .community = "other" },
	{ "wrongversion", "version 1", .version_1 = true },
	{ "truncated", "the first half of the message", .cut = true },
	{ "trailing", "bytes behind the message", .trailing = true },
	{ "silent", "no answer", .silent = true },
	{ "refused", "nobody listens", .closed = true },
	{ "late", "after 1.5 s", .after_ms = 1500 },
	{ "duplicate", "three times", .copies = 3 },
	{ "lossy", "only to what is sent again with the same request id", .lossy = true },
	{ "flood", "50 datagrams that answer nothing go first", .foreign = 50 },
	{ "otherport", "from another port", .other_port = true },
};

const size_t behaviours_n = sizeof(behaviours) / sizeof(behaviours[0]);

static struct span noise(struct agent *agent)
{
	for (size_t i = 0; i < AGENT_NOISE_BYTES; i++) {
		agent->noise = agent->noise * 6364136223846793005U + 1442695040888963407U;
		agent->noise_bytes[i] = (char)(agent->noise >> 56);
	}
	return (struct span){ agent->noise_bytes, AGENT_NOISE_BYTES };
}

static bool read_request(struct agent *agent, struct span datagram)
{
	bool bad = false;
	struct ber_in all = { datagram, &bad }, message = ber_enter(&all, BER_SEQUENCE);
	int32_t version = ber_take_integer(&message);
	struct span community = ber_enter(&message, BER_OCTETS).rest;
	struct ber_in pdu, vars;

	agent->pdu = message.rest.n > 0 ? (unsigned char)message.rest.p[0] : 0;
	pdu = ber_enter_any(&message);
	agent->id = ber_take_integer(&pdu);
	agent->non_repeaters = ber_take_integer(&pdu);
	agent->repetitions = ber_take_integer(&pdu);
	vars = ber_enter(&pdu, BER_SEQUENCE);
	agent->asked_n = 0;
	while (vars.rest.n > 0 && !bad && agent->asked_n < AGENT_ASKED_MAX) {
		struct ber_in var = ber_enter(&vars, BER_SEQUENCE);

		ber_take_oid(&var, &agent->asked[agent->asked_n++]);
		ber_enter_any(&var);
		bad = bad || var.rest.n > 0;
	}
	return !bad && all.rest.n + message.rest.n + pdu.rest.n + vars.rest.n == 0 &&
	       version == VERSION_2C && span_same(community, span_of(COMMUNITY)) &&
	       (agent->pdu == PDU_GET || agent->pdu == PDU_NEXT || agent->pdu == PDU_BULK);
}

/* Whether that was the end. */
static bool add_next(struct agent *agent, const struct behaviour *b, const struct mib *mib,
		     const struct oid *oid)
{
	const struct row *row = mib_next(mib, b->walk, oid, &agent->scratch);
	struct var *var = &agent->var[agent->n++];

	var->oid = row != NULL ? row->oid : *oid;
	var->value = row != NULL ? row->value : (struct value){ .tag = BER_END };
	return row == NULL;
}

/* RFC 3416 section 4.2.3; a round in which all are at their end is the last one. */
static void answer_bulk(struct agent *agent, const struct behaviour *b, const struct mib *mib)
{
	size_t single = agent->non_repeaters > 0 ? (size_t)agent->non_repeaters : 0;
	size_t vars = agent->repetitions > 0 ? (size_t)agent->repetitions : 0, repeaters;
	bool ended = false;

	if (single > agent->asked_n)
		single = agent->asked_n;
	for (size_t i = 0; i < single; i++)
		add_next(agent, b, mib, &agent->asked[i]);
	repeaters = agent->asked_n - single;
	vars *= repeaters;
	while (!ended && agent->n + repeaters <= single + vars &&
	       agent->n + repeaters <= BULK_VARS_MAX) {
		ended = true;
		for (size_t i = 0; i < repeaters; i++) {
			const struct oid *after = agent->n < single + repeaters
							  ? &agent->asked[agent->n]
							  : &agent->var[agent->n - repeaters].oid;

			ended = add_next(agent, b, mib, after) && ended;
		}
	}
}

static void answer_error(struct agent *agent, unsigned error)
{
	agent->error = error;
	agent->error_index = error == ERROR_GENERAL ? 1 : 0;
	agent->n = error == ERROR_TOO_BIG ? 0 : agent->asked_n;
	for (size_t i = 0; i < agent->n; i++)
		agent->var[i] = (struct var){ agent->asked[i], { .tag = BER_NULL } };
}

static bool is_too_much(const struct agent *agent, size_t limit)
{
	return limit > 0 && (agent->asked_n > limit ||
			     (agent->pdu == PDU_BULK && agent->repetitions > (int32_t)limit));
}

bool agent_ask(struct agent *agent, const struct behaviour *b, const struct mib *mib,
	       struct span datagram)
{
	if (!read_request(agent, datagram))
		return false;
	agent->error = agent->error_index = 0;
	agent->n = 0;
	if (b->error != 0)
		answer_error(agent, b->error);
	else if (is_too_much(agent, b->limit))
		answer_error(agent, ERROR_TOO_BIG);
	else if (agent->pdu == PDU_BULK)
		answer_bulk(agent, b, mib);
	else if (agent->pdu == PDU_NEXT)
		for (size_t i = 0; i < agent->asked_n; i++)
			add_next(agent, b, mib, &agent->asked[i]);
	else
		for (const struct oid *oid = agent->asked; agent->n < agent->asked_n; oid++)
			agent->var[agent->n++] = (struct var){ *oid, mib_get(mib, oid) };
	if (b->no_vars)
		agent->n = 0;
	if (b->half && agent->pdu != PDU_GET)
		agent->n = (agent->n + 1) / 2;
	for (unsigned i = 0; i < b->more && agent->n > 0; i++)
		add_next(agent, b, mib, &agent->var[agent->n - 1].oid);
	return true;
}

static void put_var(struct ber_out *out, const struct var *var)
{
	const struct value *value = &var->value;
	size_t end = out->at;

	if (value->text.p != NULL) {
		ber_put(out, value->text);
		ber_wrap(out, value->tag, end);
	} else if ((value->tag & 0x80) != 0 || value->tag == BER_NULL) {
		ber_wrap(out, value->tag, end);
	} else {
		ber_put_number(out, value->tag, value->number);
	}
	ber_put_oid(out, &var->oid);
	ber_wrap(out, BER_SEQUENCE, end);
}

/* False when it is longer than a datagram may be. */
static bool put_message(struct agent *agent, const struct behaviour *b)
{
	struct ber_out *out = &agent->out;
	int32_t id = (int32_t)((uint32_t)agent->id + (uint32_t)b->id_add);
	size_t end, at;

	out->at = sizeof(out->bytes);
	out->full = false;
	if (b->trailing)
		ber_put(out, noise(agent));
	end = out->at;
	for (size_t i = agent->n; i > 0; i--)
		put_var(out, &agent->var[i - 1]);
	ber_wrap(out, BER_SEQUENCE, end);
	ber_put_number(out, BER_INTEGER, agent->error_index);
	ber_put_number(out, BER_INTEGER, agent->error);
	ber_put_number(out, BER_INTEGER, id);
	ber_wrap(out, PDU_RESPONSE, end);
	at = out->at;
	ber_put(out, span_of(b->community != NULL ? b->community : COMMUNITY));
	ber_wrap(out, BER_OCTETS, at);
	ber_put_number(out, BER_INTEGER, b->version_1 ? 0 : VERSION_2C);
	ber_wrap(out, BER_SEQUENCE, end);
	return !out->full;
}

static struct span written(const struct agent *agent, size_t divisor)
{
	const struct ber_out *out = &agent->out;

	return (struct span){ out->bytes + out->at, (sizeof(out->bytes) - out->at) / divisor };
}

struct span agent_answer(struct agent *agent, const struct behaviour *b)
{
	while (!put_message(agent, b))
		if (agent->pdu == PDU_BULK)
			agent->n--;
		else
			answer_error(agent, ERROR_TOO_BIG);
	return written(agent, b->cut ? 2 : 1);
}

/* Bytes without meaning, and genErr to another request or community. */
struct span agent_foreign(struct agent *agent, unsigned i)
{
	static const struct behaviour other_id = { .id_add = 1 };
	static const struct behaviour other_community = { .community = "other" };
	unsigned error = agent->error;

	if (i % 3 == 0)
		return noise(agent);
	agent->error = ERROR_GENERAL;
	put_message(agent, i % 3 == 1 ? &other_id : &other_community);
	agent->error = error;
	return written(agent, 1);
}
