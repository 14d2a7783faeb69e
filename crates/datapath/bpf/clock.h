/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two clocks of the data path: exact on insert, coarse on every packet. */
#ifndef WINDROW_CLOCK_H
#define WINDROW_CLOCK_H

/* CLOCK_MONOTONIC. A helper call, about 34 ns: only where a key comes in. */
static __always_inline __u64 clock_ns(void);
/* Jiffies: an inlined load of the kernel's own counter, about 0 ns. */
static __always_inline __u64 clock_ticks(void);

#endif
