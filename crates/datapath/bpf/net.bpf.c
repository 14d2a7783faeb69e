// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Packets: the programs at tcx, clsact and XDP. */
#include "kernel.h"

#include "abi.h"
#include "count.h"
#include "export.h"
#include "packets.h"
#include "tunnel.h"

/* An inner header that is farther in is no header. */
#define TUNNEL_REACH 2048

/* Tunnels in skb_shared_info.gso_type: GRE, IPIP, 6in4, VXLAN, Geneve, with and without checksum */
#define GSO_TUNNELS (0x3f << 6)
#define GSO_TCP (1 << 0 | 1 << 4)
#define GSO_UDP_FRAGMENTS (1 << 16) /* one datagram, to be cut into IP fragments */

/* SCTP chunks differ in size: the kernel marks their frames so, and only its own number is known. */
#define GSO_BY_FRAGS 0xffff

static __always_inline int frame_load(const struct frame *frame, __u32 offset, void *to,
				      __u32 length)
{
	if (frame->xdp)
		return bpf_xdp_load_bytes(frame->context, offset, to, length);
	return bpf_skb_load_bytes(frame->context, offset, to, length);
}

/*
 * The life of the interface of that index, whose own total gets the event: what was seen of each is
 * compared with what the interface itself counts.
 */
static __always_inline __u32 count_sight(__u32 cpu, __u32 index, __u8 dir, struct weight weight)
{
	__u32 probe;

#pragma unroll
	for (probe = 0; probe < INTERFACE_PROBES; probe++) {
		__u32 place = (index + probe) & interface_mask;
		struct interface_slot *slot = bpf_map_lookup_elem(&interfaces, &place);

		if (slot && slot->index == index) {
			__u32 life = slot->life;
			struct sight *seen;

			place += cpu * (interface_mask + 1);
			seen = bpf_map_lookup_elem(&sights, &place);
			if (seen)
				tally_add(dir == DIRECTION_OUT ? &seen->going_out
							       : &seen->coming_in,
					  weight);
			return life;
		}
	}
	return 0;
}

/* Where an event happened. */
struct place {
	__u32 index; /* of the interface; 0 where it is not asked for */
	__u8 dir;
};

/*
 * Keys without a row, for each of the two clocks: a global function, as the walks are, since the
 * verifier would else follow all of it from every frame that it can think of.
 */
__noinline int arrive_live(struct slice_epoch *ledger, struct arrival *arrival)
{
	return ledger && arrival ? table_arrive(&live, ledger, arrival) : 0;
}

__noinline int arrive_replayed(struct slice_epoch *ledger, struct arrival *arrival)
{
	return ledger && arrival ? table_arrive(&replay, ledger, arrival) : 0;
}

static __always_inline int instance_arrive(const struct instance *instance,
					   struct slice_epoch *ledger, struct arrival *arrival)
{
	return instance->replayed ? arrive_replayed(ledger, arrival) : arrive_live(ledger, arrival);
}

/* A global function, as the walks are. */
__noinline int passes_filter(const struct parsed *p)
{
	return p ? filter_matches(&filter, p) : 0;
}

/*
 * Finds the CPU's slice, and counts. A replay has one slice, whichever CPU it runs on. `grouped` is
 * grouping.on.
 */
static __always_inline void count_here(const struct instance *instance, __u32 grouped,
				       struct parsed *p, int outcome, struct weight weight,
				       struct place where)
{
	__u32 cpu = instance->replayed ? 0 : bpf_get_smp_processor_id();
	__u32 iface = instance->replayed ? control.iface : 0;
	__u32 epoch = *(volatile __u32 *)&control.epoch;
	struct slice_epoch *ledger = ledger_of(cpu, epoch >> 16);
	__u64 hash;

	if (unlikely(!ledger)) {
		__sync_fetch_and_add(&unplaced_events, 1);
		return;
	}
	if (where.index)
		iface = count_sight(cpu, where.index, where.dir, weight);
	if (instance->replayed)
		where.dir = control.dir;
	hash = likely(outcome == PARSE_KEYED)
		       ? count_key(p, &grouping, grouped, iface, where.dir, secret)
		       : 0;
	count(instance, ledger, epoch, hash, grouped, p, outcome, weight,
	      instance->replayed ? 0 : where.dir);
}

/* Counts any frame, if it passes the filter. */
static __always_inline void count_filtered(const struct instance *instance, struct parsed *p,
					   int outcome, struct weight weight, struct place where)
{
	/* Of the whole key, and before the hash, which a frame that is left out does not need. */
	if (filter.terms && !passes_filter(p))
		outcome = FILTERED;
	count_here(instance, grouping.on, p, outcome, weight, where);
}

