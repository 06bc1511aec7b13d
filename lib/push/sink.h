/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sink is a way to hand results to a receiver; one file each.  Those over HTTP are pure: they
 * write a request and judge the reply; push/http.h moves both.  Those that write files do it at once.
 */
#ifndef PUSH_SINK_H
#define PUSH_SINK_H

#include "push/check_result.h"
#include "push/profile.h"

enum push_verdict {
	PUSH_SENT,
	PUSH_LATER,   /* keep it and try again: nobody answers, 5xx, 429, not understood */
	PUSH_REFUSED, /* for good: it would be refused again */
	PUSH_DENIED,  /* the same, whatever the results of the request are: 401, 403, 404 */
};

struct push_request {
	const char *method; /* "POST" or "PUT" */
	struct grow path;   /* behind the profile's url: "/v1/actions/...", escaped, with query */
	struct grow body;
	const char *content_type;
	const char *accept;	    /* or NULL */
	struct grow authorization;  /* the header's value, or empty: basic authentication when the
				      profile has a user */
	size_t secret_at, secret_n; /* the part of the body that must not be shown */
};
/* Both overwrite what may be secret. */
void push_request_reset(struct push_request *request);
void push_request_free(struct push_request *request);

struct push_reply {
	long status;	  /* of HTTP; 0 = no answer */
	struct view body; /* at most PUSH_REPLY_MAX bytes of it */
	struct view why;  /* without an answer: what curl says, made harmless */
	int64_t retry_after_us;
};
enum { PUSH_REPLY_MAX = 65536, PUSH_WORDS_MAX = 300, PUSH_BODY_MAX = 1000000 };

struct sink {
	const char *name;
	bool newest_only; /* it keeps states, not history */
	size_t batch_max; /* results in one request; more than one must be of a kind that can be
			     refused together and sent again one by one */
	/* Returns how many of the results are in the request: 1 to `count`, fewer when it would
	 * exceed PUSH_BODY_MAX. */
	size_t (*request)(const struct push_profile *profile, const struct check_result *result,
			  size_t count, struct push_request *out);
	/* Of a 2xx; called by push_judge, whose business the other statuses are. `words` gets what the
	 * receiver said, harmless, for people; left empty, it is the status and the body's first line. */
	enum push_verdict (*judge)(const struct push_reply *reply, struct wr *words);
	/* Instead of the two above. PUSH_LATER: the folder or pipe is not there or full. */
	enum push_verdict (*write)(const struct push_profile *profile,
				   const struct check_result *result, struct wr *words);
};

extern const struct sink sink_icinga2, sink_nrdp, sink_pushgateway, sink_influxdb,
	sink_nagios_spool, sink_nagios_pipe, sink_textfile;
extern const struct sink *const sinks[]; /* NULL-terminated */
const struct sink *sink_find(struct view name);

/* No answer, 408, 425, 429, 5xx and what is no status of HTTP: later. Other 4xx: refused. 3xx is never
 * followed (a secret would go elsewhere): later. 2xx: the sink's own judge. `words` holds the status
 * and what the body says: the text of known JSON members, else its first line. */
enum push_verdict push_judge(const struct sink *sink, const struct push_reply *reply,
			     struct wr *words);

/* All but letters, digits and -._~ as %XX: for parts of a path, of a query and of a form. */
void push_put_url(struct view text, struct grow *out);
/* What Nagios, in its pipe, its spool and behind NRDP, takes for such a result: 0..3 of a service; 0 up
 * (ok and warning) and 1 down of a host. */
unsigned push_code(const struct check_result *result);
/* Output and performance data as Nagios 4 reads them from one line: SENTENCE|PERFDATA\nLONG LINES, where
 * \n and \\ are a line end and a backslash. A "|" in the texts becomes "/". */
void push_put_nagios(const struct check_result *result, struct grow *out);

#endif
