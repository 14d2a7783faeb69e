/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events that take time, in the table: a row's packets are events, its bytes are nanoseconds. What else a
 * row has of them lies beside it.
 */
#ifndef WINDROW_TIMED_H
#define WINDROW_TIMED_H

#include "evict.h"
#include "instance.h"
#include "key.h"
#include "table.h"

/* Every key is hashed and compared whole. */
#define TIMED_GROUPED 1

/* What comes into a row at once. */
struct timed {
	__u64 ns;
	__u32 events;
	__u32 epoch; /* as in struct control */
	__u32 writer; /* as in struct arrival */
	__u32 pad;
};

/* Where the row of an event is. */
struct timed_place {
	__u32 number; /* of its bucket, among all */
	__u32 way;
	__u32 came; /* not 0: the key came in with this event */
	__u64 before; /* events that are in the row already */
};

/* A row's time at its edge, or an event that is longer than a row can hold, goes to the cold line. */
static __always_inline void timed_carry(struct row *row, struct cold_row *cold, __u64 ns)
{
	if (ns >> BYTES_CARRY_BIT)
		cold->kept_bytes += ns;
	else
		row->bytes_flags += ns;
	row_carry(row, cold);
}

/* A row that came in with an event that is longer than a row can hold. */
static __always_inline void timed_begin_long(const struct instance *instance, __u32 number,
					     __u32 way, __u64 ns)
{
	struct bucket *bucket = table_bucket(instance, number);
	struct cold_bucket *cold = table_cold_bucket(instance, number);

	if (!bucket || !cold)
		return;
	bucket->rows[way % BUCKET_WAYS].bytes_flags = 0;
	cold->rows[way % BUCKET_WAYS].kept_bytes = ns;
}

/* Counts under a key that is not stamped yet; all of it is in the ledger's totals already. Whether there
 * is a row now: if not, it was folded. */
static __always_inline int timed_count(const struct instance *instance, struct slice_epoch *ledger,
				       struct flow_key *key, const struct timed *timed, __u8 family,
				       struct timed_place *place)
{
	__u64 hash = key_hash(key, instance_secret(instance), TIMED_GROUPED);
	struct found at;

	key_stamp(key, timed->epoch);
	at = table_find(instance, ledger, key, hash, TIMED_GROUPED);
	place->before = 0;
	place->came = !at.found;
	if (likely(at.found)) {
		struct row *hot = &at.bucket->rows[at.way % BUCKET_WAYS];
		struct cold_bucket *cold;

		place->before = hot->packets;
		hot->packets += timed->events;
		hot->last = clock_ticks(instance);
		if (likely(!((hot->bytes_flags + timed->ns) >> BYTES_CARRY_BIT) &&
			   !(hot->packets >> PACKETS_CARRY_BIT))) {
			hot->bytes_flags += timed->ns;
		} else {
			cold = table_cold_bucket(instance, at.number);
			if (cold)
				timed_carry(hot, &cold->rows[at.way % BUCKET_WAYS], timed->ns);
		}
		place->number = at.number;
		place->way = at.way % BUCKET_WAYS;
	} else {
		struct arrival arrival = {
			.key = *key,
			.hash = hash,
			.weight = {.packets = timed->events, .bytes = timed->ns},
			.now = clock_ticks(instance),
			.bucket = at.number - ledger->first_bucket,
			.way = at.way,
			.family = family,
			.buffer = timed->epoch >> 16,
			.writer = timed->writer,
		};

		if (!instance_arrive(instance, ledger, &arrival))
			return 0;
		place->number = ledger->first_bucket + arrival.bucket;
		place->way = arrival.way % BUCKET_WAYS;
		if (unlikely(timed->ns >> BYTES_CARRY_BIT))
			timed_begin_long(instance, place->number, place->way, timed->ns);
	}
	return 1;
}

#endif
