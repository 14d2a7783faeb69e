/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A key comes and all its places are taken: which row leaves, and what becomes of it. It is spilled,
 * whole, into a log that userspace reads, as long as that is a small part of all packets; otherwise
 * folded. Nothing is ever dropped.
 */
#ifndef WINDROW_EVICT_H
#define WINDROW_EVICT_H

#include "abi.h"
#include "distinct.h"
#include "instance.h"
#include "key.h"
#include "ladder.h"
#include "place.h"
#include "sketch.h"
#include "wire.h"

/* A row's rank: its packets above its age, and that above the look and the way that it is at. */
#define WAY_BITS 3
#define LOOK_BITS 2
#define PLACE_BITS (LOOK_BITS + WAY_BITS)
#define AGE_BITS 27
/* How often silence takes three quarters of a row's rank, and from how many lifetimes on. */
#define SILENCE_STEPS 4
#define SILENT_LIFETIMES 16
/* A lifetime is a mean of the last so many, and kept so many times as large. */
#define LIFETIME_SCALE 64

/* Spills that are kept for the largest; with twice as many left, smaller rows may be spilled, too. */
#define SPILL_KEPT 64
#define SPILL_MOST_LEAST (1U << 30)

/* A key that came, and what came with it. */
struct arrival {
	struct flow_key key;
	__u64 hash;
	struct tally weight;
	__u32 now; /* in ticks */
	__u32 bucket; /* of the CPU's: where there is a row of an older epoch … */
	__u32 way; /* … BUCKET_WAYS: nowhere. When the key has come in, where its row is. */
	__u8 flags;
	__u8 family; /* also where keys do not hold it */
	__u8 buffer; /* the ledger's, where beside_leaves needs it … */
	__u8 writer; /* … and which of those that a CPU has */
};

/* Ticks since `last`; 0 where that lies ahead, as it may in a capture, whose ticks are signed. */
static __always_inline __u64 ticks_since(const struct instance *instance, __u32 last, __u32 now)
{
	__s64 age = clock_runs_back(instance) ? (__s64)(__s32)now - (__s32)last
					      : (__s64)(__s32)(now - last);

	return age & ~(age >> 63);
}

/*
 * How well a row defends its place: by its packets, and a quarter of them for each of four times, each
 * four times as long, that it has been silent, so that what has ended makes room, however much it was;
 * of equals the one that has been silent for longest leaves first, as far as its bits can tell. No
 * branches: the verifier would follow both.
 */
static __always_inline __u64 row_rank(const struct row *row, __u64 age, __u64 silence, __u32 place)
{
	const __u64 most = (1 << AGE_BITS) - 1;
	__u64 steps = 0;
	__u32 step;

#pragma unroll
	for (step = 0; step < SILENCE_STEPS; step++)
		steps += ((silence << (2 * step)) - age) >> 63;
	age = lower(age, most);
	return (__u64)(row->packets >> (2 * steps)) << (AGE_BITS + PLACE_BITS) |
	       (most - age) << PLACE_BITS | place;
}

/* Everything that a row has counted. */
static __always_inline struct tally row_total(const struct row *row, const struct cold_row *cold)
{
	return (struct tally){
		.packets = row->packets + cold->kept_packets,
		.bytes = (row->bytes_flags & ((1ULL << FLAGS_SHIFT) - 1)) + cold->kept_bytes,
	};
}

/* Events beyond what rows and spills have cost so far. They are no more than packets. */
static __always_inline __s64 spill_slack(const struct slice_epoch *ledger)
{
	/* A row that is spilled is two: in the log, and, if its key has no other, in the window. */
	const __u64 rows = (__u64)ledger->rows + 2 * (__u64)ledger->spilled + ledger->spill_reserve;

	return ledger->events - ledger->spill_price * rows;
}

/*
 * Whether a row of so many packets is worth its price. What that takes goes up when there is too little
 * for those that are, and down when much is left, so that the largest are spilled at whatever pressure.
 */
