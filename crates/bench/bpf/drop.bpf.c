// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The least that a full table can cost: windrow's own parser, hash, ledger and rows, found in the same
 * way, but a key that finds no row is only added to what was not counted by flow. It counts into
 * windrow's own maps, so that userspace places the tables and ends windows as it does for windrow.
 */
#include "kernel.h"

#include "abi.h"
#include "count.h"
#include "packets.h"

/* Drawn once. */
const volatile __u32 secret[SECRET_WORDS] = {
	0x9a1f37c5, 0x5b20e86d, 0xc4d7716b, 0x0e93bf29, 0x71a8d243, 0xe65c0b97,
	0x2f4d8ee1, 0xb83619d5, 0x47e2fa0d, 0xd1795c33, 0x6c0ba4f7, 0x935fe81b,
};

/* The frames of the benchmark are plain: what needs a walk is not counted. */
static __always_inline int frame_load(const struct frame *frame, __u32 offset, void *to,
				      __u32 length)
{
	return -1;
}

/* Keys that find a free row: a global function, as in windrow. */
__noinline int take(struct slice_epoch *ledger, struct arrival *arrival)
{
	return ledger && arrival ? insert(&live, ledger, arrival) : 0;
}

static __always_inline int instance_arrive(const struct instance *instance,
					   struct slice_epoch *ledger, struct arrival *arrival)
{
	if (arrival->way < BUCKET_WAYS)
		return take(ledger, arrival);
	ledger->folded.packets += arrival->weight.packets;
	ledger->folded.bytes += arrival->weight.bytes;
	return 0;
}

static __always_inline void count_here(struct parsed *p, struct weight weight)
{
	__u32 epoch = *(volatile __u32 *)&control.epoch;
	struct slice_epoch *ledger = ledger_of(bpf_get_smp_processor_id(), epoch >> 16);
	__u64 hash;

	if (unlikely(!ledger)) {
		__sync_fetch_and_add(&unplaced_events, 1);
		return;
	}
	hash = count_key(p, &grouping, 0, 0, DIRECTION_IN, secret);
	count(&live, ledger, epoch, hash, 0, p, PARSE_KEYED, weight, DIRECTION_IN);
}

SEC("xdp.frags")
int drop(struct xdp_md *ctx)
{
	const __u8 *start = ctx_pointer(ctx, struct xdp_md, data);
	const __u8 *end = ctx_pointer(ctx, struct xdp_md, data_end);
	const struct weight weight = wire_weight(end - start, 1, 0);
	struct parsed ipv4 = {}, ipv6 = {};

	if (likely(parse_plain_ipv4(&ipv4, start, end) == PARSE_KEYED))
		count_here(&ipv4, weight);
	else if (parse_plain_ipv6(&ipv6, start, end) == PARSE_KEYED)
		count_here(&ipv6, weight);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
