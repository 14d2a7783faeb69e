/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A call that has ended: its key, its row, and what rows of calls have beside those of packets. */
#ifndef WINDROW_CALL_H
#define WINDROW_CALL_H

#include "call_abi.h"
#include "evict.h"
#include "histogram.h"
#include "instance.h"
#include "key.h"
#include "table.h"
#include "task.h"

/* Every key is hashed and compared whole. */
#define CALL_GROUPED 1

/* Calls that a row has had before its durations need a histogram: of two, the least and the most say all. */
#define CALLS_WITHOUT_HISTOGRAM 2

/* Returns from here on are errors. */
#define LEAST_ERROR (-4095L)

/* What is counted. */
struct call {
	__u64 ns; /* its duration, if it is timed */
	__u64 end_ns; /* when it ended, likewise */
	long result;
	__u32 timed;
	__u32 counted_only; /* known when compiled: neither durations nor errors */
	__u32 about; /* CALL_… */
	__s32 number;
};

/* Memory of calls, by number; NULL where there is none. */
static __always_inline struct call_bucket *call_bucket(__u32 number);
static __always_inline struct histogram *call_histogram(__u32 number);

static __always_inline void call_key_of(struct flow_key *to, struct task_struct *task,
					const struct call *call, const volatile struct grouping *by)
{
	struct call_key *key = (struct call_key *)to;
	const struct cred *cred = task->cred;
	__u32 life = task->group_leader->start_time >> PROCESS_LIFE_SHIFT;

	key->uid = cred->uid.val;
	key->gid = cred->gid.val;
	key->pid = task->tgid;
	key->number = call->number;
	((__u64 *)key->comm)[0] = 0;
	((__u64 *)key->comm)[1] = 0;
	((__u64 *)key)[KEY_WORD_PORTS] =
		call->about | life << CALL_LIFE_SHIFT | (__u64)FAMILY_CALL << KEY_FAMILY_SHIFT;
	key->cgroup = 0;
	if (by->on) {
		task_comm(task, key->comm);
		key->cgroup = task_cgroup(task);
		key_group(to, by);
	}
}

/* A histogram that no row has, and whose counters are 0; NULL: all are taken. */
static __always_inline struct histogram *call_new_histogram(struct call_epoch *calls,
							    struct call_row *row)
{
	__u32 number = calls->free_histogram;
	struct histogram *histogram;

	if (!number && calls->histograms_used >= calls->histograms) {
		calls->without_histogram++;
		return 0;
	}
	if (!number) {
		number = ++calls->histograms_used;
		histogram = call_histogram(calls->first_histogram + number - 1);
	} else {
		histogram = call_histogram(calls->first_histogram + number - 1);
		if (histogram) {
			calls->free_histogram = histogram->counts[0];
			histogram->counts[0] = 0;
		}
	}
	if (histogram)
		row->histogram = number;
	return histogram;
}

/* Gives the histogram of a row that leaves to whoever needs one next. */
static __always_inline void call_free_histogram(struct call_epoch *calls, struct call_row *row)
{
	struct histogram *histogram;

	if (!row->histogram)
		return;
	histogram = call_histogram(calls->first_histogram + row->histogram - 1);
	if (!histogram)
		return;
	__builtin_memset(histogram, 0, sizeof(*histogram));
	histogram->counts[0] = calls->free_histogram;
	calls->free_histogram = row->histogram;
}

/* The durations that a row has had before it needed a histogram: the least and the most are all there are. */
static __always_inline void call_first_durations(struct call_epoch *calls, struct call_row *row)
{
	struct histogram *histogram = call_new_histogram(calls, row);

	if (!histogram)
		return;
	histogram->counts[histogram_index(row->min_ns) % HISTOGRAM_COUNTERS]++;
	histogram->counts[histogram_index(row->max_ns) % HISTOGRAM_COUNTERS]++;
}

/* Adds a duration to a row that has had `timed` others. */
static __always_inline void call_duration(struct call_epoch *calls, struct call_row *row, __u64 ns,
					  __u64 timed)
{
	if (calls->histograms && timed >= CALLS_WITHOUT_HISTOGRAM) {
		struct histogram *histogram;

		if (unlikely(timed == CALLS_WITHOUT_HISTOGRAM && !row->histogram))
			call_first_durations(calls, row);
		if (likely(row->histogram)) {
			histogram = call_histogram(calls->first_histogram + row->histogram - 1);
			if (histogram)
				histogram->counts[histogram_index(ns) % HISTOGRAM_COUNTERS]++;
		}
	}
	if (ns < row->min_ns)
		row->min_ns = ns;
	if (ns > row->max_ns)
		row->max_ns = ns;
}

