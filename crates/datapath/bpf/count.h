/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rest of an event's life: the independent total, then its row, the fold or a reason. */
#ifndef WINDROW_COUNT_H
#define WINDROW_COUNT_H

#include "filter.h"
#include "key.h"
#include "parse.h"
#include "table.h"
#include "wire.h"

static __noinline int count_ethertype(struct slice_epoch *ledger, __u32 ethertype, __u32 packets,
				      __u64 bytes)
{
	struct weight weight = {.packets = packets, .bytes = bytes};
	__u32 probe;

	if (!ledger)
		return 0;
#pragma unroll
	for (probe = 0; probe < ETHERTYPE_SLOTS; probe++) {
		__u32 slot = (ethertype + probe) % ETHERTYPE_SLOTS;
		struct ethertype_tally *tally = &ledger->ethertypes[slot];

		if (!tally->ethertype)
			tally->ethertype = ethertype;
		if (tally->ethertype == ethertype) {
			tally_add(&tally->seen, weight);
			return 0;
		}
	}
	tally_add(&ledger->other[OTHER_ETHERTYPE], weight);
	return 0;
}

/*
 * Makes of what was parsed the key that is counted, and hashes it. `grouped` is by->on, which is read
 * once a packet.
 */
static __always_inline __u64 count_key(struct parsed *p, const volatile struct grouping *by,
				       __u32 grouped, __u32 iface, __u8 dir,
				       const volatile __u32 *secret)
{
	if (grouped) {
		p->key.iface = iface;
		p->key.vlan = p->vlan & VLAN_ID;
		p->key.tos = p->tos;
		p->key.dir = dir;
		key_group(&p->key, by);
	}
	return key_hash(&p->key, secret, grouped);
}

/*
 * Counts one event in the ledger of an epoch, whose mark rows carry; `hash` is that of its key, where
 * it has one. `outcome` is the parser's, or FILTERED.
 */
static __always_inline void count(const struct instance *instance, struct slice_epoch *ledger,
				  __u16 mark, __u64 hash, __u32 grouped, struct parsed *p,
				  int outcome, struct weight weight, __u8 dir)
{
	ledger->events++;
	tally_add(dir == DIRECTION_OUT ? &ledger->seen_out : &ledger->seen, weight);
	if (likely(outcome == PARSE_KEYED)) {
		key_stamp(&p->key, mark);
		if (unlikely(p->deep_chain))
			ledger->deep_chains++;
		table_count(instance, ledger, &p->key, hash, grouped, &p->family, weight,
			    p->tcp_flags);
	} else if (outcome == FILTERED) {
		tally_add(&ledger->filtered, weight);
	} else if (outcome == OTHER_ETHERTYPE) {
		count_ethertype(ledger, p->ethertype, weight.packets, weight.bytes);
	} else {
		__u32 reason = outcome;

		/* The compiler knows the range and would drop the test that the verifier needs. */
		barrier_var(reason);
		if (reason < OTHER_REASONS)
			tally_add(&ledger->other[reason], weight);
	}
}

#endif
