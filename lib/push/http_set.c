/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of a peer's libcurl handle; see http_private.h. All that decides about trust is set
 * here, and a refused option refuses the peer. */
#define _GNU_SOURCE
#include "push/http_private.h"

#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	CURLoption option;
	long value;
} fixed[] = {
	{ CURLOPT_NOSIGNAL, 1 },
	{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
	{ CURLOPT_HTTP09_ALLOWED, 0 },
	{ CURLOPT_FOLLOWLOCATION, 0 },
	{ CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 }, /* a proxy's are not the reply's */
	{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
	{ CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC },
	{ CURLOPT_SSL_VERIFYPEER, 1 },
	{ CURLOPT_SSL_VERIFYHOST, 2 },
	{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
	{ CURLOPT_TCP_NODELAY, 1 },
	{ CURLOPT_TCP_KEEPALIVE, 1 },
	{ CURLOPT_TCP_KEEPIDLE, 30 },
	{ CURLOPT_TCP_KEEPINTVL, 10 },
};

/* Keeps the first failure. */
struct setter {
	CURL *easy;
	CURLcode code;
};

static void set_long(struct setter *s, CURLoption option, long value)
{
	if (s->code == CURLE_OK)
		s->code = curl_easy_setopt(s->easy, option, value);
}

/* A text, a list, or what a callback gets. */
static void set_pointer(struct setter *s, CURLoption option, const void *value)
{
	if (s->code == CURLE_OK)
		s->code = curl_easy_setopt(s->easy, option, value);
}

static void set_callback(struct setter *s, CURLoption option, curl_write_callback callback)
{
	if (s->code == CURLE_OK)
		s->code = curl_easy_setopt(s->easy, option, callback);
}

/* Options that older versions lack, and that only add to what is safe without them. */
static void set_newer(struct setter *s)
{
	const struct curl_easyoption *protocols = curl_easy_option_by_name("PROTOCOLS_STR");
	const struct curl_easyoption *quick = curl_easy_option_by_name("QUICK_EXIT");

	if (protocols != NULL)
		set_pointer(s, protocols->id, "http,https");
	if (quick != NULL) /* a name server that is silent must not hold up the end */
		set_long(s, quick->id, 1);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct http_peer *peer = ctx;
	struct view part = { bytes, size * count };
	size_t room = PUSH_REPLY_MAX - peer->body.n;

	grow_put(&peer->body, view_first(part, room));
	peer->full = part.n > room;
	return peer->full ? 0 : part.n; /* 0 ends the transfer and its connection */
}

static size_t take_head(char *bytes, size_t size, size_t count, void *ctx)
{
	struct http_peer *peer = ctx;
	struct view line = { bytes, size * count };

	peer->head_bytes += line.n;
	peer->head_ended = view_trim(line).n == 0;
	return peer->head_bytes <= HTTP_HEAD_MAX ? line.n : 0;
}

/* That libcurl can open it is seen at the first request; that others can read it, never. */
static bool check_file(const char *path, bool secret, struct opt_error *error)
{
	const char *why = NULL;
	struct stat st;

	if (path == NULL)
		return true;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) != 0)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "is not a regular file";
	else if (secret && (st.st_mode & (S_IRGRP | S_IROTH)) != 0)
		why = "holds a secret and others can read it, chmod 600";
	else if (secret && st.st_uid != 0 && st.st_uid != geteuid())
		why = "belongs to another user";
	if (fd >= 0)
		close(fd);
	return why == NULL || file_error(error, path, 0, why);
}

/* A line end would begin another header. */
static bool check_secret(const struct push_profile *profile, struct opt_error *error)
{
	const char *texts[] = { profile->user, profile->secret };

	for (size_t i = 0; i < 2; i++) {
		struct view text = view_of(texts[i]);
		for (size_t k = 0; k < text.n; k++)
			if ((unsigned char)text.p[k] < 0x20 || text.p[k] == 0x7f)
				return opt_error_set(error, "%s holds a control character",
						     i == 0 ? "user" : "the secret");
	}
	if (profile->user != NULL && view_find(view_of(profile->user), ':') < strlen(profile->user))
		return opt_error_set(error, "user holds a colon");
	return true;
}

static bool check_profile(const struct http_peer *peer, struct opt_error *error)
{
	const struct push_profile *profile = peer->profile;
	bool alone = peer->url.loopback && profile->proxy == NULL;

	if (profile->secret != NULL && !peer->url.https && !alone)
		return opt_error_set(error,
				     "url: a secret goes over https:// only, or over http:// "
				     "to a loopback address without a proxy");
	return check_secret(profile, error) && check_file(profile->ca, false, error) &&
	       check_file(profile->cert, profile->key == NULL, error) &&
	       check_file(profile->key, true, error);
}

/* A folder of hashed names is read only where it is asked; a bundle costs seventeen times as much.
 * With a file of its own a profile trusts no other. */
static void set_trust(struct setter *s, const struct push_profile *profile)
{
	const char *folder = curl_version_info(CURLVERSION_NOW)->capath;

	if (profile->ca != NULL || folder != NULL) {
		set_pointer(s, CURLOPT_CAINFO, profile->ca);
		set_pointer(s, CURLOPT_CAPATH, profile->ca != NULL ? NULL : folder);
	}
	set_pointer(s, CURLOPT_SSLCERT, profile->cert);
	set_pointer(s, CURLOPT_SSLKEY, profile->key);
	set_pointer(s, CURLOPT_KEYPASSWD, ""); /* else OpenSSL asks at the terminal */
}

bool http_peer_set(struct http_peer *peer, struct opt_error *error)
{
	const struct push_profile *profile = peer->profile;
	struct setter s = { peer->easy, CURLE_OK };

	if (!http_url_read(&peer->url, profile, &peer->arena, error) || !check_profile(peer, error))
		return false;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		set_long(&s, fixed[i].option, fixed[i].value);
	set_newer(&s);
	set_trust(&s, profile);
	if (profile->user != NULL) { /* a header of the sink goes in place of these */
		set_pointer(&s, CURLOPT_USERNAME, profile->user);
		set_pointer(&s, CURLOPT_PASSWORD, profile->secret);
	}
	/* An empty text keeps libcurl from asking the environment. */
	set_pointer(&s, CURLOPT_PROXY, profile->proxy != NULL ? profile->proxy : "");
	set_pointer(&s, CURLOPT_NOPROXY, "");
	set_pointer(&s, CURLOPT_USERAGENT, HTTP_USER_AGENT);
	if (peer->url.connect_to != NULL) {
		peer->connect_to = curl_slist_append(NULL, peer->url.connect_to);
		s.code = peer->connect_to == NULL ? CURLE_OUT_OF_MEMORY : s.code;
		set_pointer(&s, CURLOPT_CONNECT_TO, peer->connect_to);
	}
	set_callback(&s, CURLOPT_WRITEFUNCTION, take_body);
	set_callback(&s, CURLOPT_HEADERFUNCTION, take_head);
	set_pointer(&s, CURLOPT_WRITEDATA, peer);
	set_pointer(&s, CURLOPT_HEADERDATA, peer);
	set_pointer(&s, CURLOPT_PRIVATE, peer);
	set_pointer(&s, CURLOPT_ERRORBUFFER, peer->curl_words);
	return s.code == CURLE_OK ||
	       opt_error_set(error, "libcurl: %s", curl_easy_strerror(s.code));
}

static const char *grow_text(struct grow *g)
{
	grow_byte(g, '\0');
	return g->p;
}

void http_peer_unload(struct http_peer *peer)
{
	for (struct curl_slist *item = peer->headers; item != NULL; item = item->next)
		mem_wipe(item->data, strlen(item->data));
	curl_slist_free_all(peer->headers);
	peer->headers = NULL;
	if (peer->line.n > 0)
		mem_wipe(peer->line.p, peer->line.n);
}

/* A header without value is left out by libcurl. */
static void add_header(struct setter *s, struct http_peer *peer, const char *name,
		       struct view value)
{
	grow_reset(&peer->line);
	grow_str(&peer->line, name);
	grow_put(&peer->line, value);
	struct curl_slist *longer = curl_slist_append(peer->headers, grow_text(&peer->line));
	if (longer != NULL)
		peer->headers = longer;
	else
		s->code = CURLE_OUT_OF_MEMORY;
}

static void set_headers(struct setter *s, struct http_peer *peer)
{
	const struct push_request *request = peer->request;

	http_peer_unload(peer);
	add_header(s, peer, "Expect:", VIEW(""));
	add_header(s, peer, "Content-Type: ", view_of(request->content_type));
	if (request->accept != NULL)
		add_header(s, peer, "Accept: ", view_of(request->accept));
	if (request->authorization.n > 0)
		add_header(s, peer, "Authorization: ", grow_view(&request->authorization));
	set_pointer(s, CURLOPT_HTTPHEADER, peer->headers);
}

bool http_peer_load(struct http_peer *peer)
{
	const struct push_request *request = peer->request;
	struct setter s = { peer->easy, CURLE_OK };

	grow_reset(&peer->line);
	grow_str(&peer->line, peer->url.base);
	grow_put(&peer->line, http_url_join(peer->url.base, request));
	set_pointer(&s, CURLOPT_URL, grow_text(&peer->line));
	if (s.code == CURLE_OK)
		s.code = curl_easy_setopt(peer->easy, CURLOPT_POSTFIELDSIZE_LARGE,
					  (curl_off_t)request->body.n);
	set_pointer(&s, CURLOPT_POSTFIELDS, request->body.n > 0 ? request->body.p : "");
	set_pointer(&s, CURLOPT_CUSTOMREQUEST, request->method);
	set_headers(&s, peer);
	set_long(&s, CURLOPT_CONNECTTIMEOUT_MS, (long)(peer->http->connect_us / 1000));
	set_long(&s, CURLOPT_TIMEOUT_MS, (long)(peer->http->request_us / 1000));
	if (s.code != CURLE_OK)
		peer->curl_words[0] = '\0';
	return s.code == CURLE_OK;
}
