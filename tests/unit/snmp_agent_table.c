/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The agent in memory; see snmp_agent_table.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "snmp_agent_table.h"

#include "base/addr.h"
#include "base/text.h"

enum { LINE_MAX_BYTES = 1024, MESSAGE_BYTES = 40, TOO_BIG = 1 };

void agent_free(struct agent *agent)
{
	free(agent->row);
	agent->row = NULL;
}

void agent_add(struct agent *agent, const struct oid *oid, int64_t number, const char *text)
{
	if (agent->rows == agent->room) {
		agent->room = agent->room * 2 + 64;
		agent->row = realloc(agent->row, agent->room * sizeof(*agent->row));
		assert_non_null(agent->row);
	}
	struct agent_row *row = &agent->row[agent->rows++];
	*row = (struct agent_row){ *oid, text != NULL ? SNMP_TEXT : SNMP_NUMBER, number, "" };
	if (text != NULL)
		snprintf(row->text, sizeof(row->text), "%s", text);
	agent->sorted = false;
}

static bool add_value(struct agent *agent, const struct oid *oid, struct view type,
		      struct view value)
{
	char text[AGENT_TEXT_MAX] = "";
	uint64_t number;
	bool quoted = value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"';

	if (view_eq(type, VIEW("INTEGER")) || view_eq(type, VIEW("Gauge32"))) {
		bool negative = view_take_char(&value, '-');
		if (!text_u64(value, UINT32_MAX, &number))
			return false;
		agent_add(agent, oid, negative ? -(int64_t)number : (int64_t)number, NULL);
		return true;
	}
	if (!view_eq(type, VIEW("STRING")) || !quoted || value.n - 2 >= sizeof(text))
		return false;
	memcpy(text, value.p + 1, value.n - 2);
	agent_add(agent, oid, 0, text);
	return true;
}

bool agent_add_line(struct agent *agent, const char *line)
{
	struct view rest = view_trim(view_of(line));
	struct view name = view_trim(view_take_until(&rest, '='));
	struct view type = view_trim(view_take_until(&rest, ':'));
	struct oid oid;

	return oid_parse(name, &oid) && add_value(agent, &oid, type, view_trim(rest));
}

void agent_load(struct agent *agent, const char *name, const char *hidden)
{
	const char *srcdir = getenv("srcdir");
	char path[LINE_MAX_BYTES], line[LINE_MAX_BYTES];
	struct oid view;

	assert_true(hidden == NULL || oid_parse(view_of(hidden), &view));
	snprintf(path, sizeof(path), "%s/tests/data/snmp/%s", srcdir != NULL ? srcdir : ".", name);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		fail_msg("cannot read %s", path);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (line[0] == '#')
			continue;
		if (!agent_add_line(agent, line))
			fail_msg("%s: %s", path, line);
		if (hidden != NULL && oid_starts(&agent->row[agent->rows - 1].oid, &view))
			agent->rows--;
	}
	fclose(file);
	assert_true(agent->rows > 0 || hidden != NULL);
}

static int compare_rows(const void *a, const void *b)
{
	return oid_compare(&((const struct agent_row *)a)->oid,
			   &((const struct agent_row *)b)->oid);
}

