/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One CPU's rows for one epoch: find a key, add to its row. */
#ifndef WINDROW_TABLE_H
#define WINDROW_TABLE_H

#include "abi.h"
#include "evict.h"
#include "instance.h"
#include "key.h"
#include "place.h"
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

/*
 * A counter at its edge moves to the cold line, so that no row ever wraps; as many packets stay as
 * defend the row against all that have not come so far.
 */
static __noinline int row_carry(struct row *row, struct cold_row *cold)
{
	if (!row || !cold)
		return 0;
	if (row->packets >> PACKETS_CARRY_BIT) {
		cold->kept_packets += row->packets - PACKETS_STAY;
		row->packets = PACKETS_STAY;
	}
	cold->kept_bytes += row->bytes_flags & (1ULL << BYTES_CARRY_BIT);
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

/* Where a key is: the bucket, by its number among all, that was looked at last, and its way there. */
struct found {
	struct bucket *bucket; /* NULL: there is none */
	__u32 number;
	__u32 way; /* BUCKET_WAYS: all are taken; else the key's, or that of a row of an older epoch */
	int found; /* the key's */
};

static __always_inline struct found table_find(const struct instance *instance,
					       const struct slice_epoch *ledger,
					       const struct flow_key *key, __u64 hash,
					       __u32 grouped)
{
	struct found at = {.way = BUCKET_WAYS};
	int look;

#pragma unroll
	for (look = 0; look < TABLE_LOOKS; look++) {
		__u32 half = table_bits(hash, look);

		at.number = ledger->first_bucket + table_place(ledger, half, look);
		at.bucket = table_bucket(instance, at.number);
		if (unlikely(!at.bucket))
			break;
		at.way = bucket_search(at.bucket, key, grouped, half % BUCKET_WAYS, &at.found);
		if (likely(at.way < BUCKET_WAYS))
			break;
	}
	return at;
}

/*
 * Counts one event under its key: in its row, or, if it has none, wherever table_arrive finds a place.
 * `family` is read only then.
 */
static __always_inline void table_count(const struct instance *instance, struct slice_epoch *ledger,
					const struct flow_key *key, __u64 hash, __u32 grouped,
					const __u8 *family, struct weight weight, __u8 flags)
{
	__u32 now = clock_ticks(instance);
	const struct found at = table_find(instance, ledger, key, hash, grouped);

	if (likely(at.found)) {
		struct row *row = &at.bucket->rows[at.way % BUCKET_WAYS];

		if (clock_runs_back(instance) && (__s32)now <= (__s32)row->last)
			now = row_step_back(instance, row, at.number, at.way);
		if (unlikely(row_add(row, weight, flags, now))) {
			struct cold_bucket *cold = table_cold_bucket(instance, at.number);

			if (cold)
				row_carry(row, &cold->rows[at.way % BUCKET_WAYS]);
		}
	} else {
		struct arrival arrival = {
			.key = *key,
			.hash = hash,
			.weight = {.packets = weight.packets, .bytes = weight.bytes},
			.now = now,
			.bucket = at.number - ledger->first_bucket,
			.way = at.way,
			.flags = flags,
			.family = *family,
		};

		instance_arrive(instance, ledger, &arrival);
	}
}

#endif
