// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A way out of the hash map of `hash`: a program walks it, submits each flow to a ring and deletes
 * it. A full ring ends a run; the next one finds what is left.
 */
#include "kernel.h"

struct record {
	__u8 key[40];
	__u64 packets;
	__u64 bytes;
};

struct count {
	__u64 packets;
	__u64 bytes;
};

/* That of the design. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(((struct record *)0)->key));
	__type(value, struct count);
} shared SEC(".maps");

/* As large as windrow's. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} ring SEC(".maps");

/* 1 ends the walk: there is no more room. */
static long submit(struct bpf_map *map, const void *key, struct count *count, __u32 *full)
{
	struct record *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (!record) {
		*full = 1;
		return 1;
	}
	__builtin_memcpy(record->key, key, sizeof(record->key));
	record->packets = count->packets;
	record->bytes = count->bytes;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	bpf_map_delete_elem(map, key);
	return 0;
}

/* Returns 1 as long as there is more. */
SEC("syscall")
int for_each(void *context)
{
	__u32 full = 0;

	bpf_for_each_map_elem(&shared, submit, &full, 0);
	return full;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
