/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client side of SIP requests outside a dialog: one or several non-INVITE client transactions
 * (RFC 3261 section 17.1.2) as an exchange.
 *
 * Only an answer that matches the transaction in every respect ends it; all else is counted and
 * remembered.  The exchange finds facts; what they mean is the plugin's business.
 */
#ifndef PROTO_SIP_CLIENT_H
#define PROTO_SIP_CLIENT_H

#include "base/escape.h"
#include "proto/exchange.h"
#include "proto/sip_auth.h"
#include "proto/sip_msg.h"

enum {
	SIP_T1_US = 500 * 1000,	     /* 17.1.1.1 */
	SIP_T2_US = 4 * 1000 * 1000, /* 17.1.2.2 */
	SIP_UDP_BYTES_MAX = 1300,    /* 18.1.1 */
	SIP_CODE_WORDS = 11,	     /* bits for the codes below 700 */
	SIP_AUTH_VALUE_MAX = 1024,
};

/* What is asked, the same for all targets of a run.  Empty views take the default. */
struct sip_profile {
	struct view method;	   /* OPTIONS */
	struct view from;	   /* sip:monitoring@<local address> */
	struct view to;		   /* the Request-URI */
	struct view contact;	   /* sip:<local address>:<port> */
	struct view user_agent;	   /* must be given */
	const struct view *header; /* whole extra header lines without CRLF */
	size_t header_count;
	unsigned max_forwards;
	int64_t t1_us;
	unsigned count;	     /* requests to send; each is a transaction */
	int64_t interval_us; /* from one request to the next */
	struct sip_credentials credentials;
};

/* The `arg` of a probe. */
struct sip_client_arg {
	const struct sip_profile *profile;
	struct view ruri;
	struct view transport; /* as in Via: "UDP", "TCP", "TLS" */
};

/* Why an answer is not the one to our request; the first rule that it breaks (17.1.3, 8.1.3.3). */
enum sip_mismatch {
	SIP_MATCH,
	SIP_MISMATCH_PEER,
	SIP_MISMATCH_BRANCH,
	SIP_MISMATCH_CALL_ID,
	SIP_MISMATCH_CSEQ,
	SIP_MISMATCH_FROM_TAG,
	SIP_MISMATCH_VIA_COUNT,
	SIP_MISMATCH_SENT_BY, /* all else is right: a middlebox rewrote the request */
};

/* "another Call-ID" */
const char *sip_mismatch_text(enum sip_mismatch mismatch);

/* Foreign text, unfolded and cut, still raw. */
struct sip_text {
	unsigned char n;
	char p[ESCAPE_FIELD_MAX + 1];
};

struct sip_client {
	/* the transaction that is running */
	int64_t request_us; /* first send of the request, before any challenge */
	int64_t resend_us, give_up_us;
	int64_t interval_us;  /* timer E */
	uint32_t transaction; /* numbers branches and CSeq, from 1 */
	uint8_t rounds;	      /* authentication rounds of this request */
	bool pausing;	      /* between two requests */

	/* over all requests */
	unsigned sent, answered, retransmissions;
	int64_t rtt_us, rtt_min_us, rtt_max_us, rtt_sum_us, jitter_sum_us;
	uint64_t codes[SIP_CODE_WORDS]; /* a bit for each final code seen; see sip_client_saw */

	/* the last final answer */
	uint16_t final_code, provisional_code;
	bool unavailable; /* a 503 without Retry-After came */
	unsigned notes;
	struct sip_text reason, server, contact, allow, warning;
	int64_t retry_after_s; /* -1 = none */
	int64_t date_unix;     /* 0 = none or unreadable */
	struct addr received;  /* family 0 = no received parameter */
	uint16_t rport;
	bool rewritten;	     /* SIP_MISMATCH_SENT_BY */
	struct sip_text via; /* the echoed sent-by, when rewritten */

	bool too_big;		      /* the request exceeds SIP_UDP_BYTES_MAX: not sent */
	bool auth_sent;		      /* credentials were given in the last request */
	const char *auth_why;	      /* why a challenge was not answered, or NULL */
	struct sip_text auth_unknown; /* an algorithm that is not supported */

	/* how a stream ended, other than by the last answer */
	bool out_of_step; /* bytes that are no message: what follows cannot be read */
	bool closed_idle; /* the peer closed between two requests */
	size_t partial;	  /* bytes of a message that never became complete */

	/* what was discarded; late: answers that came when nothing was asked */
	unsigned foreign, malformed, not_sip, echoed, requests, late;
	enum sip_mismatch mismatch; /* of the first foreign answer */
	struct addr stranger;	    /* who sent it, for SIP_MISMATCH_PEER */
	const char *malformed_why;  /* of the first malformed message */
	enum sip_look look;	    /* of the first bytes that are no SIP */
	struct sip_text peek;
};

extern const struct exchange_ops sip_client_ops;
/* The same with room for challenges; use it when the profile has credentials. */
extern const struct exchange_ops sip_client_auth_ops;

/* Facts derived from the state; times in microseconds. */
bool sip_client_saw(const struct sip_client *client, unsigned code);
int64_t sip_client_rtt_avg_us(const struct sip_client *client);
/* Mean difference of consecutive round trips; 0 below two answers. */
int64_t sip_client_jitter_us(const struct sip_client *client);
/* Of the `count` requests of the profile, those without an answer, sent or not; but what was not sent
 * because the peer closed an idle stream is not lost. */
double sip_client_loss_pct(const struct sip_client *client, unsigned count);

#endif
