/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which of a program's copies sees to what happens: the first that the kernel runs, and no other. */
#ifndef WINDROW_COPIES_H
#define WINDROW_COPIES_H

#include "connect_maps.h"
#include "socket.h"

#define FIRST_COPY 0

/* A program behind others that do the same: the second, the third, … */
#define COPY(tracepoint, name, number, again)                                                      \
	SEC("tp_btf/" tracepoint)                                                                  \
	int name##_##number(__u64 *context)                                                        \
	{                                                                                          \
		return again(context, number - 1);                                                 \
	}

/*
 * Where the copies leave their marks. Nothing comes between them on a CPU but interrupts, up to Linux 6.19; from
 * then on other tasks do, and the task itself may go to another CPU, so that marks are kept with it.
 * An interrupt's are those of the task that it interrupts. NULL: there is no memory for any.
 */
static __always_inline struct seen *seen_of(struct connect_work *first, const struct sock *sk,
					    __u32 mark)
{
	struct task_kept *kept;

	mark += is_locked(sk);
	if (!is_preemptible)
		return first ? &first->seen[mark % MARKS] : 0;
	kept = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), 0,
				    BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!kept)
		return 0;
	/* The verifier wants the test before any arithmetic. */
	barrier_var(kept);
	return &kept->seen[mark % MARKS];
}

/* This copy sees to it. */
static __always_inline void see(struct seen *seen, const struct sock *sk, __u32 what, __u32 copy)
{
	seen->socket = (__u64)sk;
	seen->what = what;
	seen->copies = 1U << copy;
}

/*
 * Whether a copy before this one has seen to it. A mark that this copy knows already is an older one's: the same
 * has happened again, and all copies before this one were left out.
 */
static __always_inline int is_seen(struct seen *seen, const struct sock *sk, __u32 what, __u32 copy)
{
	if (seen->socket != (__u64)sk || seen->what != what || seen->copies & 1U << copy)
		return 0;
	seen->copies |= 1U << copy;
	return 1;
}

/* The first copy cannot see to it. */
static __always_inline void leave_to_others(void)
{
	__sync_fetch_and_add(&run.left_out, 1);
}

/* Whether the writer's tables are ours now: some kernels run a softirq's program in the middle of a task's, and
 * writers may be shared. */
static __always_inline int take(struct connect_work *work)
{
	volatile __u32 *busy = &work->busy;

	if (unlikely(*busy))
		return 0;
	*busy = 1;
	return 1;
}

static __always_inline void give(struct connect_work *work)
{
	*(volatile __u32 *)&work->busy = 0;
}

static __always_inline __u32 change_of(int before, int after)
{
	return (__u32)before << 16 | (__u32)after;
}

#endif
