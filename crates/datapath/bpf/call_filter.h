/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which calls are counted. */
#ifndef WINDROW_CALL_FILTER_H
#define WINDROW_CALL_FILTER_H

#include "call_abi.h"
#include "task.h"

static __always_inline int number_passes(const volatile __u64 *numbers, __s32 number)
{
	__u32 place = number;

	return place < CALL_FILTER_NUMBERS && (numbers[place / 64] >> (place % 64)) & 1;
}

static __always_inline int pid_passes(const volatile struct call_filter *filter, __u32 pid)
{
	__u32 i;

	for (i = 0; i < CALL_FILTER_VALUES; i++)
		if (i < filter->pids && filter->pid[i] == pid)
			return 1;
	return 0;
}

static __always_inline int uid_passes(const volatile struct call_filter *filter, __u32 uid)
{
	__u32 i;

	for (i = 0; i < CALL_FILTER_VALUES; i++)
		if (i < filter->uids && filter->uid[i] == uid)
			return 1;
	return 0;
}

static __always_inline int comm_passes(const volatile struct call_filter *filter,
				       struct task_struct *task)
{
	__u64 comm[2];
	__u32 i;

	task_comm(task, (char *)comm);
	for (i = 0; i < CALL_FILTER_VALUES; i++) {
		const volatile __u64 *name = (const volatile __u64 *)filter->comm[i].name;

		if (i < filter->comms && name[0] == comm[0] && name[1] == comm[1])
			return 1;
	}
	return 0;
}

/* In one of the groups, or in a group below one. */
static __always_inline int cgroup_passes(const volatile struct call_filter *filter)
{
	__u32 i;

	for (i = 0; i < CALL_FILTER_VALUES; i++)
		if (i < filter->cgroups && bpf_get_current_ancestor_cgroup_id(
						   filter->cgroup[i].level) == filter->cgroup[i].id)
			return 1;
	return 0;
}

/* The same for any task. */
static __always_inline int task_cgroup_passes(const volatile struct call_filter *filter,
					      struct task_struct *task)
{
	__u32 i;

	for (i = 0; i < CALL_FILTER_VALUES; i++)
		if (i < filter->cgroups &&
		    task_ancestor_cgroup(task, filter->cgroup[i].level) == filter->cgroup[i].id)
			return 1;
	return 0;
}

/* But for control groups. */
static __always_inline int process_passes(const volatile struct call_filter *filter,
					  struct task_struct *task)
{
	if (filter->pids && !pid_passes(filter, task->tgid))
		return 0;
	if (filter->uids && !uid_passes(filter, task->cred->uid.val))
		return 0;
	return !filter->comms || comm_passes(filter, task);
}

/* Of the current task. */
static __always_inline int call_passes(const volatile struct call_filter *filter,
				       struct task_struct *task, __s32 number, __u32 compat)
{
	if (filter->numbers && !number_passes(compat ? filter->compat : filter->native, number))
		return 0;
	return process_passes(filter, task) && (!filter->cgroups || cgroup_passes(filter));
}

#endif
