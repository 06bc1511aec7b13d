/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside view: the list of --compare, and the run of --local that writes it. */
#include "check_rtp.h"

#include "cli/file.h"
#include "cli/port_file.h"
#include "local/sockets.h"

#include <jansson.h>

enum { RANGES_SAID = 12 };

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

static bool read_json(struct view text, struct inside *inside, struct opt_error *error)
{
	json_error_t where;
	json_t *document = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &where);
	const json_t *result = find_result(document);

	if (document == NULL)
		return opt_error_set(error, "line %d: is no JSON", where.line);
	bool ok = read_ports(result, "ports", &inside->ports, error) &&
		  read_ports(result, "bound_ipv4", &inside->bound4, error) &&
		  read_ports(result, "bound_ipv6", &inside->bound6, error);
	json_decref(document);
	return ok;
}

/* Of plain ranges nobody says of which family they are, or what they leave out. */
static bool read_plain(struct view text, struct inside *inside, struct opt_error *error)
{
	static const struct port_range all = { 1, PORT_MAX };
	struct opt_error why;
	unsigned line;

	if (!port_file_parse(text, &inside->bound4, &line, &why))
		return opt_error_set(error, "line %u: %.400s", line, why.text);
	inside->bound6 = inside->bound4;
	port_set_add(&inside->ports, all);
	return true;
}

bool check_rtp_read_inside(struct check *check, struct opt_error *error)
{
	const char *path = arena_text(check->arena, check->conf->compare);
	struct file_source source = { .path = path,
				      .max_bytes = PORT_FILE_BYTES_MAX,
				      .timeout_us = check->conf->common.timeout_us };
	struct file_text file;
	struct opt_error why;

	if (!file_read(check->arena, &source, &file, error))
		return false;
	struct view text = view_trim((struct view){ file.text, file.n });
	check->inside = arena_new(check->arena, 1, sizeof(*check->inside));
	bool ok = view_starts(text, VIEW("{")) ? read_json(text, check->inside, &why)
					       : read_plain(text, check->inside, &why);
	return ok || file_error(error, path, 0, why.text);
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

static void tell_set(struct check *check, struct result *result, const char *what, const char *key,
		     const struct port_set *ports)
{
	char buffer[1000];
	struct wr w = wr_over(buffer, sizeof(buffer));

	check_rtp_fact_ports(check, result, key, ports);
	if (port_set_next(ports, 0) == 0)
		return;
	wr_fmt(&w, "%s: %zu: ", what, port_set_count(ports));
	wr_port_set(&w, ports, 60);
	result_detail(check->report, result, 0, wr_view(&w));
}

static void judge_local(struct check *check, struct result *result, const struct port_set *bound)
{
	const struct conf *conf = check->conf;
	const struct inside *inside = check->inside;
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
	check_rtp_fact_ports(check, result, "ports", &inside->ports);
	tell_set(check, result, "bound", "bound", bound);
	tell_set(check, result, "bound, IPv4", "bound_ipv4", &inside->bound4);
	tell_set(check, result, "bound, IPv6", "bound_ipv6", &inside->bound6);
	tell_set(check, result, "of these only on the loopback", "bound_loopback",
		 &inside->loopback);
	tell_set(check, result, "connected to one peer only", "connected", &inside->connected);
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
