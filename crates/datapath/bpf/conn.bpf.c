// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * TCP connections: the programs where a socket changes its state, and where connect() fails before any does.
 * What is known of a connection lies beside its socket, from where the kernel takes it away with the socket;
 * whose it is was learned in the task that asked for it: what ends a handshake runs in anybody's.
 */
#include "kernel.h"

#include "attempt.h"
#include "connect_maps.h"
#include "copies.h"
#include "failure.h"
#include "listener.h"
#include "socket.h"

/* Whether a change of state may mean anything. */
static __always_inline int is_wanted(int before, int after)
{
	if (after == STATE_SYN_SENT || after == STATE_ESTABLISHED || after == STATE_CLOSE)
		return 1;
	return before == STATE_SYN_RECV;
}

/* Where something is counted in the open epoch. */
struct counting {
	struct slice_epoch *ledger; /* NULL: nothing is counted */
	struct connect_epoch *connects;
	__u32 epoch; /* as in struct control */
	__u32 writer;
};

static __always_inline struct counting counting_of(__u32 writer)
{
	struct counting at = {.epoch = open_epoch(), .writer = writer};
	const __u32 place = place_of(writer);

	if (unlikely(!at.epoch))
		return at;
	at.connects = connect_epoch_of(place, at.epoch >> 16);
	at.ledger = ledger_of(place, at.epoch >> 16);
	if (unlikely(!at.connects))
		at.ledger = 0;
	return at;
}

static __always_inline void event_begin(struct connect_event *event)
{
	__builtin_memset(event, 0, sizeof(*event));
}

/* Counts what has become of it, if anything. */
static __always_inline void count(const struct counting *at, const struct connect_event *event)
{
	if (event->kind == EVENT_NONE)
		return;
	connect_total(at->ledger, at->connects, event);
	connect_count(&live, at->ledger, at->connects, at->epoch, at->writer, event, &connect_by);
}

/* A socket changes its state. Whether that was seen to. */
static __always_inline int on_state(__u64 *context, struct connect_work *work, __u32 writer)
{
	const int before = context[1], after = context[2];
	struct sock *sk = (struct sock *)context[0];
	struct socket_kept *kept;
	struct counting at;

	if (after == STATE_LISTEN) {
		if (is_tcp(sk))
			note_listener(sk, bpf_get_current_task_btf(), 0);
		return 1;
	}
	if (before == STATE_LISTEN && after == STATE_SYN_RECV) {
		note_accepted(sk);
		return 1;
	}
	if (!is_wanted(before, after) || !is_tcp(sk))
		return 1;
	if (before == STATE_LISTEN) {
		forget_listener(sk);
		return 1;
	}
	at = counting_of(writer);
	if (unlikely(!at.epoch)) {
		kept = bpf_sk_storage_get(&sockets, sk, 0, 0);
		if (kept)
			count_in_flight(kept);
		return 1;
	}
	if (unlikely(!at.ledger))
		return 0;
	event_begin(&work->event);
	on_change(&work->event, at.ledger, at.connects, sk, before, after);
	count(&at, &work->event);
	return 1;
}

/* The first copy. */
SEC("tp_btf/inet_sock_set_state")
int windrow_state(__u64 *context)
{
	struct connect_work *work = work_of(FIRST_COPY);
	struct sock *sk = (struct sock *)context[0];
	struct seen *seen;

	if (unlikely(!work))
		return 0;
	seen = seen_of(work, sk, MARK_STATE);
	if (unlikely(!seen || !take(work))) {
		leave_to_others();
		return 0;
	}
	see(seen, sk, change_of(context[1], context[2]), FIRST_COPY);
	if (unlikely(!on_state(context, work, FIRST_COPY)))
		__sync_fetch_and_add(&unplaced_events, 1);
	give(work);
	return 0;
}

/* Any other, if none before it was there. */
static __always_inline int on_state_again(__u64 *context, __u32 copy)
{
	struct sock *sk = (struct sock *)context[0];
	const __u32 change = change_of(context[1], context[2]);
	struct connect_work *work = work_of(FIRST_COPY);
	struct seen *seen;

	if (unlikely(!work))
		return 0;
	seen = seen_of(work, sk, MARK_STATE);
	if (likely(!seen || is_seen(seen, sk, change, copy)))
		return 0;
	work = work_of(copy);
	if (!work || !take(work))
		return 0;
	see(seen, sk, change, copy);
	if (on_state(context, work, copy))
		__sync_fetch_and_add(&run.seen_to, 1);
	give(work);
	return 0;
}

COPY("inet_sock_set_state", windrow_state, 2, on_state_again)
COPY("inet_sock_set_state", windrow_state, 3, on_state_again)
COPY("inet_sock_set_state", windrow_state, 4, on_state_again)
COPY("inet_sock_set_state", windrow_state, 5, on_state_again)
COPY("inet_sock_set_state", windrow_state, 6, on_state_again)

/*
 * connect() is about to tell of an error that its socket had, some time ago or just now: it forgets it, and
 * reports that nothing is left. What reports an error that is there is not a call of this task.
 */