/* The first row that is not below `oid`. */
static size_t find(const struct agent *agent, const struct oid *oid)
{
	size_t low = 0, high = agent->rows;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (oid_compare(&agent->row[middle].oid, oid) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t number_bytes(uint64_t value, unsigned bits)
{
	size_t n = 1;

	while ((value >>= bits) != 0)
		n++;
	return n;
}

/* X.690: the length of the variable in BER. */
static size_t var_bytes(const struct snmp_var *var)
{
	size_t oid = 1, value = 0;

	for (size_t i = 2; i < var->oid.n; i++)
		oid += number_bytes(var->oid.arc[i], 7);
	if (var->type == SNMP_NUMBER)
		value = number_bytes((uint64_t)var->number * 2, 8);
	if (var->type == SNMP_TEXT)
		value = var->text.n + (var->text.n > 127);
	return 2 + 2 + oid + 2 + value + (oid + value > 123);
}

static void answer_one(struct agent *agent, enum snmp_ask ask, const struct oid *asked,
		       struct snmp_var *var)
{
	size_t at = find(agent, asked);
	bool there = at < agent->rows && oid_compare(&agent->row[at].oid, asked) == 0;

	*var = (struct snmp_var){ .oid = *asked, .type = SNMP_END };
	at += ask != SNMP_GET && there;
	if (ask == SNMP_GET && !there)
		var->type = SNMP_NO_INSTANCE;
	else if (at < agent->rows)
		*var = (struct snmp_var){ agent->row[at].oid, agent->row[at].type,
					  agent->row[at].number, view_of(agent->row[at].text) };
	if (agent->spoil != NULL)
		agent->spoil(agent, asked, var);
}

/* The error-status; sets reply.count. */
static int64_t fill(struct agent *agent, const struct snmp_request *request)
{
	size_t wanted = request->count * (request->ask == SNMP_BULK ? request->repetitions : 1);
	size_t bytes = MESSAGE_BYTES, count = 0;
	bool full = false;

	for (; count < wanted && !full; count++) {
		const struct oid *asked = count < request->count
						  ? &request->oid[count]
						  : &agent->var[count - request->count].oid;
		if (count == SNMP_VARS_MAX)
			return TOO_BIG;
		answer_one(agent, request->ask, asked, &agent->var[count]);
		bytes += var_bytes(&agent->var[count]);
		full = (agent->bytes_max > 0 && bytes > agent->bytes_max) ||
		       (agent->vars_max > 0 && count == agent->vars_max);
		if (full)
			bytes -= var_bytes(&agent->var[count]);
	}
	count -= full;
	if (full && (count == 0 || request->ask != SNMP_BULK || agent->never_cuts))
		return TOO_BIG;
	agent->reply.count = count;
	agent->vars += (unsigned)count;
	if (bytes > agent->bytes_most)
		agent->bytes_most = bytes;
	return 0;
}

const struct snmp_reply *agent_answer(struct agent *agent, const struct snmp_request *request)
{
	if (!agent->sorted && agent->rows > 0)
		qsort(agent->row, agent->rows, sizeof(*agent->row), compare_rows);
	agent->sorted = true;
	assert_in_range(request->count, 1, SNMP_VARS_MAX);
	agent->requests++;
	agent->bulk = request->ask == SNMP_BULK;
	agent->reply = (struct snmp_reply){ .var = agent->var };
	agent->reply.error = fill(agent, request);
	return &agent->reply;
}

static struct oid column(const char *text)
{
	struct oid oid;

	assert_true(oid_parse(view_of(text), &oid));
	return oid;
}

static void add_ip(struct oid *oid, const char *text, uint16_t port, bool typed)
{
	struct addr ip;

	assert_true(addr_parse(view_of(text), &ip));
	size_t bytes = ip.family == 4 ? 4 : 16;
	if (typed) {
		oid_append(oid, ip.family == 4 ? 1 : 2);
		oid_append(oid, (uint32_t)bytes);
	}
	for (size_t i = 0; i < bytes; i++)
		oid_append(oid, ip.ip[i]);
	assert_true(oid_append(oid, port));
}

void agent_add_tcp(struct agent *agent, const char *local, uint16_t port, int64_t pid)
{
	struct oid oid = column("1.3.6.1.2.1.6.20.1.4");

	add_ip(&oid, local, port, true);
	agent_add(agent, &oid, pid, NULL);
}

void agent_add_udp(struct agent *agent, const char *local, uint16_t port, const char *peer,
		   uint16_t peer_port, uint32_t instance, int64_t pid)
{
	struct oid oid = column("1.3.6.1.2.1.7.7.1.8");

	add_ip(&oid, local, port, true);
	add_ip(&oid, peer != NULL ? peer : strchr(local, ':') ? "::" : "0.0.0.0", peer_port, true);
	assert_true(oid_append(&oid, instance));
	agent_add(agent, &oid, pid, NULL);
}

void agent_add_tcp_old(struct agent *agent, const char *local, uint16_t port, const char *peer,
		       uint16_t peer_port, int64_t state)
{
	struct oid oid = column("1.3.6.1.2.1.6.13.1.1");

	add_ip(&oid, local, port, false);
	add_ip(&oid, peer != NULL ? peer : "0.0.0.0", peer_port, false);
	agent_add(agent, &oid, state, NULL);
}

void agent_add_udp_old(struct agent *agent, const char *local, uint16_t port)
{
	struct oid oid = column("1.3.6.1.2.1.7.5.1.2");

	add_ip(&oid, local, port, false);
	agent_add(agent, &oid, port, NULL);
}
