// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The data path for the host: the same parser, table and ledger, over an instance's own memory. */
#include "platform.h"

#include "abi.h"
#include "call_abi.h"
#include "connect_abi.h"
#include "count.h"

/* Events that wait for their rows to come from memory. */
#define QUEUE 16
/* An event that has been parsed, and not been counted yet. */
struct pending {
	struct parsed parsed;
	__u64 hash;
	__u64 now_ns;
	struct weight weight;
	__u32 now_ticks;
	int outcome;
};

/* One table set with its ledger, and the event's time. Rust holds a twin: src/native.rs. */
struct instance {
	struct bucket *buckets;
	struct cold_bucket *cold_buckets;
	struct list_chunk *chunks;
	union line *lines;
	struct spill_record *spills;
	struct slice_epoch *ledgers; /* one a buffer */
	__u64 now_ns;
	__u32 bucket_count; /* of rows and cold rows alike */
	__u32 chunk_count;
	__u32 line_count;
	__u32 spill_count;
	__u32 now_ticks;
	__u32 epoch; /* as in struct control */
	__u32 secret[SECRET_WORDS];
	struct grouping grouping;
	__u32 waiting;
	__u32 pad;
	struct pending queue[QUEUE];
	struct filter filter;
};

static __always_inline struct bucket *table_bucket(const struct instance *instance, __u32 number)
{
	return number < instance->bucket_count ? &instance->buckets[number] : 0;
}

static __always_inline struct cold_bucket *table_cold_bucket(const struct instance *instance,
							     __u32 number)
{
	return number < instance->bucket_count ? &instance->cold_buckets[number] : 0;
}

static __always_inline struct list_chunk *table_list_chunk(const struct instance *instance,
							   __u32 number)
{
	return number < instance->chunk_count ? &instance->chunks[number] : 0;
}

static __always_inline union line *table_line(const struct instance *instance, __u32 number)
{
	return number < instance->line_count ? &instance->lines[number] : 0;
}

static __always_inline struct spill_record *table_spill(const struct instance *instance,
							__u32 number)
{
	return number < instance->spill_count ? &instance->spills[number] : 0;
}

static __always_inline const volatile __u32 *instance_secret(const struct instance *instance)
{
	return instance->secret;
}

static __always_inline __u32 instance_grouped(const struct instance *instance)
{
	return instance->grouping.on;
}

/* A row of packets has nothing beside it. */
static __always_inline void beside_leaves(const struct instance *instance,
					  const struct arrival *arrival, __u32 bucket, __u32 way)
{
}

static __noinline int arrive(const struct instance *instance, struct slice_epoch *ledger,
			     struct arrival *arrival)
{
	return table_arrive(instance, ledger, arrival);
}

static __always_inline int instance_arrive(const struct instance *instance,
					   struct slice_epoch *ledger, struct arrival *arrival)
{
	return arrive(instance, ledger, arrival);
}

static __always_inline __u64 clock_coarse(const struct instance *instance, __u32 ticks)
{
	return instance->now_ns;
}

static __always_inline __u64 clock_ns(const struct instance *instance)
{
	return instance->now_ns;
}

static __always_inline __u32 clock_ticks(const struct instance *instance)
{
	return instance->now_ticks;
}

static __always_inline int clock_runs_back(const struct instance *instance)
{
	return 1;
}

/* Frames come in one piece: what is not there ends before. */
static __always_inline int frame_load(const struct frame *frame, __u32 offset, void *to,
				      __u32 length)
{
	return -1;
}

static __noinline int parse_deeper(struct parsed *p, const struct frame *frame)
{
	const struct parsed nothing = {0};
	int outcome;

	*p = nothing;
	outcome = parse_link(p, frame, 0);
	return outcome == PARSE_KEYED ? parse_network(p, frame) : outcome;
}

/* Counts what waits, in the order it came. */
void windrow_native_flush(struct instance *instance)
{
	__u32 place;

	for (place = 0; place < instance->waiting; place++) {
		struct pending *next = &instance->queue[place];

		instance->now_ns = next->now_ns;
		instance->now_ticks = next->now_ticks;
		count(instance, &instance->ledgers[instance->epoch >> 16], instance->epoch,
		      next->hash, instance->grouping.on, &next->parsed, next->outcome, next->weight,
		      0);
	}
	instance->waiting = 0;
}

/* The hash of a key, by which sketches are read. */
__u64 windrow_native_hash(const struct flow_key *key, const __u32 *secret, __u32 grouped)
{
	return key_hash(key, secret, grouped);
}

