/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables that the kernel programs count into, whatever they count, and what userspace sets for these. */
#ifndef WINDROW_MAPS_H
#define WINDROW_MAPS_H

#include "kernel.h"

#include "abi.h"
#include "instance.h"
#include "key.h"

/* Drawn at start: whoever does not know it cannot choose flows that share a bucket. */
const volatile __u32 secret[SECRET_WORDS];
/* What keys are grouped by. */
const volatile struct grouping grouping;

/* These begin with a value: without one a compiler lays them out as it comes upon them. */
struct control control = {};
/* Events that found no ledger: counted, shown as lost, and never seen so far. */
__u64 unplaced_events = 0;

/* Sizes are set before load; userspace maps them all. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bucket);
} rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cold_bucket);
} cold_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct list_chunk);
} lists SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, union line);
} lines SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct spill_record);
} spills SEC(".maps");

/* LEDGERS_A_CPU for each possible CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slice_epoch);
} ledgers SEC(".maps");

struct instance {
	/* Time and length of a frame come with it, by `control`, not from the kernel. Known when compiled. */
	int replayed;
};

static const struct instance live = {.replayed = 0};
static const struct instance replay = {.replayed = 1};

static __always_inline __u64 clock_ns(const struct instance *instance)
{
	return instance->replayed ? control.now_ns : bpf_ktime_get_ns();
}

static __always_inline __u32 clock_ticks(const struct instance *instance)
{
	return instance->replayed ? control.now_ticks : bpf_jiffies64();
}

static __always_inline __u64 clock_coarse(const struct instance *instance, __u32 ticks)
{
	return instance->replayed ? control.now_ns : FIRST_IN_TICKS | ticks;
}

static __always_inline int clock_runs_back(const struct instance *instance)
{
	return instance->replayed;
}

static __always_inline struct bucket *table_bucket(const struct instance *instance, __u32 number)
{
	return bpf_map_lookup_elem(&rows, &number);
}

static __always_inline struct cold_bucket *table_cold_bucket(const struct instance *instance,
							     __u32 number)
{
	return bpf_map_lookup_elem(&cold_rows, &number);
}

static __always_inline struct list_chunk *table_list_chunk(const struct instance *instance,
							   __u32 number)
{
	return bpf_map_lookup_elem(&lists, &number);
}

static __always_inline union line *table_line(const struct instance *instance, __u32 number)
{
	return bpf_map_lookup_elem(&lines, &number);
}

static __always_inline struct spill_record *table_spill(const struct instance *instance,
							__u32 number)
{
	return bpf_map_lookup_elem(&spills, &number);
}

static __always_inline const volatile __u32 *instance_secret(const struct instance *instance)
{
	return secret;
}

static __always_inline struct slice_epoch *ledger_of(__u32 cpu, __u32 buffer)
{
	__u32 number = cpu * LEDGERS_A_CPU + buffer;

	return bpf_map_lookup_elem(&ledgers, &number);
}

#endif
