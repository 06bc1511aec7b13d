/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request for people, without the secret; see http.h. */
#include "push/http_private.h"

static void put_header(struct grow *out, const char *name, struct view value)
{
	grow_str(out, name);
	grow_put(out, value);
	grow_byte(out, '\n');
}

/* The scheme of authentication only. */
static void put_authorization(struct grow *out, const struct push_profile *profile,
			      const struct push_request *request)
{
	struct view value = grow_view(&request->authorization), rest = value;

	if (value.n == 0 && profile->user == NULL)
		return;
	grow_str(out, "Authorization: ");
	if (value.n == 0)
		grow_str(out, "Basic ");
	else if (view_find(value, ' ') < value.n) {
		grow_put(out, view_take_until(&rest, ' '));
		grow_byte(out, ' ');
	}
	grow_str(out, "***\n");
}

/* Terminals obey control characters. */
static void put_text(struct grow *out, struct view text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool plain = (unsigned char)c >= 0x20 && c != 0x7f;
		grow_byte(out, plain || c == '\n' || c == '\t' ? c : '?');
	}
}

static void put_body(struct grow *out, const struct push_request *request)
{
	struct view body = grow_view(&request->body);

	put_text(out, view_first(body, request->secret_at));
	if (request->secret_n > 0)
		grow_str(out, "***");
	put_text(out, view_skip(view_skip(body, request->secret_at), request->secret_n));
	if (body.n > 0 && !view_ends(body, VIEW("\n")))
		grow_byte(out, '\n');
}

void http_show(const struct push_profile *profile, const struct push_request *request,
	       struct grow *out)
{
	struct arena arena = { .last = NULL };
	struct http_url url;
	struct opt_error error;

	if (http_url_read(&url, profile, &arena, &error)) {
		put_header(out, "# ", view_of(url.real));
		grow_str(out, request->method);
		grow_byte(out, ' ');
		grow_str(out, url.path);
		put_text(out, http_url_join(url.path, request));
		grow_str(out, " HTTP/1.1\n");
		put_header(out, "Host: ", view_of(url.authority));
		put_authorization(out, profile, request);
		put_header(out, "User-Agent: ", VIEW(HTTP_USER_AGENT));
		put_header(out, "Content-Type: ", view_of(request->content_type));
		put_header(out, "Accept: ",
			   request->accept != NULL ? view_of(request->accept) : VIEW("*/*"));
		grow_str(out, "Content-Length: ");
		grow_u64(out, request->body.n);
		grow_str(out, "\n\n");
	} else {
		put_header(out, "# ", view_of(error.text));
	}
	put_body(out, request);
	grow_byte(out, '\n');
	arena_free(&arena);
}
