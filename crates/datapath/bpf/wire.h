/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a frame in memory is on the wire: packets and bytes of super-frames (GSO, GRO, BIG TCP). */
#ifndef WINDROW_WIRE_H
#define WINDROW_WIRE_H

/* What one event adds to every counter. */
struct weight {
	__u32 packets;
	__u64 bytes;
};

/*
 * Packets of a super-frame: as many as its payload has pieces of `segment` bytes. The kernel's own
 * number is not used: it is 0 on every super-frame that a tap or a raw socket made.
 */
static __always_inline __u32 wire_packets(__u32 length, __u32 segment, __u32 headers)
{
	return length > headers ? (length - headers + segment - 1) / segment : 1;
}

/* What `packets` packets are on the wire whose bytes lie in one frame, with one set of headers. */
static __always_inline struct weight wire_weight(__u32 length, __u32 packets, __u32 headers)
{
	struct weight weight = {
		.packets = packets,
		.bytes = length + (__u64)(packets - 1) * headers,
	};

	return weight;
}

#endif
