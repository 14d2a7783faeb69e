/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every byte that the kernel side and userspace share: fixed widths, explicit padding. */
#ifndef WINDROW_ABI_H
#define WINDROW_ABI_H

/* Rows a bucket holds; a key may live in any of three buckets. */
#define BUCKET_WAYS 8
/* Most table sets an epoch may choose from; two unless windows are short. */
#define MAX_BUFFERS 3
/* Slots a list chunk holds: one cache line. */
#define LIST_CHUNK 16
/* What a line beside the rows holds of one kind. */
#define LINE_CELLS 8
#define LINE_PREFIXES 2
#define LINE_REGISTERS 64
/* /24, /16, /8; IPv6 /64, /48, /32 */
#define LADDER_LEVELS 3
/* A cell of the sketch that has come so far stays there, and says nothing any more. */
#define SKETCH_MOST 0xffffffffU
/* What is counted by distinct values, in this order: sources, destinations, destination ports. */
#define DISTINCT_KINDS 3
/* A bound in 32 bits: exponent above mantissa; BOUND_NONE: all that was folded. */
#define BOUND_MANTISSA_BITS 27
#define BOUND_MOST_EXPONENT 30
#define BOUND_NONE 0xffffffffU

#define FAMILY_IPV4 4
#define FAMILY_IPV6 6

#define DIRECTION_IN 1
#define DIRECTION_OUT 2

/* `packets` and `bytes` of a row move to its cold line when these bits are reached. */
#define PACKETS_CARRY_BIT 31
#define BYTES_CARRY_BIT 47
/* … but so many packets stay. */
#define PACKETS_STAY (1U << 30)
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
	__u32 packets; /* below 2^31, see cold_row.kept_packets; what defends the row */
	__u32 last; /* in ticks: jiffies, low 32 bits, or what a replay chose */
	__u64 bytes_flags; /* bits 0-46 bytes, 48-55 TCP flags of all packets or-ed */
};

/* first_ns: the low 32 bits are ticks. Where a row had to leave, exact time would cost too much. */
#define FIRST_IN_TICKS (1ULL << 63)

