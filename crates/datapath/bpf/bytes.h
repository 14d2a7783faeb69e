/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Words out of a frame, whose bytes are aligned to nothing. */
#ifndef WINDROW_BYTES_H
#define WINDROW_BYTES_H

#ifdef __bpf__
/* One load each: from a packed type or by memcpy the compiler makes a load a byte. */
static __always_inline __u16 load_u16(const __u8 *at)
{
	return *(const __u16 *)at;
}

static __always_inline __u32 load_u32(const __u8 *at)
{
	return *(const __u32 *)at;
}

static __always_inline __u64 load_u64(const __u8 *at)
{
	return *(const __u64 *)at;
}
#else
static __always_inline __u16 load_u16(const __u8 *at)
{
	__u16 value;

	__builtin_memcpy(&value, at, sizeof(value));
	return value;
}

static __always_inline __u32 load_u32(const __u8 *at)
{
	__u32 value;

	__builtin_memcpy(&value, at, sizeof(value));
	return value;
}

static __always_inline __u64 load_u64(const __u8 *at)
{
	__u64 value;

	__builtin_memcpy(&value, at, sizeof(value));
	return value;
}
#endif

static __always_inline __u16 read_be16(const __u8 *at)
{
	return bpf_ntohs(load_u16(at));
}

#endif