/* What the open epoch's sketch says of a key with that hash; tests compare what Rust reads of it. */
struct tally windrow_native_bound(const struct instance *instance, __u64 hash)
{
	return sketch_bound(instance, &instance->ledgers[instance->epoch >> 16], hash);
}

/* Counts the addresses and the port of a key in the open epoch's registers; tests need no frames for that. */
void windrow_native_distinct(const struct instance *instance, const struct flow_key *key)
{
	distinct_add(instance, &instance->ledgers[instance->epoch >> 16], key);
}

/* Asks for the row where the key is likely to be, so that it is there when it is counted. */
static __always_inline void ask_for_row(const struct instance *instance, __u64 hash)
{
	const struct slice_epoch *ledger = &instance->ledgers[instance->epoch >> 16];
	__u32 half = hash >> 32, number = bucket_number(half, ledger->near_buckets);
	const struct bucket *bucket = table_bucket(instance, ledger->first_bucket + number);

	if (bucket)
		__builtin_prefetch(&bucket->rows[half % BUCKET_WAYS], 1);
}

/*
 * Takes one Ethernet frame, of which `length` bytes are there, as `packets` packets of `bytes`
 * bytes in all, that came by `iface` and went `dir`, as in the key. The instance's memory must be as large as its counts say. With many flows a row is
 * a wait for memory, so frames are counted in groups, whose rows come meanwhile: of 100,000 flows
 * more than twice as many a second.
 */
void windrow_native_count(struct instance *instance, const __u8 *bytes_there, __u64 length,
			  __u32 packets, __u64 bytes, __u64 now_ns, __u32 now_ticks, __u32 iface,
			  __u8 dir)
{
	const struct frame frame = {.start = bytes_there, .end = bytes_there + length};
	struct pending *next = &instance->queue[instance->waiting];
	const struct parsed nothing = {0};

	next->weight.packets = packets;
	next->weight.bytes = bytes;
	next->now_ns = now_ns;
	next->now_ticks = now_ticks;
	next->hash = 0;
	next->parsed = nothing;
	next->outcome = parse_plain(&next->parsed, frame.start, frame.end);
	if (next->outcome == PARSE_DEEPER)
		next->outcome = parse_deeper(&next->parsed, &frame);
	if (instance->filter.terms && !filter_matches(&instance->filter, &next->parsed))
		next->outcome = FILTERED;
	if (next->outcome == PARSE_KEYED) {
		next->hash = count_key(&next->parsed, &instance->grouping, instance->grouping.on,
				       iface, dir, instance->secret);
		ask_for_row(instance, next->hash);
	}
	if (++instance->waiting == QUEUE)
		windrow_native_flush(instance);
}

/* A key as rows of the open epoch hold it, with its hash. */
static __always_inline struct flow_key open_key(const struct instance *instance,
						const struct flow_key *key, __u64 *hash)
{
	struct flow_key stamped = *key;

	*hash = key_hash(key, instance->secret, instance->grouping.on);
	key_stamp(&stamped, instance->epoch);
	return stamped;
}

/*
 * Adds to a key of the open epoch what was counted of it elsewhere: the same as so many packets of it
 * that come at once. Nothing may be waiting.
 */
void windrow_native_add(struct instance *instance, const struct flow_key *key, __u8 family,
			__u32 packets, __u64 bytes, __u8 flags, __u64 now_ns, __u32 now_ticks)
{
	const struct weight weight = {.packets = packets, .bytes = bytes};
	struct flow_key stamped;
	__u64 hash;

	stamped = open_key(instance, key, &hash);
	instance->now_ns = now_ns;
	instance->now_ticks = now_ticks;
	table_count(instance, &instance->ledgers[instance->epoch >> 16], &stamped, hash,
		    instance->grouping.on, &family, weight, flags);
}

#define NO_SLOT 0xffffffffU

/* The slot of a key's row in the open epoch, or NO_SLOT. */
__u32 windrow_native_slot(const struct instance *instance, const struct flow_key *key)
{
	const struct slice_epoch *ledger = &instance->ledgers[instance->epoch >> 16];
	struct flow_key stamped;
	__u64 hash;
	int look;

	stamped = open_key(instance, key, &hash);
	for (look = 0; look < TABLE_LOOKS; look++) {
		__u32 half = table_bits(hash, look), number = table_place(ledger, half, look);
		const struct bucket *bucket = table_bucket(instance, ledger->first_bucket + number);
		int found = 0;
		__u32 way;

		if (!bucket)
			break;
		way = bucket_search(bucket, &stamped, instance->grouping.on, half % BUCKET_WAYS,
				    &found);
		if (found)
			return number * BUCKET_WAYS + way;
	}
	return NO_SLOT;
}

#include "layout.h"
