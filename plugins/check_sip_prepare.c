/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From check_sip's options and targets to probes: one for each endpoint. */
#include "check_sip.h"

#include "check/program.h"

static const struct view VIA_TRANSPORT[] = { { "UDP", 3 }, { "TCP", 3 }, { "TLS", 3 } };

static uint16_t default_port(enum transport transport)
{
	return transport == TRANSPORT_TLS ? 5061 : 5060;
}

/* What one target asks for, from its URI and the options. */
struct wanted {
	struct sip_target *target;
	struct view host; /* whom to ask: the target's host, or maddr */
	uint16_t port;	  /* 0 = not given */
	bool secure, transport_given;
	enum transport transport;
};

static bool transport_from_uri(struct view text, enum transport *out)
{
	for (size_t i = 0; i < 3; i++) {
		if (view_ieq(text, VIA_TRANSPORT[i])) {
			*out = (enum transport)i;
			return true;
		}
	}
	return false;
}

/* The Request-URI as given, or without a user part from host and port (Kamailio's default
 * configuration and others answer 200 only then). */
static struct view make_ruri(struct check *check, const struct wanted *wanted, struct view given)
{
	char buffer[400];
	struct wr w = wr_over(buffer, sizeof(buffer));
	struct view host = wanted->target->host;
	struct addr numeric;

	if (check->conf.ruri.n > 0)
		return check->conf.ruri;
	if (given.n > 0)
		return given;
	wr_str(&w, "sip:");
	if (addr_parse(host, &numeric)) {
		numeric.scope = 0;
		wr_ip_ref(&w, &numeric);
	} else {
		wr_put(&w, host);
	}
	if (wanted->port != 0) {
		wr_byte(&w, ':');
		wr_u64(&w, wanted->port);
	}
	return (struct view){ arena_text(&check->arena, wr_view(&w)), w.n };
}

/* A name may be written with the dot of the root; certificates and SIP do not want it. */
static struct view without_dot(struct view host)
{
	return host.n > 1 && host.p[host.n - 1] == '.' ? view_first(host, host.n - 1) : host;
}

/* RFC 3261 26.2.2: sips: means TLS, also when it says transport=tcp. */
static bool read_transport(const struct sip_uri *uri, struct wanted *wanted,
			   struct opt_error *error)
{
	wanted->secure = uri->secure;
	wanted->transport_given = uri->transport.n > 0 || uri->secure;
	if (uri->transport.n > 0 && !transport_from_uri(uri->transport, &wanted->transport))
		return opt_error_value(error, uri->transport, "is not udp, tcp or tls");
	if (uri->secure && uri->transport.n > 0 && wanted->transport == TRANSPORT_UDP)
		return opt_error_set(error, "sips: does not go over udp");
	if (uri->secure)
		wanted->transport = TRANSPORT_TLS;
	return true;
}

static bool read_uri(struct check *check, const struct target *target, struct wanted *wanted,
		     struct opt_error *error)
{
	struct view text = view_of(target->spec);
	struct sip_uri uri;
	const char *why;

	if (!sip_uri_parse(text, &uri, &why))
		return opt_error_value(error, text, "%s", why);
	if (view_find(uri.user, ':') < uri.user.n)
		return opt_error_set(error, "a URI with a password; use --credentials-file");
	wanted->target->host = without_dot(uri.host);
	wanted->host = uri.maddr.n > 0 ? uri.maddr : wanted->target->host;
	wanted->port = uri.port != 0 ? uri.port : (uint16_t)check->conf.common.port;
	/* 19.1.1: headers have no place in a Request-URI */
	wanted->target->ruri = make_ruri(check, wanted, view_first(text, view_find(text, '?')));
	return read_transport(&uri, wanted, error);
}

static bool read_host(struct check *check, const struct target *target, struct wanted *wanted,
		      struct opt_error *error)
{
	struct opt_error why;

	if (!target_split(view_of(target->spec), &wanted->host, &wanted->port, &why))
		return opt_error_value(error, view_of(target->spec), "%s", why.text);
	wanted->host = wanted->target->host = without_dot(wanted->host);
	if (wanted->port == 0)
		wanted->port = (uint16_t)check->conf.common.port;
	wanted->target->ruri = make_ruri(check, wanted, (struct view){ "", 0 });
	return true;
}

static bool is_uri(const char *spec)
{
	return view_istarts(view_of(spec), VIEW("sip:")) ||
	       view_istarts(view_of(spec), VIEW("sips:"));
}

