/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a change of a socket's state means for the connection: what becomes an event, and what is kept of it. */
#ifndef WINDROW_ATTEMPT_H
#define WINDROW_ATTEMPT_H

#include "connect_maps.h"
#include "failure.h"
#include "listener.h"
#include "socket.h"

static __always_inline void of_kept(struct connect_event *event, const struct socket_kept *kept)
{
	event->who = kept->who;
	event->owner = kept->owner;
}

/* Nobody is known; 0 would be a user. */
static __always_inline void of_nobody(struct connect_event *event)
{
	event->owner.uid = ~0U;
	event->who = connect_who(&event->owner, &connect_by, secret);
}

static __always_inline void ends_out(struct connect_event *event, struct sock *sk)
{
	socket_ends(sk, &event->ends);
	event->dport = sk->__sk_common.skc_dport;
	event->dir = DIRECTION_OUT;
}

static __always_inline void ends_in(struct connect_event *event, struct sock *sk)
{
	socket_ends(sk, &event->ends);
	event->dport = bpf_htons(sk->__sk_common.skc_num);
	event->dir = DIRECTION_IN;
}

/* An event that the filter leaves out. */
static __always_inline void leave_out(struct slice_epoch *ledger)
{
	ledger->events++;
	ledger->seen.packets++;
	ledger->filtered.packets++;
}

/* An attempt begins, in the task that asks for it. */
static __always_inline void begin(struct connect_event *event, struct slice_epoch *ledger,
				  struct connect_epoch *connects, struct sock *sk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct socket_kept *kept;

	if (!is_selected(task)) {
		kept = bpf_sk_storage_get(&sockets, sk, 0, 0);
		if (kept)
			kept->state = SOCKET_FILTERED;
		leave_out(ledger);
		return;
	}
	ends_out(event, sk);
	event->kind = EVENT_ATTEMPT;
	event->now_ns = bpf_ktime_get_ns();
	kept = bpf_sk_storage_get(&sockets, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (unlikely(!kept)) {
		connects->unkept++;
		__sync_fetch_and_add(&run.unkept_open, 1);
		owner_of(task, &event->owner);
		event->who = connect_who(&event->owner, &connect_by, secret);
		return;
	}
	if (unlikely(kept->state == SOCKET_CONNECTING))
		connects->overtaken++;
	owner_of(task, &kept->owner);
	kept->who = connect_who(&kept->owner, &connect_by, secret);
	kept->since_ns = event->now_ns;
	kept->port = event->dport;
	kept->old_error = sk->sk_err;
	kept->state = SOCKET_CONNECTING;
	of_kept(event, kept);
}

/* Whether the end of an attempt of which nothing is kept is one of those that could not be kept. */
static __always_inline int is_unkept(void)
{
	/* Other CPUs may change it meanwhile, but not for ever. */
	const __u32 tries = 64;
	__u32 open, turn;

	for (turn = 0; turn < tries; turn++) {
		open = *(volatile __u32 *)&run.unkept_open;
		if (!open)
			return 0;
		if (__sync_val_compare_and_swap(&run.unkept_open, open, open - 1) == open)
			return 1;
	}
	return 0;
}

/* An attempt ends of which nothing is kept. True: it is counted, as nobody's. */
static __always_inline int end_unkept(struct connect_event *event, struct slice_epoch *ledger)
{
	if (is_unkept()) {
		of_nobody(event);
		return 1;
	}
	if (is_selective) {
		leave_out(ledger);
		return 0;
	}
	ledger->events++;
	ledger->seen.packets++;
	ledger->other[OTHER_BEGUN_BEFORE].packets++;
	return 0;
}

/* This clock may step back a little where another would wait. */
static __always_inline __u64 ns_since(__u64 then, __u64 now)
{
	return (__s64)(now - then) < 0 ? 0 : now - then;
}

static __always_inline void established(struct connect_event *event, struct slice_epoch *ledger,
					struct sock *sk, struct socket_kept *kept, int timed)
{
	event->now_ns = bpf_ktime_get_ns();
	if (kept) {
		if (timed) {
			event->ns = ns_since(kept->since_ns, event->now_ns);
			event->timed = 1;
		}
		of_kept(event, kept);
		kept->state = with_health ? SOCKET_CONNECTED : SOCKET_NOTHING;
		kept->since_ns = event->now_ns;
	} else if (!end_unkept(event, ledger)) {
		return;
	}
	ends_out(event, sk);
	event->kind = EVENT_ESTABLISHED;
}

/* A connection was accepted: from the SYN-ACK to what answered it is what the kernel measured. */
static __always_inline void accepted(struct connect_event *event, struct slice_epoch *ledger,
				     struct connect_epoch *connects, struct sock *sk,
				     struct socket_kept *kept)
{
	struct socket_kept *listener = listener_of(sk, kept);
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);

	if (is_selective && (!listener || listener->state != SOCKET_LISTENING)) {
		leave_out(ledger);
		if (kept)
			kept->state = SOCKET_NOTHING;
		return;
	}
	event->now_ns = bpf_ktime_get_ns();
	if (listener) {
		of_kept(event, listener);
	} else {
		connects->unknown_listener++;
		of_nobody(event);
	}
	if (with_health && !kept)
		kept = bpf_sk_storage_get(&sockets, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (kept) {
		kept->state = with_health ? SOCKET_ACCEPTED : SOCKET_NOTHING;
		kept->since_ns = event->now_ns;
		kept->who = event->who;
		kept->owner = event->owner;
	}
	if (tcp && tcp->srtt_us) {
		event->ns = (tcp->srtt_us >> 3) * 1000ULL;
		event->timed = 1;
	}
	ends_in(event, sk);
	if (kept)
		kept->port = event->dport;
	event->kind = EVENT_ACCEPTED;
}

/* Whether the task is in a call of connect(). */
static __always_inline int is_in_connect(struct task_struct *task)
{
	void *regs = (void *)bpf_task_pt_regs(task);

	return regs_number(regs) == (task_is_compat(task) ? connect_number_compat : connect_number);
}

/* The task's connect() is about to tell of that socket what is known already. */
static __always_inline void note_told(struct sock *sk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_kept *kept;

	if (!is_in_connect(task))
		return;
	kept = bpf_task_storage_get(&tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (kept)
		kept->told = (__u64)sk;
}

/*
 * Why an attempt has failed: by the socket's error, if it has one and did not have it before. Without, nothing
 * was ever sent, since the call found no port for it, or whoever asked for the connection has given it up.
 */
static __always_inline __u32 socket_failure(struct sock *sk, struct tcp_sock *tcp, __u32 old_error)
{
	const int called = is_locked(sk) && is_in_connect(bpf_get_current_task_btf());
	const int sent = !tcp || tcp->packets_out;

	if (called)
		note_told(sk);
	if (sk->sk_err && !(called && !sent && (__u32)sk->sk_err == old_error))
		return failure_of(sk->sk_err);
	if (called && !sent && (sk->sk_shutdown & SHUT_BOTH) != SHUT_BOTH)
		return FAILED_OTHER;
	return FAILED_ABANDONED;
}

static __always_inline void failed(struct connect_event *event, struct slice_epoch *ledger,
				   struct sock *sk, struct socket_kept *kept)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);

	event->failure = socket_failure(sk, tcp, kept ? kept->old_error : 0);
	event->now_ns = bpf_ktime_get_ns();
	if (kept) {
		of_kept(event, kept);
		kept->state = SOCKET_NOTHING;
	} else if (!end_unkept(event, ledger)) {
		return;
	}
	if (with_health && tcp)
		event->health.retransmits = tcp->total_retrans;
	ends_out(event, sk);
	event->kind = EVENT_FAILED;
}

