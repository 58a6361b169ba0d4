/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sections, whatever carries them: their order, the two of fixed layout, words of L1's
 * memory; and the ledger of all frames that the end section and the seek table are about.
 */
#ifndef NVSIM_TRACES_SECTION_H
#define NVSIM_TRACES_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "block.h"
#include "column.h"
#include "hash.h"
#include "trace.h"

enum nvt_section {
	NVT_SECTION_HEADER = 1,
	NVT_SECTION_L1MEM,
	NVT_SECTION_EVENTS,
	NVT_SECTION_META,
	NVT_SECTION_INDEX,
	NVT_SECTION_END,
};

#define NVT_SECTION_REQUIRED 1u		 /* flag: who does not know the type must not go on */
#define NVT_SECTION_HEAD     8u		 /* type u16, flags u16, length of the body u32 */
#define NVT_FRAME_MAX	     (64u << 20) /* bytes of content that a reader accepts */

#define NVT_WORDS_MAX	   65536u      /* words of one l1mem section */
#define NVT_WORDS_MAX_FILE (32u << 20) /* words of all of them: 512 MiB here */

#define NVT_HEADER_SIZE	 32u  /* body of the header section */
#define NVT_END_SIZE	 192u /* body of the end section */
#define NVT_STORED_EXTRA 16u  /* what nvt_store adds around its content */

#define NVT_SKIPPABLE_MAGIC 0x184d2a5eu
#define NVT_SEEKABLE_MAGIC  0x8f92eab1u
#define NVT_SEEK_DESCRIPTOR 0x80u /* entries have checksums */
#define NVT_SEEK_ENTRY	    12u	  /* compressed size, decompressed size, checksum: u32 each */
#define NVT_SEEK_FOOTER	    9u	  /* number of frames u32, descriptor u8, magic u32 */
#define NVT_INDEX_ENTRY	    24u	  /* first ordinal, first time, offset of the frame: u64 each */
#define NVT_INDEX_MAX	    4096u /* entries */

/*
 * Sections of known types come in the order of their numbers; the last three once each.
 * *stage is the type of the last one, unknown ones aside; 0 at first. NULL, or what is wrong.
 */
const char *nvt_section_order(unsigned int *stage, unsigned int type, unsigned int flags);

/*
 * Decodes the body of an l1mem section behind the words (struct nvt_word) that are there;
 * NVT_DECODE_SLACK bytes after it must be readable. False: *why.
 */
bool nvt_words_decode(struct nvt_buffer *words, const uint8_t *body, size_t size,
		      const struct nvt_limits *limits, struct nvt_why *why);

/* Adds a block that follows those before it. NULL, or why it does not. */
const char *nvt_totals_add(struct nvt_totals *totals, const struct nvt_batch *b);

/* ---- the ledger ---- */

struct nvt_ledger {
	struct nvt_totals totals;
	struct nvt_sha256 sha;
	uint64_t word_count;
	uint64_t header_check, frames_check; /* of all frames before the end's */
	uint64_t seek_check;		     /* of entries, in their order */
	uint32_t frame_count;
	uint8_t header_tuple[12];
	uint8_t header_entry[NVT_SEEK_ENTRY];
	uint8_t digest[NVT_SHA256_SIZE];
};

void nvt_ledger_init(struct nvt_ledger *l);
/*
 * Enters a frame; the header again replaces the header. entry: its entry in the
 * seek table.
 */
void nvt_ledger_frame(struct nvt_ledger *l, enum nvt_section type, const uint8_t *raw,
		      size_t raw_size, uint32_t content_size, uint8_t entry[NVT_SEEK_ENTRY]);
/* What the digest is of, for one frame. */
void nvt_ledger_tuple(uint8_t tuple[12], enum nvt_section type, uint32_t content_size,
		      uint32_t content_check);
/* Computes the digest once all frames but index and end are there. */
void nvt_ledger_close(struct nvt_ledger *l);

void nvt_put_end(uint8_t body[NVT_END_SIZE], const struct nvt_ledger *l);
/* False: the body is no end section. */
bool nvt_get_end(const uint8_t *body, size_t size, struct nvt_ledger *l);

/* ---- the header ---- */

void nvt_put_header(uint8_t body[NVT_HEADER_SIZE], enum nvt_class class,
		    const struct nvt_machine *machine);
/* NULL, or what is wrong. */
const char *nvt_get_header(const uint8_t *body, size_t size, enum nvt_class *class,
			   struct nvt_machine *machine);

#endif
