/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PROVE: groups of ports with a canary behind each; see sweep.h.
 *
 * Why silence is then a proof.  A limiter is a bucket of tokens: an ICMP error takes one, time adds
 * them.  If the canary got its error, a token was there when it arrived.  Had a member been closed and
 * unanswered, there was none when that member arrived, so one must have come in between.  A short group
 * is sent within a hundredth of the time that brings one, at most 10 ms, and leaves hardly room for
 * that.  Behind a long group, of at most half of that time and 0.5 s, stand two canaries, and both must
 * get an error: time may have brought one token, but not two.  For the same reason the first refused
 * member speaks for those that were sent within such a short time before it; it may have taken the last
 * token, so that later ones say nothing.
 *
 * Where it is none.  A lost datagram, or a lost error, of a member reads as silence.  Where somebody
 * else takes errors out of the same bucket, which refills faster than was measured, a token may come
 * between member and canary.  Who needs more certainty repeats the sweep: the order is another one.
 *
 * The sample.  ICMP errors in ASK, and in groups, take tokens from the ports behind them: the closed
 * ports that were seen are those that came first.  Only the first member of a short group, drawn at
 * random from those of which nothing was known, is decided with the same chance whatever it is: closed,
 * it gets the token; else the token is there for what follows and proves its silence.
 */
#include "proto/sweep_private.h"

enum {
	WAIT_FIRST_US = 1050 * SWEEP_MS,
	WAIT_STEP_US = 50 * SWEEP_MS,
	WAIT_MAX_US = 8 * SWEEP_SECOND,
	LONG_GROUP_US = 500 * SWEEP_MS,
	LONG_CANARIES = 2,
	SHORT_GROUP_US = 10 * SWEEP_MS,
	HELD_UP_US = 2 * SWEEP_MS,
	CANARY_TIMEOUT_MIN_US = 200 * SWEEP_MS,
	CANARY_TIMEOUT_MAX_US = 4 * SWEEP_SECOND,
	GRACE_MIN_US = 5 * SWEEP_MS,
	GRACE_MAX_US = 100 * SWEEP_MS,
	WINS_TO_TRUST = 3,
	WINS_TO_SHRINK = 5,
	FAILS_AT_MAX = 6,
	CANARY_TRIES = 3,
	CANDIDATE_DRAWS = 64,
	RATE_WITHOUT_CAP = 200 * 1000, /* what a machine sends in a second */
};

static int32_t age_of(const struct sweep *sweep, unsigned at)
{
	return sweep->conf.proven_age_s[sweep->order[at]];
}

/* Brings the ports that an earlier run proved to the front of order[], the oldest last (shell sort). */
static void sort_aged(struct sweep *sweep)
{
	for (unsigned i = 0; i < sweep->left; i++)
		if (age_of(sweep, i) >= 0)
			sweep_swap(sweep, i, sweep->aged++);
	for (unsigned gap = sweep->aged / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11)
		for (unsigned i = gap; i < sweep->aged; i++)
			for (unsigned j = i; j >= gap && age_of(sweep, j - gap) > age_of(sweep, j);
			     j -= gap)
				sweep_swap(sweep, j, j - gap);
}

/* What ASK saw of the limiter: the time between two errors once the first burst was used up. */
static int64_t first_wait(const struct sweep_counts *counts)
{
	if (counts->ask_icmp < 2 * SWEEP_BURST)
		return WAIT_FIRST_US;
	int64_t wait = counts->ask_us / (counts->ask_icmp - SWEEP_BURST) * 21 / 20;
	return wait < WAIT_FIRST_US ? wait : WAIT_FIRST_US;
}

static unsigned clamp_size(unsigned size)
{
	return size < 1 ? 1 : size > SWEEP_GROUP_MAX ? SWEEP_GROUP_MAX : size;
}

/* How many ports lay between two closed ones as long as the host refused each. */
static unsigned first_size(const struct sweep *sweep)
{
	unsigned seen = sweep->counts.ask_icmp;

	if (seen == 0)
		return SWEEP_GROUP_MAX;
	return clamp_size(sweep->first_closed_span / (seen < SWEEP_BURST ? seen : SWEEP_BURST));
}

void sweep_prove_start(struct sweep *sweep, int64_t now_us)
{
	if (sweep->conf.proven_age_s != NULL)
		sort_aged(sweep);
	sweep->drawn = sweep->left;
	sweep->prove_start_us = now_us;
	sweep->wait_us = sweep->wait_base_us = first_wait(&sweep->counts);
	sweep->assumed = sweep->wait_us == WAIT_FIRST_US;
	sweep->size = first_size(sweep);
	sweep->stage = GROUP_REFILL;
	sweep->phase = SWEEP_PROVE;
}

