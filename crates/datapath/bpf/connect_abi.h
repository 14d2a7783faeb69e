/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs for TCP connections share with userspace beside abi.h: fixed widths, explicit padding. */
#ifndef WINDROW_CONNECT_ABI_H
#define WINDROW_CONNECT_ABI_H

#include "abi.h"
#include "call_abi.h"

/* In the place of a family: no address is asked for, and so keys have none. */
#define FAMILY_NONE 1

/*
 * What connections are grouped by, laid over flow_key: the same words, the epoch at the same place. What is
 * not asked for is 0.
 */
struct connect_key {
	__u8 src[16]; /* of the initiator; as in flow_key */
	__u8 dst[16]; /* of the responder */
	__u8 dir; /* DIRECTION_OUT: counted where it was begun; DIRECTION_IN: where it was accepted */
	__u8 pad;
	__u16 dport; /* of the responder, network byte order */
	__u8 proto; /* 0 */
	__u8 family; /* FAMILY_… */
	__u16 epoch;
	__u64 who; /* see connect_who */
};

/* Why an attempt failed. The values index connect_row.failed. */
#define FAILED_REFUSED 0
#define FAILED_TIMED_OUT 1
#define FAILED_RESET 2
#define FAILED_UNREACHABLE 3
#define FAILED_ABANDONED 4 /* closed or given up while it was connecting */
#define FAILED_OTHER 5
#define FAILURES 6

/* A process, when it began a connection or to listen. */
struct owner {
	char comm[COMMAND_NAME];
	__u64 cgroup; /* id in the unified hierarchy */
	__u32 pid; /* as the first pid namespace has it; 0: not known */
	__u32 life; /* when it began, in 2^PROCESS_LIFE_SHIFT ns */
	__u32 uid; /* real */
	__u32 inner_pid; /* as its own pid namespace has it */
};

/* What closed connections came to, all added. */
struct health {
	__u64 closed;
	__u64 rtt_us; /* smoothed, when they were closed */
	__u64 retransmits; /* segments; of failed attempts, too */
	__u64 bytes_sent; /* acknowledged by the peer */
	__u64 bytes_received;
	__u64 lifetime_ns;
};

/* What a row of connections has beside packets' lines: its events are in `packets`, the time of handshakes
 * in `bytes_flags`. */
struct connect_row {
	__u64 attempts;
	__u64 established; /* or accepted */
	__u64 failed[FAILURES];
	struct extremes took; /* of handshakes whose beginning and end were seen */
	__u64 timed; /* how many these are */
	__u64 last_ns; /* when the last event of it was */
	struct owner owner; /* of the last event; of its keys, all events have the same */
	struct health health;
	__u32 histogram; /* among the CPU's, from 1; 0: none */
	__u32 pad;
};

struct connect_bucket {
	struct connect_row rows[BUCKET_WAYS];
};

/* Counters of a CPU's epoch beside its ledger, and beside the rows: independent totals of what they hold. */
struct connect_epoch {
	__u64 attempts;
	__u64 established; /* of attempts */
	__u64 failed;
	__u64 accepted;
	__u64 closed;
	__u64 unkept; /* attempts whose beginning could not be kept: their ends have no process and no time */
	__u64 overtaken; /* attempts on a socket whose attempt before had not ended: its end was missed */
	__u64 unknown_listener; /* accepted by a socket of which it is not known whose it is */
	struct histogram_pool histograms;
	__u64 pad;
	struct connect_row folded; /* of all rows that were folded; it has no owner */
};

/* Reasons in slice_epoch.other. */
#define OTHER_BEGUN_BEFORE 0 /* the end of an attempt that began before anybody counted */

/*
 * The first that listens at a port, whatever its address, is kept by the port; any others are kept beside their
 * sockets, from where the kernel copies it to what they accept. So what is accepted without such a copy is
 * the first one's, and most need none.
 */
#define MOST_LISTENERS 4096

struct listener_key {
	__u64 net; /* the network namespace, as the kernel has it */
	__u32 port;
	__u32 pad;
};

/* What is known of a socket: kept beside it by the kernel, and gone with it. */
#define SOCKET_NOTHING 0
#define SOCKET_CONNECTING 1
#define SOCKET_LISTENING 2 /* or accepted from such a one, and not yet established */
#define SOCKET_FILTERED 3 /* one of either that the filter leaves out */
#define SOCKET_CONNECTED 4
#define SOCKET_ACCEPTED 5

struct socket_kept {
	__u64 since_ns; /* when the attempt began; when it was established */
	__u64 who; /* as in connect_key */
	struct owner owner;
	__u32 state; /* SOCKET_… */
	__u16 port; /* of the responder, network byte order: when it is closed its socket has none */
	__u16 old_error; /* which the socket had when the attempt began */
};

struct listener {
	__u64 socket; /* by its address */
	struct socket_kept kept;
};

/*
 * Which copy of a program has seen to what was last: a mark that the next ones find. What a task does with a
 * socket that it has locked may be interrupted by what comes for others, which are not locked then; that
 * is not interrupted by anything of the kind. So a mark is for one of both.
 */
#define MARK_STATE 0
#define MARK_REPORT 2
#define MARKS 4

struct seen {
	__u64 socket; /* by its address */
	__u32 what; /* the change */
	__u32 copies; /* a bit for each that knows of it */
};

/* What is known of a task. */
struct task_kept {
	__u64 told; /* the socket of which connect() has told what the programs know already; 0: none */
	__u32 tracked; /* not 0: it is the command's */
	__u32 pad;
	struct seen seen[MARKS]; /* only where tasks are preempted between copies */
};

/* What is told to the programs, by those that go through sockets, and by copies of one program. */
struct connect_run {
	__u32 own_pid; /* the process that asked, as the first pid namespace has it */
	__u32 in_flight; /* attempts that had begun and not ended when counting did */
	__u32 unkept_open; /* attempts whose beginning could not be kept, and whose end was not seen yet */
	__u32 pad;
	__u64 left_out; /* what the first of several copies could not see to, beside what the kernel says */
	__u64 seen_to; /* what the first copy was left out of and another has seen to */
};

#endif
