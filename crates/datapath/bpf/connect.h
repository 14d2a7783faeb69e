/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What becomes of a connection: its key, its row, and what rows of connections have beside those of packets. */
#ifndef WINDROW_CONNECT_H
#define WINDROW_CONNECT_H

#include "connect_abi.h"
#include "durations.h"
#include "socket.h"
#include "timed.h"

/* What tells processes apart, bits of connect_by.who. */
#define WHO_PID 1
#define WHO_COMM 2
#define WHO_UID 4
#define WHO_CGROUP 8

/* What connections are grouped by. */
struct connect_by {
	__u32 who; /* WHO_… */
	__u32 addresses; /* not 0: any is asked for */
	struct grouping masks;
};

#define EVENT_NONE 0
#define EVENT_ATTEMPT 1
#define EVENT_ESTABLISHED 2
#define EVENT_FAILED 3
#define EVENT_ACCEPTED 4
#define EVENT_CLOSED 5
#define EVENT_FAILED_AT_ONCE 6 /* an attempt and its end */

/* What is counted. */
struct connect_event {
	struct ends ends;
	__u32 kind; /* EVENT_… */
	__u32 failure; /* FAILED_… */
	__u16 dport; /* network byte order */
	__u8 dir;
	__u8 timed; /* it has a duration */
	__u32 pad;
	__u64 ns; /* which is this */
	__u64 now_ns;
	__u64 who;
	struct owner owner;
	struct health health;
};

/* Lines beside rows, by number; NULL where there is none. */
static __always_inline struct connect_bucket *connect_bucket(__u32 number);

static __always_inline __u64 who_mix(__u64 hash)
{
	hash ^= hash >> 30;
	hash *= 0xbf58476d1ce4e5b9ULL;
	hash ^= hash >> 27;
	hash *= 0x94d049bb133111ebULL;
	return hash ^ (hash >> 31);
}

static __always_inline __u64 who_add(__u64 hash, __u64 word, const volatile __u32 *secret)
{
	return who_mix(hash ^ (word + (secret[0] | (__u64)secret[1] << 32)));
}

/*
 * What is asked for of a process, in 64 bits. A pid and when it began fill them; with more it is their hash:
 * each word is added to a secret and mixed, so that nobody can choose two that are alike, and of a million
 * processes two are by chance once in 37 million.
 */
static __always_inline __u64 connect_who(const struct owner *owner,
					 const volatile struct connect_by *by,
					 const volatile __u32 *secret)
{
	const __u64 pid = owner->pid | (__u64)owner->life << 32;
	const __u64 *comm = (const __u64 *)owner->comm;
	__u64 hash = 0;

	if (by->who == WHO_PID || !by->who)
		return by->who ? pid : 0;
	if (by->who & WHO_PID)
		hash = who_add(hash, pid, secret);
	if (by->who & WHO_COMM) {
		hash = who_add(hash, comm[0], secret + 2);
		hash = who_add(hash, comm[1], secret + 4);
	}
	if (by->who & WHO_UID)
		hash = who_add(hash, owner->uid, secret + 6);
	if (by->who & WHO_CGROUP)
		hash = who_add(hash, owner->cgroup, secret + 8);
	return hash;
}

static __always_inline void connect_key_of(struct flow_key *to, const struct connect_event *event,
					   const volatile struct connect_by *by)
{
	struct connect_key *key = (struct connect_key *)to;
	const __u64 *local = (const __u64 *)event->ends.local;
	const __u64 *remote = (const __u64 *)event->ends.remote;
	const int out = event->dir == DIRECTION_OUT;
	__u64 *words = (__u64 *)to;

	words[0] = out ? local[0] : remote[0];
	words[1] = out ? local[1] : remote[1];
	words[2] = out ? remote[0] : local[0];
	words[3] = out ? remote[1] : local[1];
	words[KEY_WORD_PORTS] = event->dir | (__u64)event->dport << 16 |
				(__u64)event->ends.family << KEY_FAMILY_SHIFT;
	if (by->masks.on) {
		key_group(to, &by->masks);
		/* Keys without an address are of no family. */
		if (!by->addresses)
			key->family = FAMILY_NONE;
	}
	key->who = event->who;
}

