// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counts the system calls of one thread. */
#include "kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

/* A number would be another one in each namespace. */
__u64 watched_task;

/* From now on those of the thread that runs this. */
SEC("syscall")
int watch(void *context)
{
	watched_task = bpf_get_current_task();
	return 0;
}

SEC("raw_tp/sys_enter")
int count(void *context)
{
	__u32 key = 0;
	__u64 *counted = bpf_map_lookup_elem(&calls, &key);

	if (counted && bpf_get_current_task() == watched_task)
		++*counted;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
