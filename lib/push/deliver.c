/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way of each profile's results: lock, load, request after request, settle; see deliver.h. */
#define _GNU_SOURCE
#include "push/deliver.h"

#include "base/escape.h"

#include <poll.h>
#include <string.h>
#include <time.h>

enum {
	LATER_MAX = 3,
	SECOND = 1000000,
	BACKOFF_FIRST_S = 30,
	BACKOFF_MAX_S = 900,
	LOCK_US = 100000
};

struct run {
	struct delivery *delivery;
	size_t count;
	const struct deliver_conf *conf;
	struct http *http;
};

static int64_t clock_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec / 1000;
}

int64_t deliver_monotonic_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t deliver_unix_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

static void say(struct delivery *d, struct view words)
{
	size_t n = words.n < PUSH_WORDS_MAX ? words.n : PUSH_WORDS_MAX;

	memcpy(d->words, words.p, n);
	d->words[n] = '\0';
}

static size_t count_of(const struct delivery *d)
{
	return d->spool != NULL ? spool_count(d->spool) : d->count;
}

static const struct check_result *result_at(const struct delivery *d, size_t i)
{
	return d->spool != NULL ? spool_at(d->spool, i) : &d->result[i];
}

static void fail(struct delivery *d, const struct opt_error *error)
{
	d->end = DELIVERY_FAILED;
	say(d, view_of(error->text));
}

/* The end of a lane: what happened becomes durable before the lock is given back. */
static void finish(struct delivery *d, enum delivery_end end)
{
	struct opt_error error;

	d->end = end;
	d->left = d->spool == NULL ? d->count - d->sent - d->refused : 0;
	d->batch = 0;
	if (d->spool != NULL && d->locked && !spool_settle(d->spool, deliver_unix_us(), &error))
		fail(d, &error);
	if (d->spool != NULL)
		spool_unlock(d->spool);
	d->locked = false;
}

static int64_t backoff_us(uint64_t failures, uint64_t random)
{
	uint64_t doublings = failures < 6 ? failures - 1 : 5;
	int64_t delay_s = BACKOFF_FIRST_S << doublings;

	delay_s = delay_s < BACKOFF_MAX_S ? delay_s : BACKOFF_MAX_S;
	int64_t quarter_us = delay_s * SECOND / 4;
	return delay_s * SECOND - quarter_us + (int64_t)(random % (uint64_t)(2 * quarter_us));
}

static void remember_failure(struct run *run, struct delivery *d, int64_t retry_after_us)
{
	int64_t now_us = deliver_unix_us();
	struct opt_error error;

	if (d->spool == NULL)
		return;
	struct spool_backoff backoff = spool_backoff(d->spool, now_us);
	int64_t delay_us = backoff_us(++backoff.failures, run->conf->random);
	backoff.next_us = now_us + (delay_us > retry_after_us ? delay_us : retry_after_us);
	d->next_us = backoff.next_us;
	if (!spool_set_backoff(d->spool, backoff, &error))
		fail(d, &error);
}

static void give_up(struct run *run, struct delivery *d, int64_t retry_after_us)
{
	remember_failure(run, d, retry_after_us);
	finish(d, d->end == DELIVERY_FAILED ? DELIVERY_FAILED : DELIVERY_LATER);
}

static void forget_failures(struct delivery *d)
{
	struct opt_error error;

	if (d->spool != NULL && !spool_set_backoff(d->spool, (struct spool_backoff){ 0 }, &error))
		say(d, view_of(error.text));
}

/* As many neighbours as the sink takes at once, or one where a batch was refused. */
static size_t next_batch(const struct delivery *d)
{
	size_t left = count_of(d) - d->at, most = d->alone > 0 ? 1 : d->profile->sink->batch_max;

	return left < most ? left : most;
}

static void mark(struct delivery *d, enum push_verdict verdict, long status, struct view words)
{
	bool refused = verdict == PUSH_REFUSED || verdict == PUSH_DENIED;

	for (size_t i = 0; i < d->batch; i++) {
		if (d->spool != NULL && verdict == PUSH_SENT)
			spool_mark_sent(d->spool, d->at + i);
		if (d->spool != NULL && refused)
			spool_mark_refused(d->spool, d->at + i, status, words);
	}
	d->sent += verdict == PUSH_SENT ? d->batch : 0;
	d->refused += refused ? d->batch : 0;
	d->at += d->batch;
	d->alone -= d->alone > 0 ? 1 : 0;
}

