// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What runs where system calls are entered and left: nothing, and the least that can tell durations. */
#include "kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} starts SEC(".maps");

SEC("tp_btf/sys_enter")
int empty_enter(void *context)
{
	return 0;
}

SEC("tp_btf/sys_exit")
int empty_exit(void *context)
{
	return 0;
}

SEC("tp_btf/sys_enter")
int floor_enter(void *context)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 *start = bpf_task_storage_get(&starts, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (start)
		*start = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sys_exit")
int floor_exit(void *context)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 *start = bpf_task_storage_get(&starts, task, 0, 0);

	/* The duration takes the place of the start: it has to be kept somewhere. */
	if (start)
		*start = bpf_ktime_get_ns() - *start;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
