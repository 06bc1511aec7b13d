/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OpenSSL's errors and the peer's alerts in people's words; see tls_private.h. */
#include "net/tls_private.h"

#include <openssl/err.h>
#include <string.h>

struct words {
	int code;
	const char *text;
};

/* RFC 8446 6, RFC 5246 7.2 */
static const struct words alert_words[] = {
	{ 10, "unexpected message" },
	{ 20, "bad record MAC" },
	{ 22, "record overflow" },
	{ 40, "handshake failure" },
	{ 42, "bad certificate" },
	{ 43, "unsupported certificate" },
	{ 44, "certificate revoked" },
	{ 45, "certificate expired" },
	{ 46, "certificate unknown" },
	{ 47, "illegal parameter" },
	{ 48, "unknown CA" },
	{ 49, "access denied" },
	{ 50, "decode error" },
	{ 51, "decrypt error" },
	{ 70, "protocol version" },
	{ 71, "insufficient security" },
	{ 80, "internal error" },
	{ 86, "inappropriate fallback" },
	{ 90, "user canceled" },
	{ 109, "missing extension" },
	{ 110, "unsupported extension" },
	{ 112, "unrecognized name" },
	{ 116, "certificate required" },
	{ 120, "no application protocol" },
};

static const struct words reason_words[] = {
	{ SSL_R_WRONG_VERSION_NUMBER, "the answer is not TLS" },
	{ SSL_R_HTTP_REQUEST, "the answer is not TLS" },
	{ SSL_R_PACKET_LENGTH_TOO_LONG, "the answer is not TLS" },
	{ SSL_R_ENCRYPTED_LENGTH_TOO_LONG, "the answer is not TLS" },
	{ SSL_R_UNSUPPORTED_PROTOCOL, "the server offers no TLS version that is allowed here" },
	{ SSL_R_DH_KEY_TOO_SMALL, "the server's Diffie-Hellman key is too small" },
	{ SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED,
	  "the server lacks secure renegotiation (RFC 5746)" },
};

static const char *find_words(const struct words *table, size_t count, int code)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].code == code)
			return table[i].text;
	return NULL;
}

#define FIND_WORDS(table, code) find_words(table, sizeof(table) / sizeof((table)[0]), code)

void tls_put_text(struct wr *w, struct view text, size_t max)
{
	struct view shown = view_first(text, max);

	for (size_t i = 0; i < shown.n; i++)
		wr_byte(w, shown.p[i] != '\0' ? shown.p[i] : '?');
	if (shown.n < text.n)
		wr_str(w, "...");
}

int tls_alert(unsigned long error)
{
	int code = ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET;

	return ERR_GET_LIB(error) == ERR_LIB_SSL && code >= 0 && code < 256 ? code : -1;
}

void tls_put_reason(struct wr *w, unsigned long error, bool talked)
{
	int alert = tls_alert(error);
	const char *text = alert >= 0 ? FIND_WORDS(alert_words, alert)
				      : FIND_WORDS(reason_words, ERR_GET_REASON(error));

	if (alert >= 0)
		wr_str(w, talked ? "the server ended the connection: "
				 : "the server refused the handshake: ");
	if (alert >= 0 && text == NULL)
		wr_fmt(w, "alert %d", alert);
	if (alert < 0 && text == NULL)
		text = ERR_reason_error_string(error);
	wr_str(w, text != NULL || alert >= 0 ? text : "TLS error");
}

bool tls_put_file_error(struct wr *w, const char *what, const char *path)
{
	unsigned long first = ERR_peek_error();
	const char *text = "holds no usable PEM data";

	if (ERR_SYSTEM_ERROR(first))
		text = strerror(ERR_GET_REASON(first));
	else if (ERR_GET_LIB(first) == ERR_LIB_SSL && ERR_reason_error_string(first) != NULL)
		text = ERR_reason_error_string(first);
	wr_str(w, what);
	wr_byte(w, ' ');
	tls_put_text(w, view_of(path), 64);
	wr_str(w, ": ");
	wr_str(w, text);
	return false;
}
