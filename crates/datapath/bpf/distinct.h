/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many sources, destinations and destination ports there were: HyperLogLog (Flajolet, Fusy,
 * Gandouet, Meunier 2007). A key says all that it has to say when it comes in, so packets of known
 * flows cost nothing.
 */
#ifndef WINDROW_DISTINCT_H
#define WINDROW_DISTINCT_H

#include "abi.h"
#include "instance.h"

#define DISTINCT_SOURCES 0
#define DISTINCT_DESTINATIONS 1
#define DISTINCT_PORTS 2

/* Every bit of what comes out depends on every bit of what goes in: mix13 (Stafford 2011). */
static __always_inline __u64 distinct_mix(__u64 word)
{
	word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ULL;
	word = (word ^ (word >> 27)) * 0x94d049bb133111ebULL;
	return word ^ (word >> 31);
}

/* Of IPv4 there is one word; what differs in the family differs in how often it is mixed. */
static __always_inline __u64 distinct_address(const __u64 *address, __u8 family, __u64 secret)
{
	__u64 hash = distinct_mix(address[0] + secret);

	return family == FAMILY_IPV6 ? distinct_mix(hash + address[1]) : hash;
}

/* Zeros before the first bit of a word that is not 0. No branches: the verifier would follow each. */
static __always_inline __u32 distinct_zeros(__u64 word)
{
	__u32 zeros = 0, step;

#pragma unroll
	for (step = 32; step; step /= 2) {
		__u64 empty = ((word >> (64 - step)) - 1) >> 63;

		barrier_var(empty);
		zeros += empty * step;
		word <<= empty * step;
	}
	return zeros;
}

/*
 * The low bits of a hash choose a register. It holds how many zeros a hash began with at most, and one
 * more. That is seldom more than before, and only then counted.
 */
static __always_inline void distinct_note(const struct instance *instance, __u32 first_line,
					  __u32 lines, __u64 hash)
{
	const __u32 mask = lines * LINE_REGISTERS - 1, place = hash & mask;
	union line *line = table_line(instance, first_line + place / LINE_REGISTERS);
	__u8 *held;

	if (!line)
		return;
	held = &line->registers[place % LINE_REGISTERS];
	/* What chose the register says nothing any more. */
	hash |= mask;
	if (unlikely(!(hash >> 1 >> ((63 - *held) & 63))))
		*held = distinct_zeros(hash) + 1;
}

/* Counts the addresses and the port of a key that came in. Port 0 is that of packets without any. */
static __always_inline void distinct_add(const struct instance *instance,
					 const struct slice_epoch *ledger,
					 const struct flow_key *key)
{
	const volatile __u32 *words = instance_secret(instance) + 8;
	const __u64 secret = words[0] | (__u64)words[1] << 32;
	const __u64 *addresses = (const __u64 *)key;
	const __u32 first = ledger->first_distinct, lines = ledger->distinct_lines;

	if (!lines)
		return;
	distinct_note(instance, first + DISTINCT_SOURCES * lines, lines,
		      distinct_address(addresses, key->family, secret));
	distinct_note(instance, first + DISTINCT_DESTINATIONS * lines, lines,
		      distinct_address(addresses + 2, key->family, secret));
	if (key->dport)
		distinct_note(instance, first + DISTINCT_PORTS * lines, lines,
			      distinct_mix(key->dport + secret));
}

#endif
