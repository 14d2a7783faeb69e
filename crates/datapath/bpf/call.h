/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A call that has ended: its key, its row, and what rows of calls have beside those of packets. */
#ifndef WINDROW_CALL_H
#define WINDROW_CALL_H

#include "call_abi.h"
#include "durations.h"
#include "task.h"
#include "timed.h"

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

/* Lines beside rows, by number; NULL where there is none. */
static __always_inline struct call_bucket *call_bucket(__u32 number);

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

/* Adds a call to what a row has beside packets' lines; `before` calls are in the row already. */
static __always_inline void call_add(struct call_epoch *calls, struct call_row *row,
				     const struct call *call, __u64 before)
{
	if (call->result < 0 && call->result >= LEAST_ERROR)
		row->errors++;
	if (likely(call->timed)) {
		duration_add(&calls->histograms, &row->took, &row->histogram, call->ns,
			     before - row->untimed);
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

	extremes_fold(&folded->took, &row->took);
	folded->errors += row->errors;
	folded->untimed += row->untimed;
}

static __always_inline void call_row_begin(struct call_row *row)
{
	extremes_begin(&row->took);
	row->errors = 0;
	row->untimed = 0;
	row->inner_pid = 0;
	row->histogram = 0;
	row->last_ns = 0;
}

/* Counts a call that has ended, under its key; all of it is in the ledger's totals already.
 * `epoch` as in struct control. */
static __always_inline void call_count(const struct instance *instance, struct slice_epoch *ledger,
				       struct call_epoch *calls, __u32 epoch,
				       struct task_struct *task, const struct call *call,
				       const volatile struct grouping *by)
{
	const struct timed timed = {.ns = call->ns, .events = 1, .epoch = epoch};
	struct timed_place place;
	struct call_bucket *beside;
	struct call_row *row;
	struct flow_key key;

	call_key_of(&key, task, call, by);
	if (!timed_count(instance, ledger, &key, &timed, FAMILY_CALL, &place)) {
		struct call_row only;

		__builtin_memset(&only, 0, sizeof(only));
		call_row_begin(&only);
		call_add(calls, &only, call, 0);
		call_fold(calls, &only);
		return;
	}
	beside = call_bucket(place.number);
	if (!beside)
		return;
	row = &beside->rows[place.way];
	if (place.came) {
		call_row_begin(row);
		row->inner_pid = task_inner_pid(task);
	}
	if (!call->counted_only)
		call_add(calls, row, call, place.before);
	task_comm(task, row->comm);
}

#endif
