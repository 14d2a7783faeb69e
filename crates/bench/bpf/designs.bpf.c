// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The designs that windrow is measured beside. All of them parse with windrow's own parser and
 * count the same: packets and bytes of each flow. `floor` parses and returns.
 */
#include "kernel.h"

#include "abi.h"
#include "parse.h"

#define EEXIST 17

/* A flow as agents key it: 40 bytes, for both families. */
struct flow {
	__u8 src[16];
	__u8 dst[16];
	__u16 sport;
	__u16 dport;
	__u8 proto;
	__u8 family;
	__u16 pad;
};

struct count {
	__u64 packets;
	__u64 bytes;
};

struct timed_count {
	__u64 packets;
	__u64 bytes;
	__u64 first_ns;
	__u64 last_ns;
	__u32 flags;
	__u32 pad;
};

struct locked_count {
	struct bpf_spin_lock lock;
	__u32 flags;
	__u64 packets;
	__u64 bytes;
	__u64 first_ns;
	__u64 last_ns;
};

#define FLOWS(name, map_type, value_type)                                                          \
	struct {                                                                                   \
		__uint(type, map_type);                                                            \
		__uint(max_entries, 1);                                                            \
		__type(key, struct flow);                                                          \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

FLOWS(shared, BPF_MAP_TYPE_HASH, struct count);
FLOWS(percpu, BPF_MAP_TYPE_PERCPU_HASH, struct count);
FLOWS(lru, BPF_MAP_TYPE_LRU_HASH, struct count);
FLOWS(timed, BPF_MAP_TYPE_HASH, struct timed_count);
FLOWS(locked, BPF_MAP_TYPE_HASH, struct locked_count);

/* The frames of the benchmark are plain: what needs a walk is not counted. */
static __always_inline int frame_load(const struct frame *frame, __u32 offset, void *to,
				      __u32 length)
{
	return -1;
}

struct event {
	struct flow flow;
	__u32 bytes;
	__u8 tcp_flags;
};

/* True: the frame is plain, and `event` says what to count. */
static __always_inline int read_event(struct xdp_md *ctx, struct event *event)
{
	const __u8 *start = ctx_pointer(ctx, struct xdp_md, data);
	const __u8 *end = ctx_pointer(ctx, struct xdp_md, data_end);
	struct parsed p = {};

	if (parse_plain(&p, start, end) != PARSE_KEYED)
		return 0;
	__builtin_memcpy(&event->flow, &p.key, sizeof(event->flow));
	event->bytes = end - start;
	event->tcp_flags = p.tcp_flags;
	return 1;
}

/* The least that a program at the hook can be. */
SEC("xdp.frags")
int empty(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("tc")
int empty_tc(struct __sk_buff *skb)
{
	return TCX_PASS_ON;
}

SEC("xdp.frags")
int floor(struct xdp_md *ctx)
{
	const __u8 *start = ctx_pointer(ctx, struct xdp_md, data);
	const __u8 *end = ctx_pointer(ctx, struct xdp_md, data_end);
	struct parsed p = {};

	if (parse_plain(&p, start, end) == PARSE_KEYED)
		/* What was parsed has to be there, as if somebody read it. */
		asm volatile("" ::"r"(&p) : "memory");
	return XDP_PASS;
}

static __always_inline void add_shared(struct count *count, const struct event *event)
{
	__sync_fetch_and_add(&count->packets, 1);
	__sync_fetch_and_add(&count->bytes, event->bytes);
}

static __always_inline void count_shared(void *map, const struct event *event)
{
	struct count fresh = {.packets = 1, .bytes = event->bytes};
	struct count *count = bpf_map_lookup_elem(map, &event->flow);

	if (count) {
		add_shared(count, event);
		return;
	}
	/* Also where the map is full: the packet is not counted then. */
	if (bpf_map_update_elem(map, &event->flow, &fresh, BPF_NOEXIST) != -EEXIST)
		return;
	/* Another CPU was first. */
	count = bpf_map_lookup_elem(map, &event->flow);
	if (count)
		add_shared(count, event);
}

SEC("xdp.frags")
int hash(struct xdp_md *ctx)
{
	struct event event;

	if (read_event(ctx, &event))
		count_shared(&shared, &event);
	return XDP_PASS;
}

SEC("xdp.frags")
int lru_hash(struct xdp_md *ctx)
{
	struct event event;

	if (read_event(ctx, &event))
		count_shared(&lru, &event);
	return XDP_PASS;
}

SEC("xdp.frags")
int percpu_hash(struct xdp_md *ctx)
{
	struct event event;
	struct count *count;

	if (!read_event(ctx, &event))
		return XDP_PASS;
	count = bpf_map_lookup_elem(&percpu, &event.flow);
	if (count) {
		count->packets++;
		count->bytes += event.bytes;
	} else {
		struct count fresh = {.packets = 1, .bytes = event.bytes};

		bpf_map_update_elem(&percpu, &event.flow, &fresh, BPF_NOEXIST);
	}
	return XDP_PASS;
}

static __always_inline void add_timed(struct timed_count *count, const struct event *event,
				      __u64 now_ns)
{
	__sync_fetch_and_add(&count->packets, 1);
	__sync_fetch_and_add(&count->bytes, event->bytes);
	count->last_ns = now_ns;
	count->flags |= event->tcp_flags;
}

/* What a book on eBPF shows: a hash map, a clock, atomic adds. */
SEC("xdp.frags")
int textbook(struct xdp_md *ctx)
{
	struct timed_count *count;
	struct event event;
	__u64 now_ns;

	if (!read_event(ctx, &event))
		return XDP_PASS;
	now_ns = bpf_ktime_get_ns();
	count = bpf_map_lookup_elem(&timed, &event.flow);
	if (!count) {
		struct timed_count fresh = {
			.packets = 1,
			.bytes = event.bytes,
			.first_ns = now_ns,
			.last_ns = now_ns,
			.flags = event.tcp_flags,
		};

		if (!bpf_map_update_elem(&timed, &event.flow, &fresh, BPF_NOEXIST))
			return XDP_PASS;
		/* Another CPU was first. */
		count = bpf_map_lookup_elem(&timed, &event.flow);
	}
	if (count)
		add_timed(count, &event, now_ns);
	return XDP_PASS;
}

static __always_inline void add_locked(struct locked_count *count, const struct event *event,
				       __u64 now_ns)
{
	bpf_spin_lock(&count->lock);
	count->packets++;
	count->bytes += event->bytes;
	count->last_ns = now_ns;
	count->flags |= event->tcp_flags;
	bpf_spin_unlock(&count->lock);
}

/* What today's flow agents do: a shared hash map, a spin lock a row, a clock. */
SEC("xdp.frags")
int agent(struct xdp_md *ctx)
{
	struct locked_count *count;
	struct event event;
	__u64 now_ns;

	if (!read_event(ctx, &event))
		return XDP_PASS;
	now_ns = bpf_ktime_get_ns();
	count = bpf_map_lookup_elem(&locked, &event.flow);
	if (!count) {
		struct locked_count fresh = {
			.packets = 1,
			.bytes = event.bytes,
			.first_ns = now_ns,
			.last_ns = now_ns,
			.flags = event.tcp_flags,
		};

		if (!bpf_map_update_elem(&locked, &event.flow, &fresh, BPF_NOEXIST))
			return XDP_PASS;
		count = bpf_map_lookup_elem(&locked, &event.flow);
	}
	if (count)
		add_locked(count, &event, now_ns);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