/*
 * Counts a frame that is plain; 0: it is not, or a filter asks for it. Nothing here is handed to a
 * function, so that all that was parsed stays in registers.
 */
static __always_inline int count_plain_as(const struct instance *instance, __u32 grouped,
					  const __u8 *start, const __u8 *end, __u32 length,
					  struct place where)
{
	const struct weight weight = wire_weight(length, 1, 0);
	struct parsed ipv4 = {}, ipv6 = {};

	if (likely(parse_plain_ipv4(&ipv4, start, end) == PARSE_KEYED)) {
		count_here(instance, grouped, &ipv4, PARSE_KEYED, weight, where);
		return 1;
	}
	if (parse_plain_ipv6(&ipv6, start, end) == PARSE_KEYED) {
		count_here(instance, grouped, &ipv6, PARSE_KEYED, weight, where);
		return 1;
	}
	return 0;
}

/*
 * The same, compiled twice: where keys are not grouped, some of their words are known to be zero. The
 * verifier removes the one that is not asked for.
 */
static __always_inline int count_plain(const struct instance *instance, const __u8 *start,
				       const __u8 *end, __u32 length, struct place where)
{
	if (filter.terms)
		return 0;
	if (grouping.on)
		return count_plain_as(instance, 1, start, end, length, where);
	return count_plain_as(instance, 0, start, end, length, where);
}

static __always_inline struct frame skb_frame(struct __sk_buff *ctx)
{
	return (struct frame){
		.context = ctx,
		.start = ctx_pointer(ctx, struct __sk_buff, data),
		.end = ctx_pointer(ctx, struct __sk_buff, data_end),
	};
}

static __always_inline struct frame xdp_frame(struct xdp_md *ctx)
{
	return (struct frame){
		.context = ctx,
		.start = ctx_pointer(ctx, struct xdp_md, data),
		.end = ctx_pointer(ctx, struct xdp_md, data_end),
		.xdp = 1,
	};
}

/*
 * Headers that a super-frame repeats. Where the kernel knows the frame as a tunnel's it has noted
 * where the inner transport header is, whatever ports the tunnel uses; elsewhere they are parsed.
 */
static __always_inline __u32 skb_headers(struct __sk_buff *ctx, const struct parsed *p)
{
	const struct frame frame = skb_frame(ctx);

	if (bpf_ksym_exists(bpf_cast_to_kern_ctx) && bpf_ksym_exists(bpf_rdonly_cast)) {
		struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
		struct skb_shared_info *shared = bpf_rdonly_cast(
			skb->head + skb->end, bpf_core_type_id_kernel(struct skb_shared_info));
		__u32 offset = skb->inner_transport_header - (__u32)(skb->data - skb->head);
		__u32 type = shared->gso_type;

		if (type & GSO_UDP_FRAGMENTS)
			return p->at;
		if ((type & GSO_TUNNELS) && offset > p->at && offset < TUNNEL_REACH)
			return offset +
			       transport_header(&frame, offset, type & GSO_TCP ? IP_TCP : IP_UDP);
	}
	return repeated_headers(&frame, p);
}

/*
 * The walks are global functions: the verifier takes each by itself, once, and not again for every
 * state of every caller.
 */
__noinline int skb_parse_link(struct __sk_buff *ctx, struct parsed *p, __u32 ethernet, __u32 tags)
{
	const struct frame frame = skb_frame(ctx);

	if (!p)
		return OTHER_SHORT;
	return ethernet ? parse_link(p, &frame, tags) : parse_no_link(p, &frame);
}

__noinline int skb_parse_network(struct __sk_buff *ctx, struct parsed *p)
{
	const struct frame frame = skb_frame(ctx);

	return p ? parse_network(p, &frame) : OTHER_SHORT;
}

/* Any frame, also one whose headers do not lie in one piece. */
static __always_inline int skb_parse(struct __sk_buff *ctx, struct parsed *p, __u32 ethernet,
				     __u32 tags)
{
	const struct parsed nothing = {};
	int outcome;

	*p = nothing;
	outcome = skb_parse_link(ctx, p, ethernet, tags);
	return outcome == PARSE_KEYED ? skb_parse_network(ctx, p) : outcome;
}

