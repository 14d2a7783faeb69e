/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Levels coarser than a flow: what is folded is added to the /24 of one of its addresses, or, where all
 * places of that prefix are taken, to its /16, its /8, the total. IPv6: /64, /48, /32, the total.
 */
#ifndef WINDROW_LADDER_H
#define WINDROW_LADDER_H

#include "abi.h"
#include "instance.h"
#include "sketch.h"

/* Lines that a prefix may be in. */
#define LADDER_LOOKS 2

/* The first 64 bits of an address as a number, of an IPv4 address all 32. */
static __always_inline __u64 ladder_address(const struct flow_key *key, __u32 side)
{
	__u64 word = ((const __u64 *)key)[side == SIDE_SOURCE ? 0 : 2];

	return key->family == FAMILY_IPV4 ? bpf_ntohl((__u32)word) : bpf_be64_to_cpu(word);
}

/* Bits of an address that are not part of the prefix of a level, 0 being the finest. */
static __always_inline __u32 ladder_shift(__u8 family, __u32 level)
{
	/* Of 32 bits /24, /16, /8; of the first 64 bits /64, /48, /32. */
	return family == FAMILY_IPV4 ? 8 + 8 * level : 16 * level;
}

/* The cell of a prefix among those of its level, or one that is free; NULL: all are taken. */
static __always_inline struct ladder_cell *ladder_find(const struct instance *instance,
						       struct slice_epoch *ledger, __u32 first_line,
						       __u32 lines, __u64 prefix, __u32 tag)
{
	__u64 hash = (prefix + tag) * 0x9e3779b97f4a7c15ULL;
	__u32 look, place;

	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93ULL;
#pragma unroll
	for (look = 0; look < LADDER_LOOKS; look++) {
		__u32 half = look ? hash : hash >> 32;
		union line *line = table_line(instance, first_line + sketch_scale(half, lines));

		if (!line)
			return 0;
#pragma unroll
		for (place = 0; place < LINE_PREFIXES; place++) {
			struct ladder_cell *cell = &line->prefixes[place];

			if (!cell->tag) {
				cell->tag = tag;
				cell->prefix = prefix;
				/* It is a line of the window, and may be the first of those around it. */
				ledger->spill_reserve += LADDER_LEVELS + 1 - (__u8)tag;
			}
			if (cell->tag == tag && cell->prefix == prefix)
				return cell;
		}
	}
	return 0;
}

/* Adds what is folded of a key to the finest level that has a place for it. */
static __always_inline void ladder_add(const struct instance *instance, struct slice_epoch *ledger,
				       const struct flow_key *key, struct tally folded)
{
	__u8 family = key->family;
	__u64 address = ladder_address(key, ledger->ladder_side);
	__u32 line = ledger->first_line + ledger->bloom_lines + SKETCH_DEPTH * ledger->sketch_lines;
	__u32 finest = family == FAMILY_IPV4 ? ledger->finest_ipv4 : ledger->finest_ipv6;
	struct tally *total = family == FAMILY_IPV6 ? &ledger->total_ipv6 : &ledger->total_ipv4;
	__u32 level;

#pragma unroll
	for (level = 0; level < LADDER_LEVELS; level++) {
		__u32 lines = ledger->ladder_lines[level], shift = ladder_shift(family, level);
		struct ladder_cell *cell;

		if (level >= finest && lines) {
			cell = ladder_find(instance, ledger, line, lines, address >> shift << shift,
					   family << 8 | (level + 1));
			if (cell) {
				cell->packets += folded.packets;
				cell->bytes += folded.bytes;
				return;
			}
		}
		line += lines;
	}
	total->packets += folded.packets;
	total->bytes += folded.bytes;
}

#endif
