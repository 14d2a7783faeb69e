/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Making, hashing and comparing flow keys, a word at a time. A CPU hands on what was just stored only
 * to a load that one store covers; a load over several waits until all are in the cache, 15 cycles.
 */
#ifndef WINDROW_KEY_H
#define WINDROW_KEY_H

#include "abi.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the epoch's place in a word of the key is that of a little-endian machine"
#endif

/* What else is in the word of the ports, on a little-endian machine. */
#define KEY_PROTO_SHIFT 32
#define KEY_FAMILY_SHIFT 40
#define KEY_EPOCH_SHIFT 48

#define SECRET_WORDS 12

/* The word with the ports, in network byte order, and the epoch still to come. */
static __always_inline __u64 key_ports_word(__u32 ports, __u8 proto, __u8 family)
{
	return ports | (__u64)proto << KEY_PROTO_SHIFT | (__u64)family << KEY_FAMILY_SHIFT;
}

static __always_inline __u8 key_family(__u64 ports_word)
{
	return ports_word >> KEY_FAMILY_SHIFT;
}

static __always_inline void key_stamp(struct flow_key *key, __u16 epoch)
{
	((__u64 *)key)[KEY_WORD_PORTS] |= (__u64)epoch << KEY_EPOCH_SHIFT;
}

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

static __always_inline __u64 nh_word(__u64 word, const volatile __u32 *secret)
{
	return nh_pair(word, word >> 32, secret);
}

static __always_inline __u64 key_hash(const struct flow_key *key, const volatile __u32 *secret,
				      __u32 extra)
{
	const __u64 *words = (const __u64 *)key;
	__u64 ports = words[KEY_WORD_PORTS];
	__u64 hash = nh_pair(ports, (ports >> 32) & 0xffff, secret);

	if (key_family(ports) == FAMILY_IPV4) {
		hash += nh_pair(words[0], words[2], secret + 2);
	} else {
		hash += nh_word(words[0], secret + 2);
		hash += nh_word(words[1], secret + 4);
		hash += nh_word(words[2], secret + 6);
		hash += nh_word(words[3], secret + 8);
	}
	if (extra)
		hash += nh_word(words[5], secret + 10);
	/*
	 * Both halves choose a bucket, so both must depend on every bit of the sum. And of keys that
	 * count up the sum is a straight line, which heaps up at some slopes: the first step bends it.
	 */
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

/*
 * All words but the one with the ports, which the caller has compared: families are alike. What of
 * IPv4 is always zero need not be compared, nor the last word unless `extra`.
 */
static __always_inline int key_rest_equal(const struct flow_key *a, const struct flow_key *b,
					  __u32 extra)
{
	const __u64 *x = (const __u64 *)a, *y = (const __u64 *)b;

	if (x[0] != y[0] || x[2] != y[2] || (extra && x[5] != y[5]))
		return 0;
	return key_family(y[KEY_WORD_PORTS]) == FAMILY_IPV4 || (x[1] == y[1] && x[3] == y[3]);
}

#endif
