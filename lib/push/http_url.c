/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The URL of a profile, by libcurl's own parser, so that both mean the same host; see
 * http_private.h. Clauses do not quote it: by mistake it may hold a password. */
#include "push/http_private.h"

#include "base/addr.h"

/* NULL when the URL has no such part. */
static const char *take_part(CURLU *url, CURLUPart part, unsigned flags, struct arena *arena)
{
	char *text = NULL;

	if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
		return NULL;
	const char *kept = arena_text(arena, view_of(text));
	curl_free(text);
	return kept;
}

/* The texts one behind the other; NULL ends them. */
static const char *join(struct arena *arena, const char *const *texts)
{
	struct grow g = { .p = NULL };

	for (size_t i = 0; texts[i] != NULL; i++)
		grow_str(&g, texts[i]);
	const char *kept = arena_text(arena, grow_view(&g));
	grow_free(&g);
	return kept;
}

static bool is_loopback(struct view host)
{
	struct addr addr;

	return view_ieq(host, VIEW("localhost")) ||
	       (addr_parse(host, &addr) && addr_is_loopback(&addr));
}

static bool check_parts(CURLU *url, struct arena *arena, struct opt_error *error)
{
	static const struct {
		CURLUPart part;
		const char *why;
	} none[] = {
		{ CURLUPART_USER, "url: user and password have keys of their own" },
		{ CURLUPART_PASSWORD, "url: user and password have keys of their own" },
		{ CURLUPART_QUERY, "url: it must not have a query" },
		{ CURLUPART_FRAGMENT, "url: it must not have a fragment" },
	};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (take_part(url, none[i].part, 0, arena) != NULL)
			return opt_error_set(error, "%s", none[i].why);
	return true;
}

static bool check_https(const struct push_profile *profile, struct opt_error *error)
{
	const struct {
		const char *key, *value;
	} keys[] = {
		{ "tls_name", profile->tls_name },
		{ "ca", profile->ca },
		{ "cert", profile->cert },
		{ "key", profile->key },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].value != NULL)
			return opt_error_set(error, "%s is given, but the url is not https://",
					     keys[i].key);
	return true;
}

/* The zone of a link-local address stands apart in libcurl's URL, but not here. */
static const char *real_host(CURLU *url, struct arena *arena)
{
	const char *host = take_part(url, CURLUPART_HOST, 0, arena);
	const char *zone = take_part(url, CURLUPART_ZONEID, 0, arena);

	if (host == NULL || zone == NULL)
		return host;
	host = arena_text(arena, view_first(view_of(host), view_of(host).n - 1));
	return join(arena, (const char *const[]){ host, "%", zone, "]", NULL });
}

static bool take_name(struct http_url *out, CURLU *url, const char *tls_name,
		      const char *connect_to, struct opt_error *error)
{
	if (tls_name == NULL)
		return true;
	/* Else the zone would be said of the name. */
	if (curl_url_set(url, CURLUPART_ZONEID, NULL, 0) != CURLUE_OK ||
	    curl_url_set(url, CURLUPART_HOST, tls_name, 0) != CURLUE_OK)
		return opt_error_value(error, view_of(tls_name), "is no name of a host (tls_name)");
	out->connect_to = connect_to;
	return true;
}

static bool take_url(struct http_url *out, CURLU *url, const struct push_profile *profile,
		     struct arena *arena, struct opt_error *error)
{
	static const char expected[] = "url: https://HOST[:PORT][/PATH] is expected";

	if (profile->url == NULL || curl_url_set(url, CURLUPART_URL, profile->url, 0) != CURLUE_OK)
		return opt_error_set(error, "%s", expected);
	const char *scheme = take_part(url, CURLUPART_SCHEME, 0, arena);
	const char *host = real_host(url, arena);
	const char *port = take_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT, arena);

	out->https = view_ieq(view_of(scheme), VIEW("https"));
	if ((!out->https && !view_ieq(view_of(scheme), VIEW("http"))) || host == NULL ||
	    port == NULL)
		return opt_error_set(error, "%s", expected);
	if (!check_parts(url, arena, error) || (!out->https && !check_https(profile, error)))
		return false;
	out->loopback = is_loopback(view_of(host));
	out->real = join(arena, (const char *const[]){ scheme, "://", host, ":", port, NULL });
	if (!take_name(out, url, profile->tls_name,
		       join(arena, (const char *const[]){ "::", host, ":", port, NULL }), error))
		return false;
	out->base = take_part(url, CURLUPART_URL, 0, arena);
	out->name = take_part(url, CURLUPART_HOST, 0, arena);
	out->path = take_part(url, CURLUPART_PATH, 0, arena);
	port = take_part(url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT, arena);
	if (out->base == NULL || out->name == NULL || out->path == NULL)
		return opt_error_set(error, "%s", expected);
	out->authority = join(
		arena, (const char *const[]){ out->name, port != NULL ? ":" : NULL, port, NULL });
	return true;
}

bool http_url_read(struct http_url *out, const struct push_profile *profile, struct arena *arena,
		   struct opt_error *error)
{
	CURLU *url = curl_url();

	*out = (struct http_url){ .base = NULL };
	bool ok = url != NULL ? take_url(out, url, profile, arena, error)
			      : opt_error_set(error, "libcurl has no memory");
	curl_url_cleanup(url);
	return ok;
}

struct view http_url_join(const char *base, const struct push_request *request)
{
	struct view path = grow_view(&request->path);
	bool twice = view_ends(view_of(base), VIEW("/")) && view_starts(path, VIEW("/"));

	return view_skip(path, twice ? 1 : 0);
}
