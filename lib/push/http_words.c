/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why there is no reply, in words for people; see http_private.h. What libcurl says is used where it
 * says more than its code: those words may hold foreign bytes, of a certificate for example. */
#define _GNU_SOURCE
#include "push/http_private.h"

#include "base/escape.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

enum { NAME_MAX_BYTES = 100, CURL_WORDS_MAX = 180 };

/* What OpenSSL says, in libcurl's words. */
static const struct {
	const char *sign, *text;
} tls_phrases[] = {
	{ "wrong version number", "the answer is not TLS" },
	{ "packet length too long", "the answer is not TLS" },
	{ "http request", "the answer is not TLS" },
	{ "unsupported protocol", "the receiver has no TLS 1.2 or newer" },
	{ "alert protocol version", "the receiver has no TLS 1.2 or newer" },
	{ "certificate required", "the receiver wants a client certificate" },
	{ "alert unknown ca", "the receiver does not trust the client certificate" },
	{ "alert bad certificate", "the receiver refuses the client certificate" },
	{ "alert certificate expired", "the client certificate has expired" },
	{ "handshake failure", "the receiver refuses the TLS handshake" },
	{ "SSL_ERROR_SYSCALL", "the connection ended in the TLS handshake" },
	{ "unexpected eof", "the connection ended in the TLS handshake" },
	{ "Connection reset", "the connection was reset in the TLS handshake" },
};

/* X509_V_ERR_..., of OpenSSL's x509_vfy.h. */
static const struct {
	long code;
	const char *text;
} chain_phrases[] = {
	{ 2, "is not trusted: its issuer is unknown" },
	{ 9, "is not valid yet" },
	{ 10, "has expired" },
	{ 18, "is not trusted: it is self-signed" },
	{ 19, "is not trusted: its issuer is unknown" },
	{ 20, "is not trusted: its issuer is unknown" },
	{ 21, "is not trusted: its issuer is unknown" },
	{ 23, "is revoked" },
	{ 24, "is not trusted: its issuer is no authority" },
	{ 26, "is not for a server" },
};

static void put_name(struct wr *w, const char *name)
{
	wr_clause(w, view_of(name), NAME_MAX_BYTES);
}

/* Host and port as they stand in the profile, without the scheme. */
static void put_place(struct wr *w, const struct http_peer *peer)
{
	struct view place = view_of(peer->url.real);

	wr_clause(w, view_skip(place, view_search(place, VIEW("://")) + 3), NAME_MAX_BYTES);
}

/* Where the peer was quick to reset the connection, libcurl keeps its first complaint only, which is
 * that it cannot tell the peer's address. */
static struct view curl_words(const struct http_peer *peer)
{
	struct view own = view_trim(view_of(peer->curl_words));

	return view_starts(own, VIEW("getpeername()")) ? VIEW("Connection reset") : own;
}

static void put_curl(struct wr *w, const struct http_peer *peer, CURLcode code)
{
	struct view own = curl_words(peer);

	wr_clause(w, own.n > 0 ? own : view_of(curl_easy_strerror(code)), CURL_WORDS_MAX);
}

/* The known phrase in what libcurl says, else what it says. */
static void put_tls(struct wr *w, const struct http_peer *peer, CURLcode code)
{
	struct view own = curl_words(peer);

	for (size_t i = 0; i < sizeof(tls_phrases) / sizeof(tls_phrases[0]); i++) {
		if (view_search(own, view_of(tls_phrases[i].sign)) == own.n)
			continue;
		wr_str(w, tls_phrases[i].text);
		return;
	}
	put_curl(w, peer, code);
}