/* A closed port at random.  Not the last one again if there is another, whose error cannot be mistaken
 * for a late one, and not one that is at its last chance. */
static bool pick_known(struct sweep *sweep)
{
	while (sweep->pool_n > 0) {
		unsigned i = sweep_random(sweep, sweep->pool_n);
		uint16_t port = sweep->pool[i];
		bool alone = sweep->pool_n == 1;
		if (sweep->chances[port] == 0 || (sweep->chances[port] == 1 && !alone)) {
			sweep->pool[i] = sweep->pool[--sweep->pool_n];
		} else if (port != sweep->canary || alone) {
			sweep->canary = port;
			return true;
		}
	}
	return false;
}

/* Nothing was ever sent to it: it is no member, and no candidate that failed. */
static bool pick_candidate(struct sweep *sweep)
{
	for (unsigned i = 0; sweep->conf.canaries != NULL && i < CANDIDATE_DRAWS; i++) {
		unsigned from = 1 + sweep_random(sweep, PORT_MAX);
		unsigned port = port_set_next(sweep->conf.canaries, from);
		if (port == 0)
			port = port_set_next(sweep->conf.canaries, 1);
		if (port != 0 && sweep->sent_after_us[port] == 0) {
			sweep->canary = (uint16_t)port;
			return true;
		}
	}
	return false;
}

/* When the only known one failed again and again, another is sought. */
static bool choose_canary(struct sweep *sweep)
{
	bool known = pick_known(sweep);
	bool wanted = !known || sweep->chances[sweep->canary] == 1;

	sweep->seeking = wanted && sweep->tries < CANARY_TRIES && pick_candidate(sweep);
	sweep->canary_bad = false;
	return known || sweep->seeking;
}

/* How many datagrams the rate lets go in this time. */
static unsigned sent_within(const struct sweep *sweep, unsigned us)
{
	uint64_t rate = sweep->conf.rate > 0 ? sweep->conf.rate : RATE_WITHOUT_CAP;
	uint64_t n = rate * us / SWEEP_SECOND;

	return n > SWEEP_GROUP_MAX ? SWEEP_GROUP_MAX : clamp_size((unsigned)n);
}

/* Members that are sent in so short a time that hardly a token comes meanwhile.  Where even
 * the pause between two groups brings two, each group finds its own. */
static int64_t brief_us(const struct sweep *sweep)
{
	int64_t us = 2 * sweep->wait_us < sweep->rtt_us + GRACE_MIN_US ? SHORT_GROUP_US
								       : sweep->wait_us / 100;

	return us < SHORT_GROUP_US ? us : SHORT_GROUP_US;
}

static unsigned brief_size(const struct sweep *sweep)
{
	return sent_within(sweep, (unsigned)brief_us(sweep));
}

static unsigned long_size(const struct sweep *sweep)
{
	int64_t us = sweep->wait_us / 2;

	return sent_within(sweep, us < LONG_GROUP_US ? (unsigned)us : LONG_GROUP_US);
}

static bool is_long_next(const struct sweep *sweep)
{
	unsigned brief = brief_size(sweep);

	return sweep->trusted && sweep->size > brief && sweep->left > brief &&
	       long_size(sweep) > brief;
}

/* A long group needs two tokens at its end. */
static int64_t refill_wait(const struct sweep *sweep)
{
	return is_long_next(sweep) ? 2 * sweep->wait_us : sweep->wait_us;
}

/* Members of the next group, so that packets are left for its canaries. */
static unsigned next_size(const struct sweep *sweep)
{
	uint64_t room = sweep->conf.packets_max - sweep->counts.packets - 1;
	unsigned brief = brief_size(sweep);
	unsigned most = is_long_next(sweep) ? long_size(sweep) : brief;
	unsigned n = sweep->size > brief ? sweep->size : brief;

	if (n > most)
		n = most;
	if (n > sweep->left)
		n = sweep->left;
	if (n > room)
		n = (unsigned)room;
	return n > brief && n == room ? n - 1 : n;
}