static void add_probe(struct sip_target *target, struct result *result, const struct addr *peer,
		      enum transport transport, int64_t dns_us)
{
	struct check *check = target->check;
	struct sip_probe *probe = arena_new(&check->arena, 1, sizeof(*probe));
	struct view tls_name = check->conf.tls_name;

	probe->target = target;
	probe->result = result;
	probe->peer = *peer;
	probe->transport = transport;
	probe->dns_us = dns_us;
	probe->arg.profile = &check->profile;
	probe->arg.ruri = target->ruri;
	probe->arg.transport = VIA_TRANSPORT[transport];
	if (tls_name.n == 0)
		tls_name = target->host;
	engine_probe(check->engine,
		     &(struct probe_spec){
			     .ops = check->profile.credentials.digest != NULL ? &sip_client_auth_ops
									      : &sip_client_ops,
			     .arg = &probe->arg,
			     .peer = *peer,
			     .transport = transport,
			     .tls_name = transport == TRANSPORT_TLS
						 ? arena_text(&check->arena, tls_name)
						 : NULL,
			     .user = probe,
		     });
}

/* A target with one endpoint is a leaf under the root, else a group. */
static struct result *add_leaf(struct sip_target *target)
{
	struct report *report = target->check->report;
	struct result *parent = target->result != NULL ? target->result : report_root(report);

	target->endpoints++;
	return result_add(report, parent, view_of(target->name));
}

static void on_resolved(void *arg, const struct resolve_answer *answer)
{
	struct sip_target *target = arg;
	size_t wanted = target->check->conf.all_targets ? answer->count : 1;

	if (!answer->ok) {
		check_sip_judge_dns(target, add_leaf(target), answer->why);
		return;
	}
	for (size_t i = 0; i < wanted; i++)
		add_probe(target, add_leaf(target), &answer->list[i].addr,
			  answer->list[i].transport, answer->took_us);
}

static bool add_endpoint(const struct wanted *wanted, const struct addr *numeric,
			 struct opt_error *error)
{
	struct sip_target *target = wanted->target;
	struct check *check = target->check;
	struct addr peer = *numeric;
	int family = check_family(&check->conf.common);

	if (peer.family != 0) {
		if (family != 0 && peer.family != family)
			return opt_error_value(error, view_of(target->name),
					       "not an address of that family");
		peer.port = wanted->port != 0 ? wanted->port : default_port(wanted->transport);
		add_probe(target, add_leaf(target), &peer, wanted->transport, -1);
		return true;
	}
	engine_resolve(check->engine,
		       &(struct resolve_query){
			       .host = wanted->host,
			       .port = wanted->port,
			       .transport_given = wanted->transport_given,
			       .transport = wanted->transport,
			       .secure = wanted->secure,
			       .family = family,
			       .default_port = default_port(wanted->transport),
		       },
		       on_resolved, target);
	return true;
}

static void add_group(struct sip_target *target)
{
	struct check *check = target->check;

	target->result =
		result_add(check->report, report_root(check->report), view_of(target->name));
	target->next_group = check->groups;
	check->groups = target;
}

static bool add_target(struct check *check, const struct target *named, struct opt_error *error)
{
	const struct transport_set *set = &check->conf.transports;
	struct sip_target *target = arena_new(&check->arena, 1, sizeof(*target));
	struct wanted wanted = { .target = target };
	struct addr numeric = { .family = 0 };

	target->check = check;
	target->name = named->name;
	if (!(is_uri(named->spec) ? read_uri(check, named, &wanted, error)
				  : read_host(check, named, &wanted, error)))
		return false;
	if (set->count > 1 || check->conf.all_targets)
		add_group(target);
	if (addr_parse(wanted.host, &numeric) && !target_check_addr(&numeric, error))
		return false;
	if (set->count == 0)
		return add_endpoint(&wanted, &numeric, error);
	for (size_t i = 0; i < set->count; i++) {
		wanted.transport_given = true;
		wanted.transport = set->item[i];
		if (wanted.secure && wanted.transport != TRANSPORT_TLS)
			return opt_error_value(error, view_of(named->spec), "goes over tls only");
		if (!add_endpoint(&wanted, &numeric, error))
			return false;
	}
	return true;
}

int check_sip_prepare(struct check *check, const struct target_list *targets, struct out *out)
{
	struct opt_error error;

	for (size_t i = 0; i < targets->count; i++)
		if (!add_target(check, &targets->item[i], &error))
			return check_refuse_target(&check->conf.common, &targets->item[i],
						   error.text, out);
	return OPT_GO_ON;
}
