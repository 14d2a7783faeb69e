/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the bytes of a frame to its flow key, or to the reason why it has none. */
#ifndef WINDROW_PARSE_H
#define WINDROW_PARSE_H

#include "abi.h"
#include "frame.h"
#include "key.h"

/* How deep the parser walks; what lies deeper is counted under its own name. */
#define PARSE_VLANS 4
#define PARSE_LABELS 8
#define PARSE_EXTENSIONS 8

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_QINQ 0x88a8
#define ETHERTYPE_QINQ_OLD 0x9100
#define ETHERTYPE_MPLS 0x8847
#define ETHERTYPE_MPLS_UPSTREAM 0x8848
#define ETHERTYPE_PPPOE 0x8864
#define ETHERTYPE_MIN 0x0600 /* below: an 802.3 length */

#define VLAN_ID 0x0fff

#define PPP_IPV4 0x0021
#define PPP_IPV6 0x0057

#define IP_TCP 6
#define IP_UDP 17
#define IP_DCCP 33
#define IP_SCTP 132
#define IP_UDPLITE 136
#define IPV6_HOP_BY_HOP 0
#define IPV6_ROUTING 43
#define IPV6_FRAGMENT 44
#define IPV6_AUTH 51
#define IPV6_DESTINATION 60
#define IPV6_JUMBO_OPTION 0xc2

/* What a step of the parser says; any other value is a reason, OTHER_…. */
#define PARSE_KEYED (-1)
#define PARSE_DEEPER (-2) /* not plain: walk it with parse_link and parse_network */

#define TAGGED 0x1000 /* next to the 12 bits of an id */

/*
 * What the parser learned of one frame; offsets are bytes from the frame's start. The walks keep
 * their place in here and read it back through `volatile`: then every round of a loop looks alike
 * to the verifier, which otherwise follows each path through tags and extensions by itself. The
 * loops are unrolled, since Linux 6.1 takes loops only in the one shape that it expects.
 */
struct parsed {
	struct flow_key key; /* epoch is 0 */
	__u32 at; /* IP header after parse_link, what follows the IP headers when keyed */
	__u32 left; /* bytes of the IP packet from `at` on */
	__u32 ethertype; /* of what is at `at`, host byte order */
	__u8 next; /* IP protocol of what is at `at` */
	__u8 deep_chain;
	__u16 phantom; /* bytes of a jumbo header, which never reaches the wire */
	__u16 vlan; /* TAGGED and the id of the outermost tag; 0 without one */
	__u8 tcp_flags;
	__u8 tos; /* traffic class: DSCP and ECN */
	__u8 family; /* of the packet, however its key is grouped */
	__u8 pad[3];
};

#define place(p) (*(volatile __u32 *)&(p)->at)
#define bytes_left(p) (*(volatile __u32 *)&(p)->left)
#define next_header(p) (*(volatile __u8 *)&(p)->next)

static __always_inline int has_ports(__u8 proto)
{
	return proto == IP_TCP || proto == IP_UDP || proto == IP_SCTP || proto == IP_DCCP ||
	       proto == IP_UDPLITE;
}

static __always_inline int is_extension(__u8 next)
{
	return next == IPV6_HOP_BY_HOP || next == IPV6_ROUTING || next == IPV6_FRAGMENT ||
	       next == IPV6_AUTH || next == IPV6_DESTINATION;
}

/*
 * The rest of a plain frame's key, where `length` bytes of transport header are in the frame and in
 * the packet.
 */
static __always_inline int parse_plain_transport(struct parsed *p, __u8 family, __u8 proto,
						 const __u8 *at, const __u8 *end, __u32 length)
{
	__u64 *words = (__u64 *)&p->key;
	__u32 ports = 0;
	__u8 flags = 0;

	if (proto == IP_TCP) {
		if (unlikely(length < 14 || at + 14 > end))
			return PARSE_DEEPER;
		ports = load_u32(at);
		flags = at[13];
	} else if (likely(proto == IP_UDP) || has_ports(proto)) {
		if (unlikely(length < 4 || at + 4 > end))
			return PARSE_DEEPER;
		ports = load_u32(at);
	}
	words[KEY_WORD_PORTS] = key_ports_word(ports, proto, family);
	p->tcp_flags = flags;
	p->family = family;
	return PARSE_KEYED;
}

/*
 * The frames that a host nearly always sees, on the shortest path: no tags, no options, no
 * fragments, no extensions, nothing cut. Gives the same key as the walks would. Apart by family, so
 * that what follows is compiled for the one that it is; `p` is zero before.
 */
static __always_inline int parse_plain_ipv4(struct parsed *p, const __u8 *start, const __u8 *end)
{
	__u64 *words = (__u64 *)&p->key;
	const __u8 *ip = start + 14;
	__u16 total;

	if (unlikely(ip + 20 > end || load_u16(start + 12) != bpf_htons(ETHERTYPE_IPV4)))
		return PARSE_DEEPER;
	total = read_be16(ip + 2);
	if (unlikely(ip[0] != 0x45 || (load_u16(ip + 6) & bpf_htons(0x3fff)) || total < 20))
		return PARSE_DEEPER;
	words[0] = load_u32(ip + 12);
	words[2] = load_u32(ip + 16);
	p->tos = ip[1];
	p->at = 34;
	return parse_plain_transport(p, FAMILY_IPV4, ip[9], ip + 20, end, total - 20);
}

