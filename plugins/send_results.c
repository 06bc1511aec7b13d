/* SPDX-License-Identifier: GPL-3.0-or-later */
/* send_results: check results to monitoring systems, through a queue. */
#define _GNU_SOURCE
#include "send_results.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { TIME_LIMIT_US = 60000000 };

/* jansson without memory would drop what it reads. */
static void *json_memory(size_t size)
{
	return mem_new(1, size);
}

/* A descriptor of ours in the place of a standard one that is closed would be read or written to as
 * that. What stands there instead can be neither. */
static void occupy_standard(void)
{
	int fd;

	do
		fd = open("/", O_PATH | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

/* SIGTERM, SIGINT and SIGHUP are read where something is waited for; what is known is told then. A parent
 * may ignore SIGCHLD: then nobody would tell how the plugin ended. */
static int hold_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int render(struct send *send, struct out *out)
{
	const struct common *common = &send->conf.common;
	struct render_conf conf = { .format = common->format,
				    .show = PROFILES_MAX + 1,
				    .verbosity = common->verbose };

	return (int)report_render(send->report, &conf, out);
}

static void show_requests(struct send *send, const struct check_result *result, size_t count,
			  struct out *out)
{
	struct grow text = { .p = NULL };

	for (size_t i = 0; i < send->lane_count; i++)
		deliver_show(&send->lane[i].profile, result, count, &text);
	out_put(out, grow_view(&text));
	grow_free(&text);
}

static int run_lines(struct send *send, struct out *out)
{
	struct input *input = send_input_new(send);
	struct check_result *result;
	bool more = true, waited = false;
	size_t count;

	while (more) {
		struct arena arena = { NULL };
		more = send_input_batch(input, &arena, &result, &count);
		if (send->conf.dry_run)
			show_requests(send, result, count, out);
		else if (count > 0 || !(more || waited))
			send_lanes(send, result, count);
		waited |= count > 0;
		arena_free(&arena);
	}
	send_input_free(input);
	if (send->conf.dry_run && send->bad_lines == 0)
		return STATE_OK;
	send_tell(send);
	if (send->conf.quiet && result_state(report_root(send->report)) == STATE_OK)
		return STATE_OK;
	return render(send, out);
}

static int run_queues(struct send *send, struct out *out)
{
	for (size_t i = 0; send->conf.revive && i < send->lane_count; i++)
		send_revive(&send->lane[i], send->conf.common.timeout_us);
	send_lanes(send, NULL, 0);
	send_tell(send);
	if (send->conf.quiet && result_state(report_root(send->report)) == STATE_OK)
		return STATE_OK;
	return render(send, out);
}

/* What the delivery has to say goes to standard error: the output is the plugin's. */
static int tell_aside(struct send *send, enum state plugin)
{
	struct out aside;
	bool lost = false;

	send_tell(send);
	for (size_t i = 0; i < send->lane_count; i++)
		lost |= send->lane[i].lost > 0;
	if (send->conf.common.verbose > 0 || result_state(report_root(send->report)) != STATE_OK) {
		out_init(&aside, STDERR_FILENO);
		render(send, &aside);
		out_flush(&aside);
	}
	return lost && plugin < STATE_CRITICAL ? STATE_UNKNOWN : (int)plugin;
}

static int run_plugin(struct send *send, struct out *out)
{
	struct check_result result;
	struct opt_error error;
	struct view printed;

	if (!send_wrap(send, &result, &printed)) {
		out_str(out, "UNKNOWN - interrupted, no result is sent\n");
		return STATE_UNKNOWN;
	}
	if (!check_result_clean(&result, &send->arena, &error))
		return opt_refuse(&send_results_program, &send->conf.common, "host", error.text,
				  out);
	if (send->conf.dry_run) {
		show_requests(send, &result, 1, out);
		return (int)result.state;
	}
	if (!send->conf.quiet || result.state != STATE_OK) {
		out_put(out, printed);
		out_str(out, view_ends(printed, VIEW("\n")) ? "" : "\n");
		out_flush(out);
	}
	send_lanes(send, &result, 1);
	return tell_aside(send, result.state);
}

static int run(struct send *send, struct out *out)
{
	int end = send_prepare(send, out);

	if (end != OPT_GO_ON)
		return end;
	if (send->conf.common.command != NULL)
		return run_plugin(send, out);
	if (send->conf.flush || send->conf.revive)
		return run_queues(send, out);
	return run_lines(send, out);
}

int main(int argc, char **argv)
{
	struct send send = { .conf = { .time_limit_us = TIME_LIMIT_US,
				       .max_output = CHECK_RESULT_OUTPUT_MAX } };
	struct out out;

	occupy_standard();
	json_set_alloc_funcs(json_memory, mem_free);
	send.signals = hold_signals();
	send.start_us = deliver_monotonic_us();
	out_init(&out, STDOUT_FILENO);
	int end = opt_parse(&send_results_program, &send.conf, argc, argv, &out);
	if (end == OPT_GO_ON)
		end = run(&send, &out);
	if (!out_flush(&out))
		end = STATE_UNKNOWN;
	for (size_t i = 0; i < send.lane_count; i++)
		if (send.lane[i].spool != NULL)
			spool_close(send.lane[i].spool);
	if (send.report != NULL)
		report_free(send.report);
	opt_free(&send.conf.common);
	arena_free(&send.arena);
	close(send.signals);
	return end;
}
