/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every byte that the kernel side and userspace share: fixed widths, explicit padding. */
#ifndef WINDROW_ABI_H
#define WINDROW_ABI_H

/* Rows a bucket holds; a key may live in either of two buckets. */
#define BUCKET_WAYS 8
/* Most table sets an epoch may choose from; two unless windows are short. */
#define MAX_BUFFERS 3
/* Slots a list chunk holds: one cache line. */
#define LIST_CHUNK 16

#define FAMILY_IPV4 4
#define FAMILY_IPV6 6

#define DIRECTION_IN 1
#define DIRECTION_OUT 2

/* `packets` and `bytes` of a row carry into its cold line when these bits are reached. */
#define PACKETS_CARRY_BIT 31
#define BYTES_CARRY_BIT 47
#define FLAGS_SHIFT 48

/* Why a frame has no flow key. The values index slice_epoch.other. */
#define OTHER_SHORT 0 /* fewer than 14 bytes */
#define OTHER_L2_CUT 1 /* cut inside VLAN tags, MPLS labels or PPPoE */
#define OTHER_BAD_IP 2 /* version, lengths or captured bytes of the IP header are wrong */
#define OTHER_LLC 3 /* 802.3 length instead of an ethertype */
#define OTHER_DEEP_VLAN 4 /* more tags than the parser walks */
#define OTHER_DEEP_MPLS 5 /* more labels than the parser walks */
#define OTHER_MPLS_PAYLOAD 6 /* neither IPv4 nor IPv6 below the labels */
#define OTHER_PPPOE_PAYLOAD 7 /* neither IPv4 nor IPv6 in the session */
#define OTHER_ETHERTYPE 8 /* an ethertype that found no slot of its own */
#define OTHER_REASONS 9
/* Ethertypes that one slice tells apart in one epoch. */
#define ETHERTYPE_SLOTS 16

/*
 * What packets are grouped by. Addresses and ports in network byte order; an IPv4 address is in
 * the first four bytes, the rest is zero. The epoch makes rows of an older window unequal, so a
 * new window needs no clearing; 0 is never an epoch.
 */
struct flow_key {
	__u8 src[16];
	__u8 dst[16];
	__u16 sport;
	__u16 dport;
	__u8 proto;
	__u8 family;
	__u16 epoch;
	/* 0 unless they are asked for: */
	__u32 iface; /* the life of an interface, as userspace numbers them */
	__u16 vlan; /* id of the outermost tag */
	__u8 tos; /* traffic class: DSCP and ECN */
	__u8 dir; /* DIRECTION_… */
};

/* Words of the key; the one with ports, protocol, family and epoch differs most often. */
#define KEY_WORDS 6
#define KEY_WORD_PORTS 4

/* What packets are grouped by, where that is not the 5-tuple: a mask a word of the key. */
struct grouping {
	__u32 on; /* 0: the key stays as it was parsed */
	__u32 pad;
	__u64 ipv4[KEY_WORDS];
	__u64 ipv6[KEY_WORDS];
};

/* The hot line of a row: all of it that a packet of a known flow touches, one cache line. */
struct row {
	struct flow_key key;
	__u32 packets; /* below 2^31, see cold_row.carried_packets */
	__u32 last; /* in ticks: jiffies, low 32 bits, or what a replay chose */
	__u64 bytes_flags; /* bits 0-46 bytes, 48-55 TCP flags of all packets or-ed */
};

/* The cold line of a row: written when a key comes in, and on a carry. */
struct cold_row {
	__u64 first_ns; /* CLOCK_MONOTONIC, or the capture's time */
	__u64 base_packets; /* what the slice had folded when the key came in */
	__u64 base_bytes;
	__u32 carried_packets; /* in units of 2^31 packets */
	__u32 carried_bytes; /* in units of 2^47 bytes */
};

struct bucket {
	struct row rows[BUCKET_WAYS];
};

struct cold_bucket {
	struct cold_row rows[BUCKET_WAYS];
};

/* Slots (bucket * BUCKET_WAYS + way) in the order their keys came in. */
struct list_chunk {
	__u32 slots[LIST_CHUNK];
};

struct tally {
	__u64 packets;
	__u64 bytes;
};

struct ethertype_tally {
	__u32 ethertype; /* host byte order; 0 = free */
	__u32 pad;
	struct tally seen;
};

