/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether a parsed frame passes a filter: postfix terms over its key, one bit for each answer. */
#ifndef WINDROW_FILTER_H
#define WINDROW_FILTER_H

#include "abi.h"
#include "parse.h"

/* An outcome beside those of the parser: the filter leaves the frame out. */
#define FILTERED (-3)

/*
 * 1 for 0, otherwise 0. No answer may be a branch: the verifier follows each both ways, and 16
 * questions would be 65,536 ways.
 */
static __always_inline __u64 is_zero(__u64 value)
{
	__u64 negative = -value;

	/* The compiler knows what comes of this, and would take a branch. */
	barrier_var(negative);
	return ((value | negative) >> 63) ^ 1;
}

static __always_inline __u64 is_within(__u16 first, __u16 value, __u16 last)
{
	__u64 above = (__u64)value - first, below = (__u64)last - value;

	barrier_var(above);
	return ((above | below) >> 63) ^ 1;
}

/* Zero for a protocol that has ports: as has_ports, without a branch. */
static __always_inline __u64 portless(__u64 proto)
{
	return (proto ^ IP_TCP) * (proto ^ IP_UDP) * (proto ^ IP_SCTP) * (proto ^ IP_DCCP) *
	       (proto ^ IP_UDPLITE);
}

static __always_inline __u64 on_side(__u8 side, __u64 source, __u64 destination)
{
	if (side == SIDE_SOURCE)
		return source;
	if (side == SIDE_DESTINATION)
		return destination;
	return side == SIDE_BOTH ? source & destination : source | destination;
}

static __always_inline __u64 address_differs(const volatile struct filter_term *term,
					     const __u64 *address)
{
	return ((address[0] & term->mask[0]) ^ term->value[0]) |
	       ((address[1] & term->mask[1]) ^ term->value[1]);
}

static __always_inline __u64 address_matches(const volatile struct filter_term *term,
					     const struct flow_key *key)
{
	const __u64 *words = (const __u64 *)key;
	__u64 other_family = key->family ^ term->family;

	return on_side(term->side, is_zero(address_differs(term, words) | other_family),
		       is_zero(address_differs(term, words + 2) | other_family));
}

static __always_inline __u64 port_matches(const volatile struct filter_term *term,
					  const struct flow_key *key)
{
	__u16 first = term->first, last = term->last;
	__u64 answer = on_side(term->side, is_within(first, bpf_ntohs(key->sport), last),
			       is_within(first, bpf_ntohs(key->dport), last));
	__u8 proto = term->proto;

	if (proto)
		return answer & is_zero(key->proto ^ proto);
	/* A key without ports has port 0, so only there it must be asked whether it has any. */
	return first ? answer : answer & is_zero(portless(key->proto));
}

/* The answer to one question: 0 or 1. The key of a frame without one is zero, its family too. */
static __always_inline __u64 question_matches(const volatile struct filter_term *term,
					      const struct parsed *p)
{
	__u8 kind = term->kind, family = term->family;

	if (kind == TERM_ADDRESS)
		return address_matches(term, &p->key);
	if (kind == TERM_PORT)
		return port_matches(term, &p->key);
	if (kind == TERM_VLAN)
		return is_zero((p->vlan & term->last) ^ term->first);
	if (kind == TERM_FAMILY)
		return is_zero(p->key.family ^ family);
	/* TERM_PROTO: of a frame without a key protocol 0 would be right otherwise. */
	return is_zero(p->key.proto ^ term->proto) &
	       (family ? is_zero(p->key.family ^ family) : is_zero(p->key.family) ^ 1);
}

/*
 * Whether a frame passes. In the kernel the filter lies in read-only data: unrolled, since the
 * verifier then knows each term and removes what it does not ask for.
 */
static __always_inline int filter_matches(const volatile struct filter *filter,
					  const struct parsed *p)
{
	__u64 answers = 0;
	__u32 at;

#pragma unroll
	for (at = 0; at < FILTER_TERMS; at++) {
		const volatile struct filter_term *term = &filter->term[at];
		__u8 kind;

		if (at >= filter->terms)
			break;
		kind = term->kind;
		if (kind == TERM_NOT)
			answers ^= 1;
		else if (kind == TERM_AND)
			answers = (answers >> 1) & (answers | ~1ULL);
		else if (kind == TERM_OR)
			answers = (answers >> 1) | (answers & 1);
		else
			answers = answers << 1 | question_matches(term, p);
	}
	return answers & 1;
}

#endif
