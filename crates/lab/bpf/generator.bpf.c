/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes frame after frame, at the asked rate, and sends each into one veth. */
#include "kernel.h"
#include "headers.h"

#define MICRO_TURNS 65536 /* of the waiting loop; a turn reads the clock, some 20 ns */

/* Set before load; src/mix.rs computes the same flows. */
const volatile __u32 ifindex;
const volatile __u8 to_mac[6];
const volatile __u8 from_mac[6];
const volatile __u32 frame_bytes; /* whole frame, link header included */
const volatile __u32 flows; /* 1 .. 2^24 */
const volatile __u32 stride; /* coprime with flows, below flows */
const volatile __u32 ipv6_permille;
const volatile __u32 tcp_permille;
const volatile __u32 vlan;
const volatile __u32 fragments;
const volatile __u64 interval_q16_ns; /* between frames, 1/65536 ns; 0: no waiting */

/* Written by user space while the program runs. */
struct control {
	__u32 stop;
	__u32 padding;
	__u64 until_ns; /* monotonic clock; 0: no end */
};

/* What was sent; one thread runs the program, so plain additions are exact. */
struct sent {
	__u64 packets;
	__u64 bytes;
	__u64 ipv4;
	__u64 ipv6;
	__u64 tcp;
	__u64 udp;
	__u64 later_fragments;
	__u64 refused;
	__u64 skipped;
};

struct control control SEC(".data.control");
struct sent sent SEC(".data.sent");

struct progress {
	__u64 frame;
	__u64 start_ns;
	__u64 due_q16_ns; /* after start */
	__u32 cursor;
};

struct progress progress;

/* Flow number `index`, everything that follows from it. */
struct flow {
	__u32 index;
	__u32 ipv6;
	__u32 protocol;
	__u32 server;
	__u16 from_port;
	__u16 to_port;
};

/* What part of a datagram a frame is. */
enum part { PART_WHOLE, PART_FIRST, PART_LATER };

struct frame {
	struct flow flow;
	enum part part;
	__u32 id; /* of the datagram, for fragments */
};

static __always_inline struct flow flow_of(__u32 index)
{
	__u32 hash = index * 0x9e3779b1u;
	struct flow flow = {.index = index};
	__u32 more, tcp, service;

	hash ^= hash >> 15;
	hash *= 0x85ebca77u;
	hash ^= hash >> 13;
	more = hash * 0xc2b2ae3du;
	service = (more >> 8) & 3;
	tcp = (((hash >> 16) * 1000) >> 16) < tcp_permille;

	flow.ipv6 = (((hash & 0xffff) * 1000) >> 16) < ipv6_permille;
	flow.protocol = tcp ? PROTOCOL_TCP : PROTOCOL_UDP;
	flow.server = (more >> 4) & 1023;
	flow.from_port = 1024 + (((more >> 16) * 64512) >> 16);
	if (tcp)
		flow.to_port = service == 0 ? 443 : service == 1 ? 80 : service == 2 ? 22 : 5432;
	else
		flow.to_port = service == 0 ? 443 : service == 1 ? 53 : service == 2 ? 123 : 5004;
	return flow;
}

static long until_due(__u32 turn, void *due)
{
	return bpf_ktime_get_ns() >= *(__u64 *)due;
}

/* Waits until the next frame is due. User space bounds the batch, so the wait is short. */
static __always_inline void wait(void)
{
	__u64 due;

	if (!interval_q16_ns)
		return;
	if (!progress.start_ns)
		progress.start_ns = bpf_ktime_get_ns();
	due = progress.start_ns + (progress.due_q16_ns >> 16);
	progress.due_q16_ns += interval_q16_ns;
	bpf_loop(MICRO_TURNS, until_due, &due, 0);
}

static __always_inline int ended(void)
{
	volatile struct control *asked = &control;

	/* The coarse clock costs a load; it lags by a tick at most. */
	return asked->stop || (asked->until_ns && bpf_ktime_get_coarse_ns() >= asked->until_ns);
}

