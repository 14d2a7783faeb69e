/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which buckets a key may be in. */
#ifndef WINDROW_PLACE_H
#define WINDROW_PLACE_H

#include "abi.h"

/* The bucket that half of a hash chooses; its last bits choose the way. */
static __always_inline __u32 bucket_number(__u32 half, __u32 buckets)
{
	return ((__u64)half * buckets) >> 32;
}

/*
 * Buckets that a key may be in. The first is among the near ones, of which there are some eight rows a
 * flow: where flows are few their rows lie close together, and the CPU need not look up a page for
 * each. The others are behind those, and looked at only where the ones before are full: nearly never.
 */
#define TABLE_LOOKS 3

/* What each look goes by: bits of the hash that say little of each other. */
static __always_inline __u32 table_bits(__u64 hash, int look)
{
	return look == 0 ? hash >> 32 : look == 1 ? hash : hash >> 16;
}

static __always_inline __u32 table_place(const struct slice_epoch *ledger, __u32 half, int look)
{
	__u32 near = ledger->near_buckets, far = ledger->buckets - near;

	if (!look)
		return bucket_number(half, near);
	/* All are near where nothing is known yet. */
	return far ? near + bucket_number(half, far) : bucket_number(half, near);
}

#endif
