/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside view: the list of --compare, and the run of --local that writes it. */
#include "check_rtp.h"

#include "cli/file.h"
#include "cli/port_file.h"
#include "local/sockets.h"

#include <jansson.h>

enum { RANGES_SAID = 12, RANGES_LISTED = 60 };

/* A list of ranges in a JSON object; a missing key is false. */
static bool read_ports(const json_t *object, const char *key, struct port_set *ports,
		       struct opt_error *error)
{
	const char *text = json_string_value(json_object_get(object, key)), *why;
	size_t column;

	if (text == NULL)
		return opt_error_set(error, "\"%s\" is missing: not the JSON of check_rtp --local",
				     key);
	return text[0] == '\0' || port_set_parse(view_of(text), ports, &column, &why) ||
	       opt_error_set(error, "\"%s\", column %zu: %s", key, column, why);
}

/* The host's own result: in the document, or the line of a JSON lines file itself. */
static const json_t *find_result(const json_t *document)
{
	const json_t *results = json_object_get(document, "results");

	if (json_object_get(document, "bound_ipv4") == NULL && json_array_size(results) == 1)
		return json_array_get(results, 0);
	return document;
}

static bool read_json(struct view text, struct inside *inside, unsigned *line,
		      struct opt_error *error)
{
	json_error_t where;
	json_t *document = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &where);
	const json_t *result = find_result(document);

	*line = document == NULL && where.line > 0 ? (unsigned)where.line : 0;
	if (document == NULL)
		return opt_error_set(error, "is no JSON");
	bool ok = read_ports(result, "ports", &inside->ports, error) &&
		  read_ports(result, "bound_ipv4", &inside->bound4, error) &&
		  read_ports(result, "bound_ipv6", &inside->bound6, error);
	json_decref(document);
	return ok;
}

/* Of plain ranges nobody says of which family they are, or what they leave out. */
static bool read_plain(struct view text, struct inside *inside, unsigned *line,
		       struct opt_error *error)
{
	static const struct port_range all = { 1, PORT_MAX };
	bool ok = port_file_parse(text, &inside->bound4, line, error);

	inside->bound6 = inside->bound4;
	port_set_add(&inside->ports, all);
	return ok;
}

bool check_rtp_read_inside(struct check *check, struct opt_error *error)
{
	const char *path = arena_text(check->arena, check->conf->compare);
	struct file_source source = { .path = path,
				      .max_bytes = PORT_FILE_BYTES_MAX,
				      .timeout_us = check->conf->common.timeout_us };
	struct file_text file;
	struct opt_error why;
	unsigned line;

	if (!file_read(check->arena, &source, &file, error))
		return false;
	struct view text = { file.text, file.n };
	bool json = view_starts(view_trim(text), VIEW("{"));
	check->inside = arena_new(check->arena, 1, sizeof(*check->inside));
	bool ok = json ? read_json(text, check->inside, &line, &why)
		       : read_plain(text, check->inside, &line, &why);
	return ok || file_error(error, path, line, why.text);
}

static void on_socket(void *ctx, const struct local_socket *socket)
{
	struct inside *inside = ctx;
	unsigned port = socket->addr.port;

	if (!port_set_has(&inside->ports, port))
		return;
	if (socket->connected) {
		port_set_put(&inside->connected, port);
		return;
	}
	if (local_socket_takes(socket, 4))
		port_set_put(&inside->bound4, port);
	if (local_socket_takes(socket, 6))
		port_set_put(&inside->bound6, port);
	port_set_put(addr_is_loopback(&socket->addr) ? &inside->loopback : &inside->elsewhere,
		     port);
}

/* Only ports that no other socket holds count as connected, or as on the loopback. */
static struct port_set settle(struct inside *inside)
{
	struct port_set bound = inside->bound4;

	port_set_join(&bound, &inside->bound6);
	port_set_remove(&inside->connected, &bound);
	port_set_remove(&inside->loopback, &inside->elsewhere);
	return bound;
}

static unsigned count_ranges(const struct port_set *ports)
{
	unsigned count = 0, last = 0;

	for (unsigned port = port_set_next(ports, 1); port != 0;
	     port = port_set_next(ports, port + 1)) {
		count += count == 0 || port > last + 1;
		last = port;
	}
	return count;
}

