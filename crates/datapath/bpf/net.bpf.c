// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Packets: the programs at tcx, clsact and XDP, and the maps that they count into. */
#include "kernel.h"

#include "abi.h"
#include "parse.h"
#include "table.h"
#include "tunnel.h"
#include "wire.h"

/* Frames whose headers are not in one piece are made so up to here, and parsed again. */
#define PULL_BYTES 2048

/* Tunnels in skb_shared_info.gso_type: GRE, IPIP, 6in4, VXLAN, Geneve, with and without checksum */
#define GSO_TUNNELS (0x3f << 6)
#define GSO_TCP (1 << 0 | 1 << 4)
#define GSO_UDP_FRAGMENTS (1 << 16) /* one datagram, to be cut into IP fragments */

/* SCTP chunks differ in size: the kernel marks their frames so, and only its own number is known. */
#define GSO_BY_FRAGS 0xffff

/* Drawn at start: whoever does not know it cannot choose flows that share a bucket. */
const volatile __u32 secret[SECRET_WORDS];

struct control control;
/* Events that found no ledger: counted, shown as lost, and never seen so far. */
__u64 unplaced_events;

/* Sizes are set before load; userspace maps all four. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bucket);
} rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cold_bucket);
} cold_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct list_chunk);
} lists SEC(".maps");

/* One for each possible CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slice);
} slices SEC(".maps");

static __always_inline __u64 clock_ns(void)
{
	return bpf_ktime_get_ns();
}

static __always_inline __u64 clock_ticks(void)
{
	return bpf_jiffies64();
}

static __always_inline struct bucket *table_bucket(__u32 number)
{
	return bpf_map_lookup_elem(&rows, &number);
}

static __always_inline struct cold_bucket *table_cold_bucket(__u32 number)
{
	return bpf_map_lookup_elem(&cold_rows, &number);
}

static __always_inline struct list_chunk *table_list_chunk(__u32 number)
{
	return bpf_map_lookup_elem(&lists, &number);
}

static __always_inline int frame_load(void *frame, __u32 offset, void *to, __u32 length)
{
	return bpf_skb_load_bytes(frame, offset, to, length);
}

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

/* The rest of an event's life: the independent total, then its row, the fold or a reason. */
static __always_inline void count(struct parsed *p, int outcome, struct weight weight)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u32 epoch = *(volatile __u32 *)&control.epoch, buffer = epoch >> 16;
	struct slice *slice = bpf_map_lookup_elem(&slices, &cpu);
	struct slice_epoch *ledger;

	if (!slice || buffer >= MAX_BUFFERS) {
		__sync_fetch_and_add(&unplaced_events, 1);
		return;
	}
	ledger = &slice->epochs[buffer];
	ledger->events++;
	tally_add(&ledger->seen, weight);
	if (outcome == PARSE_KEYED) {
		struct table table = {
			.first_bucket = slice->first_bucket + buffer * slice->buckets,
			.buckets = slice->buckets,
			.first_chunk = slice->first_chunk + buffer * slice->chunks,
		};
		__u64 hash = key_hash(&p->key, secret);

		p->key.epoch = epoch;
		if (p->deep_chain)
			ledger->deep_chains++;
		table_count(&table, ledger, &p->key, hash, weight, p->tcp_flags);
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

/*
 * Headers that a super-frame repeats. Where the kernel knows the frame as a tunnel's it has noted
 * where the inner transport header is, whatever ports the tunnel uses; elsewhere they are parsed.
 */
static __always_inline __u32 skb_headers(struct __sk_buff *ctx, const struct parsed *p)
{
	if (bpf_ksym_exists(bpf_cast_to_kern_ctx) && bpf_ksym_exists(bpf_rdonly_cast)) {
		struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
		struct skb_shared_info *shared = bpf_rdonly_cast(
			skb->head + skb->end, bpf_core_type_id_kernel(struct skb_shared_info));
		__u32 offset = skb->inner_transport_header - (__u32)(skb->data - skb->head);
		__u32 type = shared->gso_type;

		if (type & GSO_UDP_FRAGMENTS)
			return p->at;
		if ((type & GSO_TUNNELS) && offset > p->at && offset < PULL_BYTES)
			return offset +
			       transport_header(ctx, offset, type & GSO_TCP ? IP_TCP : IP_UDP);
	}
	return repeated_headers(ctx, p);
}

/*
 * The walks are global functions: the verifier takes each by itself, once, and not again for every
 * state of every caller.
 */
__noinline int skb_parse_link(struct __sk_buff *ctx, struct parsed *p, __u32 ethernet, __u32 tags)
{
	const __u8 *start = ctx_pointer(ctx, struct __sk_buff, data);
	const __u8 *end = ctx_pointer(ctx, struct __sk_buff, data_end);

	if (!p)
		return OTHER_SHORT;
	return ethernet ? parse_link(p, start, end, tags) : parse_no_link(p, start, end);
}

__noinline int skb_parse_network(struct __sk_buff *ctx, struct parsed *p)
{
	const __u8 *start = ctx_pointer(ctx, struct __sk_buff, data);
	const __u8 *end = ctx_pointer(ctx, struct __sk_buff, data_end);

	return p ? parse_network(p, start, end) : OTHER_SHORT;
}

static __always_inline int skb_walk(struct __sk_buff *ctx, struct parsed *p, __u32 ethernet,
				    __u32 tags)
{
	const struct parsed nothing = {};
	int outcome;

	*p = nothing;
	outcome = skb_parse_link(ctx, p, ethernet, tags);
	return outcome == PARSE_KEYED ? skb_parse_network(ctx, p) : outcome;
}

/* Any frame, also one whose headers do not lie in one piece. */
__noinline int skb_parse(struct __sk_buff *ctx, struct parsed *p, __u32 ethernet, __u32 tags)
{
	__u32 length = ctx_field(ctx, struct __sk_buff, len);
	const __u8 *start = ctx_pointer(ctx, struct __sk_buff, data);
	const __u8 *end = ctx_pointer(ctx, struct __sk_buff, data_end);
	int outcome;

	if (!p)
		return OTHER_SHORT;
	outcome = skb_walk(ctx, p, ethernet, tags);
	/* A frame that really ends here is left alone. */
	if (!p->wanted_more || length <= end - start)
		return outcome;
	if (bpf_skb_pull_data(ctx, length < PULL_BYTES ? length : PULL_BYTES))
		return outcome;
	return skb_walk(ctx, p, ethernet, tags);
}

/* One frame at tcx or clsact, of a device with an Ethernet header or without any. */
static __always_inline int count_skb(struct __sk_buff *ctx, int ethernet)
{
	__u32 length = ctx_field(ctx, struct __sk_buff, len);
	__u32 segment = ctx_field(ctx, struct __sk_buff, gso_size);
	/* A tag that the device took off, or will put on, is on the wire all the same. */
	__u32 tags = ethernet ? !!ctx_field(ctx, struct __sk_buff, vlan_present) : 0;
	const __u8 *start = ctx_pointer(ctx, struct __sk_buff, data);
	const __u8 *end = ctx_pointer(ctx, struct __sk_buff, data_end);
	int outcome = PARSE_DEEPER;
	struct parsed p = {};
	__u32 headers = 0, packets = 1;

	if (ethernet)
		outcome = parse_plain(&p, start, end);
	if (outcome == PARSE_DEEPER)
		outcome = skb_parse(ctx, &p, ethernet, tags);
	length += tags * 4;
	if (segment) {
		/* A jumbo header is in memory only: the wire neither carries nor repeats it. */
		headers = skb_headers(ctx, &p) + tags * 4 - p.phantom;
		length -= p.phantom;
		packets = segment == GSO_BY_FRAGS ? ctx_field(ctx, struct __sk_buff, gso_segs)
						  : wire_packets(length, segment, headers);
		packets = packets ? packets : 1;
	}
	count(&p, outcome, wire_weight(length, packets, headers));
	return TCX_PASS_ON;
}

SEC("tc")
int windrow_in(struct __sk_buff *ctx)
{
	return count_skb(ctx, 1);
}

SEC("tc")
int windrow_out(struct __sk_buff *ctx)
{
	return count_skb(ctx, 1);
}

SEC("tc")
int windrow_in_ip(struct __sk_buff *ctx)
{
	return count_skb(ctx, 0);
}

SEC("tc")
int windrow_out_ip(struct __sk_buff *ctx)
{
	return count_skb(ctx, 0);
}

/* The helper costs 5 ns, and only a frame in several pieces needs it. */
static __always_inline __u32 xdp_length(struct xdp_md *ctx, const __u8 *start, const __u8 *end)
{
	if (bpf_ksym_exists(bpf_cast_to_kern_ctx)) {
		struct xdp_buff *frame = bpf_cast_to_kern_ctx(ctx);

		if (!(frame->flags & XDP_BUFF_HAS_FRAGS))
			return end - start;
	}
	return bpf_xdp_get_buff_len(ctx);
}

__noinline int xdp_parse_link(struct xdp_md *ctx, struct parsed *p)
{
	const __u8 *start = ctx_pointer(ctx, struct xdp_md, data);
	const __u8 *end = ctx_pointer(ctx, struct xdp_md, data_end);

	return p ? parse_link(p, start, end, 0) : OTHER_SHORT;
}

__noinline int xdp_parse_network(struct xdp_md *ctx, struct parsed *p)
{
	const __u8 *start = ctx_pointer(ctx, struct xdp_md, data);
	const __u8 *end = ctx_pointer(ctx, struct xdp_md, data_end);

	return p ? parse_network(p, start, end) : OTHER_SHORT;
}

SEC("xdp.frags")
int windrow_xdp(struct xdp_md *ctx)
{
	const __u8 *start = ctx_pointer(ctx, struct xdp_md, data);
	const __u8 *end = ctx_pointer(ctx, struct xdp_md, data_end);
	__u32 length = xdp_length(ctx, start, end);
	struct parsed p = {};
	int outcome = parse_plain(&p, start, end);

	if (outcome == PARSE_DEEPER) {
		__builtin_memset(&p, 0, sizeof(p));
		outcome = xdp_parse_link(ctx, &p);
		if (outcome == PARSE_KEYED)
			outcome = xdp_parse_network(ctx, &p);
	}
	count(&p, outcome, wire_weight(length, 1, 0));
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
