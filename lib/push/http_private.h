/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of push/http.h share. */
#ifndef PUSH_HTTP_PRIVATE_H
#define PUSH_HTTP_PRIVATE_H

#include "push/http.h"

#include <curl/curl.h>

/* A profile's URL with the name of the certificate in it. */
struct http_url {
	const char *base;	/* without user, query and fragment; may end in "/" */
	const char *name;	/* of the host, as the certificate must hold it */
	const char *authority;	/* as in the header Host */
	const char *path;	/* of the base */
	const char *real;	/* scheme://host:port, whatever the certificate's name is */
	const char *connect_to; /* CURLOPT_CONNECT_TO, or NULL */
	bool https, loopback;
};
/* The texts live in the arena. */
bool http_url_read(struct http_url *out, const struct push_profile *profile, struct arena *arena,
		   struct opt_error *error);
/* The part behind `base` as it is sent: no two slashes where both have one. */
struct view http_url_join(const char *base, const struct push_request *request);

/* For the receiver's log. */
#define HTTP_USER_AGENT "monitoring-plugins-voip/" PACKAGE_VERSION

struct http {
	CURLM *multi; /* NULL: no peer yet, or libcurl cannot start */
	struct http_peer *first;
	int64_t connect_us, request_us;
};

enum peer_phase { PEER_IDLE, PEER_BUSY, PEER_FAILED /* to start; http_wait has not told yet */ };

struct http_peer {
	struct http *http;
	struct http_peer *next;
	const struct push_profile *profile;
	const struct push_request *request;
	struct arena arena;
	struct http_url url;
	CURL *easy;
	struct curl_slist *connect_to, *headers;
	enum peer_phase phase;
	unsigned connections;

	/* Of the request under way or ended last. */
	struct grow line; /* its URL and headers while they are handed over */
	struct grow body; /* of the reply */
	bool full;	  /* there was more body than is kept */
	size_t head_bytes;
	bool head_ended; /* the empty line behind the headers came */
	struct push_reply reply;
	char why[PUSH_WORDS_MAX];
	char curl_words[CURL_ERROR_SIZE];
};

enum { HTTP_HEAD_MAX = 65536 };

/* Sets what all requests of a peer share; false with a clause. */
bool http_peer_set(struct http_peer *peer, struct opt_error *error);
/* Sets what belongs to one request; false when libcurl does not take it. */
bool http_peer_load(struct http_peer *peer);
/* Overwrites the secrets of http_peer_load. */
void http_peer_unload(struct http_peer *peer);
/* Why there is no whole reply, harmless. */
void http_words(const struct http_peer *peer, CURLcode code, struct wr *words);

#endif
