/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our requests; see sip_request.h. */
#include "proto/sip_request.h"

#define BRANCH_COOKIE "z9hG4bK" /* 8.1.1.7 */

/* splitmix64: spreads one secret random word over many identifiers. */
static uint64_t spread(uint64_t word, uint64_t n)
{
	uint64_t z = word + n * 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

struct sip_ids sip_ids_make(const uint64_t *entropy, uint32_t request, uint32_t transaction)
{
	return (struct sip_ids){
		.call_id = { entropy[0], spread(entropy[1], request) },
		.from_tag = spread(entropy[2], request),
		.branch = spread(entropy[3], transaction),
		.cnonce = spread(entropy[3] ^ entropy[2], transaction),
		.cseq = transaction,
	};
}

static void write_branch(struct wr *w, const struct sip_ids *ids)
{
	wr_str(w, BRANCH_COOKIE);
	wr_hex64(w, ids->branch);
}

static void write_call_id(struct wr *w, const struct sip_ids *ids)
{
	wr_hex64(w, ids->call_id[0]);
	wr_byte(w, '-'); /* a trace masks runs of 32 digits: they may be a digest */
	wr_hex64(w, ids->call_id[1]);
}

static void write_tag(struct wr *w, const struct sip_ids *ids)
{
	wr_hex64(w, ids->from_tag);
}

static bool written_eq(void (*write)(struct wr *, const struct sip_ids *),
		       const struct sip_ids *ids, struct view got)
{
	char buffer[48];
	struct wr w = wr_over(buffer, sizeof(buffer));

	write(&w, ids);
	return view_eq(wr_view(&w), got);
}

bool sip_ids_branch_eq(const struct sip_ids *ids, struct view branch)
{
	return written_eq(write_branch, ids, branch);
}

bool sip_ids_call_id_eq(const struct sip_ids *ids, struct view call_id)
{
	return written_eq(write_call_id, ids, call_id);
}

bool sip_ids_tag_eq(const struct sip_ids *ids, struct view tag)
{
	return written_eq(write_tag, ids, tag);
}

struct view sip_profile_method(const struct sip_profile *profile)
{
	return profile->method.n > 0 ? profile->method : VIEW("OPTIONS");
}

/* An interface index means nothing to the peer. */
static struct addr without_scope(const struct addr *local)
{
	struct addr plain = *local;

	plain.scope = 0;
	return plain;
}

static void write_via(struct wr *w, const struct sip_client_arg *arg, const struct addr *local,
		      const struct sip_ids *ids)
{
	wr_str(w, "Via: SIP/2.0/");
	wr_put(w, arg->transport);
	wr_byte(w, ' ');
	wr_addr(w, local);
	wr_str(w, ";branch=");
	write_branch(w, ids);
	wr_str(w, ";rport\r\n"); /* RFC 3581 */
}

static void write_from_to(struct wr *w, const struct sip_client_arg *arg, const struct addr *local,
			  const struct sip_ids *ids)
{
	const struct sip_profile *profile = arg->profile;

	wr_str(w, "From: <");
	if (profile->from.n > 0) {
		wr_put(w, profile->from);
	} else {
		wr_str(w, "sip:monitoring@");
		wr_ip_ref(w, local);
	}
	wr_str(w, ">;tag=");
	write_tag(w, ids);
	wr_str(w, "\r\nTo: <");
	wr_put(w, profile->to.n > 0 ? profile->to : arg->ruri);
	wr_str(w, ">\r\n");
}

static void write_contact(struct wr *w, const struct sip_client_arg *arg, const struct addr *local)
{
	wr_str(w, "Contact: <");
	if (arg->profile->contact.n > 0) {
		wr_put(w, arg->profile->contact);
	} else {
		wr_str(w, "sip:");
		wr_addr(w, local);
		if (!view_eq(arg->transport, VIEW("UDP"))) {
			wr_str(w, ";transport=");
			wr_put(w, arg->transport);
		}
	}
	wr_str(w, ">\r\n");
}

void sip_request_write(struct wr *w, const struct sip_client_arg *arg, const struct addr *local,
		       const struct sip_ids *ids, struct view auth)
{
	const struct sip_profile *profile = arg->profile;
	const struct addr plain = without_scope(local);

	wr_put(w, sip_profile_method(profile));
	wr_byte(w, ' ');
	wr_put(w, arg->ruri);
	wr_str(w, " SIP/2.0\r\n");
	write_via(w, arg, &plain, ids);
	wr_str(w, "Max-Forwards: ");
	wr_u64(w, profile->max_forwards);
	wr_str(w, "\r\n");
	write_from_to(w, arg, &plain, ids);
	wr_str(w, "Call-ID: ");
	write_call_id(w, ids);
	wr_str(w, "\r\nCSeq: ");
	wr_u64(w, ids->cseq);
	wr_byte(w, ' ');
	wr_put(w, sip_profile_method(profile));
	wr_str(w, "\r\n");
	write_contact(w, arg, &plain);
	wr_str(w, "Accept: application/sdp\r\nUser-Agent: "); /* 11.1 */
	wr_put(w, profile->user_agent);
	wr_str(w, "\r\n");
	for (size_t i = 0; i < profile->header_count; i++) {
		wr_put(w, profile->header[i]);
		wr_str(w, "\r\n");
	}
	wr_put(w, auth);
	wr_str(w, "Content-Length: 0\r\n\r\n");
}
