/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The other way out of the tables, for readers that cannot map them: a program walks an epoch in
 * which nobody counts any more and submits its records to a ring. A full ring ends a run, not the
 * walk: the next run goes on where the last one came to.
 */
#ifndef WINDROW_EXPORT_H
#define WINDROW_EXPORT_H

#include "abi.h"
#include "instance.h"
#include "sketch.h"

/* Steps of one run, as many as bpf_loop takes. A ring is full long before. */
#define EXPORT_STEPS (1 << 23)

/* Its size is set before load; there is none, and no program, where rows are read by mapping. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

/* The share of a CPU; NULL behind the last one. */
static __always_inline struct slice_epoch *ledger_of(__u32 cpu, __u32 buffer);

/* Both say whether the ring had room. The reader asks when it wants to, so nobody is woken. */
static __always_inline int export_ledger(__u32 cpu, const struct slice_epoch *ledger)
{
	struct ledger_record *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (!record)
		return 0;
	record->kind = RECORD_LEDGER;
	record->cpu = cpu;
	record->ledger = *ledger;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 1;
}

static __always_inline int export_row(__u32 cpu, const struct slice_epoch *ledger, __u32 listed)
{
	__u32 chunk_number = ledger->first_chunk + listed / LIST_CHUNK;
	struct list_chunk *chunk = table_list_chunk(0, chunk_number);
	__u32 slot = chunk ? chunk->slots[listed % LIST_CHUNK] : 0;
	__u32 number = ledger->first_bucket + slot / BUCKET_WAYS;
	struct bucket *bucket = table_bucket(0, number);
	struct cold_bucket *cold_bucket = table_cold_bucket(0, number);
	struct row_record *record;

	/* Never: what is listed is there. A walk that does not go on is the reader's to notice. */
	if (!chunk || !bucket || !cold_bucket)
		return 0;
	record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
	if (!record)
		return 0;
	record->kind = RECORD_ROW;
	record->cpu = cpu;
	record->row = bucket->rows[slot % BUCKET_WAYS];
	record->cold = cold_bucket->rows[slot % BUCKET_WAYS];
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 1;
}

static __always_inline int export_spill(__u32 cpu, const struct slice_epoch *ledger, __u32 number)
{
	__u32 place = ledger->spill_room ? number % ledger->spill_room : 0;
	struct spill_record *spill = table_spill(0, ledger->first_spill + place);
	struct row_record *record;

	if (!spill)
		return 0;
	record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
	if (!record)
		return 0;
	record->kind = RECORD_SPILL;
	record->cpu = cpu;
	record->row = spill->row;
	record->cold = spill->cold;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 1;
}

static __always_inline int export_line(__u32 cpu, const struct slice_epoch *ledger, __u32 number)
{
	union line *line = table_line(0, ledger->first_line + number);
	struct line_record *record;
	__u64 any = 0;
	__u32 word;

	if (!line)
		return 0;
#pragma unroll
	for (word = 0; word < sizeof(*line) / sizeof(__u64); word++)
		any |= line->words[word];
	if (!any)
		return 1;
	record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
	if (!record)
		return 0;
	record->kind = RECORD_LINE;
	record->cpu = cpu;
	record->number = number;
	record->pad = 0;
	record->line = *line;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 1;
}

/* Lines beside a ledger's rows that are for what is folded; those of the registers follow. */
static __always_inline __u32 lines_of_folds(const struct slice_epoch *ledger)
{
	__u32 lines = ledger->bloom_lines + SKETCH_DEPTH * ledger->sketch_lines, level;

#pragma unroll
	for (level = 0; level < LADDER_LEVELS; level++)
		lines += ledger->ladder_lines[level];
	return lines;
}

/* Submits the record that is next, or goes on to the next CPU. 1 ends the run. */
static int export_step(__u32 step, void *context)
{
	struct walk *walk = context;
	__u32 buffer = walk->buffer, cpu = walk->cpu, place = walk->place;
	struct slice_epoch *ledger = ledger_of(cpu, buffer);
	__u32 spills, done, first_line, lines;

	if (!ledger || buffer >= MAX_BUFFERS)
		return 1;
	spills = ledger->spilled - ledger->spills_read;
	lines = lines_of_folds(ledger);
	first_line = ledger->folded.packets ? 0 : lines;
	if (ledger->rows || ledger->folded.packets)
		lines += DISTINCT_KINDS * ledger->distinct_lines;
	if (!place) {
		done = export_ledger(cpu, ledger);
	} else if (place <= ledger->rows) {
		done = export_row(cpu, ledger, place - 1);
		walk->rows += done;
	} else if (place - ledger->rows <= spills) {
		done = export_spill(cpu, ledger, ledger->spills_read + place - ledger->rows - 1);
	} else if (first_line + place - ledger->rows - spills <= lines) {
		done = export_line(cpu, ledger, first_line + place - ledger->rows - spills - 1);
	} else {
		walk->cpu = cpu + 1;
		walk->place = 0;
		return 0;
	}
	if (!done)
		return 1;
	walk->place = place + 1;
	return 0;
}

/* Exports as much of an epoch as the ring has room for. Returns 1 as long as there is more. */
SEC("syscall")
int windrow_export(struct walk *context)
{
	struct walk walk = {
		.buffer = context->buffer,
		.cpu = context->cpu,
		.place = context->place,
	};

	bpf_loop(EXPORT_STEPS, export_step, &walk, 0);
	context->cpu = walk.cpu;
	context->place = walk.place;
	context->rows = walk.rows;
	return ledger_of(walk.cpu, 0) ? 1 : 0;
}

#endif
