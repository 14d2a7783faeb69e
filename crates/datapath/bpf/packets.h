/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs for packets have beside the tables: which packets, and whose. */
#ifndef WINDROW_PACKETS_H
#define WINDROW_PACKETS_H

#include "maps.h"

/* Slots for interfaces, less one; 0 where there is one interface, which needs no telling apart. */
const volatile __u32 interface_mask;
/* What is counted. */
const volatile struct filter filter;

/* As many as `interface_mask` says. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct interface_slot);
} interfaces SEC(".maps");

/* What was seen of each, ever, a CPU: all slots of the first CPU, then of the next. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sight);
} sights SEC(".maps");

static __always_inline __u32 instance_grouped(const struct instance *instance)
{
	return grouping.on;
}

/* A row of packets has nothing beside it. */
static __always_inline void beside_leaves(const struct instance *instance,
					  const struct arrival *arrival, __u32 bucket, __u32 way)
{
}

#endif
