/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What programs that count durations have beside the tables, whatever took so long. */
#ifndef WINDROW_TIMED_MAPS_H
#define WINDROW_TIMED_MAPS_H

#include "durations.h"
#include "maps.h"
#include "timed.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct histogram);
} histograms SEC(".maps");

static __always_inline struct histogram *histogram_at(__u32 number)
{
	return bpf_map_lookup_elem(&histograms, &number);
}

static __always_inline __u32 instance_grouped(const struct instance *instance)
{
	return TIMED_GROUPED;
}

/* The epoch, as in struct control; 0: nothing is counted, not yet or not any more. */
static __always_inline __u32 open_epoch(void)
{
	return *(volatile __u32 *)&control.epoch;
}

__noinline int arrive(struct slice_epoch *ledger, struct arrival *arrival)
{
	return ledger && arrival ? table_arrive(&live, ledger, arrival) : 0;
}

static __always_inline int instance_arrive(const struct instance *instance,
					   struct slice_epoch *ledger, struct arrival *arrival)
{
	return arrive(ledger, arrival);
}

#endif