static __always_inline int spill_afford(struct slice_epoch *ledger, __u64 packets)
{
	const __u32 price = ledger->spill_price;
	const __s64 slack = spill_slack(ledger);

	if (!price)
		return 0;
	/* All these would fit if they were spread better. */
	if (ledger->rows + ledger->spilled < ledger->buckets * (BUCKET_WAYS / 2))
		return 1;
	if (packets < ledger->spill_least) {
		if (slack > (__s64)price * 2 * SPILL_KEPT)
			ledger->spill_least /= 2;
		return 0;
	}
	/* What is much larger may use what others must leave. */
	if (slack < (packets >> 3 >= ledger->spill_least ? price : (__s64)price * SPILL_KEPT)) {
		if (ledger->spill_least < SPILL_MOST_LEAST)
			ledger->spill_least = ledger->spill_least * 2 + !ledger->spill_least;
		return 0;
	}
	return 1;
}

/* True: the row is in the log. */
static __always_inline int spill(const struct instance *instance, struct slice_epoch *ledger,
				 const struct row *row, const struct cold_row *cold, __u64 packets)
{
	__u32 spilled = ledger->spilled;
	struct spill_record *record;

	if (!spill_afford(ledger, packets))
		return 0;
	if (spilled - *(volatile __u32 *)&ledger->spills_read >= ledger->spill_room)
		return 0;
	record = table_spill(instance, ledger->first_spill + ledger->spill_next);
	if (!record)
		return 0;
	record->row = *row;
	record->cold = *cold;
	ledger->spill_next =
		ledger->spill_next + 1 < ledger->spill_room ? ledger->spill_next + 1 : 0;
	/* A reader that sees the number sees the record, also where stores may pass each other. */
	spilled = __sync_fetch_and_add(&ledger->spilled, 1);
	barrier_var(spilled);
	return 1;
}

static __always_inline void fold(const struct instance *instance, struct slice_epoch *ledger,
				 const struct flow_key *key, struct tally folded)
{
	ledger->folded.packets += folded.packets;
	ledger->folded.bytes += folded.bytes;
	sketch_add(instance, ledger,
		   key_hash(key, instance_secret(instance), instance_grouped(instance)), folded);
	ladder_add(instance, ledger, key, folded);
}

/* Writes a key that came into a row that is free, or was freed. */
static __always_inline void row_begin(const struct instance *instance, struct slice_epoch *ledger,
				      struct row *row, struct cold_row *cold,
				      const struct arrival *arrival, __u64 first_ns)
{
	const struct tally base = sketch_bound(instance, ledger, arrival->hash);

	cold->first_ns = first_ns;
	cold->kept_packets = 0;
	cold->kept_bytes = 0;
	cold->base_packets = bound_pack(base.packets);
	cold->base_bytes = bound_pack(base.bytes);
	row->key = arrival->key;
	row->packets = arrival->weight.packets;
	row->last = arrival->now;
	row->bytes_flags = arrival->weight.bytes | (__u64)arrival->flags << FLAGS_SHIFT;
}

/* What has no row at all, since there is no table here, or its memory is not there. */
static __always_inline int fold_arrival(const struct instance *instance, struct slice_epoch *ledger,
					const struct arrival *arrival)
{
	struct tally *total =
		arrival->family == FAMILY_IPV6 ? &ledger->total_ipv6 : &ledger->total_ipv4;

	ledger->folded.packets += arrival->weight.packets;
	ledger->folded.bytes += arrival->weight.bytes;
	if (ledger->bloom_lines)
		sketch_add(instance, ledger, arrival->hash, arrival->weight);
	total->packets += arrival->weight.packets;
	total->bytes += arrival->weight.bytes;
	return 0;
}

