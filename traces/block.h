/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A batch of consecutive events as an array of structures, and its two ways:
 * into the body of an event section and out of it.
 */
#ifndef NVSIM_TRACES_BLOCK_H
#define NVSIM_TRACES_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "column.h"
#include "event.h"

#define NVT_BLOCK_MAX 65536u /* events of a block that a reader accepts */

/* What is wrong with a body, for people. */
struct nvt_why {
	bool memory; /* nothing is wrong but that there is none */
	char text[200];
};

struct nvt_batch {
	struct nvt_event *events;
	size_t count, capacity;
	uint64_t first_ordinal;
	uint64_t kind_count[NVT_KIND_COUNT];
	uint16_t *has; /* for each FAULT in turn: 0 no truth, else 1 + has */
	struct nvt_fault_truth *truths;
	size_t truth_count, truth_capacity;
	struct nvt_buffer text; /* of the marks in turn, without NUL; with NUL once decoded */
	uint32_t *identity;	/* scratch of selections, `capacity` each */
	uint32_t *fault;
	uint32_t *offset;
	uint32_t *event;
};

/* Room for `count` events. False: out of memory. */
bool nvt_batch_reserve(struct nvt_batch *b, size_t count);
/* Room for `count` truths. False: out of memory. */
bool nvt_batch_reserve_truths(struct nvt_batch *b, size_t count);
void nvt_batch_clear(struct nvt_batch *b);
void nvt_batch_free(struct nvt_batch *b);

/*
 * Encodes the batch; events' truths are b->truths in turn. The body of the
 * section is e's directory (which begins with the head of the body), e's
 * planes and b->text. False: *why.
 */
bool nvt_batch_encode(struct nvt_batch *b, struct nvt_encoder *e, const struct nvt_limits *limits,
		      struct nvt_why *why);

/* Decodes a body into the batch, whose former content goes. False: *why. */
bool nvt_batch_decode(struct nvt_batch *b, const uint8_t *body, size_t size,
		      const struct nvt_limits *limits, struct nvt_why *why);

/* The ordinal behind its last event, as its head tells; 0: it has no head. Nothing is decoded. */
uint64_t nvt_block_end(const uint8_t *body, size_t size);

/* Says in *why that a value of a record is out of range; `ordinal` is that of the event. */
void nvt_explain_bad(struct nvt_why *why, const struct nvt_bad *bad, const char *what,
		     uint64_t ordinal);

#endif
