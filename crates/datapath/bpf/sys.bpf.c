// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * System calls: the programs at their beginning and end. All that is counted by key is counted where
 * calls end, so that one program alone writes the tables: the kernel never runs a program inside
 * itself on a CPU, and says how often it had to leave one out for that.
 *
 * Each is there twice. Those that know their tracepoint by its type are the faster ones. Newer kernels
 * run them with preemption on, and leave out whatever another task does on the CPU while one waits in
 * the middle of a program: there the classic ones are taken, which run with preemption off.
 */
#include "kernel.h"

#include "call_abi.h"
#include "call_filter.h"
#include "call_maps.h"
#include "task.h"

/* What is known of the task; NULL: nothing, and it cannot be kept, or need not be: it is nobody's. */
static __always_inline struct task_call *task_call(struct task_struct *task)
{
	return bpf_task_storage_get(&tasks, task, 0,
				    call_filter.tracked ? 0 : BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* What a CPU counts in an epoch, beside its ledger; events that find none are counted as such. */
static __always_inline struct call_epoch *call_epoch_here(__u32 epoch)
{
	struct call_epoch *calls = call_epoch_of(bpf_get_smp_processor_id(), epoch >> 16);

	if (unlikely(!calls))
		__sync_fetch_and_add(&unplaced_events, 1);
	return calls;
}

static __always_inline int is_execve(__s32 number, __u32 compat)
{
	return !compat && (number == execve_number || number == execveat_number);
}

/* What becomes of a call of that task, of which `kept` is known. */
static __always_inline __u8 call_state(struct task_struct *task, struct task_call *kept,
				       __s32 number, __u32 compat)
{
	if (!counts_own && (__u32)task->tgid == run.own_pid)
		return TASK_IN_OWN;
	if (call_filter.tracked) {
		if (kept->track == TRACK_AT_EXECVE && is_execve(number, compat))
			kept->track = TRACKED;
		if (kept->track != TRACKED)
			return TASK_IN_FILTERED;
	}
	return call_passes(&call_filter, task, number, compat) ? TASK_IN_CALL : TASK_IN_FILTERED;
}

static __always_inline int is_in_call(const struct task_call *kept)
{
	return kept->state >= TASK_IN_CALL && kept->state <= TASK_IN_OWN;
}

/* A call begins. */
static __always_inline int on_enter(__s32 number)
{
	const __u32 epoch = open_epoch();
	struct task_struct *task;
	struct call_epoch *calls;
	struct task_call *kept;

	if (unlikely(!epoch))
		return 0;
	calls = call_epoch_here(epoch);
	if (unlikely(!calls))
		return 0;
	calls->enters++;
	task = bpf_get_current_task_btf();
	kept = task_call(task);
	if (unlikely(!kept)) {
		if (call_filter.tracked)
			calls->untracked_enters++;
		else
			calls->unkept++;
		return 0;
	}
	if (unlikely(is_in_call(kept)))
		calls->overtaken++;
	kept->number = number;
	kept->compat = task_is_compat(task);
	kept->state = call_state(task, kept, kept->number, kept->compat);
	if (likely(kept->state == TASK_IN_CALL))
		kept->start_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sys_enter")
int windrow_sys_enter(__u64 *context)
{
	return on_enter(context[1]);
}

SEC("tp/raw_syscalls/sys_enter")
int windrow_tp_enter(struct trace_event_raw_sys_enter *context)
{
	return on_enter(context->id);
}

/* A call that is not in a row: a child's way out, one of nobody's tasks, our own, or filtered. */
static __always_inline void count_beside(struct tally *of)
{
	of->packets++;
}

/* The end of a call whose beginning was not seen. 1: it is counted. */
static __always_inline int call_unseen(struct slice_epoch *ledger, struct call_epoch *calls,
				       struct task_struct *task, struct task_call *kept,
				       struct call *call)
{
	__u8 state = kept ? kept->state : TASK_NEW;
	__u32 compat;

	if (call_filter.tracked && (!kept || kept->track != TRACKED)) {
		calls->untracked++;
		count_beside(&ledger->filtered);
		if (kept)
			kept->state = TASK_OUTSIDE;
		return 0;
	}
	if (state == TASK_CHILD) {
		count_beside(&ledger->other[OTHER_CHILD]);
		kept->state = TASK_OUTSIDE;
		return 0;
	}
	compat = task_is_compat(task);
	call->about = compat ? CALL_COMPAT : 0;
	if (state == TASK_NEW && task->start_time < run.opened_ns) {
		calls->begun_before++;
		call->about |= CALL_BEGUN_BEFORE;
	} else {
		calls->unentered++;
	}
	if (!kept) {
		count_beside(&ledger->filtered);
		return 0;
	}
	kept->state = TASK_OUTSIDE;
	state = call_state(task, kept, call->number, compat);
	if (state == TASK_IN_OWN)
		count_beside(&ledger->other[OTHER_OWN]);
	else if (state == TASK_IN_FILTERED)
		count_beside(&ledger->filtered);
	return state == TASK_IN_CALL;
}

/* A call that does not end: its task was killed meanwhile, and nobody will ever see what it came to. */
static __always_inline void call_killed(struct call_epoch *calls, struct task_struct *task)
{
	struct task_call *kept = bpf_task_storage_get(&tasks, task, 0, 0);

	if (kept && is_in_call(kept)) {
		calls->killed++;
		kept->state = TASK_OUTSIDE;
	}
}

/* A call ends, under a number that may be another than that by which it began. */
static __always_inline int on_exit(__s32 number, long result)
{
	const __u32 epoch = open_epoch();
	struct call call = {.number = number, .result = result};
	struct slice_epoch *ledger;
	struct task_struct *task;
	struct call_epoch *calls;
	struct task_call *kept;

	if (unlikely(!epoch))
		return 0;
	calls = call_epoch_here(epoch);
	ledger = ledger_of(bpf_get_smp_processor_id(), epoch >> 16);
	if (unlikely(!ledger || !calls))
		return 0;
	task = bpf_get_current_task_btf();
	if (unlikely(task_is_killed(task))) {
		call_killed(calls, task);
		return 0;
	}
	ledger->events++;
	ledger->seen.packets++;
	kept = task_call(task);
	if (likely(kept && kept->state == TASK_IN_CALL)) {
		call.end_ns = bpf_ktime_get_ns();
		call.ns = call.end_ns - kept->start_ns;
		/* This clock may step back a little where another would wait. */
		if (unlikely((__s64)call.ns < 0))
			call.ns = 0;
		call.timed = 1;
		call.number = kept->number;
		call.about = kept->compat ? CALL_COMPAT : 0;
		ledger->seen.bytes += call.ns;
		calls->matched++;
		kept->state = TASK_OUTSIDE;
	} else if (kept && is_in_call(kept)) {
		calls->matched++;
		count_beside(kept->state == TASK_IN_OWN ? &ledger->other[OTHER_OWN]
							: &ledger->filtered);
		kept->state = TASK_OUTSIDE;
		return 0;
	} else if (!call_unseen(ledger, calls, task, kept, &call)) {
		return 0;
	}
	call_count(&live, ledger, calls, epoch, task, &call, &grouping);
	return 0;
}

SEC("tp_btf/sys_exit")
int windrow_sys_exit(__u64 *context)
{
	return on_exit(regs_number((void *)context[0]), context[1]);
}

SEC("tp/raw_syscalls/sys_exit")
int windrow_tp_exit(struct trace_event_raw_sys_exit *context)
{
	return on_exit(context->id, context->ret);
}

/* In place of the two: counts where calls begin, and no more, which is cheaper. */
static __always_inline int on_enter_count(__s32 number)
{
	const __u32 epoch = open_epoch();
	struct call call = {.number = number, .counted_only = 1};
	struct task_call nothing = {};
	struct task_call *kept = &nothing;
	struct slice_epoch *ledger;
	struct task_struct *task;
	struct call_epoch *calls;
	__u32 compat;
	__u8 state;

	if (unlikely(!epoch))
		return 0;
	calls = call_epoch_here(epoch);
	ledger = ledger_of(bpf_get_smp_processor_id(), epoch >> 16);
	if (unlikely(!ledger || !calls))
		return 0;
	ledger->events++;
	ledger->seen.packets++;
	task = bpf_get_current_task_btf();
	if (call_filter.tracked)
		kept = task_call(task);
	compat = task_is_compat(task);
	call.about = compat ? CALL_COMPAT : 0;
	state = kept ? call_state(task, kept, call.number, compat) : TASK_IN_FILTERED;
	if (likely(state == TASK_IN_CALL))
		call_count(&live, ledger, calls, epoch, task, &call, &grouping);
	else
		count_beside(state == TASK_IN_OWN ? &ledger->other[OTHER_OWN] : &ledger->filtered);
	return 0;
}

SEC("tp_btf/sys_enter")
int windrow_sys_count(__u64 *context)
{
	return on_enter_count(context[1]);
}

SEC("tp/raw_syscalls/sys_enter")
int windrow_tp_count(struct trace_event_raw_sys_enter *context)
{
	return on_enter_count(context->id);
}

/* A child comes out of fork or clone without ever having gone in. */
static __always_inline int on_fork(struct task_struct *parent, struct task_struct *child)
{
	const __u32 epoch = open_epoch();
	struct call_epoch *calls;
	struct task_call *kept;
	__u8 track;

	if (!epoch)
		return 0;
	calls = call_epoch_here(epoch);
	if (!calls)
		return 0;
	kept = bpf_task_storage_get(&tasks, parent, 0, 0);
	track = kept ? kept->track : 0;
	/* The command is all that the process that counts begins. */
	if (call_filter.tracked && (__u32)parent->tgid == run.own_pid &&
	    parent->tgid != child->tgid)
		track = TRACK_AT_EXECVE;
	else if (call_filter.tracked && track != TRACKED)
		return 0;
	kept = bpf_task_storage_get(&tasks, child, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!kept) {
		calls->forks_unkept++;
		return 0;
	}
	kept->state = TASK_CHILD;
	kept->track = track;
	return 0;
}

SEC("tp_btf/sched_process_fork")
int windrow_fork(__u64 *context)
{
	return on_fork((void *)context[0], (void *)context[1]);
}

/* The same when a child is about to run for the first time: it is woken by whoever forked. */
SEC("tp_btf/sched_wakeup_new")
int windrow_woken(__u64 *context)
{
	return on_fork(bpf_get_current_task_btf(), (void *)context[0]);
}

/* What is known of the task, when nothing is counted any more: those in a call are counted once, when
 * they are looked at or when they end before, which may be at the same time. */
static __always_inline void count_in_call(struct task_call *kept)
{
	/* Its first byte is the state; this leaves TASK_NEW. */
	__u8 state = __sync_fetch_and_and((__u32 *)&kept->state, ~0xffU);

	if (state >= TASK_IN_CALL && state <= TASK_IN_OWN)
		__sync_fetch_and_add(&run.in_calls, 1);
}

/* A call that its task does not outlive. */
static __always_inline int on_task_exit(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const __u32 epoch = open_epoch();
	struct call_epoch *calls;
	struct task_call *kept;

	kept = bpf_task_storage_get(&tasks, task, 0, 0);
	if (!kept)
		return 0;
	if (!epoch) {
		count_in_call(kept);
		return 0;
	}
	calls = call_epoch_here(epoch);
	if (calls && is_in_call(kept)) {
		calls->never_returned++;
		kept->state = TASK_OUTSIDE;
	}
	return 0;
}

SEC("tp_btf/sched_process_exit")
int windrow_exit(__u64 *context)
{
	return on_task_exit();
}

SEC("tp/sched/sched_process_exit")
int windrow_tp_gone(void *context)
{
	return on_task_exit();
}

/*
 * Looks at all tasks: how many are in a call, and what processes are called in the pid namespace of who
 * asks, which is the innermost of its own.
 */
SEC("iter/task")
int windrow_walk(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task, *current = bpf_get_current_task_btf();
	struct task_call *kept;
	struct walked_process process = {};

	if (!context->meta->seq_num) {
		run.own_pid = current->tgid;
		/* Of others' tasks only those of its pid namespace are shown to who asks. */
		run.sees_all = call_filter.tracked || task_is_outermost(current);
	}
	if (!task)
		return 0;
	if (task->pid == task->tgid) {
		process.pid = task->tgid;
		process.seen_pid = task_seen_pid(task, current);
		/* Where there is no room left, the task is shown again. */
		if (process.seen_pid &&
		    bpf_seq_write(context->meta->seq, &process, sizeof(process)))
			return 0;
	}
	kept = bpf_task_storage_get(&tasks, task, 0, 0);
	if (kept)
		count_in_call(kept);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
