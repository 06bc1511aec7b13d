/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See engine_fake.h. */
#define _GNU_SOURCE
#include "engine_fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/eventfd.h>
#include <sys/socket.h>

#include "net/engine.h"

struct resolver {
	const char *how;
	int event;
	resolve_done_fn *done;
	void *arg;
	int64_t asked_us;
	struct endpoint endpoint;
};

struct resolver *resolver_new(const char *how, char *why, size_t cap)
{
	struct wr w = wr_over(why, cap - 1);

	if (how == NULL || strcmp(how, "fail") == 0) {
		wr_str(&w, "no resolver today");
		return NULL;
	}
	struct resolver *resolver = calloc(1, sizeof(*resolver));
	resolver->how = how;
	resolver->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return resolver;
}

void resolver_free(struct resolver *resolver)
{
	close(resolver->event);
	free(resolver);
}

static void answer(struct resolver *resolver)
{
	resolve_done_fn *done = resolver->done;

	resolver->done = NULL;
	done(resolver->arg, &(struct resolve_answer){
				    .ok = true,
				    .list = &resolver->endpoint,
				    .count = 1,
			    });
}

void resolver_start(struct resolver *resolver, const struct resolve_query *query,
		    resolve_done_fn *done, void *arg)
{
	uint64_t one = 1;

	resolver->done = done;
	resolver->arg = arg;
	resolver->asked_us = engine_clock_us();
	resolver->endpoint.addr = (struct addr){ { 127, 0, 0, 1 }, 0, query->port, 4 };
	if (strcmp(resolver->how, "at once") == 0)
		answer(resolver);
	else if (strcmp(resolver->how, "ready") == 0)
		(void)!write(resolver->event, &one, sizeof(one));
}

size_t resolver_pollfds(struct resolver *resolver, struct pollfd *fds, size_t cap, int64_t *wait_us)
{
	*wait_us = strcmp(resolver->how, "later") == 0 ? 20000 : -1;
	if (cap > 0)
		fds[0] = (struct pollfd){ .fd = resolver->event, .events = POLLIN };
	return cap > 0;
}

void resolver_work(struct resolver *resolver, const struct pollfd *fds, size_t count)
{
	bool ready = count > 0 && fds[0].revents != 0;
	bool due = strcmp(resolver->how, "later") == 0 &&
		   engine_clock_us() - resolver->asked_us >= 20000;

	if (resolver->done != NULL && (ready || due))
		answer(resolver);
}

struct tls_ctx {
	int unused;
};

struct tls_session {
	int fd;
	const char *name;
	unsigned steps;
	size_t given;
};

static void say(char *why, size_t cap, const char *text)
{
	struct wr w = wr_over(why, cap - 1);

	wr_str(&w, text);
	why[w.n] = '\0';
}

static struct tls_ctx *ctx_new(const struct tls_conf *conf, char *why, size_t cap)
{
	if (conf->ca_file != NULL && strcmp(conf->ca_file, "no context") == 0) {
		say(why, cap, "cannot read the certificates");
		return NULL;
	}
	return calloc(1, sizeof(struct tls_ctx));
}

static void ctx_free(struct tls_ctx *ctx)
{
	free(ctx);
}

static struct tls_session *session_new(struct tls_ctx *ctx, int fd, const char *name)
{
	struct tls_session *session = calloc(1, sizeof(*session));

	(void)ctx;
	session->fd = fd;
	session->name = name;
	return session;
}

static void session_free(struct tls_session *session)
{
	free(session);
}

static bool is(const struct tls_session *session, const char *name)
{
	return strcmp(session->name, name) == 0;
}

static enum tls_step handshake(struct tls_session *session, char *why, size_t cap)
{
	char byte = '!';

	if (is(session, "broken")) {
		say(why, cap, "wrong version number");
		return TLS_FAILED;
	}
	if (session->steps++ == 0) {
		(void)!send(session->fd, &byte, 1, MSG_NOSIGNAL);
		return is(session, "full") ? TLS_WANT_WRITE : TLS_WANT_READ;
	}
	ssize_t n = recv(session->fd, &byte, 1, 0);
	return n > 0 ? TLS_DONE : n == 0 ? TLS_CLOSED : TLS_WANT_READ;
}

static bool verify(struct tls_session *session, time_t now, struct tls_facts *facts, char *why,
		   size_t cap)
{
	facts->verified = !is(session, "unverified") && now > 0;
	say(facts->version, sizeof(facts->version), "TLSv1.3");
	if (!facts->verified)
		say(why, cap, "certificate expired 41 days ago");
	return facts->verified;
}

static enum tls_step plain_read(struct tls_session *session, char *buffer, size_t cap, size_t *got)
{
	if (is(session, "alert"))
		return TLS_FAILED;
	if (is(session, "hoard")) {
		(void)!recv(session->fd, buffer, cap, 0);
		*got = cap < FAKE_HOARD_BYTES - session->given ? cap
							       : FAKE_HOARD_BYTES - session->given;
		session->given += *got;
		return *got > 0 ? TLS_DONE : TLS_WANT_READ;
	}
	ssize_t n = recv(session->fd, buffer, cap, 0);
	*got = n > 0 ? (size_t)n : 0;
	return n > 0		 ? TLS_DONE
	       : n == 0		 ? TLS_CLOSED
	       : errno == EAGAIN ? TLS_WANT_READ
				 : TLS_FAILED;
}

static enum tls_step plain_write(struct tls_session *session, struct view bytes, size_t *put)
{
	ssize_t n = send(session->fd, bytes.p, bytes.n, MSG_NOSIGNAL);

	if (is(session, "mute"))
		return TLS_FAILED;
	*put = n > 0 ? (size_t)n : 0;
	return n > 0 ? TLS_DONE : errno == EAGAIN ? TLS_WANT_WRITE : TLS_FAILED;
}

static int why_failed(const struct tls_session *session, char *why, size_t cap)
{
	say(why, cap, "certificate required");
	return is(session, "alert") ? 0 : ECONNRESET;
}

static size_t digest(const char *algorithm, const struct view *part, size_t parts, char *hex)
{
	(void)algorithm, (void)part, (void)parts, (void)hex;
	return 0;
}

const struct tls_api *tls_load(char *why, size_t cap)
{
	static const struct tls_api api = {
		TLS_ABI, ctx_new,    ctx_free,	  session_new, session_free, handshake,
		verify,	 plain_read, plain_write, why_failed,  digest,
	};

	if (getenv("FAKE_NO_MODULE") != NULL) {
		say(why, cap, "no TLS module");
		return NULL;
	}
	return &api;
}
