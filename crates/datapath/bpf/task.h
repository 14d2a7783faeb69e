/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is read of a task: kernel types by hand, only the fields used. */
#ifndef WINDROW_TASK_H
#define WINDROW_TASK_H

#include "kernel.h"

#include "call_abi.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Both machines' fields; what a kernel does not have is never read. */
struct thread_info {
	unsigned int status; /* x86 */
	unsigned long flags;
};

struct pt_regs___x86 {
	unsigned long orig_ax;
};

struct pt_regs___arm64 {
	__s32 syscallno;
};

struct kuid {
	__u32 val;
};

struct cred {
	struct kuid uid;
	struct kuid gid;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
	int level; /* below the root, whose level is 0 */
	struct cgroup *ancestors[1]; /* by level, itself the last */
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct upid {
	int nr;
	void *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

/* What classic programs at the tracepoints of calls are given. */
struct trace_event_raw_sys_enter {
	long id;
};

struct trace_event_raw_sys_exit {
	long id;
	long ret;
};

struct sigset {
	unsigned long sig[1];
};

struct sigpending {
	struct sigset signal;
};

struct task_struct {
	struct thread_info thread_info;
	int pid;
	int tgid;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	__u64 start_time; /* CLOCK_MONOTONIC */
	const struct cred *cred;
	struct css_set *cgroups;
	struct sigpending pending;
	char comm[COMMAND_NAME];
};

#pragma clang attribute pop

/* A copy of struct upid, wherever its members are. */
struct upid_here {
	int nr;
	void *ns;
};

#define SIGNAL_KILL 9
#define TS_COMPAT 2 /* thread_info.status of x86 */
#define TIF_32BIT (1 << 22) /* thread_info.flags of arm64 */

/* Whether the task dies before it is back from where it is: SIGKILL waits for it, whoever sent it. */
static __always_inline int task_is_killed(struct task_struct *task)
{
	return (task->pending.signal.sig[0] >> (SIGNAL_KILL - 1)) & 1;
}

/* Whether the task is in a call by the numbering of 32-bit programs. */
static __always_inline int task_is_compat(struct task_struct *task)
{
	if (bpf_core_field_exists(task->thread_info.status))
		return !!(task->thread_info.status & TS_COMPAT);
	return !!(task->thread_info.flags & TIF_32BIT);
}

/* The number of the call that the registers were saved for. */
static __always_inline __s32 regs_number(void *regs)
{
	if (bpf_core_field_exists(((struct pt_regs___x86 *)0)->orig_ax))
		return ((struct pt_regs___x86 *)regs)->orig_ax;
	return ((struct pt_regs___arm64 *)regs)->syscallno;
}

/* The name of a process: that of its first thread, whichever of them calls. */
static __always_inline void task_comm(struct task_struct *task, char *comm)
{
	const __u64 *name = (const __u64 *)task->group_leader->comm;

	((__u64 *)comm)[0] = name[0];
	((__u64 *)comm)[1] = name[1];
}

static __always_inline __u64 task_cgroup(struct task_struct *task)
{
	return task->cgroups->dfl_cgrp->kn->id;
}

/* The group that one is in at a level of the hierarchy; 0: it is not so far down. */
static __always_inline __u64 task_ancestor_cgroup(struct task_struct *task, __u32 level)
{
	struct cgroup *cgroup = task->cgroups->dfl_cgrp, *ancestor = 0;

	if (level > (__u32)cgroup->level)
		return 0;
	bpf_probe_read_kernel(&ancestor, sizeof(ancestor),
			      (const void *)cgroup +
				      bpf_core_field_offset(struct cgroup, ancestors) +
				      (__u64)level * sizeof(ancestor));
	return BPF_CORE_READ(ancestor, kn, id);
}

/* Levels of pid namespaces are at most 32, of 16 bytes; to Linux 6.1 a product of unknowns may be anything. */
#define PID_OFFSET_MASK 1023

/* The number and the namespace of a process at a level of pid namespaces, 0 being the first. */
static __always_inline void pid_at(struct pid *pid, __u32 level, struct upid_here *at)
{
	__u64 offset = (level * bpf_core_type_size(struct upid)) & PID_OFFSET_MASK;

	at->nr = 0;
	at->ns = 0;
	if (level > pid->level)
		return;
	offset += bpf_core_field_offset(struct pid, numbers);
	bpf_probe_read_kernel(&at->nr, sizeof(at->nr),
			      (const void *)pid + offset + bpf_core_field_offset(struct upid, nr));
	bpf_probe_read_kernel(&at->ns, sizeof(at->ns),
			      (const void *)pid + offset + bpf_core_field_offset(struct upid, ns));
}

/* A process's number in its own pid namespace, the innermost. */
static __always_inline __u32 task_inner_pid(struct task_struct *task)
{
	struct pid *pid = task->group_leader->thread_pid;
	struct upid_here at;

	if (!pid)
		return 0;
	if (!pid->level)
		return task->tgid;
	pid_at(pid, pid->level, &at);
	return at.nr;
}

/* Whether the task is in no pid namespace but the first. */
static __always_inline int task_is_outermost(struct task_struct *task)
{
	struct pid *pid = task->thread_pid;

	return pid && !pid->level;
}

/* A process's number as another task sees it; 0: it does not. */
static __always_inline __u32 task_seen_pid(struct task_struct *task, struct task_struct *by)
{
	struct pid *pid = task->group_leader->thread_pid, *theirs = by->thread_pid;
	struct upid_here at, there;

	if (!pid || !theirs)
		return 0;
	pid_at(pid, theirs->level, &at);
	pid_at(theirs, theirs->level, &there);
	return at.ns == there.ns ? at.nr : 0;
}

#endif
