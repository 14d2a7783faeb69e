/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How many bytes each segment of a super-frame repeats: all headers, those inside a tunnel too. */
#ifndef WINDROW_TUNNEL_H
#define WINDROW_TUNNEL_H

#include "parse.h"

#define IP_IPIP 4
#define IP_6IN4 41
#define IP_GRE 47

#define PORT_VXLAN 4789
#define PORT_VXLAN_LINUX 8472 /* what the kernel took before there was a number */
#define PORT_GENEVE 6081
#define ETHERTYPE_BRIDGED 0x6558 /* an Ethernet frame inside GRE or Geneve */

/* The TCP header's length, by its data offset; UDP's is fixed. */
static __always_inline __u32 transport_header(const struct frame *frame, __u32 offset, __u8 proto)
{
	__u8 data_offset = 5 << 4;

	if (proto != IP_TCP)
		return 8;
	frame_load(frame, offset + 12, &data_offset, 1);
	return (data_offset >> 4) * 4;
}

/* The end of the headers of an IP packet at `offset`, inside a tunnel. */
static __always_inline __u32 inner_ip_headers(const struct frame *frame, __u32 offset)
{
	__u8 ip[10];

	if (frame_load(frame, offset, ip, sizeof(ip)))
		return offset;
	if ((ip[0] >> 4) == 4) {
		offset += (ip[0] & 15) * 4;
		return offset + transport_header(frame, offset, ip[9]);
	}
	offset += 40;
	return offset + transport_header(frame, offset, ip[6]);
}

/* The same for an Ethernet frame inside a tunnel. */
static __always_inline __u32 inner_ethernet_headers(const struct frame *frame, __u32 offset)
{
	__u16 type;

	if (frame_load(frame, offset + 12, &type, sizeof(type)))
		return offset;
	offset += 14;
	if (type == bpf_htons(ETHERTYPE_VLAN) || type == bpf_htons(ETHERTYPE_QINQ))
		offset += 4;
	return inner_ip_headers(frame, offset);
}

static __always_inline __u32 gre_headers(const struct frame *frame, __u32 offset)
{
	__u16 gre[2]; /* flags, protocol */

	if (frame_load(frame, offset, gre, sizeof(gre)))
		return offset;
	offset += 4;
	offset += gre[0] & bpf_htons(0x8000) ? 4 : 0; /* checksum */
	offset += gre[0] & bpf_htons(0x2000) ? 4 : 0; /* key */
	offset += gre[0] & bpf_htons(0x1000) ? 4 : 0; /* sequence number */
	if (gre[1] == bpf_htons(ETHERTYPE_BRIDGED))
		return inner_ethernet_headers(frame, offset);
	return inner_ip_headers(frame, offset);
}

static __always_inline __u32 geneve_headers(const struct frame *frame, __u32 offset)
{
	__u16 geneve[2]; /* version and length of options, protocol */

	if (frame_load(frame, offset, geneve, sizeof(geneve)))
		return offset;
	offset += 8 + (bpf_ntohs(geneve[0]) >> 8 & 63) * 4;
	if (geneve[1] == bpf_htons(ETHERTYPE_BRIDGED))
		return inner_ethernet_headers(frame, offset);
	return inner_ip_headers(frame, offset);
}

/* Bytes from the frame's start that every segment carries again. */
static __always_inline __u32 repeated_headers(const struct frame *frame, const struct parsed *p)
{
	__u16 port = bpf_ntohs(p->key.dport);

	switch (p->key.proto) {
	case IP_TCP:
		return p->at + transport_header(frame, p->at, IP_TCP);
	case IP_UDP:
		if (port == PORT_VXLAN || port == PORT_VXLAN_LINUX)
			return inner_ethernet_headers(frame, p->at + 16);
		if (port == PORT_GENEVE)
			return geneve_headers(frame, p->at + 8);
		return p->at + 8;
	case IP_SCTP:
		return p->at + 12;
	case IP_GRE:
		return gre_headers(frame, p->at);
	case IP_IPIP:
	case IP_6IN4:
		return inner_ip_headers(frame, p->at);
	}
	return p->at;
}

#endif
