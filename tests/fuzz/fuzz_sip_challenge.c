/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A challenge: our answer to it is one clean line in which realm and nonce can be read again. */
#include "proto/sip_auth.h"
#include "proto/sip_grammar.h"
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static size_t digest(const char *algorithm, const struct view *part, size_t parts, char *hex)
{
	return view_of(algorithm).n + part[0].n + parts > 0 && (*hex = 'a') == 'a';
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sip_challenge challenge = { .value = { (const char *)data, size } };
	struct sip_credentials user = { VIEW("u\"\\"), VIEW("p"), digest };
	struct sip_auth_request request = { VIEW("OPTIONS"), VIEW("sip:x"), 1, 1 };
	struct sip_auth_offer a, b;
	const char *why;
	struct wr w = wr_over((char[8192]){ 0 }, 8192);
	if (!sip_auth_parse(challenge, &a, &why) || !sip_auth_write(&w, &a, &user, &request))
		return 0;
	challenge.value = view_skip(view_first(wr_view(&w), w.n - 2), sizeof("Authorization:"));
	if (!sip_is_clean(challenge.value) || !sip_auth_parse(challenge, &b, &why) ||
	    !view_eq(a.realm, b.realm) || !view_eq(a.nonce, b.nonce))
		__builtin_trap();
	return 0;
}