/* False when nothing more can be learned. */
static bool open_group(struct sweep *sweep)
{
	if (sweep->left == 0 || sweep->fails_at_max >= FAILS_AT_MAX ||
	    sweep->counts.packets >= sweep->conf.packets_max || !choose_canary(sweep))
		return false;
	sweep->group_n = sweep->seeking ? 0 : next_size(sweep);
	if (sweep->group_n == 0 && !sweep->seeking)
		return false;
	sweep->long_group = sweep->group_n > brief_size(sweep);
	sweep->canary_n = sweep->long_group ? LONG_CANARIES : 1;
	sweep->fresh = sweep->left > sweep->aged;
	sweep->group_sent = sweep->refused_end = 0;
	sweep->canary_sent = sweep->canary_seen = 0;
	sweep->counts.groups += !sweep->seeking;
	sweep->stage = GROUP_MEMBERS;
	return true;
}

static bool is_group_decided(const struct sweep *sweep)
{
	return sweep->group_sent > 0 && sweep->drawn == sweep->left;
}

/* A refused member ends the group: it is the canary for those before it, and tokens are precious. */
static enum sweep_stage after_members(const struct sweep *sweep)
{
	if (sweep->refused_end > 0 || is_group_decided(sweep))
		return GROUP_LISTEN;
	return sweep->group_sent == sweep->group_n || sweep->drawn == 0 ? GROUP_CANARY
									: GROUP_MEMBERS;
}

static uint16_t send_member(struct sweep *sweep, int64_t now_us)
{
	uint16_t port = sweep_draw(sweep);

	if (sweep->group_sent == 0)
		sweep->group_us = now_us;
	sweep->member[sweep->group_sent++] = port;
	sweep_note_send(sweep, port, now_us);
	return port;
}

/* False when the canary was lost meanwhile and there is no other. */
static bool send_canary(struct sweep *sweep, int64_t now_us)
{
	sweep->stage = GROUP_LISTEN;
	if (sweep->canary_bad && (sweep->canary_sent > 0 || !pick_known(sweep)))
		return false;
	sweep->canary_bad = false;
	if (++sweep->canary_sent < sweep->canary_n)
		sweep->stage = GROUP_CANARY;
	sweep->canary_sent_us = now_us;
	sweep->counts.canaries_sent++;
	sweep_note_send(sweep, sweep->canary, now_us);
	return true;
}

static int64_t listen_until(const struct sweep *sweep)
{
	int64_t grace_us = sweep->rtt_us / 2;

	if (sweep->canary_bad || is_group_decided(sweep))
		return INT64_MIN;
	if (sweep->canary_seen < sweep->canary_n && sweep->refused_end == 0)
		return sweep->canary_sent_us +
		       sweep_round_trips(sweep, CANARY_TIMEOUT_MIN_US, CANARY_TIMEOUT_MAX_US);
	if (grace_us < GRACE_MIN_US)
		grace_us = GRACE_MIN_US;
	return sweep->heard_us + (grace_us < GRACE_MAX_US ? grace_us : GRACE_MAX_US);
}

/* The wait brought an error. */
static void note_success(struct sweep *sweep)
{
	sweep->fails_at_max = sweep->tries = 0;
	sweep->wins++;
	if (sweep->assumed || sweep->wins >= WINS_TO_TRUST)
		sweep->trusted = true;
	if (sweep->trusted)
		sweep->counts.refill_us = sweep->wait_us > 0 ? sweep->wait_us : 1;
	if (sweep->wins < WINS_TO_SHRINK || sweep->wait_us == sweep->wait_base_us)
		return;
	sweep->trusted = false;
	sweep->wins = 0;
	sweep->wait_us -= sweep->wait_us / 4;
	if (sweep->wait_us < sweep->wait_base_us)
		sweep->wait_us = sweep->wait_base_us;
}

static int64_t clamp_wait(int64_t us)
{
	return us < WAIT_STEP_US ? WAIT_STEP_US : us > WAIT_MAX_US ? WAIT_MAX_US : us;
}

/* The bucket was empty when the canary was sent, or something was lost.  A wait that was good before
 * gets a second chance. */
static void note_failure(struct sweep *sweep)
{
	bool worked = sweep->trusted || sweep->assumed;

	if (sweep->canary_seen == 0 && sweep->chances[sweep->canary] > 1)
		sweep->chances[sweep->canary]--;
	sweep->assumed = sweep->trusted = false;
	sweep->wins = 0;
	if (worked)
		return;
	if (sweep->wait_us == WAIT_MAX_US)
		sweep->fails_at_max++;
	sweep->wait_base_us = clamp_wait(sweep->wait_us + sweep->wait_us / 4);
	sweep->wait_us = clamp_wait(2 * sweep->wait_us);
}

