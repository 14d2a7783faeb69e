/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A frame that is being parsed, in one piece or in several. */
#ifndef WINDROW_FRAME_H
#define WINDROW_FRAME_H

#include "bytes.h"

/* Farther in than any header that the parser can come to: a bound for the verifier. */
#define FRAME_REACH 0x7fff
/* Most words that are read at once: an IPv6 header. */
#define FRAME_WORDS 10

/* The first piece lies from `start` to `end`; what is behind it is asked of `context`. */
struct frame {
	void *context;
	const __u8 *start;
	const __u8 *end;
	int xdp; /* what `context` is; known when compiled */
};

/* Copies bytes of the frame wherever they lie; 0 on success. Whoever includes this defines it. */
static __always_inline int frame_load(const struct frame *frame, __u32 offset, void *to,
				      __u32 length);

/* `words` times four bytes at `offset`; not 0 where the frame ends before. */
static __always_inline int frame_words(const struct frame *frame, __u32 offset, __u32 *to,
				       __u32 words)
{
	const __u8 *at = frame->start + (offset & FRAME_REACH);
	__u32 word;

	if (at + words * 4 > frame->end)
		return frame_load(frame, offset, to, words * 4);
#pragma unroll
	for (word = 0; word < FRAME_WORDS; word++) {
		if (word < words)
			to[word] = load_u32(at + word * 4);
	}
	return 0;
}

static __always_inline int frame_byte(const struct frame *frame, __u32 offset, __u8 *to)
{
	const __u8 *at = frame->start + (offset & FRAME_REACH);

	if (at + 1 > frame->end)
		return frame_load(frame, offset, to, 1);
	*to = *at;
	return 0;
}

#endif