/* One CPU's rows of one epoch, and its ledger. What every packet touches is in the first line. */
struct slice_epoch {
	__u64 events; /* times the hook ran */
	struct tally seen; /* the independent total, counted before anything can fail … */
	struct tally seen_out; /* … of what goes out; `seen` is of the rest */
	__u32 rows; /* length of the insertion list */
	__u32 first_bucket; /* where the rows lie, in the maps of rows and cold rows … */
	__u32 buckets; /* … and how many buckets there are; 0: no table here, all is folded */
	__u32 near_buckets; /* the first of them, which keys come to before any other */
	__u32 first_chunk; /* of the insertion list, in the map of lists */
	__u32 spare; /* 0: to the end of the line */
	__u64 deep_chains; /* keyed frames with more IPv6 extension headers than are walked */
	struct tally folded_ipv4; /* both buckets were full, or the CPU has no table */
	struct tally folded_ipv6;
	__u64 pair_ns; /* one instant on both clocks: what turns row.last */
	__u64 pair_ticks; /* into time */
	struct tally other[OTHER_REASONS];
	struct ethertype_tally ethertypes[ETHERTYPE_SLOTS];
	struct tally filtered; /* what the filter left out */
	__u64 pad[45]; /* to a power of two, by which it is found without a multiplication */
};

/* Ledgers of a CPU: one a buffer, and what is missing to a power of two. */
#define LEDGERS_A_CPU 4

/*
 * What leaves through the ring, one CPU after the other: its ledger, then its rows in the order
 * their keys came in. Records lie in the ring as they are here, each begins at 8 bytes.
 */
#define RECORD_LEDGER 1
#define RECORD_ROW 2

struct ledger_record {
	__u32 kind; /* RECORD_LEDGER */
	__u32 cpu;
	struct slice_epoch ledger;
};

struct row_record {
	__u32 kind; /* RECORD_ROW */
	__u32 cpu;
	struct row row;
	struct cold_row cold;
};

/* How far the export of an epoch is; the program goes on from there and says where it came to. */
struct walk {
	__u32 buffer; /* that of the epoch, in which nobody counts any more */
	__u32 cpu; /* whose record is next; behind the last CPU there is none */
	__u32 place; /* of it: 0 the ledger, n the n-th row of the list */
	__u32 rows; /* submitted by this run */
};

/* Most terms of a filter. */
#define FILTER_TERMS 32

/* Kinds of terms. Operators take what the terms before them gave, the others ask the packet. */
#define TERM_AND 1
#define TERM_OR 2
#define TERM_NOT 3
#define TERM_FAMILY 4
#define TERM_PROTO 5
#define TERM_ADDRESS 6
#define TERM_PORT 7
#define TERM_VLAN 8

/* Whose address or port. */
#define SIDE_SOURCE 1
#define SIDE_DESTINATION 2
#define SIDE_EITHER 3
#define SIDE_BOTH 4

struct filter_term {
	__u8 kind;
	__u8 side; /* of an address or a port */
	__u8 family; /* 0: any */
	__u8 proto; /* 0 for a port: any that has ports */
	__u16 first; /* lowest port, host byte order; of a tag: what parsed.vlan is, masked */
	__u16 last; /* highest port; of a tag: the bits of parsed.vlan that are compared */
	__u64 value[2]; /* an address as in struct flow_key, masked */
	__u64 mask[2];
};

/* Which packets are counted: terms in postfix order, or none, and then every packet. */
struct filter {
	__u32 terms;
	__u32 pad;
	struct filter_term term[FILTER_TERMS];
};

/* What userspace tells the programs while they run. */
struct control {
	__u32 epoch; /* bits 0-15 the epoch, bits 16-31 the buffer it is written to */
	/* Of the next frame, where frames are replayed: */
	__u32 frame_bytes; /* what it counts as, however much of it there is */
	__u64 now_ns;
	__u32 now_ticks;
	__u32 iface; /* as in the key; 0 = not known */
	__u32 dir;
	__u32 pad;
};

/*
 * One of the interfaces that are watched, where there are several. The slot is found by the index,
 * at its value or in one of the next slots.
 */
struct interface_slot {
	__u32 index; /* 0 = free */
	__u32 life; /* what its rows carry: an index may be used again, a life never is */
};
#define INTERFACE_PROBES 4

/* What was seen of an interface on one CPU. */
struct sight {
	struct tally coming_in;
	struct tally going_out;
};

#endif
