/* SPDX-License-Identifier: GPL-2.0-only */
/* The shape of the stage-2 tables that VTCR asks for (spec 1.1). */
#ifndef NVSIM_TRACES_IMPORT_SHAPE_H
#define NVSIM_TRACES_IMPORT_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

struct imp_shape {
	uint8_t granule_shift;
	uint8_t stride;
	uint8_t input_bits;
	uint8_t output_bits;
	uint8_t start_bits; /* log2 of the entries of the start table */
	int8_t start;	    /* its level */
};

/* page_shift, ipa_limit: of the host. False: a size that KVM refuses before it reads anything. */
bool imp_shape_of(uint64_t vtcr, uint8_t page_shift, uint8_t ipa_limit, struct imp_shape *s);
/* log2 of the bytes that an entry at `level` translates. */
unsigned int imp_shape_shift(const struct imp_shape *s, int level);
/* L1 IPA of the start table: VTTBR without VMID, CnP and what the table's size makes 0. */
uint64_t imp_shape_root(const struct imp_shape *s, uint64_t vttbr);
/* Entries of a table at `level`, and the place of ipa in it. */
uint32_t imp_shape_count(const struct imp_shape *s, int level);
uint32_t imp_shape_index(const struct imp_shape *s, int level, uint64_t ipa);
/* Whether a walk goes on below this descriptor; if so *next is the address of the table there. */
bool imp_shape_next(const struct imp_shape *s, int level, uint64_t desc, uint64_t *next);
/* What a leaf at `level` maps: the address of its first byte. */
uint64_t imp_shape_output(const struct imp_shape *s, int level, uint64_t desc);
/* Whether a walk that ends at this descriptor finds a leaf. */
bool imp_shape_leaf(const struct imp_shape *s, int level, uint64_t desc);

#endif
