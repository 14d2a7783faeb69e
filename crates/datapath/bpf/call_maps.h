/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs for system calls have beside the tables: which calls, and what is kept of tasks. */
#ifndef WINDROW_CALL_MAPS_H
#define WINDROW_CALL_MAPS_H

#include "call.h"
#include "call_abi.h"
#include "timed_maps.h"

/* What is set before load beside the tables'. */
const volatile struct call_filter call_filter;
/* Calls that a command makes to become another program. */
const volatile __s32 execve_number;
const volatile __s32 execveat_number;
/* Whether windrow's own calls are counted like all others. */
const volatile __u32 counts_own;

struct run run SEC(".data.run");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_call);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct call_bucket);
} call_rows SEC(".maps");

/* LEDGERS_A_CPU for each possible CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct call_epoch);
} call_epochs SEC(".maps");

static __always_inline struct call_bucket *call_bucket(__u32 number)
{
	return bpf_map_lookup_elem(&call_rows, &number);
}

static __always_inline struct call_epoch *call_epoch_of(__u32 cpu, __u32 buffer)
{
	__u32 number = cpu * LEDGERS_A_CPU + buffer;

	return bpf_map_lookup_elem(&call_epochs, &number);
}

static __always_inline void beside_leaves(const struct instance *instance,
					  const struct arrival *arrival, __u32 bucket, __u32 way)
{
	struct call_epoch *calls = call_epoch_of(bpf_get_smp_processor_id(), arrival->buffer);
	struct call_bucket *beside = call_bucket(bucket);

	if (!calls || !beside)
		return;
	call_fold(calls, &beside->rows[way % BUCKET_WAYS]);
	pool_give(&calls->histograms, beside->rows[way % BUCKET_WAYS].histogram);
}

#endif