/* The next frame in the schedule; with fragments, frames 6 and 7 of 8 are one datagram. */
static __always_inline struct frame next_frame(void)
{
	__u32 slot = progress.frame & 7;
	struct frame frame = {
		.flow = flow_of(progress.cursor),
		.part = PART_WHOLE,
		.id = progress.frame >> 3,
	};

	if (fragments && slot >= 6)
		frame.part = slot == 6 ? PART_FIRST : PART_LATER;
	if (frame.part != PART_FIRST) {
		progress.cursor += stride;
		if (progress.cursor >= flows)
			progress.cursor -= flows;
	}
	progress.frame++;
	return frame;
}

static __always_inline void *write_link(void *at, void *end, const struct flow *flow)
{
	__be16 type = flow->ipv6 ? bpf_htons(ETHERTYPE_IPV6) : bpf_htons(ETHERTYPE_IPV4);
	struct ethernet *ethernet = at;
	struct vlan *tag;

	if ((void *)(ethernet + 1) > end)
		return 0;
#pragma unroll
	for (int i = 0; i < 6; i++) {
		ethernet->to[i] = to_mac[i];
		ethernet->from[i] = from_mac[i];
	}
	if (!vlan) {
		ethernet->type = type;
		return ethernet + 1;
	}
	ethernet->type = bpf_htons(ETHERTYPE_VLAN);
	tag = (void *)(ethernet + 1);
	if ((void *)(tag + 1) > end)
		return 0;
	tag->tag = bpf_htons(100 + (flow->index & 3));
	tag->type = type;
	return tag + 1;
}