static void add_sample(struct sweep *sweep)
{
	enum port_state state = sweep->state[sweep->member[0]];

	if (!sweep->fresh || sweep->long_group || sweep->group_sent == 0 || state == PORT_UNDECIDED)
		return;
	sweep->counts.sample.drawn++;
	sweep->counts.sample.open += state == PORT_SILENT || state == PORT_ANSWERING;
}

/* What was sent so shortly before an ICMP error that its own would have come. */
static void judge_members(struct sweep *sweep, unsigned begin, unsigned end)
{
	for (unsigned i = begin; i < end; i++)
		if (sweep->state[sweep->member[i]] == PORT_UNDECIDED)
			sweep_decide(sweep, sweep->member[i], PORT_SILENT);
}

/* Sending took much longer than was meant, because the machine is busy: then time proves nothing. */
static bool was_held_up(const struct sweep *sweep)
{
	int64_t most_us = sweep->long_group ? sweep->wait_us : HELD_UP_US + 2 * brief_us(sweep);

	return sweep->conf.rate > 0 && sweep->last_send_us - sweep->group_us > most_us;
}

static void judge_group(struct sweep *sweep, bool seen)
{
	unsigned brief = brief_size(sweep), end = sweep->refused_end;

	if (sweep->group_sent == 0 || was_held_up(sweep))
		return;
	if (end > 0) {
		judge_members(sweep, end > brief ? end - brief : 0, end);
		sweep->size = clamp_size(sweep->group_sent / 8);
	} else if (seen) {
		judge_members(sweep, 0, sweep->group_sent);
		if (sweep->size < 4 * sweep->group_sent)
			sweep->size = clamp_size(4 * sweep->group_sent);
	}
}

static void judge(struct sweep *sweep)
{
	bool seen = sweep->canary_seen > 0 && sweep->canary_seen == sweep->canary_n &&
		    !sweep->canary_bad;

	if (seen)
		sweep->chances[sweep->canary] = SWEEP_CHANCES;
	judge_group(sweep, seen);
	if (seen || sweep->refused_end > 0) {
		note_success(sweep);
	} else if (sweep->seeking) {
		sweep->tries++;
	} else if (!is_group_decided(sweep) && !sweep->canary_bad) {
		note_failure(sweep);
	}
	if (sweep->canary_sent > 0 && sweep->drained_us < sweep->canary_sent_us)
		sweep->drained_us = sweep->canary_sent_us;
	add_sample(sweep);
	sweep->canary_sent = sweep->canary_seen = 0;
	sweep->drawn = sweep->left;
	sweep->stage = GROUP_REFILL;
}

/* Goes on to the time of the next step, or to the end of PROVE when that is earlier. */
static bool is_early(const struct sweep *sweep, int64_t now_us, int64_t time_us, int64_t *wake_us)
{
	int64_t rest_us = sweep->conf.prove_us - (now_us - sweep->prove_start_us);

	*wake_us = time_us > now_us && time_us - now_us > rest_us ? now_us + rest_us : time_us;
	return now_us < time_us;
}

enum sweep_step sweep_prove_next(struct sweep *sweep, int64_t now_us, uint16_t *port,
				 int64_t *wake_us)
{
	int64_t send_us = now_us;

	while (now_us - sweep->prove_start_us < sweep->conf.prove_us) {
		switch (sweep->stage) {
		case GROUP_REFILL:
			if (sweep->left > 0 &&
			    is_early(sweep, now_us, sweep->drained_us + refill_wait(sweep),
				     wake_us))
				return SWEEP_WAIT;
			if (!open_group(sweep)) {
				sweep->phase = SWEEP_ENDED;
				return SWEEP_DONE;
			}
			break;
		case GROUP_MEMBERS:
			sweep->stage = after_members(sweep);
			if (sweep->stage != GROUP_MEMBERS)
				break;
			if (!sweep_may_send(sweep, now_us, &send_us)) {
				(void)is_early(sweep, now_us, send_us, wake_us);
				return SWEEP_WAIT;
			}
			*port = send_member(sweep, now_us);
			return SWEEP_SEND;
		case GROUP_CANARY:
			if (!send_canary(sweep, now_us))
				break;
			*port = sweep->canary;
			return SWEEP_SEND;
		case GROUP_LISTEN:
			if (is_early(sweep, now_us, listen_until(sweep), wake_us))
				return SWEEP_WAIT;
			judge(sweep);
			break;
		}
	}
	sweep->phase = SWEEP_ENDED;
	return SWEEP_DONE;
}
