/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hashing and comparing flow keys, a word at a time. */
#ifndef WINDROW_KEY_H
#define WINDROW_KEY_H

#include "abi.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the epoch's place in a word of the key is that of a little-endian machine"
#endif

/* The epoch's place in that word, on a little-endian machine. */
#define KEY_EPOCH_SHIFT 48

#define SECRET_WORDS 12

/*
 * NH of UMAC (Black, Halevi, Krawczyk, Krovetz, Rogaway 1999): products of 32-bit halves, each
 * added to a secret. Universal, so that nobody without the secret can choose colliding flows, and
 * its products do not wait for each other. The epoch takes no part; the word behind it only where
 * it may hold anything.
 */
static __always_inline __u64 nh_pair(__u32 a, __u32 b, const volatile __u32 *secret)
{
	return (__u64)(__u32)(a + secret[0]) * (__u32)(b + secret[1]);
}

static __always_inline __u64 key_hash(const struct flow_key *key, const volatile __u32 *secret,
				      __u32 extra)
{
	const __u32 *half = (const __u32 *)key;
	__u64 hash = nh_pair(half[8], half[9] & 0xffff, secret);

	if (key->family == FAMILY_IPV4) {
		hash += nh_pair(half[0], half[4], secret + 2);
	} else {
		hash += nh_pair(half[0], half[1], secret + 2);
		hash += nh_pair(half[2], half[3], secret + 4);
		hash += nh_pair(half[4], half[5], secret + 6);
		hash += nh_pair(half[6], half[7], secret + 8);
	}
	if (extra)
		hash += nh_pair(half[10], half[11], secret + 10);
	/* Both halves choose a bucket, so both must depend on every bit of the sum. */
	hash ^= hash >> 32;
	hash *= 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 32);
}

/* Leaves of a key what packets are grouped by. */
static __always_inline void key_group(struct flow_key *key, const volatile struct grouping *by)
{
	const volatile __u64 *mask = key->family == FAMILY_IPV4 ? by->ipv4 : by->ipv6;
	__u64 *words = (__u64 *)key;
	__u32 word;

#pragma unroll
	for (word = 0; word < KEY_WORDS; word++)
		words[word] &= mask[word];
}

/* All words but the one with the ports, which the caller has compared. */
static __always_inline int key_rest_equal(const struct flow_key *a, const struct flow_key *b)
{
	const __u64 *x = (const __u64 *)a, *y = (const __u64 *)b;

	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) | (x[5] ^ y[5]));
}

#endif