static __always_inline __u16 ipv4_checksum(const struct ipv4 *ip)
{
	const __u16 *words = (const void *)ip;
	__u32 sum = 0;

#pragma unroll
	for (int i = 0; i < 10; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return ~sum;
}

/* `length` bytes from here to the frame's end. Sources 10.0.0.0/8, destinations 198.18.0.0/22. */
static __always_inline void *write_ipv4(void *at, void *end, const struct frame *frame,
					__u32 length)
{
	__u32 piece = (length - sizeof(struct ipv4)) & ~7u;
	struct ipv4 *ip = at;

	if ((void *)(ip + 1) > end)
		return 0;
	ip->version_length = 0x45;
	ip->tos = 0;
	ip->length = bpf_htons(length);
	ip->id = 0;
	ip->fragment = bpf_htons(IPV4_DONT_FRAGMENT);
	if (frame->part != PART_WHOLE) {
		ip->id = bpf_htons(frame->id);
		ip->fragment = bpf_htons(piece / 8);
	}
	if (frame->part == PART_FIRST) {
		ip->length = bpf_htons(sizeof(*ip) + piece);
		ip->fragment = bpf_htons(IPV4_MORE_FRAGMENTS);
	}
	ip->ttl = 64;
	ip->protocol = frame->flow.protocol;
	ip->checksum = 0;
	ip->from = bpf_htonl(0x0a000000 + frame->flow.index);
	ip->to = bpf_htonl(0xc6120000 + frame->flow.server);
	ip->checksum = ipv4_checksum(ip);
	return ip + 1;
}

static __always_inline void *write_fragment(void *at, void *end, const struct frame *frame,
					    __u32 piece)
{
	struct ipv6_fragment *fragment = at;

	if ((void *)(fragment + 1) > end)
		return 0;
	fragment->next = frame->flow.protocol;
	fragment->reserved = 0;
	fragment->offset =
		frame->part == PART_FIRST ? bpf_htons(IPV6_MORE_FRAGMENTS) : bpf_htons(piece);
	fragment->id = bpf_htonl(frame->id);
	return fragment + 1;
}

/* Sources 2001:2:0:1::/64, destinations 2001:2:0:2::/64. */
static __always_inline void *write_ipv6(void *at, void *end, const struct frame *frame,
					__u32 length)
{
	__u32 payload = length - sizeof(struct ipv6);
	__u32 piece = (payload - sizeof(struct ipv6_fragment)) & ~7u;
	struct ipv6 *ip = at;

	if ((void *)(ip + 1) > end)
		return 0;
	ip->version_label = bpf_htonl(0x60000000);
	ip->length = bpf_htons(payload);
	ip->next = frame->flow.protocol;
	ip->hops = 64;
	ip->from[0] = bpf_htonl(0x20010002);
	ip->from[1] = bpf_htonl(1);
	ip->from[2] = 0;
	ip->from[3] = bpf_htonl(frame->flow.index);
	ip->to[0] = bpf_htonl(0x20010002);
	ip->to[1] = bpf_htonl(2);
	ip->to[2] = 0;
	ip->to[3] = bpf_htonl(frame->flow.server);
	if (frame->part == PART_WHOLE)
		return ip + 1;
	ip->next = PROTOCOL_FRAGMENT;
	if (frame->part == PART_FIRST)
		ip->length = bpf_htons(sizeof(struct ipv6_fragment) + piece);
	return write_fragment(ip + 1, end, frame, piece);
}

static __always_inline void *write_tcp(void *at, void *end, const struct flow *flow)
{
	struct tcp *tcp = at;

	if ((void *)(tcp + 1) > end)
		return 0;
	tcp->from = bpf_htons(flow->from_port);
	tcp->to = bpf_htons(flow->to_port);
	tcp->sequence = bpf_htonl(progress.frame);
	tcp->acknowledged = bpf_htonl(1);
	tcp->offset = 5 << 4;
	tcp->flags = 0x18; /* PSH, ACK */
	tcp->window = bpf_htons(502);
	tcp->checksum = 0;
	tcp->urgent = 0;
	return tcp + 1;
}

static __always_inline void *write_udp(void *at, void *end, const struct flow *flow, __u32 length)
{
	struct udp *udp = at;

	if ((void *)(udp + 1) > end)
		return 0;
	udp->from = bpf_htons(flow->from_port);
	udp->to = bpf_htons(flow->to_port);
	udp->length = bpf_htons(length);
	/* 0 says "none", which only IPv4 allows. Nobody above the hook reads it. */
	udp->checksum = flow->ipv6 ? 0xffff : 0;
	return udp + 1;
}

/* All headers anew: the page is recycled and holds those of an earlier frame. */
static __always_inline void *write_frame(void *at, void *end, const struct frame *frame)
{
	__u32 length = frame_bytes - sizeof(struct ethernet) - (vlan ? sizeof(struct vlan) : 0);
	__u32 fixed = sizeof(struct ipv4);

	at = write_link(at, end, &frame->flow);
	if (!at)
		return 0;
	if (frame->flow.ipv6) {
		fixed = sizeof(struct ipv6);
		if (frame->part != PART_WHOLE)
			fixed += sizeof(struct ipv6_fragment);
		at = write_ipv6(at, end, frame, length);
	} else {
		at = write_ipv4(at, end, frame, length);
	}
	if (!at || frame->part == PART_LATER)
		return at;
	if (frame->flow.protocol == PROTOCOL_TCP)
		return write_tcp(at, end, &frame->flow);
	return write_udp(at, end, &frame->flow, length - fixed);
}

static __always_inline void account(const struct frame *frame)
{
	sent.packets++;
	sent.bytes += frame_bytes;
	if (frame->flow.ipv6)
		sent.ipv6++;
	else
		sent.ipv4++;
	if (frame->flow.protocol == PROTOCOL_TCP)
		sent.tcp++;
	else
		sent.udp++;
	if (frame->part == PART_LATER)
		sent.later_fragments++;
}

SEC("xdp")
int generate(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct frame frame;
	int verdict;

	if (ended()) {
		sent.skipped++;
		return XDP_DROP;
	}
	wait();
	frame = next_frame();
	if (!write_frame(data, end, &frame)) {
		sent.refused++;
		return XDP_DROP;
	}
	verdict = bpf_redirect(ifindex, 0);
	if (verdict == XDP_REDIRECT)
		account(&frame);
	else
		sent.refused++;
	return verdict;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