/* Bytes of programs that the peer has acknowledged: the kernel counts SYN and FIN among them. */
static __always_inline __u64 bytes_sent(const struct tcp_sock *tcp, int before, int initiator)
{
	const int has_sent_fin = before == STATE_FIN_WAIT1 || before == STATE_FIN_WAIT2 ||
				 before == STATE_CLOSING || before == STATE_LAST_ACK;
	const __u64 more = (has_sent_fin && tcp->snd_una == tcp->write_seq) + initiator;

	return tcp->bytes_acked > more ? tcp->bytes_acked - more : 0;
}

/* Bytes that have come for programs: the peer's FIN is among those that the kernel counts. */
static __always_inline __u64 bytes_received(const struct tcp_sock *tcp, const struct sock *sk)
{
	const __u64 more = !!(sk->__sk_common.skc_flags & FLAG_DONE);

	return tcp->bytes_received > more ? tcp->bytes_received - more : 0;
}

static __always_inline void closed(struct connect_event *event, struct sock *sk,
				   struct socket_kept *kept, int before)
{
	const int initiator = kept->state == SOCKET_CONNECTED;
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);

	if (!tcp)
		return;
	socket_ends(sk, &event->ends);
	event->dport = kept->port;
	event->dir = initiator ? DIRECTION_OUT : DIRECTION_IN;
	of_kept(event, kept);
	event->now_ns = bpf_ktime_get_ns();
	event->health.closed = 1;
	event->health.rtt_us = tcp->srtt_us >> 3;
	event->health.retransmits = tcp->total_retrans;
	event->health.bytes_sent = bytes_sent(tcp, before, initiator);
	event->health.bytes_received = bytes_received(tcp, sk);
	event->health.lifetime_ns = ns_since(kept->since_ns, event->now_ns);
	kept->state = SOCKET_NOTHING;
	event->kind = EVENT_CLOSED;
}

/* When nothing is counted any more: what ends meanwhile was in flight. */
static __always_inline void count_in_flight(struct socket_kept *kept)
{
	if (__sync_lock_test_and_set(&kept->state, SOCKET_NOTHING) == SOCKET_CONNECTING)
		__sync_fetch_and_add(&run.in_flight, 1);
}

/* What a change of state means. */
static __always_inline void on_change(struct connect_event *event, struct slice_epoch *ledger,
				      struct connect_epoch *connects, struct sock *sk, int before,
				      int after)
{
	struct socket_kept *kept;

	if (after == STATE_SYN_SENT) {
		begin(event, ledger, connects, sk);
		return;
	}
	kept = bpf_sk_storage_get(&sockets, sk, 0, 0);
	if (kept && kept->state == SOCKET_FILTERED && before == STATE_SYN_SENT) {
		leave_out(ledger);
		kept->state = SOCKET_NOTHING;
		return;
	}
	if (kept && kept->state == SOCKET_CONNECTING) {
		if (after == STATE_ESTABLISHED)
			established(event, ledger, sk, kept, 1);
		else if (before == STATE_SYN_SENT || before == STATE_SYN_RECV)
			failed(event, ledger, sk, kept);
		else
			/* That it was established was missed. */
			established(event, ledger, sk, kept, 0);
		return;
	}
	if (before == STATE_SYN_SENT) {
		if (after == STATE_ESTABLISHED)
			established(event, ledger, sk, 0, 0);
		else
			failed(event, ledger, sk, 0);
	} else if (before == STATE_SYN_RECV) {
		/* A server may close what came with a fast open before it is established. */
		if (after != STATE_CLOSE)
			accepted(event, ledger, connects, sk, kept);
	} else if (kept && (kept->state == SOCKET_CONNECTED || kept->state == SOCKET_ACCEPTED)) {
		closed(event, sk, kept, before);
	}
}

#endif
