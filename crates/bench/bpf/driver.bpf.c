// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What makes many flows of one frame: writes the next flow's address and ports into it, and hands it
 * on to the design that is measured.
 */
#include "kernel.h"

#define ETHERNET 14
#define IPV4_SOURCE (ETHERNET + 12)
#define IPV4_PORTS (ETHERNET + 20)
#define IPV6_SOURCE_END (ETHERNET + 16) /* its last eight bytes */
#define IPV6_PORTS (ETHERNET + 40)

/* The order in which flows come: as many entries, less one. */
const volatile __u32 order_mask;
const volatile __u32 ipv6;
const volatile __u32 interface;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64); /* as in an array map anyway: values are eight bytes apart */
} order SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} design SEC(".maps");

__u32 position;

/* Makes the frame one of the flow that is next. True: it is. */
static __always_inline int write_flow(struct xdp_md *ctx)
{
	__u8 *start = ctx_pointer(ctx, struct xdp_md, data);
	__u8 *end = ctx_pointer(ctx, struct xdp_md, data_end);
	__u32 place = position++ & order_mask;
	__u64 *next = bpf_map_lookup_elem(&order, &place);

	if (!next || start + IPV6_PORTS + 4 > end)
		return 0;
	/* In the widths in which the parser reads: the CPU forwards such stores without waiting. */
	if (ipv6) {
		*(__u64 *)(start + IPV6_SOURCE_END) = *next;
		*(__u32 *)(start + IPV6_PORTS) = *next >> 32;
	} else {
		*(__u32 *)(start + IPV4_SOURCE) = *next;
		*(__u32 *)(start + IPV4_PORTS) = *next >> 32;
	}
	return 1;
}

/* For program test runs: goes on in the design. */
SEC("xdp.frags")
int drive(struct xdp_md *ctx)
{
	if (write_flow(ctx))
		bpf_tail_call(ctx, &design, 0);
	return XDP_ABORTED;
}

/* For live frames: into a veth, at whose other end the design is attached. */
SEC("xdp")
int transmit(struct xdp_md *ctx)
{
	return write_flow(ctx) ? bpf_redirect(interface, 0) : XDP_ABORTED;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
