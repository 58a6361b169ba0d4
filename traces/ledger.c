/* SPDX-License-Identifier: GPL-2.0-only */
/* The sums over all frames, and the two sections of fixed layout. */
#include <string.h>

#include "bytes.h"
#include "section.h"

#define MAGIC	0x5254564eu /* "NVTR" */
#define VERSION 1u

void nvt_ledger_init(struct nvt_ledger *l)
{
	*l = (struct nvt_ledger){0};
	nvt_sha256_init(&l->sha);
}

void nvt_ledger_tuple(uint8_t tuple[12], enum nvt_section type, uint32_t content_size,
		      uint32_t content_check)
{
	nvt_put32(tuple, type);
	nvt_put32(tuple + 4, content_size);
	nvt_put32(tuple + 8, content_check);
}

/*
 * Sums are over hashes that are seeded with the frame's number, so
 * that order counts and still the header can be replaced at the end.
 */
void nvt_ledger_frame(struct nvt_ledger *l, enum nvt_section type, const uint8_t *raw,
		      size_t raw_size, uint32_t content_size, uint8_t entry[NVT_SEEK_ENTRY])
{
	uint8_t tuple[12];

	nvt_put32(entry, (uint32_t)raw_size);
	nvt_put32(entry + 4, content_size);
	memcpy(entry + 8, raw + raw_size - 4, 4);
	nvt_ledger_tuple(tuple, type, content_size, nvt_get32(entry + 8));
	if (type == NVT_SECTION_HEADER) {
		l->header_check = nvt_xxh64(raw, raw_size, 0);
		memcpy(l->header_tuple, tuple, sizeof(tuple));
		memcpy(l->header_entry, entry, NVT_SEEK_ENTRY);
		if (!l->frame_count)
			l->frame_count = 1;
		return;
	}
	if (type != NVT_SECTION_META && type != NVT_SECTION_INDEX && type != NVT_SECTION_END)
		nvt_sha256_update(&l->sha, tuple, sizeof(tuple));
	l->seek_check += nvt_xxh64(entry, NVT_SEEK_ENTRY, l->frame_count);
	if (type != NVT_SECTION_END)
		l->frames_check += nvt_xxh64(raw, raw_size, l->frame_count);
	l->frame_count++;
}

void nvt_ledger_close(struct nvt_ledger *l)
{
	l->frames_check += l->header_check;
	l->seek_check += nvt_xxh64(l->header_entry, NVT_SEEK_ENTRY, 0);
	nvt_sha256_update(&l->sha, l->header_tuple, sizeof(l->header_tuple));
	nvt_sha256_final(&l->sha, l->digest);
}

/* ---- the end section ---- */

/* Offsets in its body. */
enum {
	END_EVENTS = 0,
	END_FIRST = 8,
	END_LAST = 16,
	END_KINDS = 24,
	END_WORDS = 136,
	END_FRAMES = 144,
	END_RESERVED = 148,
	END_CHECK = 152,
	END_DIGEST = 160
};

_Static_assert(END_KINDS + 8 * (NVT_KIND_COUNT - 1) == END_WORDS, "a count for each kind");
_Static_assert(END_DIGEST + NVT_SHA256_SIZE == NVT_END_SIZE, "the digest is the last");

void nvt_put_end(uint8_t body[NVT_END_SIZE], const struct nvt_ledger *l)
{
	nvt_put64(body + END_EVENTS, l->totals.event_count);
	nvt_put64(body + END_FIRST, l->totals.first_ns);
	nvt_put64(body + END_LAST, l->totals.last_ns);
	for (unsigned int k = 1; k < NVT_KIND_COUNT; k++)
		nvt_put64(body + END_KINDS + 8 * (k - 1), l->totals.kind_count[k]);
	nvt_put64(body + END_WORDS, l->word_count);
	nvt_put32(body + END_FRAMES, l->frame_count);
	nvt_put32(body + END_RESERVED, 0);
	nvt_put64(body + END_CHECK, l->frames_check);
	memcpy(body + END_DIGEST, l->digest, NVT_SHA256_SIZE);
}

bool nvt_get_end(const uint8_t *body, size_t size, struct nvt_ledger *l)
{
	*l = (struct nvt_ledger){0};
	if (size != NVT_END_SIZE || nvt_get32(body + END_RESERVED))
		return false;
	l->totals.event_count = nvt_get64(body + END_EVENTS);
	l->totals.first_ns = nvt_get64(body + END_FIRST);
	l->totals.last_ns = nvt_get64(body + END_LAST);
	for (unsigned int k = 1; k < NVT_KIND_COUNT; k++)
		l->totals.kind_count[k] = nvt_get64(body + END_KINDS + 8 * (k - 1));
	l->word_count = nvt_get64(body + END_WORDS);
	l->frame_count = nvt_get32(body + END_FRAMES);
	l->frames_check = nvt_get64(body + END_CHECK);
	memcpy(l->digest, body + END_DIGEST, NVT_SHA256_SIZE);
	return true;
}