/* One frame at tcx or clsact, of a device with an Ethernet header or without any. */
static __always_inline int count_skb(struct __sk_buff *ctx, int ethernet, __u8 dir)
{
	__u32 length = ctx_field(ctx, struct __sk_buff, len);
	__u32 segment = ctx_field(ctx, struct __sk_buff, gso_size);
	/* A tag that the device took off, or will put on, is on the wire all the same. */
	__u32 tags = ethernet ? !!ctx_field(ctx, struct __sk_buff, vlan_present) : 0;
	const __u8 *start = ctx_pointer(ctx, struct __sk_buff, data);
	const __u8 *end = ctx_pointer(ctx, struct __sk_buff, data_end);
	struct place where = {.dir = dir};
	__u32 headers = 0, packets = 1;
	struct parsed p;
	int outcome;

	if (interface_mask)
		where.index = ctx_field(ctx, struct __sk_buff, ifindex);
	if (ethernet && likely(!segment && !tags) && count_plain(&live, start, end, length, where))
		return TCX_PASS_ON;
	__builtin_memset(&p, 0, sizeof(p));
	outcome = ethernet ? parse_plain(&p, start, end) : PARSE_DEEPER;
	if (outcome == PARSE_DEEPER)
		outcome = skb_parse(ctx, &p, ethernet, tags);
	if (tags) {
		length += 4;
		p.vlan = vlan_tag(ctx_field(ctx, struct __sk_buff, vlan_tci));
	}
	if (segment) {
		/* A jumbo header is in memory only: the wire neither carries nor repeats it. */
		headers = skb_headers(ctx, &p) + tags * 4 - p.phantom;
		length -= p.phantom;
		packets = segment == GSO_BY_FRAGS ? ctx_field(ctx, struct __sk_buff, gso_segs)
						  : wire_packets(length, segment, headers);
		packets = packets ? packets : 1;
	}
	count_filtered(&live, &p, outcome, wire_weight(length, packets, headers), where);
	return TCX_PASS_ON;
}

SEC("tc")
int windrow_in(struct __sk_buff *ctx)
{
	return count_skb(ctx, 1, DIRECTION_IN);
}

SEC("tc")
int windrow_out(struct __sk_buff *ctx)
{
	return count_skb(ctx, 1, DIRECTION_OUT);
}

SEC("tc")
int windrow_in_ip(struct __sk_buff *ctx)
{
	return count_skb(ctx, 0, DIRECTION_IN);
}

SEC("tc")
int windrow_out_ip(struct __sk_buff *ctx)
{
	return count_skb(ctx, 0, DIRECTION_OUT);
}

/* The helper costs 5 ns, and only a frame in several pieces needs it. */
static __always_inline __u32 xdp_length(struct xdp_md *ctx, const __u8 *start, const __u8 *end)
{
	if (bpf_ksym_exists(bpf_cast_to_kern_ctx)) {
		struct xdp_buff *frame = bpf_cast_to_kern_ctx(ctx);

		if (likely(!(frame->flags & XDP_BUFF_HAS_FRAGS)))
			return end - start;
	}
	return bpf_xdp_get_buff_len(ctx);
}

__noinline int xdp_parse_link(struct xdp_md *ctx, struct parsed *p)
{
	const struct frame frame = xdp_frame(ctx);

	return p ? parse_link(p, &frame, 0) : OTHER_SHORT;
}

__noinline int xdp_parse_network(struct xdp_md *ctx, struct parsed *p)
{
	const struct frame frame = xdp_frame(ctx);

	return p ? parse_network(p, &frame) : OTHER_SHORT;
}

static __always_inline int count_xdp(const struct instance *instance, struct xdp_md *ctx)
{
	const __u8 *start = ctx_pointer(ctx, struct xdp_md, data);
	const __u8 *end = ctx_pointer(ctx, struct xdp_md, data_end);
	__u32 length = instance->replayed ? control.frame_bytes : xdp_length(ctx, start, end);
	struct place where = {.dir = DIRECTION_IN};
	struct parsed p;
	int outcome;

	if (interface_mask)
		where.index = ctx_field(ctx, struct xdp_md, ingress_ifindex);
	if (likely(count_plain(instance, start, end, length, where)))
		return XDP_PASS;
	__builtin_memset(&p, 0, sizeof(p));
	outcome = parse_plain(&p, start, end);
	if (outcome == PARSE_DEEPER) {
		__builtin_memset(&p, 0, sizeof(p));
		outcome = xdp_parse_link(ctx, &p);
		if (outcome == PARSE_KEYED)
			outcome = xdp_parse_network(ctx, &p);
	}
	count_filtered(instance, &p, outcome, wire_weight(length, 1, 0), where);
	return XDP_PASS;
}

SEC("xdp.frags")
int windrow_xdp(struct xdp_md *ctx)
{
	return count_xdp(&live, ctx);
}

/* For program test runs: frames of a capture. */
SEC("xdp.frags")
int windrow_replay(struct xdp_md *ctx)
{
	return count_xdp(&replay, ctx);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