static __always_inline __u32 event_count(const struct connect_event *event)
{
	return event->kind == EVENT_FAILED_AT_ONCE ? 2 : 1;
}

static __always_inline void health_add(struct health *to, const struct health *of)
{
	to->closed += of->closed;
	to->rtt_us += of->rtt_us;
	to->retransmits += of->retransmits;
	to->bytes_sent += of->bytes_sent;
	to->bytes_received += of->bytes_received;
	to->lifetime_ns += of->lifetime_ns;
}

/* The independent totals: before anything can fail. */
static __always_inline void connect_total(struct slice_epoch *ledger,
					  struct connect_epoch *connects,
					  const struct connect_event *event)
{
	ledger->events += event_count(event);
	ledger->seen.packets += event_count(event);
	ledger->seen.bytes += event->ns;
	switch (event->kind) {
	case EVENT_ATTEMPT:
		connects->attempts++;
		break;
	case EVENT_ESTABLISHED:
		connects->established++;
		break;
	case EVENT_FAILED_AT_ONCE:
		connects->attempts++;
		connects->failed++;
		break;
	case EVENT_FAILED:
		connects->failed++;
		break;
	case EVENT_ACCEPTED:
		connects->accepted++;
		break;
	case EVENT_CLOSED:
		connects->closed++;
		break;
	}
}

/* Adds an event to what a row has beside packets' lines, but for how its durations are spread. */
static __always_inline void connect_add(struct connect_row *row, const struct connect_event *event)
{
	__u32 failure = event->failure;

	switch (event->kind) {
	case EVENT_ATTEMPT:
		row->attempts++;
		break;
	case EVENT_FAILED_AT_ONCE:
		row->attempts++;
		/* fall through */
	case EVENT_FAILED:
		if (failure < FAILURES)
			row->failed[failure]++;
		break;
	case EVENT_ESTABLISHED:
	case EVENT_ACCEPTED:
		row->established++;
		break;
	}
	row->timed += event->timed;
	health_add(&row->health, &event->health);
	row->last_ns = event->now_ns;
}

static __always_inline void connect_row_begin(struct connect_row *row)
{
	__builtin_memset(row, 0, sizeof(*row));
	extremes_begin(&row->took);
}

/* Of a row that is folded: all but whose it is and what its histogram holds. */
static __always_inline void connect_fold(struct connect_epoch *connects,
					 const struct connect_row *row)
{
	struct connect_row *folded = &connects->folded;
	__u32 failure;

	folded->attempts += row->attempts;
	folded->established += row->established;
	for (failure = 0; failure < FAILURES; failure++)
		folded->failed[failure] += row->failed[failure];
	extremes_fold(&folded->took, &row->took);
	folded->timed += row->timed;
	health_add(&folded->health, &row->health);
}

/* Counts an event under its key; all of it is in the totals already. */
static __always_inline void connect_count(const struct instance *instance,
					  struct slice_epoch *ledger,
					  struct connect_epoch *connects, __u32 epoch, __u32 writer,
					  const struct connect_event *event,
					  const volatile struct connect_by *by)
{
	const struct timed timed = {
		.ns = event->ns,
		.events = event_count(event),
		.epoch = epoch,
		.writer = writer,
	};
	struct timed_place place;
	struct connect_bucket *beside;
	struct connect_row *row;
	struct flow_key key;

	connect_key_of(&key, event, by);
	if (!timed_count(instance, ledger, &key, &timed, event->ends.family, &place)) {
		const struct extremes took = {.min_ns = event->ns, .max_ns = event->ns};

		connect_add(&connects->folded, event);
		if (event->timed)
			extremes_fold(&connects->folded.took, &took);
		return;
	}
	beside = connect_bucket(place.number);
	if (!beside)
		return;
	row = &beside->rows[place.way];
	if (place.came)
		connect_row_begin(row);
	if (event->timed)
		duration_add(&connects->histograms, &row->took, &row->histogram, event->ns,
			     row->timed);
	connect_add(row, event);
	row->owner = event->owner;
}

#endif
