/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One CPU's rows for one epoch: find or bring in a key, add to its row, or fold. */
#ifndef WINDROW_TABLE_H
#define WINDROW_TABLE_H

#include "abi.h"
#include "instance.h"
#include "key.h"
#include "wire.h"

static __always_inline void tally_add(struct tally *tally, struct weight weight)
{
	tally->packets += weight.packets;
	tally->bytes += weight.bytes;
}

/*
 * The way of `key`, or the first way whose row is of an older epoch, or BUCKET_WAYS. Ways are looked
 * at from the one that the hash chose, round the bucket, so that most keys are in the first: a
 * guess at the next way is a guess that the CPU gets wrong, and memory comes late then. Ways stay
 * filled for the epoch, so behind a stale one there is nothing to look for.
 */
static __always_inline __u32 bucket_search(const struct bucket *bucket, const struct flow_key *key,
					   __u32 grouped, __u32 first_way, int *found)
{
	__u64 ports = ((const __u64 *)key)[KEY_WORD_PORTS];
	__u32 probe;

#pragma unroll
	for (probe = 0; probe < BUCKET_WAYS; probe++) {
		__u32 way = (first_way + probe) % BUCKET_WAYS;
		const struct flow_key *other = &bucket->rows[way].key;
		__u64 other_ports = ((const __u64 *)other)[KEY_WORD_PORTS];

		if (likely(other_ports == ports) && likely(key_rest_equal(other, key, grouped))) {
			*found = 1;
			return way;
		}
		if ((other_ports >> KEY_EPOCH_SHIFT) != (ports >> KEY_EPOCH_SHIFT)) {
			*found = 0;
			return way;
		}
	}
	*found = 0;
	return BUCKET_WAYS;
}

/* A counter at its edge moves its top bit into the cold line, so that no row ever wraps. */
static __noinline int row_carry(struct row *row, struct cold_row *cold)
{
	if (!row || !cold)
		return 0;
	cold->carried_packets += row->packets >> PACKETS_CARRY_BIT;
	row->packets &= (1U << PACKETS_CARRY_BIT) - 1;
	cold->carried_bytes += (row->bytes_flags >> BYTES_CARRY_BIT) & 1;
	row->bytes_flags &= ~(1ULL << BYTES_CARRY_BIT);
	return 0;
}

/* Adds to a row that holds the key. True: a counter is at its edge and must be carried. */
static __always_inline int row_add(struct row *row, struct weight weight, __u8 flags, __u32 now)
{
	__u32 packets = row->packets + weight.packets;
	__u64 bytes_flags = (row->bytes_flags + weight.bytes) | (__u64)flags << FLAGS_SHIFT;

	row->packets = packets;
	row->last = now;
	row->bytes_flags = bytes_flags;
	return (packets >> PACKETS_CARRY_BIT) | ((bytes_flags >> BYTES_CARRY_BIT) & 1);
}

/*
 * A packet from before the last one, or of the same tick, which may be long: `first` may be later
 * than it, and `last` stays.
 */
static __always_inline __u32 row_step_back(const struct instance *instance, const struct row *row,
					   __u32 bucket, __u32 way)
{
	struct cold_bucket *cold = table_cold_bucket(instance, bucket);
	__u64 now_ns = clock_ns(instance);

	if (cold && now_ns < cold->rows[way].first_ns)
		cold->rows[way].first_ns = now_ns;
	return row->last;
}

static __always_inline void table_fold(struct slice_epoch *ledger, const __u8 *family,
				       struct weight weight)
{
	if (*family == FAMILY_IPV4)
		tally_add(&ledger->folded_ipv4, weight);
	else
		tally_add(&ledger->folded_ipv6, weight);
}

/* Brings a key into a row of an older epoch; `bucket` is its number in the map. */
static __always_inline int row_insert(const struct instance *instance, struct slice_epoch *ledger,
				      struct row *row, __u32 bucket, __u32 way,
				      const struct flow_key *key, struct weight weight, __u8 flags,
				      __u32 now)
{
	__u32 listed = ledger->rows;
	struct cold_bucket *cold_bucket = table_cold_bucket(instance, bucket);
	struct list_chunk *chunk =
		table_list_chunk(instance, ledger->first_chunk + listed / LIST_CHUNK);
	__u64 now_ns = clock_ns(instance);
	struct cold_row *cold;

	if (!cold_bucket || !chunk)
		return -1;
	cold = &cold_bucket->rows[way % BUCKET_WAYS];
	cold->first_ns = now_ns;
	cold->base_packets = ledger->folded_ipv4.packets + ledger->folded_ipv6.packets;
	cold->base_bytes = ledger->folded_ipv4.bytes + ledger->folded_ipv6.bytes;
	cold->carried_packets = 0;
	cold->carried_bytes = 0;
	row->key = *key;
	row->packets = weight.packets;
	row->last = now;
	row->bytes_flags = weight.bytes | (__u64)flags << FLAGS_SHIFT;
	chunk->slots[listed % LIST_CHUNK] = (bucket - ledger->first_bucket) * BUCKET_WAYS + way;
	ledger->rows = listed + 1;
	ledger->pair_ns = now_ns;
	ledger->pair_ticks = now;
	return 0;
}

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

/*
 * Counts one event under its key: in its row, or folded, by `family`, which is read only then, where
 * all its buckets are full.
 */
static __always_inline void table_count(const struct instance *instance, struct slice_epoch *ledger,
					const struct flow_key *key, __u64 hash, __u32 grouped,
					const __u8 *family, struct weight weight, __u8 flags)
{
	__u32 now = clock_ticks(instance), buckets = ledger->buckets;
	__u32 number = 0, way = BUCKET_WAYS;
	struct bucket *bucket = 0;
	int found = 0, look;

#pragma unroll
	for (look = 0; look < TABLE_LOOKS; look++) {
		__u32 half = table_bits(hash, look);

		number = ledger->first_bucket + table_place(ledger, half, look);
		bucket = table_bucket(instance, number);
		if (unlikely(!bucket))
			break;
		way = bucket_search(bucket, key, grouped, half % BUCKET_WAYS, &found);
		if (likely(way < BUCKET_WAYS))
			break;
	}
	if (unlikely(!buckets || !bucket || way >= BUCKET_WAYS)) {
		table_fold(ledger, family, weight);
		return;
	}
	if (likely(found)) {
		struct row *row = &bucket->rows[way];

		if (clock_runs_back(instance) && (__s32)now <= (__s32)row->last)
			now = row_step_back(instance, row, number, way);
		if (unlikely(row_add(row, weight, flags, now))) {
			struct cold_bucket *cold = table_cold_bucket(instance, number);

			if (cold)
				row_carry(row, &cold->rows[way]);
		}
		return;
	}
	if (row_insert(instance, ledger, &bucket->rows[way], number, way, key, weight, flags, now))
		table_fold(ledger, family, weight);
}

#endif
