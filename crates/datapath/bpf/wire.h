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
 * A super-frame of `length` bytes stands for as many packets as its payload has pieces of
 * `segment` bytes, and each of them repeats `headers` bytes. The kernel's own segment number is
 * not used: it is 0 on every super-frame that a tap or a raw socket made. `phantom` bytes (a
 * jumbo header) are in memory only.
 */
static __always_inline struct weight wire_weight(__u32 length, __u32 segment, __u32 headers,
						 __u32 phantom)
{
	struct weight weight = {.packets = 1, .bytes = length};

	if (segment && length > headers + phantom) {
		weight.bytes = length - phantom;
		weight.packets = (weight.bytes - headers + segment - 1) / segment;
		weight.bytes += (__u64)(weight.packets - 1) * headers;
	}
	return weight;
}

#endif