static __always_inline int parse_plain_ipv6(struct parsed *p, const __u8 *start, const __u8 *end)
{
	__u64 *words = (__u64 *)&p->key;
	const __u8 *ip = start + 14;

	if (unlikely(ip + 40 > end || load_u16(start + 12) != bpf_htons(ETHERTYPE_IPV6)))
		return PARSE_DEEPER;
	if (unlikely((ip[0] >> 4) != 6 || is_extension(ip[6])))
		return PARSE_DEEPER;
	words[0] = load_u64(ip + 8);
	words[1] = load_u64(ip + 16);
	words[2] = load_u64(ip + 24);
	words[3] = load_u64(ip + 32);
	p->tos = read_be16(ip) >> 4;
	p->at = 54;
	return parse_plain_transport(p, FAMILY_IPV6, ip[6], ip + 40, end, read_be16(ip + 4));
}

static __always_inline int parse_plain(struct parsed *p, const __u8 *start, const __u8 *end)
{
	if (likely(parse_plain_ipv4(p, start, end) == PARSE_KEYED))
		return PARSE_KEYED;
	return parse_plain_ipv6(p, start, end);
}

/* Ports and TCP flags at p->at. */
static __always_inline void parse_transport(struct parsed *p, const struct frame *frame)
{
	__u32 offset = place(p), left = bytes_left(p), word;

	if (!has_ports(p->key.proto) || left < 4 || frame_words(frame, offset, &word, 1))
		return;
	*(__u32 *)&p->key.sport = word;
	/* The flags are the last of these four bytes, and need no more of the header than that. */
	if (p->key.proto != IP_TCP || left < 14 || frame_words(frame, offset + 10, &word, 1))
		return;
	p->tcp_flags = ((const __u8 *)&word)[3];
}

static __always_inline int parse_ipv4(struct parsed *p, const struct frame *frame)
{
	__u32 offset = place(p), words[5], header, total;
	const __u8 *ip = (const __u8 *)words;

	if (frame_words(frame, offset, words, 5))
		return OTHER_BAD_IP;
	header = (ip[0] & 15) * 4;
	total = read_be16(ip + 2);
	if ((ip[0] >> 4) != 4 || header < 20 || (total && total < header))
		return OTHER_BAD_IP;
	*(__u32 *)p->key.src = words[3];
	*(__u32 *)p->key.dst = words[4];
	p->key.family = FAMILY_IPV4;
	p->family = FAMILY_IPV4;
	p->key.proto = ip[9];
	p->tos = ip[1];
	place(p) = offset + header;
	/* Length 0 is a frame that the sender's card was to cut: it goes to the frame's end. */
	bytes_left(p) = total ? total - header : 0xffffff;
	if (!(read_be16(ip + 6) & 0x1fff))
		parse_transport(p, frame);
	return PARSE_KEYED;
}

/* The jumbo header that BIG TCP puts in for the kernel's own use. */
static __always_inline int is_jumbo_header(const __u8 *at)
{
	return at[1] == 0 && at[2] == IPV6_JUMBO_OPTION && at[3] == 4;
}

/* One extension header at p->at. True: walk on. */
static __always_inline int parse_extension(struct parsed *p, const struct frame *frame)
{
	__u32 offset = place(p), left = bytes_left(p), words[2], step;
	const __u8 *at = (const __u8 *)words;
	__u8 next = next_header(p);

	if (left < 8 || frame_words(frame, offset, words, 2))
		return 0;
	if (next == IPV6_FRAGMENT && (read_be16(at + 2) & 0xfff8)) {
		/* A later fragment: what follows is payload, whatever it looks like. */
		bytes_left(p) = 0;
		next_header(p) = at[0];
		return 0;
	}
	if (next == IPV6_AUTH)
		step = (at[1] + 2) * 4;
	else
		step = next == IPV6_FRAGMENT ? 8 : (at[1] + 1) * 8;
	/* Also where the header ends behind the packet: it has said what would follow. */
	next_header(p) = at[0];
	if (left < step)
		return 0;
	if (next == IPV6_HOP_BY_HOP && is_jumbo_header(at))
		p->phantom = 8;
	place(p) = offset + step;
	bytes_left(p) = left - step;
	return 1;
}