/* Returns false when the lane has ended. */
static bool take_verdict(struct run *run, struct delivery *d, enum push_verdict verdict,
			 const struct push_reply *reply, struct view words)
{
	bool gone = reply->status == 0 || (verdict == PUSH_LATER && reply->retry_after_us > 0);

	if (verdict != PUSH_SENT)
		say(d, words);
	if (verdict != PUSH_SENT && verdict != PUSH_DENIED && d->batch > 1 && !gone) {
		d->alone = d->batch;
		return true;
	}
	if (verdict == PUSH_LATER && (gone || ++d->later >= LATER_MAX)) {
		give_up(run, d, reply->retry_after_us);
		return false;
	}
	if (verdict != PUSH_LATER && !d->answered) {
		d->answered = true;
		forget_failures(d);
	}
	d->later = verdict == PUSH_LATER ? d->later : 0;
	mark(d, verdict, reply->status, words);
	if (run->conf->progress != NULL)
		run->conf->progress(run->conf->ctx, d);
	return true;
}

/* Also while files are written: a disk may take long for each of thousands. */
static bool is_over(const struct run *run, enum delivery_end *end)
{
	struct pollfd stop = { .fd = run->conf->stop_fd, .events = POLLIN };

	*end = poll(&stop, 1, 0) > 0 ? DELIVERY_STOPPED : DELIVERY_TIMEOUT;
	return *end == DELIVERY_STOPPED || deliver_monotonic_us() >= run->conf->deadline_us;
}

static void cut_off(struct delivery *d, enum delivery_end end, struct view late)
{
	say(d, end == DELIVERY_TIMEOUT ? late : VIEW("interrupted"));
	finish(d, end);
}

static bool write_next(struct run *run, struct delivery *d)
{
	static const struct push_reply none = { .status = 0 };
	char text[PUSH_WORDS_MAX];
	struct wr words = wr_over(text, sizeof(text));

	d->batch = 1;
	enum push_verdict verdict =
		d->profile->sink->write(d->profile, result_at(d, d->at), &words);
	return take_verdict(run, d, verdict, &none, wr_view(&words));
}

static void end_lane(struct run *run, struct delivery *d)
{
	if (d->later > 0 && !d->answered)
		give_up(run, d, 0);
	else
		finish(d, DELIVERY_DONE);
}

static void write_files(struct run *run, struct delivery *d)
{
	enum delivery_end end;

	while (d->at < count_of(d)) {
		if (is_over(run, &end)) {
			cut_off(d, end, VIEW("no time left"));
			return;
		}
		if (!write_next(run, d))
			return;
	}
	end_lane(run, d);
}

/* Starts the next request, or ends the lane. */
static void go_on(struct run *run, struct delivery *d)
{
	if (d->at == count_of(d)) {
		end_lane(run, d);
		return;
	}
	push_request_reset(&d->request);
	d->batch = d->profile->sink->request(d->profile, result_at(d, d->at), next_batch(d),
					     &d->request);
	http_start(d->peer, &d->request);
}

/* Results that lie side by side in memory are one array, in the spool too. */
static void begin(struct run *run, struct delivery *d)
{
	int64_t now_us = deliver_unix_us();
	struct opt_error error;

	if (d->spool != NULL) {
		d->next_us = run->conf->now ? 0 : spool_backoff(d->spool, now_us).next_us;
		if (d->next_us > now_us) {
			finish(d, DELIVERY_BACKOFF);
			return;
		}
		d->next_us = 0;
		if (!spool_load(d->spool, now_us, &error)) {
			fail(d, &error);
			spool_unlock(d->spool);
			return;
		}
	}
	if (d->profile->sink->write != NULL) {
		write_files(run, d);
		return;
	}
	if (d->peer == NULL && !http_peer_new(run->http, d->profile, &d->peer, &error)) {
		finish(d, DELIVERY_FAILED);
		say(d, view_of(error.text));
		return;
	}
	go_on(run, d);
}

