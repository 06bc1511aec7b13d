/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What became of each profile's results: the outcome, the sentence, the metrics. */
#include "send_results.h"

#include "base/escape.h"
#include "base/text.h"

/* The parts of a lane's verdict. */
struct verdict {
	enum send_outcome outcome;
	size_t waiting, dead, gone;
};

static void put_count(struct wr *w, size_t count, const char *what)
{
	if (count == 0)
		return;
	wr_fmt(w, "%s%zu %s", w->n > 0 ? ", " : "", count, what);
}

static struct verdict judge(const struct send *send, const struct lane *lane)
{
	const struct delivery *last = &lane->last;
	struct verdict v = { .outcome = OUT_SENT };

	if (lane->spool != NULL) {
		v.waiting = spool_depth(lane->spool);
		v.dead = spool_dead_depth(lane->spool);
	}
	v.gone = lane->counts.expired + lane->counts.dropped + lane->counts.dead_dropped +
		 lane->lost;
	const struct {
		bool holds;
		enum send_outcome outcome;
	} rules[] = {
		{ send->conf.dry_run, OUT_NOTHING },
		{ lane->lost > 0, OUT_LOST },
		{ v.gone > 0, OUT_DROPPED },
		{ send->stopped, OUT_INTERRUPTED },
		{ last->end == DELIVERY_FAILED || lane->unrevived, OUT_LOCAL_ERROR },
		{ lane->spool == NULL && !lane->unqueued, OUT_LOCAL_ERROR },
		{ lane->unqueued, OUT_UNQUEUED },
		{ lane->refused + lane->counts.corrupt + lane->counts.unreadable > 0, OUT_REFUSED },
		{ v.waiting > 0, OUT_SPOOLED },
		{ v.dead > 0 && send->conf.flush, OUT_REFUSED },
		{ lane->sent + lane->counts.superseded == 0, OUT_NOTHING },
		{ true, OUT_SENT },
	};
	size_t i = 0;

	while (!rules[i].holds)
		i++;
	v.outcome = rules[i].outcome;
	return v;
}

static void put_next_try(struct wr *w, const struct delivery *last)
{
	int64_t left_us = last->next_us - deliver_unix_us();

	if (last->end == DELIVERY_BUSY)
		wr_str(w, ": another run is still sending");
	if (last->next_us == 0 || left_us <= 0)
		return;
	wr_str(w, ", next try in ");
	wr_u64(w, (uint64_t)(left_us / 1000000) + 1);
	wr_str(w, " s");
	if (last->end == DELIVERY_BACKOFF)
		wr_str(w, " (--now tries at once)");
}

static void put_sentence(struct wr *w, const struct lane *lane, const struct verdict *v)
{
	const struct delivery *last = &lane->last;
	bool from_queue = v->outcome == OUT_UNQUEUED || v->outcome == OUT_LOST || lane->unrevived ||
			  lane->spool == NULL;

	if (v->outcome == OUT_NOTHING)
		wr_str(w, "nothing to send");
	put_count(w, lane->sent, "sent");
	put_count(w, lane->counts.superseded, "superseded by newer ones");
	put_count(w, lane->lost, "lost");
	put_count(w, lane->refused, "refused");
	put_count(w, lane->counts.corrupt, "lines of the queue unreadable");
	put_count(w, lane->counts.unreadable, "files of the queue unreadable");
	put_count(w, lane->counts.dropped, "dropped because the queue was full");
	put_count(w, lane->counts.expired, "dropped because of their age");
	put_count(w, lane->counts.dead_dropped, "dropped from dead/ because it was full");
	put_count(w, v->waiting, "wait in the queue");
	put_count(w, v->dead, "kept in dead/");
	if (last->words[0] != '\0' && v->outcome != OUT_SENT)
		wr_fmt(w, "%s%s", w->n > 0 ? ": " : "", last->words);
	else if (v->outcome == OUT_INTERRUPTED)
		wr_fmt(w, "%sinterrupted before the end of the input", w->n > 0 ? ", " : "");
	put_next_try(w, last);
	if (from_queue && lane->error.text[0] != '\0')
		wr_fmt(w, "%squeue: %s", w->n > 0 ? ", " : "", lane->error.text);
}

static void tell_bad_lines(struct send *send, struct result *result)
{
	char text[700];
	struct wr w = wr_over(text, sizeof(text));

	if (send->bad_lines > 0)
		wr_fmt(&w, "%zu of %zu lines are no result: line %zu %.400s", send->bad_lines,
		       send->lines, send->bad_line, send->bad.text);
	if (send->covered_lines > 0)
		wr_fmt(&w,
		       "%s%zu lines name the service of a worse one, which counts (--service with "
		       "{name}, {port} or {transport} tells them apart)",
		       w.n > 0 ? ", " : "", send->covered_lines);
	result_also(send->report, result, wr_view(&w));
	result_raise(result,
		     opt_outcome_state(&send_results_program, &send->conf.common, OUT_BAD_INPUT));
	result_fact_number(send->report, result, "bad_lines", (double)send->bad_lines);
	result_fact_number(send->report, result, "covered_lines", (double)send->covered_lines);
}

static void tell_lane(struct send *send, struct lane *lane)
{
	struct result *result =
		result_add(send->report, report_root(send->report), view_of(lane->profile.name));
	struct verdict v = judge(send, lane);
	const struct common *common = &send->conf.common;
	char text[700], line[800];
	struct wr w = wr_over(text, sizeof(text)), s = wr_over(line, sizeof(line));

	put_sentence(&w, lane, &v);
	wr_fmt(&s, "%s: ", lane->profile.name);
	wr_clause(&s, wr_view(&w), 500);
	result_say(send->report, result, wr_view(&s));
	if (send->bad_lines + send->covered_lines > 0)
		tell_bad_lines(send, result);
	result_raise(result, opt_outcome_state(&send_results_program, common, v.outcome));
	result_metric(send->report, result, METRIC_SENT, (double)lane->sent);
	result_metric(send->report, result, METRIC_SPOOLED, (double)v.waiting);
	result_metric(send->report, result, METRIC_DEAD, (double)v.dead);
	result_metric(send->report, result, METRIC_LOST, (double)v.gone);
	result_metric(send->report, result, METRIC_SECONDS,
		      (double)(deliver_monotonic_us() - send->start_us) / 1e6);
	result_fact(send->report, result, "outcome",
		    view_of(send_results_program.outcome[v.outcome].word));
	result_fact(send->report, result, "sink", view_of(lane->profile.sink->name));
	result_fact_number(send->report, result, "refused", (double)lane->refused);
	result_fact_number(send->report, result, "superseded", (double)lane->counts.superseded);
}

void send_tell(struct send *send)
{
	const struct common *common = &send->conf.common;

	send->report = report_new(send_results_program.report);
	report_keep(send->report, common->format >= FORMAT_JSON, common->verbose);
	for (size_t i = 0; i < send->lane_count; i++)
		tell_lane(send, &send->lane[i]);
}