static __always_inline void on_report(struct sock *sk)
{
	if (is_tcp(sk) && !sk->sk_err)
		note_told(sk);
}

SEC("tp_btf/inet_sk_error_report")
int windrow_report(__u64 *context)
{
	struct sock *sk = (struct sock *)context[0];
	struct seen *seen;

	if (is_preemptible) {
		seen = seen_of(0, sk, MARK_REPORT);
		if (unlikely(!seen)) {
			leave_to_others();
			return 0;
		}
		see(seen, sk, 0, FIRST_COPY);
	}
	on_report(sk);
	return 0;
}

static __always_inline int on_report_again(__u64 *context, __u32 copy)
{
	struct sock *sk = (struct sock *)context[0];
	struct seen *seen = seen_of(0, sk, MARK_REPORT);

	if (!seen || is_seen(seen, sk, 0, copy))
		return 0;
	see(seen, sk, 0, copy);
	on_report(sk);
	__sync_fetch_and_add(&run.seen_to, 1);
	return 0;
}

COPY("inet_sk_error_report", windrow_report, 2, on_report_again)
COPY("inet_sk_error_report", windrow_report, 3, on_report_again)
COPY("inet_sk_error_report", windrow_report, 4, on_report_again)

/* A call of connect() that has failed before its socket changed its state: an attempt, and its end. */
static __always_inline void on_connect_failed(struct task_struct *task, void *regs, long error)
{
	struct connect_event *event;
	struct connect_work *work;
	struct task_kept *kept;
	struct counting at;
	struct asked asked;
	__u64 told = 0;

	kept = bpf_task_storage_get(&tasks, task, 0, 0);
	if (kept) {
		told = kept->told;
		kept->told = 0;
	}
	if (!is_failure(error) || !asked_of(task, regs, &asked) || asked.socket == told)
		return;
	work = work_of(calls_writer);
	at = counting_of(calls_writer);
	if (unlikely(!at.epoch))
		return;
	if (unlikely(!at.ledger || !work || !take(work))) {
		__sync_fetch_and_add(&unplaced_events, 1);
		return;
	}
	event = &work->event;
	event_begin(event);
	if (is_selected(task)) {
		event->kind = EVENT_FAILED_AT_ONCE;
		event->ends = asked.ends;
		event->dport = asked.port;
		event->dir = DIRECTION_OUT;
		event->failure = failure_of(error);
		event->now_ns = bpf_ktime_get_ns();
		owner_of(task, &event->owner);
		event->who = connect_who(&event->owner, &connect_by, secret);
	} else {
		leave_out(at.ledger);
		leave_out(at.ledger);
	}
	count(&at, event);
	give(work);
}

static __always_inline int on_exit(void *regs, __s32 number, long result)
{
	struct task_struct *task;

	if (likely(number != connect_number && number != connect_number_compat))
		return 0;
	task = bpf_get_current_task_btf();
	if (is_in_connect(task))
		on_connect_failed(task, regs, -result);
	return 0;
}

SEC("tp_btf/sys_exit")
int windrow_connect(__u64 *context)
{
	return on_exit((void *)context[0], regs_number((void *)context[0]), context[1]);
}

SEC("tp/raw_syscalls/sys_exit")
int windrow_tp_connect(struct trace_event_raw_sys_exit *context)
{
	return on_exit((void *)bpf_task_pt_regs(bpf_get_current_task_btf()), context->id,
		       context->ret);
}

/* Of a command all that it begins is its own: a child is woken for the first time by who forked it. */
SEC("tp_btf/sched_wakeup_new")
int windrow_child(__u64 *context)
{
	struct task_struct *parent = bpf_get_current_task_btf();
	struct task_struct *child = (struct task_struct *)context[0];
	struct task_kept *kept = bpf_task_storage_get(&tasks, parent, 0, 0);

	if (!(kept && kept->tracked) &&
	    ((__u32)parent->tgid != run.own_pid || parent->tgid == child->tgid))
		return 0;
	kept = bpf_task_storage_get(&tasks, child, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (kept)
		kept->tracked = 1;
	return 0;
}

/* Looks at all files of all tasks for sockets that listen already: the first task that has one has it. */
SEC("iter/task_file")
int windrow_listeners(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct socket *socket;
	struct sock *sk;

	if (!context->meta->seq_num)
		run.own_pid = bpf_get_current_task_btf()->tgid;
	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk || sk->__sk_common.skc_state != STATE_LISTEN || !is_tcp(sk))
		return 0;
	note_listener(sk, task, 1);
	return 0;
}

/* Looks at what is kept of sockets, when nothing is counted any more: attempts that have not ended. */
SEC("iter/bpf_sk_storage_map")
int windrow_in_flight(struct bpf_iter__bpf_sk_storage_map *context)
{
	struct sock *sk = context->sk;
	struct socket_kept *kept;

	if (!sk)
		return 0;
	kept = bpf_sk_storage_get(&sockets, sk, 0, 0);
	if (kept)
		count_in_flight(kept);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
