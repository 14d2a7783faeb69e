/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Passes every frame: its presence makes a veth poll (NAPI), so that redirected frames arrive. */
#include "kernel.h"

SEC("xdp.frags")
int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