static __always_inline int parse_ipv6(struct parsed *p, const struct frame *frame)
{
	__u32 offset = place(p), words[10], payload, depth;
	const __u8 *ip = (const __u8 *)words;
	__u32 *addresses = (__u32 *)&p->key;
	int more = 1;

	if (frame_words(frame, offset, words, 10) || (ip[0] >> 4) != 6)
		return OTHER_BAD_IP;
#pragma unroll
	for (depth = 0; depth < 8; depth++)
		addresses[depth] = words[depth + 2];
	p->key.family = FAMILY_IPV6;
	p->family = FAMILY_IPV6;
	p->tos = read_be16(ip) >> 4;
	payload = read_be16(ip + 4);
	/* Length 0 is a jumbogram or was to be cut by the card: it goes to the frame's end. */
	bytes_left(p) = payload ? payload : 0xffffff;
	next_header(p) = ip[6];
	place(p) = offset + 40;
#pragma unroll
	for (depth = 0; depth < PARSE_EXTENSIONS && more && is_extension(next_header(p)); depth++)
		more = parse_extension(p, frame);
	p->key.proto = next_header(p);
	if (!more)
		return PARSE_KEYED;
	if (is_extension(next_header(p)))
		p->deep_chain = 1;
	else
		parse_transport(p, frame);
	return PARSE_KEYED;
}

/* The IP packet at p->at, of the version that p->ethertype says. */
static __always_inline int parse_network(struct parsed *p, const struct frame *frame)
{
	if (p->ethertype == ETHERTYPE_IPV4)
		return parse_ipv4(p, frame);
	return parse_ipv6(p, frame);
}

/* A tag's two bytes as struct parsed has them: without priority. */
static __always_inline __u16 vlan_tag(__u16 control)
{
	return TAGGED | (control & VLAN_ID);
}

static __always_inline int parse_vlans(struct parsed *p, const struct frame *frame, __u32 tags)
{
	__u32 depth, word;

#pragma unroll
	for (depth = 0; depth <= PARSE_VLANS; depth++) {
		if (p->ethertype != ETHERTYPE_VLAN && p->ethertype != ETHERTYPE_QINQ &&
		    p->ethertype != ETHERTYPE_QINQ_OLD)
			return PARSE_KEYED;
		if (depth + tags >= PARSE_VLANS)
			return OTHER_DEEP_VLAN;
		if (frame_words(frame, place(p), &word, 1))
			return OTHER_L2_CUT;
		if (!depth)
			p->vlan = vlan_tag(read_be16((const __u8 *)&word));
		p->ethertype = read_be16((const __u8 *)&word + 2);
		place(p) += 4;
	}
	return OTHER_DEEP_VLAN;
}

static __always_inline int parse_labels(struct parsed *p, const struct frame *frame)
{
	__u32 depth, word;
	__u8 first;

#pragma unroll
	for (depth = 0; depth < PARSE_LABELS; depth++) {
		if (frame_words(frame, place(p), &word, 1))
			return OTHER_L2_CUT;
		place(p) += 4;
		if (((const __u8 *)&word)[2] & 1)
			goto bottom;
	}
	return OTHER_DEEP_MPLS;
bottom:
	/* Nothing says what the labels carry: the first four bits have to do. */
	if (frame_byte(frame, place(p), &first))
		return OTHER_L2_CUT;
	if ((first >> 4) != 4 && (first >> 4) != 6)
		return OTHER_MPLS_PAYLOAD;
	p->ethertype = (first >> 4) == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
	return PARSE_KEYED;
}

static __always_inline int parse_session(struct parsed *p, const struct frame *frame)
{
	__u32 words[2], protocol;

	if (frame_words(frame, place(p), words, 2))
		return OTHER_L2_CUT;
	protocol = read_be16((const __u8 *)words + 6);
	if (protocol != PPP_IPV4 && protocol != PPP_IPV6)
		return OTHER_PPPOE_PAYLOAD;
	place(p) += 8;
	p->ethertype = protocol == PPP_IPV4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
	return PARSE_KEYED;
}

/* From an Ethernet header, of which the device may hold `tags` VLAN tags, to the IP header. */
static __always_inline int parse_link(struct parsed *p, const struct frame *frame, __u32 tags)
{
	__u32 word;
	int outcome;

	if (frame_words(frame, 10, &word, 1))
		return OTHER_SHORT;
	p->ethertype = read_be16((const __u8 *)&word + 2);
	place(p) = 14;
	outcome = parse_vlans(p, frame, tags);
	if (outcome != PARSE_KEYED)
		return outcome;
	if (p->ethertype == ETHERTYPE_IPV4 || p->ethertype == ETHERTYPE_IPV6)
		return PARSE_KEYED;
	if (p->ethertype == ETHERTYPE_MPLS || p->ethertype == ETHERTYPE_MPLS_UPSTREAM)
		return parse_labels(p, frame);
	if (p->ethertype == ETHERTYPE_PPPOE)
		return parse_session(p, frame);
	return p->ethertype < ETHERTYPE_MIN ? OTHER_LLC : OTHER_ETHERTYPE;
}

/* The same for a device without a link header (tun, WireGuard, PPP, IP tunnels). */
static __always_inline int parse_no_link(struct parsed *p, const struct frame *frame)
{
	__u8 first;

	if (frame_byte(frame, 0, &first))
		return OTHER_SHORT;
	p->ethertype = (first >> 4) == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
	place(p) = 0;
	return PARSE_KEYED;
}

#endif
