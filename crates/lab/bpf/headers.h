/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The headers of a generated frame, as they are on the wire (network byte order). */
#ifndef LAB_HEADERS_H
#define LAB_HEADERS_H

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_VLAN 0x8100
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_FRAGMENT 44
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_DONT_FRAGMENT 0x4000
#define IPV6_MORE_FRAGMENTS 0x0001

struct ethernet {
	__u8 to[6];
	__u8 from[6];
	__be16 type;
};

struct vlan {
	__be16 tag;
	__be16 type;
};

struct ipv4 {
	__u8 version_length;
	__u8 tos;
	__be16 length;
	__be16 id;
	__be16 fragment;
	__u8 ttl;
	__u8 protocol;
	__u16 checksum;
	__be32 from;
	__be32 to;
};

struct ipv6 {
	__be32 version_label;
	__be16 length;
	__u8 next;
	__u8 hops;
	__be32 from[4];
	__be32 to[4];
};

struct ipv6_fragment {
	__u8 next;
	__u8 reserved;
	__be16 offset;
	__be32 id;
};

struct tcp {
	__be16 from;
	__be16 to;
	__be32 sequence;
	__be32 acknowledged;
	__u8 offset;
	__u8 flags;
	__be16 window;
	__u16 checksum;
	__be16 urgent;
};

struct udp {
	__be16 from;
	__be16 to;
	__be16 length;
	__u16 checksum;
};

#endif