/* A row that was never written to in this epoch. */
static __always_inline int insert(const struct instance *instance, struct slice_epoch *ledger,
				  const struct arrival *arrival)
{
	__u32 listed = ledger->rows, way = arrival->way % BUCKET_WAYS;
	__u32 number = ledger->first_bucket + arrival->bucket;
	struct bucket *bucket = table_bucket(instance, number);
	struct cold_bucket *cold = table_cold_bucket(instance, number);
	struct list_chunk *chunk =
		table_list_chunk(instance, ledger->first_chunk + listed / LIST_CHUNK);
	__u64 now_ns = clock_ns(instance);

	if (!bucket || !cold || !chunk)
		return fold_arrival(instance, ledger, arrival);
	row_begin(instance, ledger, &bucket->rows[way], &cold->rows[way], arrival, now_ns);
	chunk->slots[listed % LIST_CHUNK] = arrival->bucket * BUCKET_WAYS + way;
	ledger->rows = listed + 1;
	ledger->pair_ns = now_ns;
	ledger->pair_ticks = arrival->now;
	return 1;
}

/*
 * Makes room for a key that came: of the rows in its buckets the one that defends its place worst leaves,
 * and the key comes in, always.
 */
static __always_inline int replace(const struct instance *instance, struct slice_epoch *ledger,
				   struct arrival *arrival)
{
	/* Lifetimes may be a small part of a tick, and then a tick is long. */
	const __u64 silence = ledger->lifetime / (LIFETIME_SCALE / SILENT_LIFETIMES);
	/* The rank of a row that has had one packet and been silent for a lifetime; below 0: unknown. */
	const __s64 enough = (2ULL << (AGE_BITS + PLACE_BITS)) -
			     (ledger->lifetime / LIFETIME_SCALE << PLACE_BITS);
	/* Equals of one tick leave by a bit of the hash, that none is always the first. */
	const __u32 chance = (arrival->hash >> 40) & ((1 << PLACE_BITS) - 1);
	__u64 weakest = ~0ULL >> 1;
	struct bucket *bucket;
	struct cold_bucket *cold_bucket;
	struct cold_row *cold;
	struct tally total;
	struct row *row;
	__u32 look, way, number;

#pragma unroll
	for (look = 0; look < TABLE_LOOKS; look++) {
		number = table_place(ledger, table_bits(arrival->hash, look), look);
		bucket = table_bucket(instance, ledger->first_bucket + number);
		if (!bucket)
			return fold_arrival(instance, ledger, arrival);
#pragma unroll
		for (way = 0; way < BUCKET_WAYS; way++)
			weakest = lower(weakest,
					row_rank(&bucket->rows[way],
						 ticks_since(instance, bucket->rows[way].last,
							     arrival->now),
						 silence, (look << WAY_BITS | way) ^ chance));
		/* One packet, for a lifetime: hardly any row is weaker, and the other buckets need no look. */
		if ((__s64)weakest < enough)
			break;
	}
	weakest ^= chance;
	look = (weakest >> WAY_BITS) & ((1 << LOOK_BITS) - 1);
	arrival->bucket = table_place(ledger, table_bits(arrival->hash, look), look);
	arrival->way = weakest % BUCKET_WAYS;
	number = ledger->first_bucket + arrival->bucket;
	bucket = table_bucket(instance, number);
	cold_bucket = table_cold_bucket(instance, number);
	if (!bucket || !cold_bucket)
		return fold_arrival(instance, ledger, arrival);
	row = &bucket->rows[weakest % BUCKET_WAYS];
	cold = &cold_bucket->rows[weakest % BUCKET_WAYS];
	total = row_total(row, cold);
	if (row->packets == 1)
		ledger->lifetime += ticks_since(instance, row->last, arrival->now) -
				    ledger->lifetime / LIFETIME_SCALE;
	if (!spill(instance, ledger, row, cold, total.packets))
		fold(instance, ledger, &row->key, total);
	beside_leaves(instance, arrival, number, weakest % BUCKET_WAYS);
	row_begin(instance, ledger, row, cold, arrival, clock_coarse(instance, arrival->now));
	return 1;
}

/* What becomes of a key that came and has no row. True: it has one now. */
static __always_inline int table_arrive(const struct instance *instance, struct slice_epoch *ledger,
					struct arrival *arrival)
{
	if (unlikely(!ledger->buckets))
		return fold_arrival(instance, ledger, arrival);
	distinct_add(instance, ledger, &arrival->key);
	if (likely(arrival->way < BUCKET_WAYS))
		return insert(instance, ledger, arrival);
	return replace(instance, ledger, arrival);
}

#endif
