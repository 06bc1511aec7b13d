/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the judge and its words share. */
#ifndef PLUGINS_CHECK_SIP_JUDGE_H
#define PLUGINS_CHECK_SIP_JUDGE_H

#include "check/endpoint.h"
#include "check_sip.h"

/* Everything known about one endpoint that has ended. */
struct ended {
	struct check *check;
	const struct sip_probe *probe;
	const struct sip_client *client; /* NULL when the exchange did not begin */
	const struct trace *trace;
};

struct verdict {
	enum sip_outcome outcome;
	enum state state;
	unsigned code; /* 0 without an answer */
};

/* Whole days until the first certificate of the chain ends; negative when it has ended. */
long long check_sip_cert_days(const struct check *check, const struct tls_facts *tls);

/* `before` and the text made harmless; nothing for an empty text. */
void check_sip_put_text(struct wr *w, const char *before, const struct sip_text *text);
const char *check_sip_word(enum sip_outcome outcome);
/* The sentence of an endpoint. */
void check_sip_say(const struct ended *e, const struct verdict *verdict);
void check_sip_say_dns(struct wr *w, const struct sip_target *target, const char *why);
/* Further lines, and the facts for JSON. */
void check_sip_tell(const struct ended *e, const struct verdict *verdict);

#endif
