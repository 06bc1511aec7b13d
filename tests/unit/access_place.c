/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A place for SNMP credentials; see access_place.h. */
#define _GNU_SOURCE
#include "access_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int place_new(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (place == NULL)
		return -1;
	*state = place;
	snprintf(place->folder, sizeof(place->folder), "/tmp/test_snmp_access.XXXXXX");
	if (mkdtemp(place->folder) == NULL)
		return -1;
	snprintf(place->file, sizeof(place->file), "%s/snmp.ini", place->folder);
	return 0;
}

int place_free(void **state)
{
	struct place *place = *state;

	snmp_access_free(&place->access);
	unlink(place->file);
	rmdir(place->folder);
	free(place);
	return 0;
}

static void put_hex(struct wr *w, struct view bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		wr_fmt(w, "%02x", (unsigned char)bytes.p[i]);
}

const char *show(struct place *place, const struct snmp_credentials *got)
{
	struct wr w = wr_over(place->shown, TEXT_MAX - 1);

	if (got == NULL) {
		assert_null(strstr(place->error.text, SECRET));
		assert_null(strstr(place->error.text, SECRET_HEX));
		return place->error.text;
	}
	if (got->v2c) {
		wr_fmt(&w, "v2c %.*s", VIEW_ARG(got->community));
	} else {
		wr_fmt(&w, "%.*s %s %s ", VIEW_ARG(got->user), snmp_auth_name[got->auth],
		       snmp_priv_name[got->priv]);
		(got->localized ? put_hex : wr_put)(&w, got->auth_secret);
		wr_byte(&w, ' ');
		(got->localized ? put_hex : wr_put)(&w, got->priv_secret);
		if (got->engine_id.n > 0)
			wr_str(&w, " @");
		put_hex(&w, got->engine_id);
	}
	assert_false(w.full);
	place->shown[w.n] = '\0';
	return place->shown;
}

const char *find_named(struct place *place, const char *target)
{
	return show(place, snmp_access_find(&place->access, view_of(target), &place->error));
}

void take(struct place *place, unsigned flags, struct view text)
{
	snmp_access_free(&place->access);
	place->access.v2c = (flags & V2C) != 0;
	place->access.insecure = (flags & INSECURE) != 0;
	snmp_access_text(&place->access, "ini", VIEW(""), text);
}
