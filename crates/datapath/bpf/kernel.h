/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Kernel types and constants that the programs read, by hand: only the fields used. */
#ifndef WINDROW_KERNEL_H
#define WINDROW_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TCX_PASS_ON (-1) /* "next program"; clsact calls it TC_ACT_UNSPEC */
#define XDP_BUFF_HAS_FRAGS 1 /* xdp_buff.flags */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct xdp_buff {
	__u32 flags;
};

struct sk_buff {
	unsigned char *head;
	unsigned char *data;
	unsigned int end;
	__u16 inner_transport_header;
};

struct skb_shared_info {
	unsigned int gso_type;
};

#pragma clang attribute pop

/* Kernels before 6.2 have neither; the verifier then removes the code behind the test. */
extern void *bpf_cast_to_kern_ctx(void *obj) __ksym __weak;
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

/*
 * Reads one context field once. A plain load may be merged with its neighbours through a moved
 * context pointer, which the verifier refuses (clang 14).
 */
#define ctx_field(ctx, type, field)                                                                \
	({                                                                                         \
		__u32 value;                                                                       \
		asm volatile("%0 = *(u32 *)(%1 + %2)"                                              \
			     : "=r"(value)                                                         \
			     : "r"(ctx), "i"(__builtin_offsetof(type, field)));                    \
		value;                                                                             \
	})

/* The same for a packet pointer: 32 bits wide in the context, 64 for the verifier. */
#define ctx_pointer(ctx, type, field)                                                              \
	({                                                                                         \
		void *pointer;                                                                     \
		asm volatile("%0 = *(u32 *)(%1 + %2)"                                              \
			     : "=r"(pointer)                                                       \
			     : "r"(ctx), "i"(__builtin_offsetof(type, field)));                    \
		pointer;                                                                           \
	})

#endif