/* The cold line of a row: written when a key comes in, and where the hot line hands over. */
struct cold_row {
	__u64 first_ns; /* CLOCK_MONOTONIC, or the capture's time */
	__u64 kept_packets; /* counted as well as what is in the hot line */
	__u64 kept_bytes;
	__u32 base_packets; /* at most so much of the key was folded before it came in */
	__u32 base_bytes;
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

/* What was folded of all keys that share it. */
struct sketch_cell {
	__u32 packets;
	__u32 bytes;
};

/* What was folded of one prefix. */
struct ladder_cell {
	__u64 prefix; /* its first 64 bits as a number; IPv4: 32 */
	__u64 packets;
	__u64 bytes;
	__u32 tag; /* family << 8 | level + 1, level 0 being the finest; 0 = free */
	__u32 pad;
};

/* What lies beside the rows: lines of the filter of folded keys, of the sketch, of the ladder, of registers. */
union line {
	__u64 words[8];
	struct sketch_cell cells[LINE_CELLS];
	struct ladder_cell prefixes[LINE_PREFIXES];
	__u8 registers[LINE_REGISTERS];
};

/* A row that had to leave. */
struct spill_record {
	struct row row;
	struct cold_row cold;
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
	__u32 first_distinct; /* of the registers, in the map of lines: behind the ladder */
	__u64 deep_chains; /* keyed frames with more IPv6 extension headers than are walked */
	struct tally folded; /* all that was folded, at whatever level */
	struct tally total_ipv4; /* … what of it is at the last level, or the CPU has no table */
	struct tally total_ipv6;
	__u64 lifetime; /* ticks that a row of one packet stays until it has to leave, times 64 */
	__u32 first_line; /* in the map of lines: the filter's, … */
	__u32 bloom_lines;
	__u32 sketch_lines; /* … so many of each row of the sketch, … */
	__u32 ladder_lines[LADDER_LEVELS]; /* … the ladder's */
	__u32 ladder_side; /* SIDE_SOURCE or SIDE_DESTINATION */
	__u32 finest_ipv4; /* first level that keys are fine enough for; LADDER_LEVELS: none */
	__u32 finest_ipv6;
	__u32 first_spill; /* of the log, in the map of spills */
	__u32 spill_room;
	__u32 spill_next; /* where the next one goes */
	__u32 spill_price; /* packets that must have come for a row or a spill; 0: none are spilled */
	__u32 spill_least; /* packets of a row that is worth it */
	__u32 spilled; /* in this epoch */
	__u32 spill_reserve; /* networks that the window has a line for */
	__u32 spills_read; /* userspace: may be overwritten */
	__u32 distinct_lines; /* so many of each kind; 0: none */
	__u64 pair_ns; /* one instant on both clocks: what turns row.last */
	__u64 pair_ticks; /* into time */
	struct tally other[OTHER_REASONS];
	struct ethertype_tally ethertypes[ETHERTYPE_SLOTS];
	struct tally filtered; /* what the filter left out */
	__u64 pad[33]; /* to a power of two, by which it is found without a multiplication */
};

/* Ledgers of a CPU: one a buffer, and what is missing to a power of two. */
#define LEDGERS_A_CPU 4

/*
 * What leaves through the ring, one CPU after the other: its ledger, its rows in the order their keys
 * came in, what of its log was not read before, and the lines beside its rows that hold anything: of
 * registers, and, where anything was folded, of the others. Records lie in the ring as they are here,
 * each begins at 8 bytes.
 */
#define RECORD_LEDGER 1
#define RECORD_ROW 2
#define RECORD_SPILL 3
#define RECORD_LINE 4

struct ledger_record {
	__u32 kind; /* RECORD_LEDGER */
	__u32 cpu;
	struct slice_epoch ledger;
};

struct row_record {
	__u32 kind; /* RECORD_ROW, RECORD_SPILL */
	__u32 cpu;
	struct row row;
	struct cold_row cold;
};

struct line_record {
	__u32 kind; /* RECORD_LINE */
	__u32 cpu;
	__u32 number; /* among those of its table */
	__u32 pad;
	union line line;
};

/* How far the export of an epoch is; the program goes on from there and says where it came to. */
struct walk {
	__u32 buffer; /* that of the epoch, in which nobody counts any more */
	__u32 cpu; /* whose record is next; behind the last CPU there is none */
	__u32 place; /* of it: 0 the ledger, n the n-th row of the list, then the log, then lines */
	__u32 rows; /* submitted by this run */
};

/*
 * How long something took: counter n is for durations above 2^((HISTOGRAM_FIRST + n) / HISTOGRAM_STEPS)
 * ns, up to where the next one begins, which is in it. The first is for all shorter ones as well, the last
 * for all longer ones: from 34 ns to 126 s lengths are told apart.
 */
#define HISTOGRAM_STEPS 8 /* an octave: scale 3 of OpenTelemetry's, a step is 9 percent */
#define HISTOGRAM_FIRST 40 /* the first counter's index there */
#define HISTOGRAM_COUNTERS 256

struct histogram {
	__u32 counts[HISTOGRAM_COUNTERS];
};

/* Of how long some took, the ends. */
struct extremes {
	__u64 min_ns; /* all bits set: there is none */
	__u64 max_ns;
};

/* The histograms of a CPU's epoch, which rows take when they need one. */
struct histogram_pool {
	__u32 first; /* in the map of histograms */
	__u32 room; /* how many there are */
	__u32 used;
	__u32 refused; /* rows that wanted one when all were taken */
	__u32 free; /* of rows that have left, from 1; counts[0] is the next; 0: none */
	__u32 pad;
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
