// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The scale of histograms for the host; tests compare what Rust makes of it. */
#include "platform.h"

#include "histogram.h"

__u32 windrow_native_histogram_index(__u64 ns)
{
	return histogram_index(ns);
}
