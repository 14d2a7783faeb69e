/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose connections are counted, and whose are those that a socket accepts. */
#ifndef WINDROW_LISTENER_H
#define WINDROW_LISTENER_H

#include "call_filter.h"
#include "connect_maps.h"
#include "socket.h"

/* Whether what that task asks for is counted. */
static __always_inline int is_selected(struct task_struct *task)
{
	struct task_kept *kept;

	if (!is_selective)
		return 1;
	if (call_filter.tracked) {
		kept = bpf_task_storage_get(&tasks, task, 0, 0);
		if (!kept || !kept->tracked)
			return 0;
	}
	return process_passes(&call_filter, task) &&
	       (!call_filter.cgroups || task_cgroup_passes(&call_filter, task));
}

static __always_inline void keep_listener(struct socket_kept *kept, struct task_struct *task)
{
	owner_of(task, &kept->owner);
	kept->who = connect_who(&kept->owner, &connect_by, secret);
	kept->state = is_selected(task) ? SOCKET_LISTENING : SOCKET_FILTERED;
}

/* A socket listens, now or since before we were there: whose what it accepts will be. */
static __always_inline void note_listener(struct sock *sk, struct task_struct *task, int older)
{
	struct socket_kept *beside = bpf_sk_storage_get(&sockets, sk, 0, 0);
	struct listener listener = {.socket = (__u64)sk}, *first = 0;
	const __u16 port = sk->__sk_common.skc_num;
	struct listener_key key;

	if (older && beside &&
	    (beside->state == SOCKET_LISTENING || beside->state == SOCKET_FILTERED))
		return;
	/* Where no port was asked for, it gets one after this. */
	if (!beside && port) {
		listener_key_of(sk, port, &key);
		first = bpf_map_lookup_elem(&listeners, &key);
		if (first && first->socket == listener.socket && older)
			return;
		keep_listener(&listener.kept, task);
		if ((!first || first->socket == listener.socket) &&
		    !bpf_map_update_elem(&listeners, &key, &listener, BPF_ANY))
			return;
	}
	if (!beside)
		beside = bpf_sk_storage_get(&sockets, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (beside)
		keep_listener(beside, task);
	else if (first)
		/* Whose what is accepted here is cannot be told any more. */
		bpf_map_delete_elem(&listeners, &key);
}

/* A socket does not listen any more; its number is gone already, but not its port. */
static __always_inline void forget_listener(struct sock *sk)
{
	struct socket_kept *beside = bpf_sk_storage_get(&sockets, sk, 0, 0);
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	struct listener_key key;
	struct listener *first;

	if (beside)
		beside->state = SOCKET_NOTHING;
	if (!tcp)
		return;
	listener_key_of(sk, bpf_ntohs(tcp->inet_conn.icsk_inet.inet_sport), &key);
	first = bpf_map_lookup_elem(&listeners, &key);
	if (first && first->socket == (__u64)sk)
		bpf_map_delete_elem(&listeners, &key);
}

/*
 * A socket is made for what came to a listener: it still has the number of that one, which need not be the
 * port that it came to. Most are established at once, on the same CPU.
 */
static __always_inline void note_accepted(struct sock *sk)
{
	__u32 zero = 0;
	struct accepted_socket *last = bpf_map_lookup_elem(&last_accepted, &zero);

	if (!last)
		return;
	last->socket = (__u64)sk;
	last->port = sk->__sk_common.skc_num;
}

/* Whose socket accepted this one; NULL: it is not known. */
static __always_inline struct socket_kept *listener_of(struct sock *sk, struct socket_kept *kept)
{
	__u32 zero = 0;
	struct accepted_socket *last = bpf_map_lookup_elem(&last_accepted, &zero);
	__u16 port = sk->__sk_common.skc_num;
	struct listener_key key;
	struct listener *first;

	if (kept && (kept->state == SOCKET_LISTENING || kept->state == SOCKET_FILTERED))
		return kept;
	if (last && last->socket == (__u64)sk)
		port = last->port;
	listener_key_of(sk, port, &key);
	first = bpf_map_lookup_elem(&listeners, &key);
	return first ? &first->kept : 0;
}

#endif