static void put_certificate(struct wr *w, const struct http_peer *peer, CURLcode code)
{
	const char *library = curl_version_info(CURLVERSION_NOW)->ssl_version;
	bool known = view_starts(view_of(library), VIEW("OpenSSL"));
	struct view own = curl_words(peer);
	long result = 0;

	curl_easy_getinfo(peer->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	for (size_t i = 0; known && i < sizeof(chain_phrases) / sizeof(chain_phrases[0]); i++) {
		if (chain_phrases[i].code != result)
			continue;
		wr_str(w, "the receiver's certificate ");
		wr_str(w, chain_phrases[i].text);
		return;
	}
	if (view_search(own, VIEW("target host name")) == own.n) {
		put_curl(w, peer, code);
		return;
	}
	wr_str(w, "the receiver's certificate is not for ");
	put_name(w, peer->url.name);
}

static void put_refusal(struct wr *w, const struct http_peer *peer)
{
	long error = 0;

	curl_easy_getinfo(peer->easy, CURLINFO_OS_ERRNO, &error);
	if (peer->profile->proxy != NULL)
		wr_str(w, "the proxy");
	else
		put_place(w, peer);
	wr_str(w, ": ");
	if (error == ECONNREFUSED)
		wr_str(w, "connection refused");
	else
		wr_str(w, error != 0 ? strerror((int)error) : "no connection");
}

static bool was_reached(const struct http_peer *peer, CURLINFO stage)
{
	curl_off_t us = 0;

	return curl_easy_getinfo(peer->easy, stage, &us) == CURLE_OK && us > 0;
}

static void put_timeout(struct wr *w, const struct http_peer *peer)
{
	int64_t limit_us = peer->http->connect_us;
	const char *what = "no connection";

	if (was_reached(peer, CURLINFO_PRETRANSFER_TIME_T)) {
		limit_us = peer->http->request_us;
		what = was_reached(peer, CURLINFO_STARTTRANSFER_TIME_T) ? "no end of the answer"
									: "no answer";
	} else if (!was_reached(peer, CURLINFO_NAMELOOKUP_TIME_T)) {
		what = "no answer of the name servers";
	} else if (peer->url.https) {
		what = "no TLS connection";
	}
	put_place(w, peer);
	wr_fmt(w, ": %s within ", what);
	wr_duration(w, limit_us);
}

/* In the middle of a request. TLS 1.3 tells only then that a client certificate is missing. */
static void put_broken(struct wr *w, const struct http_peer *peer, CURLcode code)
{
	struct view own = curl_words(peer);

	if (view_search(own, VIEW("Connection reset")) < own.n ||
	    view_search(own, VIEW("Broken pipe")) < own.n)
		wr_str(w, "the connection was reset");
	else
		put_tls(w, peer, code);
}

void http_words(const struct http_peer *peer, CURLcode code, struct wr *w)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		put_place(w, peer);
		wr_str(w, ": the name has no address");
		break;
	case CURLE_COULDNT_RESOLVE_PROXY:
		wr_str(w, "the name of the proxy has no address");
		break;
	case CURLE_COULDNT_CONNECT:
		put_refusal(w, peer);
		break;
	case CURLE_OPERATION_TIMEDOUT:
		put_timeout(w, peer);
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
		put_certificate(w, peer, code);
		break;
	case CURLE_SSL_CONNECT_ERROR:
		put_tls(w, peer, code);
		break;
	case CURLE_SSL_CACERT_BADFILE:
		wr_str(w, "ca: no certificate can be read from ");
		put_name(w, peer->profile->ca != NULL ? peer->profile->ca : "the system's folder");
		break;
	case CURLE_SSL_CERTPROBLEM:
		wr_str(w, "cert or key cannot be used: ");
		put_curl(w, peer, code);
		break;
	case CURLE_GOT_NOTHING:
		wr_str(w, "the connection was closed without an answer");
		break;
	case CURLE_PARTIAL_FILE:
		wr_str(w, "the answer was cut off");
		break;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		put_broken(w, peer, code);
		break;
	case CURLE_WRITE_ERROR:
		wr_str(w, "the answer has too many headers");
		break;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		wr_str(w, "the answer is not HTTP");
		break;
	default:
		put_curl(w, peer, code);
	}
}