/* Takes the locks that are free; returns how many lanes still wait for one. */
static size_t take_locks(struct run *run, int64_t deadline_us)
{
	size_t waiting = 0;
	struct opt_error error;

	for (size_t i = 0; i < run->count; i++) {
		struct delivery *d = &run->delivery[i];
		if (d->locked || d->end != DELIVERY_BUSY)
			continue;
		enum spool_lock lock =
			d->spool == NULL ? SPOOL_LOCKED : spool_lock(d->spool, deadline_us, &error);
		if (lock == SPOOL_FAILED)
			fail(d, &error);
		waiting += lock == SPOOL_BUSY;
		d->locked = lock == SPOOL_LOCKED;
		if (d->locked)
			begin(run, d);
	}
	return waiting;
}

static struct delivery *lane_of(struct run *run, const struct http_peer *peer)
{
	size_t i = 0;

	while (run->delivery[i].peer != peer)
		i++;
	return &run->delivery[i];
}

static size_t busy_lanes(const struct run *run)
{
	size_t busy = 0;

	for (size_t i = 0; i < run->count; i++)
		busy += run->delivery[i].batch > 0;
	return busy;
}

static void take_reply(struct run *run, struct delivery *d)
{
	const struct push_reply *reply = http_reply(d->peer);
	char text[PUSH_WORDS_MAX];
	struct wr words = wr_over(text, sizeof(text));
	enum push_verdict verdict = push_judge(d->profile->sink, reply, &words);

	if (take_verdict(run, d, verdict, reply, wr_view(&words)))
		go_on(run, d);
}

/* What the deadline or a signal cuts off stays in the queue. */
static void abort_requests(struct run *run, enum delivery_end end)
{
	for (size_t i = 0; i < run->count; i++) {
		struct delivery *d = &run->delivery[i];
		if (d->batch == 0)
			continue;
		http_abort(d->peer);
		if (end == DELIVERY_TIMEOUT && !d->answered)
			remember_failure(run, d, 0);
		cut_off(d, end, VIEW("no answer in time"));
	}
}

void deliver_all(struct delivery *delivery, size_t count, const struct deliver_conf *conf)
{
	struct run run = { delivery, count, conf, http_new() };
	int64_t now_us = deliver_monotonic_us();

	for (size_t i = 0; i < count; i++)
		delivery[i].end = DELIVERY_BUSY;
	size_t waiting = take_locks(&run, now_us);
	while (now_us < conf->deadline_us && (waiting > 0 || busy_lanes(&run) > 0)) {
		int64_t soon_us = now_us + LOCK_US, deadline_us = conf->deadline_us;
		if (waiting > 0 && soon_us < deadline_us)
			deadline_us = soon_us;
		struct http_peer *peer = http_wait(run.http, deadline_us, conf->stop_fd);
		now_us = deliver_monotonic_us();
		if (peer != NULL)
			take_reply(&run, lane_of(&run, peer));
		else if (now_us < deadline_us)
			break;
		if (waiting > 0)
			waiting = take_locks(&run, now_us);
	}
	abort_requests(&run, now_us < conf->deadline_us ? DELIVERY_STOPPED : DELIVERY_TIMEOUT);
	for (size_t i = 0; i < count; i++)
		push_request_free(&delivery[i].request);
	http_free(run.http);
}

void deliver_show(const struct push_profile *profile, const struct check_result *result,
		  size_t count, struct grow *out)
{
	const struct sink *sink = profile->sink;
	struct push_request request = { .method = NULL };

	for (size_t i = 0, n; i < count; i += n) {
		n = 1;
		if (sink->write != NULL) {
			grow_str(out, sink->name);
			grow_str(out, " ");
			grow_str(out, profile->path);
			grow_str(out, ": ");
			check_result_write(&result[i], out);
			grow_str(out, "\n");
			continue;
		}
		size_t most = count - i < sink->batch_max ? count - i : sink->batch_max;
		push_request_reset(&request);
		n = sink->request(profile, &result[i], most, &request);
		http_show(profile, &request, out);
	}
	push_request_free(&request);
}