/* ---- the header section ---- */

/* Offsets in its body; what follows HEADER_RESERVED is 0. */
enum {
	HEADER_MAGIC = 0,
	HEADER_VERSION = 4,
	HEADER_CLASS = 6,
	HEADER_PAGE = 7,
	HEADER_IPA = 8,
	HEADER_CANONICAL = 9,
	HEADER_GRANULES = 10,
	HEADER_FEATURES = 11,
	HEADER_VCPUS = 12,
	HEADER_CONTEXTS = 14,
	HEADER_ASSUMED = 16,
	HEADER_RESERVED = 18
};

/* Bits of HEADER_FEATURES. */
enum { LPA2 = 1, FWB = 2, DIC = 4, XNX = 8, TTL = 16, NISV = 32, EXTENTS = 64, HW_AF = 128 };

void nvt_put_header(uint8_t body[NVT_HEADER_SIZE], enum nvt_class class,
		    const struct nvt_machine *m)
{
	memset(body, 0, NVT_HEADER_SIZE);
	nvt_put32(body + HEADER_MAGIC, MAGIC);
	nvt_put16(body + HEADER_VERSION, VERSION);
	body[HEADER_CLASS] = (uint8_t) class;
	body[HEADER_PAGE] = m->page_shift;
	body[HEADER_IPA] = m->ipa_limit;
	body[HEADER_CANONICAL] = m->canonical_bits;
	body[HEADER_GRANULES] = m->s2_granules;
	body[HEADER_FEATURES] =
		(uint8_t)((m->lpa2 ? LPA2 : 0) | (m->fwb ? FWB : 0) | (m->dic ? DIC : 0) |
			  (m->xnx ? XNX : 0) | (m->ttl ? TTL : 0) | (m->nisv_exits ? NISV : 0) |
			  (m->extents ? EXTENTS : 0) | (m->hw_af ? HW_AF : 0));
	nvt_put16(body + HEADER_VCPUS, m->vcpu_count);
	nvt_put16(body + HEADER_CONTEXTS, m->context_count);
	nvt_put16(body + HEADER_ASSUMED, m->assumed);
}

/* What a stage 2 can translate. */
enum { IPA_BITS_MIN = 32, IPA_BITS_MAX = 52 };

/* Each vCPU has two contexts at least: more vCPUs would need more contexts than there can be. */
enum { CONTEXTS_MAX = 0x8000, VCPUS_MAX = CONTEXTS_MAX / 2 };

static void get_machine(const uint8_t *body, struct nvt_machine *m)
{
	uint8_t features = body[HEADER_FEATURES];

	*m = (struct nvt_machine){.page_shift = body[HEADER_PAGE],
				  .ipa_limit = body[HEADER_IPA],
				  .canonical_bits = body[HEADER_CANONICAL],
				  .s2_granules = body[HEADER_GRANULES],
				  .vcpu_count = nvt_get16(body + HEADER_VCPUS),
				  .context_count = nvt_get16(body + HEADER_CONTEXTS),
				  .lpa2 = features & LPA2,
				  .fwb = features & FWB,
				  .dic = features & DIC,
				  .xnx = features & XNX,
				  .ttl = features & TTL,
				  .nisv_exits = features & NISV,
				  .extents = features & EXTENTS,
				  .hw_af = features & HW_AF,
				  .assumed = nvt_get16(body + HEADER_ASSUMED)};
}

const char *nvt_get_header(const uint8_t *body, size_t size, enum nvt_class *class,
			   struct nvt_machine *m)
{
	if (size < HEADER_CLASS || nvt_get32(body) != MAGIC)
		return "it has no magic number of a trace";
	if (nvt_get16(body + HEADER_VERSION) != VERSION)
		return "it is of another version than 1, which is the only one known";
	if (size != NVT_HEADER_SIZE)
		return "its header has a wrong length";
	for (size_t i = HEADER_RESERVED; i < size; i++)
		if (body[i])
			return "its header has a reserved byte that is not 0";
	get_machine(body, m);
	*class = body[HEADER_CLASS];
	if (*class > NVT_FULL)
		return "its completeness class is unknown";
	if (m->page_shift != 12 && m->page_shift != 14 && m->page_shift != 16)
		return "its page size is none of 4K, 16K and 64K";
	if (m->ipa_limit < IPA_BITS_MIN || m->ipa_limit > IPA_BITS_MAX ||
	    m->canonical_bits < IPA_BITS_MIN || m->canonical_bits > IPA_BITS_MAX ||
	    m->s2_granules > 7 || m->assumed > 0x3ff || m->context_count > CONTEXTS_MAX ||
	    m->vcpu_count > VCPUS_MAX)
		return "its machine has a value out of range";
	return NULL;
}