/* Adds a call to what a row has beside packets' lines; `before` calls are in the row already. */
static __always_inline void call_add(struct call_epoch *calls, struct call_row *row,
				     const struct call *call, __u64 before)
{
	if (call->result < 0 && call->result >= LEAST_ERROR)
		row->errors++;
	if (likely(call->timed)) {
		call_duration(calls, row, call->ns, before - row->untimed);
		row->last_ns = call->end_ns;
	} else {
		row->untimed++;
		row->last_ns = 0;
	}
}

/* Of a row that is folded: all but its name and what its histogram holds. */
static __always_inline void call_fold(struct call_epoch *calls, const struct call_row *row)
{
	struct call_row *folded = &calls->folded;

	if (row->min_ns < folded->min_ns)
		folded->min_ns = row->min_ns;
	if (row->max_ns > folded->max_ns)
		folded->max_ns = row->max_ns;
	folded->errors += row->errors;
	folded->untimed += row->untimed;
}

static __always_inline void call_row_begin(struct call_row *row)
{
	row->min_ns = ~0ULL;
	row->max_ns = 0;
	row->errors = 0;
	row->untimed = 0;
	row->inner_pid = 0;
	row->histogram = 0;
	row->last_ns = 0;
}

/* A row's time at its edge, or a call that is longer than a row can hold, goes to the cold line. */
static __always_inline void call_carry(struct row *row, struct cold_row *cold, __u64 ns)
{
	if (ns >> BYTES_CARRY_BIT)
		cold->kept_bytes += ns;
	else
		row->bytes_flags += ns;
	row_carry(row, cold);
}

/* A row that came in with a call that is longer than a row can hold. */
static __always_inline void call_begin_long(const struct instance *instance, __u32 number,
					    __u32 way, __u64 ns)
{
	struct bucket *bucket = table_bucket(instance, number);
	struct cold_bucket *cold = table_cold_bucket(instance, number);

	if (!bucket || !cold)
		return;
	bucket->rows[way % BUCKET_WAYS].bytes_flags = 0;
	cold->rows[way % BUCKET_WAYS].kept_bytes = ns;
}

/* Counts a call that has ended, under its key; all of it is in the ledger's totals already.
 * `epoch` as in struct control. */
static __always_inline void call_count(const struct instance *instance, struct slice_epoch *ledger,
				       struct call_epoch *calls, __u32 epoch,
				       struct task_struct *task, const struct call *call,
				       const volatile struct grouping *by)
{
	struct flow_key key;
	struct call_bucket *beside;
	struct call_row *row;
	struct found at;
	__u64 hash, before = 0;

	call_key_of(&key, task, call, by);
	hash = key_hash(&key, instance_secret(instance), CALL_GROUPED);
	key_stamp(&key, epoch);
	at = table_find(instance, ledger, &key, hash, CALL_GROUPED);
	if (likely(at.found)) {
		struct row *hot = &at.bucket->rows[at.way % BUCKET_WAYS];
		struct cold_bucket *cold;

		before = hot->packets;
		hot->packets++;
		hot->last = clock_ticks(instance);
		if (likely(!((hot->bytes_flags + call->ns) >> BYTES_CARRY_BIT) &&
			   !(hot->packets >> PACKETS_CARRY_BIT))) {
			hot->bytes_flags += call->ns;
		} else {
			cold = table_cold_bucket(instance, at.number);
			if (cold)
				call_carry(hot, &cold->rows[at.way % BUCKET_WAYS], call->ns);
		}
	} else {
		struct arrival arrival = {
			.key = key,
			.hash = hash,
			.weight = {.packets = 1, .bytes = call->ns},
			.now = clock_ticks(instance),
			.bucket = at.number - ledger->first_bucket,
			.way = at.way,
			.family = FAMILY_CALL,
			.buffer = epoch >> 16,
		};

		if (!instance_arrive(instance, ledger, &arrival)) {
			struct call_row only;

			__builtin_memset(&only, 0, sizeof(only));
			call_row_begin(&only);
			call_add(calls, &only, call, 0);
			call_fold(calls, &only);
			return;
		}
		at.number = ledger->first_bucket + arrival.bucket;
		at.way = arrival.way;
	}
	beside = call_bucket(at.number);
	if (!beside)
		return;
	row = &beside->rows[at.way % BUCKET_WAYS];
	if (!at.found) {
		if (unlikely(call->ns >> BYTES_CARRY_BIT))
			call_begin_long(instance, at.number, at.way, call->ns);
		call_row_begin(row);
		row->inner_pid = task_inner_pid(task);
	}
	if (!call->counted_only)
		call_add(calls, row, call, before);
	task_comm(task, row->comm);
}

#endif
