/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is known of keys that were folded: a count-min sketch (Cormode, Muthukrishnan 2005) of two
 * rows with conservative update (Estan, Varghese 2002), for packets and bytes apart, behind a Bloom
 * filter whose bits of a key are in one line (Putze, Sanders, Singler 2007). Both only ever say too
 * much, so that what they say of a key is an upper bound.
 */
#ifndef WINDROW_SKETCH_H
#define WINDROW_SKETCH_H

#include "abi.h"
#include "instance.h"

/* Cells of a key: one in each row of the sketch. */
#define SKETCH_DEPTH 2
/* Bits of a key in its line of the filter. */
#define BLOOM_BITS 2
#define BLOOM_BIT_MASK 511

/* Where a key is: its hash chose its buckets, so it is mixed again, or those that meet there meet here. */
struct sketch_place {
	__u32 bloom_line;
	__u32 cells[SKETCH_DEPTH];
	__u64 bits;
};

static __always_inline __u32 sketch_scale(__u32 half, __u32 room)
{
	return ((__u64)half * room) >> 32;
}

static __always_inline struct sketch_place sketch_place(const struct slice_epoch *ledger,
							__u64 hash)
{
	__u32 cells = ledger->sketch_lines * LINE_CELLS;
	struct sketch_place place;

	hash *= 0xd6e8feb86659fd93ULL;
	hash ^= hash >> 32;
	place.cells[0] = sketch_scale(hash, cells);
	place.cells[1] = sketch_scale(hash >> 32, cells);
	hash *= 0xc2b2ae3d27d4eb4fULL;
	place.bloom_line = sketch_scale(hash >> 32, ledger->bloom_lines);
	place.bits = hash ^ (hash >> 32);
	return place;
}

static __always_inline union line *bloom_line(const struct instance *instance,
					      const struct slice_epoch *ledger, __u32 number)
{
	return number < ledger->bloom_lines ? table_line(instance, ledger->first_line + number) : 0;
}

static __always_inline struct sketch_cell *sketch_cell(const struct instance *instance,
						       const struct slice_epoch *ledger, __u32 row,
						       __u32 cell)
{
	union line *line =
		table_line(instance, ledger->first_line + ledger->bloom_lines +
					     row * ledger->sketch_lines + cell / LINE_CELLS);

	return line ? &line->cells[cell % LINE_CELLS] : 0;
}

static __always_inline __u32 saturating(__u32 a, __u64 more)
{
	__u64 sum = a + more;

	return sum > SKETCH_MOST ? SKETCH_MOST : sum;
}

/* The lesser of two below 2^63. Which it is nobody can guess, so there is no branch. */
static __always_inline __u64 lower(__u64 a, __u64 b)
{
	__u64 less = a - b, below = (__s64)less >> 63;

	barrier_var(below);
	return b + (less & below);
}

static __always_inline __u64 higher(__u64 a, __u64 b)
{
	return a + b - lower(a, b);
}

/* Adds what is folded of a key. */
static __always_inline void sketch_add(const struct instance *instance,
				       const struct slice_epoch *ledger, __u64 hash,
				       struct tally folded)
{
	const struct sketch_place place = sketch_place(ledger, hash);
	union line *line = bloom_line(instance, ledger, place.bloom_line);
	struct sketch_cell *first = sketch_cell(instance, ledger, 0, place.cells[0]);
	struct sketch_cell *second = sketch_cell(instance, ledger, 1, place.cells[1]);
	__u32 packets, bytes, bit;

	if (!line || !first || !second)
		return;
#pragma unroll
	for (bit = 0; bit < BLOOM_BITS; bit++) {
		__u32 number = (place.bits >> (bit * 9)) & BLOOM_BIT_MASK;

		line->words[number / 64] |= 1ULL << (number % 64);
	}
	/* The least of a key's cells is its bound: no other need be larger than that. */
	packets = saturating(lower(first->packets, second->packets), folded.packets);
	bytes = saturating(lower(first->bytes, second->bytes), folded.bytes);
	first->packets = higher(first->packets, packets);
	second->packets = higher(second->packets, packets);
	first->bytes = higher(first->bytes, bytes);
	second->bytes = higher(second->bytes, bytes);
}

/* At most so much of a key was folded; 0: certainly nothing. */
static __always_inline struct tally sketch_bound(const struct instance *instance,
						 const struct slice_epoch *ledger, __u64 hash)
{
	struct tally bound = ledger->folded;
	const struct tally nothing = {};
	struct sketch_cell *first, *second;
	struct sketch_place place;
	union line *line;
	__u64 missing = 0;
	__u32 least, bit;

	if (!bound.packets || !ledger->bloom_lines)
		return bound;
	place = sketch_place(ledger, hash);
	line = bloom_line(instance, ledger, place.bloom_line);
	if (!line)
		return bound;
#pragma unroll
	for (bit = 0; bit < BLOOM_BITS; bit++) {
		__u32 number = (place.bits >> (bit * 9)) & BLOOM_BIT_MASK;

		missing |= ~(line->words[number / 64] >> (number % 64)) & 1;
	}
	if (missing)
		return nothing;
	first = sketch_cell(instance, ledger, 0, place.cells[0]);
	second = sketch_cell(instance, ledger, 1, place.cells[1]);
	if (!first || !second)
		return bound;
	/* A cell that is full says nothing; all that was folded does. */
	least = lower(first->packets, second->packets);
	if (least < SKETCH_MOST && least < bound.packets)
		bound.packets = least;
	least = lower(first->bytes, second->bytes);
	if (least < SKETCH_MOST && least < bound.bytes)
		bound.bytes = least;
	return bound;
}

/*
 * A bound in 32 bits: 27 of mantissa, 5 of exponent, rounded up; exact below 2^27. What is larger than
 * 2^58 is no bound.
 */
static __always_inline __u32 bound_pack(__u64 value)
{
	__u32 exponent = 0, step;

	if (likely(value < 1U << BOUND_MANTISSA_BITS))
		return value;
#pragma unroll
	for (step = 16; step; step /= 2) {
		if (value >> (BOUND_MANTISSA_BITS + step - 1)) {
			value = (value + (1ULL << step) - 1) >> step;
			exponent += step;
		}
	}
	/* Rounding may carry. */
	if (value >> BOUND_MANTISSA_BITS) {
		value = (value + 1) >> 1;
		exponent++;
	}
	if (exponent > BOUND_MOST_EXPONENT || value >> BOUND_MANTISSA_BITS)
		return BOUND_NONE;
	return exponent << BOUND_MANTISSA_BITS | (__u32)value;
}

#endif
