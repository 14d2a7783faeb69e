/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs for TCP connections have beside the tables: which, and what is kept of sockets. */
#ifndef WINDROW_CONNECT_MAPS_H
#define WINDROW_CONNECT_MAPS_H

#include "connect.h"
#include "timed_maps.h"

/* What is set before load beside the tables'. */
const volatile struct connect_by connect_by;
const volatile struct call_filter call_filter;
/* Not 0: some connections are left out, by the filter or for not being the command's. */
const volatile __u32 is_selective;
/* Not 0: connections are followed until they are closed. */
const volatile __u32 with_health;
/* connect(), by the numbering of 64-bit programs and of 32-bit ones. */
const volatile __s32 connect_number;
const volatile __s32 connect_number_compat;
const volatile __u32 possible_cpus;
/* Not 0: tasks may be preempted in programs, and between them. */
const volatile __u32 is_preemptible;
/* Whose tables the program where calls end counts in: a writer. */
const volatile __u32 calls_writer;

struct connect_run run SEC(".data.run");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct socket_kept);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MOST_LISTENERS);
	__type(key, struct listener_key);
	__type(value, struct listener);
} listeners SEC(".maps");

/* The last socket that was made for what came to a listener, and the number of that one. */
struct accepted_socket {
	__u64 socket;
	__u32 port;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct accepted_socket);
} last_accepted SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_kept);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct connect_bucket);
} connect_rows SEC(".maps");

/* LEDGERS_A_CPU for each place. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct connect_epoch);
} connect_epochs SEC(".maps");

/* What is being counted, and whether. Not on the stack: with all that it calls a program has 512 bytes there,
 * and kernels before 6.9 count the most of it. */
struct connect_work {
	struct connect_event event;
	__u32 busy;
	__u32 pad;
	struct seen seen[MARKS]; /* only the first copy's, and not where tasks are preempted */
};

/*
 * The program where sockets change is there several times, one behind the other: the kernel does not run a program
 * inside itself, and so leaves it out where an interrupt comes in the middle of it, or, from Linux 7.0 on,
 * where it has let another task run. Each copy has a set of tables of its own on each CPU, and so has the
 * program where calls end; up to 6.19 that one shares the last copy's. All these are numbered as writers.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1); /* one for each writer */
	__type(key, __u32);
	__type(value, struct connect_work);
} works SEC(".maps");

static __always_inline struct connect_work *work_of(__u32 writer)
{
	return bpf_map_lookup_elem(&works, &writer);
}

/* A writer's place on this CPU, as a ledger is numbered by. */
static __always_inline __u32 place_of(__u32 writer)
{
	return bpf_get_smp_processor_id() + writer * possible_cpus;
}

static __always_inline struct connect_bucket *connect_bucket(__u32 number)
{
	return bpf_map_lookup_elem(&connect_rows, &number);
}

static __always_inline struct connect_epoch *connect_epoch_of(__u32 place, __u32 buffer)
{
	__u32 number = place * LEDGERS_A_CPU + buffer;

	return bpf_map_lookup_elem(&connect_epochs, &number);
}

static __always_inline void beside_leaves(const struct instance *instance,
					  const struct arrival *arrival, __u32 bucket, __u32 way)
{
	struct connect_epoch *connects =
		connect_epoch_of(place_of(arrival->writer), arrival->buffer);
	struct connect_bucket *beside = connect_bucket(bucket);

	if (!connects || !beside)
		return;
	connect_fold(connects, &beside->rows[way % BUCKET_WAYS]);
	pool_give(&connects->histograms, beside->rows[way % BUCKET_WAYS].histogram);
}

#endif
