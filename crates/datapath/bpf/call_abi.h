/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs for system calls share with userspace beside abi.h: fixed widths, explicit padding. */
#ifndef WINDROW_CALL_ABI_H
#define WINDROW_CALL_ABI_H

#include "abi.h"

/* In the place of a family: the key is a call's. */
#define FAMILY_CALL 1

#define COMMAND_NAME 16

/* Bits of call_key.about; above them, when the process began: see PROCESS_LIFE_SHIFT. */
#define CALL_COMPAT 1 /* in the numbering of 32-bit programs */
#define CALL_BEGUN_BEFORE 2 /* before anybody counted: its beginning was not seen */
#define CALL_LIFE_SHIFT 2
/* Processes are told apart by when they began, in 2^20 ns: a pid is not used again so soon. */
#define PROCESS_LIFE_SHIFT 20

/*
 * What calls are grouped by, laid over flow_key: the same words, the epoch at the same place. What is
 * not asked for is 0.
 */
struct call_key {
	__u32 uid; /* real ids, as the first user namespace has them */
	__u32 gid;
	__u32 pid; /* of the process, as the first pid namespace has it */
	__s32 number; /* of the call, as it was when it began */
	char comm[COMMAND_NAME]; /* of the process */
	__u32 about;
	__u8 pad;
	__u8 family; /* FAMILY_CALL */
	__u16 epoch;
	__u64 cgroup; /* id in the unified hierarchy */
};

/* What a row of calls has beside packets' lines: its count is in `packets`, the time of all in `bytes_flags`. */
struct call_row {
	struct extremes took; /* of calls whose beginning and end were seen */
	__u64 errors;
	__u64 untimed; /* calls without a duration: what answered them was not the call */
	char comm[COMMAND_NAME]; /* of the process, when the last of them ended */
	__u32 inner_pid; /* of the process in its own pid namespace */
	__u32 histogram; /* among the CPU's, from 1; 0: none */
	__u64 last_ns; /* when the last of them ended; 0: it has no duration */
};

struct call_bucket {
	struct call_row rows[BUCKET_WAYS];
};

/*
 * Counters of a CPU's epoch beside its ledger. One program writes each line of them: a program is never
 * run inside itself on a CPU, but the others may be.
 */
struct call_epoch {
	/* sys_enter: */
	__u64 enters;
	__u64 untracked_enters; /* of tasks that are nobody's */
	__u64 unkept; /* whose beginning could not be kept */
	__u64 overtaken; /* while the task was in a call, by what was seen: its end was missed */
	__u64 enter_pad[4];
	/* sys_exit; what else it counts is in the ledger: */
	__u64 matched; /* ends of calls whose beginning was seen */
	__u64 unentered; /* … was not, of tasks that have been seen: refused, or answered by others */
	__u64 begun_before; /* … of tasks that are older than we are and were not seen before */
	__u64 untracked; /* … of tasks that are nobody's */
	struct histogram_pool histograms;
	__u64 killed; /* calls that their tasks do not come back from: these were killed meanwhile */
	struct call_row folded; /* of all rows that were folded; it has no name */
	/* sched_process_exit: */
	__u64 never_returned; /* calls that ended with their task */
	__u64 exited_pad[7];
	/* sched_process_fork: */
	__u64 forks_unkept; /* children that could not be marked */
	__u64 fork_pad[7];
};

/* Reasons in slice_epoch.other. */
#define OTHER_CHILD 0 /* a child's way out of fork or clone: no call */
#define OTHER_OWN 1 /* windrow's own */

/* Most values of each kind that calls are selected by; numbers that may be. */
#define CALL_FILTER_VALUES 16
#define CALL_FILTER_NUMBERS 512

struct call_filter_cgroup {
	__u64 id;
	__u32 level; /* below the root, whose level is 0 */
	__u32 pad;
};

struct call_filter_comm {
	char name[COMMAND_NAME];
};

/* Which calls are counted: those that pass each kind of which there are values. */
struct call_filter {
	__u32 pids;
	__u32 uids;
	__u32 comms;
	__u32 cgroups;
	__u32 numbers; /* not 0: those below alone */
	__u32 tracked; /* not 0: those of tracked tasks alone */
	__u32 pid[CALL_FILTER_VALUES];
	__u32 uid[CALL_FILTER_VALUES];
	struct call_filter_comm comm[CALL_FILTER_VALUES];
	struct call_filter_cgroup cgroup[CALL_FILTER_VALUES];
	__u64 native[CALL_FILTER_NUMBERS / 64]; /* a bit a number */
	__u64 compat[CALL_FILTER_NUMBERS / 64];
};

/* What is known of a task: kept beside it by the kernel, and gone with it. */
#define TASK_NEW 0 /* nothing yet */
#define TASK_OUTSIDE 1 /* not in a call */
#define TASK_IN_CALL 2 /* in one that is counted */
#define TASK_IN_FILTERED 3 /* … that the filter leaves out */
#define TASK_IN_OWN 4 /* … of windrow's own */
#define TASK_CHILD 5 /* has not come out of fork or clone yet */

/* Whether a task is the command's. */
#define TRACK_AT_EXECVE 1 /* from its next execve on */
#define TRACKED 2 /* and all that it forks */

struct task_call {
	__u64 start_ns;
	__s32 number;
	__u8 state;
	__u8 compat;
	__u8 track;
	__u8 pad;
};

/* What is told to the programs, and by the one that goes through all tasks. */
struct run {
	__u64 opened_ns; /* CLOCK_MONOTONIC: tasks that are younger were seen from their beginning */
	__u32 own_pid; /* the process that asked, as the first pid namespace has it */
	__u32 in_calls; /* tasks in a call that had begun and not ended when counting did */
	__u32 sees_all; /* not 0: no task was hidden that might be in one */
	__u32 pad;
};

/* A process, as everybody sees it and as who asked for all of them does. */
struct walked_process {
	__u32 pid;
	__u32 seen_pid;
};

#endif
