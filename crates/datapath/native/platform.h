/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the headers of the data path need of a compiler that builds for the host. */
#ifndef WINDROW_PLATFORM_H
#define WINDROW_PLATFORM_H

#include <stdint.h>

typedef uint8_t __u8;
typedef uint16_t __u16;
typedef uint32_t __u32;
typedef uint64_t __u64;
typedef int32_t __s32;
typedef int64_t __s64;

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#undef __noinline
#define __noinline __attribute__((noinline))

/* Little-endian only, as key.h checks. */
#define bpf_ntohs(value) __builtin_bswap16(value)
#define bpf_htons(value) __builtin_bswap16(value)
#define bpf_ntohl(value) __builtin_bswap32(value)
#define bpf_be64_to_cpu(value) __builtin_bswap64(value)

/* What is laid out in one piece: the path of nearly every packet. */
#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

#define barrier_var(value) __asm__ volatile("" : "+r"(value))

#endif