static void say_local(struct check *check, struct result *result, const struct verdict *verdict,
		      const struct port_set *bound)
{
	const struct inside *inside = check->inside;
	const struct port_set *missing = &verdict->ports[OUT_MISSING];
	const struct port_set *surplus = &verdict->ports[OUT_NOT_CLOSED];
	unsigned connected = (unsigned)port_set_count(&inside->connected);
	char buffer[2 * SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_str(&w, "this host: ");
	if (port_set_next(surplus, 0) != 0) {
		wr_str(&w, "bound but must be closed ");
		wr_port_set(&w, surplus, RANGES_SAID);
		wr_str(&w, ", ");
	}
	if (port_set_next(missing, 0) != 0) {
		wr_str(&w, "expected but not bound ");
		wr_port_set(&w, missing, RANGES_SAID);
		wr_str(&w, ", ");
	}
	wr_fmt(&w, "%zu of %zu UDP ports bound (IPv4 %zu, IPv6 %zu)", port_set_count(bound),
	       port_set_count(&inside->ports), port_set_count(&inside->bound4),
	       port_set_count(&inside->bound6));
	if (port_set_next(bound, 0) != 0) {
		wr_str(&w, ": ");
		wr_port_set(&w, bound, RANGES_SAID);
	}
	if (connected > 0)
		wr_fmt(&w, ", %u connected to one peer only", connected);
	result_say(check->report, result, wr_view(&w));
}

static void tell_ports(struct check *check, struct result *result, const char *what,
		       const struct port_set *ports)
{
	char buffer[1000];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (port_set_next(ports, 0) == 0)
		return;
	wr_fmt(&w, "%s (%zu): ", what, port_set_count(ports));
	wr_port_set(&w, ports, RANGES_LISTED);
	result_detail(check->report, result, 0, wr_view(&w));
}

/* What the sentence has not said yet. */
static void tell_local(struct check *check, struct result *result, const struct port_set *bound)
{
	const struct inside *inside = check->inside;
	size_t all = port_set_count(bound);

	if (count_ranges(bound) > RANGES_SAID)
		tell_ports(check, result, "bound", bound);
	if (port_set_count(&inside->bound4) < all)
		tell_ports(check, result, "bound, IPv4", &inside->bound4);
	if (port_set_count(&inside->bound6) < all)
		tell_ports(check, result, "bound, IPv6", &inside->bound6);
	tell_ports(check, result, "of these only on the loopback", &inside->loopback);
	tell_ports(check, result, "connected to one peer only", &inside->connected);
	check_rtp_fact_ports(check, result, "ports", &inside->ports);
	check_rtp_fact_ports(check, result, "bound", bound);
	check_rtp_fact_ports(check, result, "bound_ipv4", &inside->bound4);
	check_rtp_fact_ports(check, result, "bound_ipv6", &inside->bound6);
	check_rtp_fact_ports(check, result, "bound_loopback", &inside->loopback);
	check_rtp_fact_ports(check, result, "connected", &inside->connected);
}

static void judge_local(struct check *check, struct result *result, const struct port_set *bound)
{
	const struct conf *conf = check->conf;
	struct verdict *verdict = arena_new(check->arena, 1, sizeof(*verdict));
	struct port_set missing = conf->expect_open, surplus = conf->expect_closed;

	port_set_remove(&missing, bound);
	port_set_keep(&surplus, bound);
	check_rtp_hold_ports(check, verdict, OUT_MISSING, &missing);
	check_rtp_hold_ports(check, verdict, OUT_NOT_CLOSED, &surplus);
	if (check_rtp_ranked(verdict, 0) == OUTCOMES)
		check_rtp_hold(check, verdict, OUT_QUIET);
	result_raise(result, verdict->state[check_rtp_ranked(verdict, 0)]);
	say_local(check, result, verdict, bound);
	result_metric(check->report, result, METRIC_OPEN, (double)port_set_count(bound));
	result_metric(check->report, result, METRIC_BOUND, (double)port_set_count(bound));
	check_rtp_tell_findings(check, result, verdict);
	tell_local(check, result, bound);
}

int check_rtp_local(struct check *check, struct out *out)
{
	const struct conf *conf = check->conf;
	char why[TRACE_WHY_MAX] = "";
	struct result *result;
	int end;

	check->inside = arena_new(check->arena, 1, sizeof(*check->inside));
	check->inside->ports = conf->ports;
	check->report = report_new(check_rtp_program.report);
	report_keep(check->report, conf->common.format >= FORMAT_JSON, conf->common.verbose);
	report_thresholds(check->report, METRIC_OPEN, &conf->open.warning, &conf->open.critical);
	if (local_sockets(false, on_socket, check->inside, why, sizeof(why))) {
		struct port_set bound = settle(check->inside);
		result = result_add(check->report, report_root(check->report), VIEW("this host"));
		judge_local(check, result, &bound);
	} else {
		check->name = VIEW("this host");
		check_rtp_judge_nothing(check, OUT_LOCAL_ERROR, why);
	}
	end = check_render(&conf->common, check->report, out);
	report_free(check->report);
	return end;
}
