/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_voice_port: is a TCP or UDP port what it should be, on every address of a host. */
#include "check_voice_port.h"

#include "base/escape.h"
#include "cli/file.h"
#include "proto/media.h"

#include <string.h>

enum { AGAIN_WAIT_US = 500000, AGAIN_DELAY_US = 1100000, TRACE_BYTES_MAX = 96 };

static int refuse(const struct check *check, const char *option, const char *clause,
		  struct out *out)
{
	return opt_refuse(&check_voice_port_program, &check->conf.common, option, clause, out);
}

static int read_payload(struct check *check, struct out *out)
{
	struct conf *conf = &check->conf;
	struct file_source source = { .max_bytes = PAYLOAD_MAX,
				      .timeout_us = conf->common.timeout_us };
	struct file_text text;
	struct opt_error error;

	if (conf->send_file.n == 0)
		return OPT_GO_ON;
	if (conf->has_payload)
		return refuse(check, "send", "and --send-hex exclude each other", out);
	source.path = arena_text(&check->arena, conf->send_file);
	if (!file_read(&check->arena, &source, &text, &error))
		return refuse(check, "send", error.text, out);
	if (text.n == 0)
		return refuse(check, "send", "the file is empty", out);
	conf->payload = (struct view){ text.text, text.n };
	conf->has_payload = true;
	return OPT_GO_ON;
}

static bool expects_other_than_open(const struct conf *conf)
{
	bool other = conf->expect != EXPECT_OPEN;

	for (size_t i = 0; i < conf->ports.count; i++)
		other = other || (conf->ports.item[i].expect != 0 &&
				  conf->ports.item[i].expect != EXPECT_OPEN);
	return other;
}

static bool asks_media_ports(const struct conf *conf)
{
	for (size_t i = 0; i < conf->ports.count; i++) {
		const struct port_item *item = &conf->ports.item[i];
		for (unsigned p = item->range.first; p <= item->range.last; p++)
			if (voice_port_asking((uint16_t)p, item->transport) == ASK_MEDIA)
				return true;
	}
	return false;
}

static int check_options(struct check *check, struct out *out)
{
	struct conf *conf = &check->conf;

	if (conf->ports.count == 0)
		voice_port_default_ports(&conf->ports, &check->arena);
	if (reply_wish_given(&conf->wish) && expects_other_than_open(conf))
		return refuse(check, conf->wish.has_regex ? "expect-regex" : "expect-hex",
			      "needs ports that are expected to be open", out);
	if (!addresses_apply(conf->addresses, &conf->common))
		return refuse(check, "addresses", "contradicts -4 or -6", out);
	if ((int64_t)conf->hold_ms * 1000 >= conf->common.timeout_us)
		return refuse(check, "timeout", "must be longer than --hold", out);
	if ((conf->has_payload || conf->send_file.n > 0) && !conf->owner && asks_media_ports(conf))
		return refuse(check, conf->has_payload ? "send-hex" : "send",
			      "to UDP ports that may carry media can take over a call; needs "
			      "--i-own-this-host",
			      out);
	return read_payload(check, out);
}

/* An empty line and one more means nothing to SIP (RFC 5626 3.5.1) and to most that read lines. What
 * may be a media port gets a control packet: see proto/media.h. */
static struct view default_payload(struct check *check, enum asking asking)
{
	char buffer[MEDIA_PROBE_BYTES];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (asking == ASK_TCP)
		return (struct view){ "", 0 };
	if (asking == ASK_UDP)
		return VIEW("\r\n\r\n");
	wr_media_probe(&w, MEDIA_PROBE_RTCP, check_random(), check_unix_us());
	return (struct view){ arena_text(&check->arena, wr_view(&w)), w.n };
}

static void set_askings(struct check *check)
{
	const struct conf *conf = &check->conf;
	bool wished = reply_wish_given(&conf->wish);

	for (enum asking asking = 0; asking < ASKINGS; asking++) {
		struct view payload =
			conf->has_payload ? conf->payload : default_payload(check, asking);
		for (unsigned round = 0; round <= ROUNDS; round++)
			check->arg[asking][round] = (struct port_client_arg){
				.payload = payload,
				.matches = wished ? reply_wish_matches : NULL,
				.ctx = &conf->wish,
				.hold_us = (int64_t)conf->hold_ms * 1000,
				.once = round > 0,
				.last_wait_us = round > 0 ? AGAIN_WAIT_US : 0,
				.delay_us = round > 1 ? AGAIN_DELAY_US : 0,
			};
	}
}

static void tap(void *ctx, const struct probe_spec *spec, enum tap_event event, int64_t now_us,
		const struct addr *other, struct view bytes)
{
	const struct check *check = ctx;
	struct port_probe *probe = spec->user;
	char buffer[TRACE_BYTES_MAX * 4 + 64];
	struct wr w = wr_over(buffer, sizeof(buffer));

	(void)other;
	if (probe->result == NULL)
		return;
	if (probe->traced_us == 0)
		probe->traced_us = now_us;
	wr_fmt(&w, "%+.3f s %s %zu bytes: ", (double)(now_us - probe->traced_us) / 1e6,
	       event == TAP_SENT ? "sent" : "got", bytes.n);
	wr_escaped(&w, view_first(bytes, TRACE_BYTES_MAX));
	result_detail(check->report, probe->result, 1, wr_view(&w));
}

static struct engine *make_engine(struct check *check)
{
	struct engine_conf conf = check_engine_conf(&check->conf.common, &check->arena);

	conf.ctx = check;
	conf.done = voice_port_done;
	conf.tap = check->conf.common.verbose > 0 ? tap : NULL;
	return engine_new(&conf);
}

static int run(void *arg, const struct target_list *targets, struct out *out)
{
	struct check *check = arg;
	const struct common *common = &check->conf.common;
	int end = check_options(check, out);

	if (end != OPT_GO_ON)
		return end;
	set_askings(check);
	check->labels = targets->count == 1 && check->conf.ports.ports <= RESULT_LABELS_MAX;
	check->report = report_new(check_voice_port_program.report);
	report_keep(check->report, common->format >= FORMAT_JSON, common->verbose);
	report_thresholds(check->report, METRIC_TIME, &common->warning, &common->critical);
	check->engine = make_engine(check);
	end = voice_port_prepare(check, targets, out);
	if (end == OPT_GO_ON) {
		engine_run(check->engine);
		voice_port_judge_run(check);
		end = check_render(common, check->report, out);
	}
	engine_free(check->engine);
	report_free(check->report);
	return end;
}

int main(int argc, char **argv)
{
	static const struct check_program voice_port = { .program = &check_voice_port_program,
							 .run = run };
	struct check check = { .conf = { .expect = EXPECT_OPEN, .hold_ms = 300 } };
	int end = check_main(&voice_port, &check, argc, argv);

	reply_wish_free(&check.conf.wish);
	mem_free(check.conf.ports.item);
	arena_free(&check.arena);
	return end;
}
