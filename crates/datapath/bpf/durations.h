/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How the durations of a row are spread: the least, the most, and a histogram from where these are not all. */
#ifndef WINDROW_DURATIONS_H
#define WINDROW_DURATIONS_H

#include "abi.h"
#include "histogram.h"

/* Durations that a row has had before they need a histogram: of two, the least and the most say all. */
#define DURATIONS_WITHOUT_HISTOGRAM 2

/* Histograms of all pools, by number; NULL where there is none. */
static __always_inline struct histogram *histogram_at(__u32 number);

static __always_inline struct histogram *pool_histogram(const struct histogram_pool *pool,
							__u32 number)
{
	return histogram_at(pool->first + number - 1);
}

/* A histogram that no row has, and whose counters are 0; NULL: all are taken. */
static __always_inline struct histogram *pool_take(struct histogram_pool *pool, __u32 *taken)
{
	__u32 number = pool->free;
	struct histogram *histogram;

	if (!number && pool->used >= pool->room) {
		pool->refused++;
		return 0;
	}
	if (!number) {
		number = ++pool->used;
		histogram = pool_histogram(pool, number);
	} else {
		histogram = pool_histogram(pool, number);
		if (histogram) {
			pool->free = histogram->counts[0];
			histogram->counts[0] = 0;
		}
	}
	if (histogram)
		*taken = number;
	return histogram;
}

/* Gives the histogram of a row that leaves to whoever needs one next. */
static __always_inline void pool_give(struct histogram_pool *pool, __u32 number)
{
	struct histogram *histogram;

	if (!number)
		return;
	histogram = pool_histogram(pool, number);
	if (!histogram)
		return;
	__builtin_memset(histogram, 0, sizeof(*histogram));
	histogram->counts[0] = pool->free;
	pool->free = number;
}

/* The durations that a row has had before it needed a histogram: the least and the most are all there are. */
static __always_inline void durations_first(struct histogram_pool *pool,
					    const struct extremes *extremes, __u32 *number)
{
	struct histogram *histogram = pool_take(pool, number);

	if (!histogram)
		return;
	histogram->counts[histogram_index(extremes->min_ns) % HISTOGRAM_COUNTERS]++;
	histogram->counts[histogram_index(extremes->max_ns) % HISTOGRAM_COUNTERS]++;
}

/* Adds a duration to a row that has had `before` others. */
static __always_inline void duration_add(struct histogram_pool *pool, struct extremes *extremes,
					 __u32 *number, __u64 ns, __u64 before)
{
	if (pool->room && before >= DURATIONS_WITHOUT_HISTOGRAM) {
		struct histogram *histogram;

		if (unlikely(before == DURATIONS_WITHOUT_HISTOGRAM && !*number))
			durations_first(pool, extremes, number);
		if (likely(*number)) {
			histogram = pool_histogram(pool, *number);
			if (histogram)
				histogram->counts[histogram_index(ns) % HISTOGRAM_COUNTERS]++;
		}
	}
	if (ns < extremes->min_ns)
		extremes->min_ns = ns;
	if (ns > extremes->max_ns)
		extremes->max_ns = ns;
}

/* Adds others. */
static __always_inline void extremes_fold(struct extremes *to, const struct extremes *of)
{
	if (of->min_ns < to->min_ns)
		to->min_ns = of->min_ns;
	if (of->max_ns > to->max_ns)
		to->max_ns = of->max_ns;
}

static __always_inline void extremes_begin(struct extremes *extremes)
{
	extremes->min_ns = ~0ULL;
	extremes->max_ns = 0;
}

#endif
