/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a duration lies on the base-2 exponential scale of OpenTelemetry and of Prometheus' native
 * histograms: in which octave, and in which of its eight steps, as struct histogram has a counter for.
 * There are no branches: the verifier would follow each, and a processor guess them.
 */
#ifndef WINDROW_HISTOGRAM_H
#define WINDROW_HISTOGRAM_H

#include "abi.h"

/*
 * Words that are 1 from some bit on down differ in their six highest bits when they are multiplied by it:
 * a de Bruijn sequence (Leiserson, Prokop, Randall 1998). The table has their highest 1 by these bits.
 */
#define OCTAVE_SEQUENCE 0x03f79d71b4cb0a89ULL
static const __u8 histogram_octaves[64] = {
	0,  47, 1,  56, 48, 27, 2,  60, 57, 49, 41, 37, 28, 16, 3,  61, 54, 58, 35, 52, 50, 42,
	21, 44, 38, 32, 29, 23, 17, 11, 4,  62, 46, 55, 26, 59, 40, 36, 15, 53, 34, 51, 20, 43,
	31, 22, 10, 45, 25, 39, 14, 33, 19, 30, 9,  24, 13, 18, 8,  12, 7,  6,	5,  63,
};

/*
 * Where the steps end in the octave that begins at 2^63: 2^(63 + n / 8), rounded down. Each but the last
 * ends in the eighth of the octave that has its number, so one comparison tells which step it is.
 */
static const __u64 histogram_ends[HISTOGRAM_STEPS] = {
	0x8b95c1e3ea8bd6e6ULL, 0x9837f0518db8a96fULL, 0xa5fed6a9b15138eaULL, 0xb504f333f9de6484ULL,
	0xc5672a115506daddULL, 0xd744fccad69d6af4ULL, 0xeac0c6e7dd24392eULL, 0xffffffffffffffffULL,
};

/* All bits, or none: -1 where a difference is negative, else 0. */
static __always_inline __u64 histogram_negative(__u64 difference)
{
	__u64 negative = (__s64)difference >> 63;

	barrier_var(negative);
	return negative;
}

/* The number of the counter for a duration. */
static __always_inline __u32 histogram_index(__u64 ns)
{
	__u64 filled = ns, octave, scaled, eighth, index;
	__u32 shift;

#pragma unroll
	for (shift = 1; shift < 64; shift *= 2)
		filled |= filled >> shift;
	octave = histogram_octaves[(filled * OCTAVE_SEQUENCE) >> 58];
	scaled = ns << (63 - octave);
	eighth = (scaled >> 60) % HISTOGRAM_STEPS;
	/* A step has its end in it: what an octave begins with is in the step before. */
	index = octave * HISTOGRAM_STEPS + eighth - 1;
	index -= histogram_negative(histogram_ends[eighth] - scaled);
	index -= histogram_negative((1ULL << 63) - scaled);
	/* Below the first counter, above the last. Of 0, in no octave, as small an index comes out. */
	index -= HISTOGRAM_FIRST;
	index &= ~histogram_negative(index);
	index |= histogram_negative(HISTOGRAM_COUNTERS - 1 - index);
	return index & (HISTOGRAM_COUNTERS - 1);
}

#endif
