/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the data path asks of the world it runs in: memory and clocks. The kernel programs answer
 * with their maps, of which there is one set, and their instance says no more than whose clock it is; the native
 * build answers with the instance that it is handed, of which there may be many.
 */
#ifndef WINDROW_INSTANCE_H
#define WINDROW_INSTANCE_H

#include "abi.h"

struct instance;

/* Memory of the tables, by number; NULL where there is none. */
static __always_inline struct bucket *table_bucket(const struct instance *instance, __u32 number);
static __always_inline struct cold_bucket *table_cold_bucket(const struct instance *instance,
							     __u32 number);
static __always_inline struct list_chunk *table_list_chunk(const struct instance *instance,
							   __u32 number);

/* Lines beside the rows, and places of the log; likewise. */
static __always_inline union line *table_line(const struct instance *instance, __u32 number);
static __always_inline struct spill_record *table_spill(const struct instance *instance,
							__u32 number);

/* What keys are hashed with, and whether they may hold more than a 5-tuple. */
static __always_inline const volatile __u32 *instance_secret(const struct instance *instance);
static __always_inline __u32 instance_grouped(const struct instance *instance);

/* What becomes of a key without a row (table_arrive), out of the way of all others. True: it has one now. */
struct arrival;
static __always_inline int instance_arrive(const struct instance *instance,
					   struct slice_epoch *ledger, struct arrival *arrival);

/* What an instance holds beside a row, which has to leave: it goes where the row goes, for the key that came. */
static __always_inline void beside_leaves(const struct instance *instance,
					  const struct arrival *arrival, __u32 bucket, __u32 way);

/* Nanoseconds, exact. In the kernel a helper call, about 34 ns: only where a key comes in. */
static __always_inline __u64 clock_ns(const struct instance *instance);
/* The same instant, coarse, in units that userspace knows. In the kernel jiffies, about 0 ns. */
static __always_inline __u32 clock_ticks(const struct instance *instance);
/* A time for `first_ns` where rows have to leave for others: those ticks, or exact if that is free. */
static __always_inline __u64 clock_coarse(const struct instance *instance, __u32 ticks);
/* Whether time may run backwards within an epoch: that of a capture may. Known when compiled. */
static __always_inline int clock_runs_back(const struct instance *instance);

#endif
