/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host itself says of the memory that backs the VM: /proc/PID/smaps
 * (page size of each mapping) and /proc/PID/pagemap (page frames), as they
 * were at one moment of the recording.
 */
#ifndef NVSIM_TRACES_IMPORT_HOSTMEM_H
#define NVSIM_TRACES_IMPORT_HOSTMEM_H

#include "event.h"
#include "trace.h"

struct imp_vma {
	uint64_t start, end;
	uint8_t page_shift;
};

struct imp_hostmem {
	struct imp_vma *vmas; /* ascending */
	size_t vma_count;
	uint64_t *pagemap; /* words, one a host page from `base` on */
	size_t pagemap_count;
	uint64_t base;
};

void imp_hostmem_free(struct imp_hostmem *h);

/* `path`: the text, plain or zstd-compressed. */
enum nvt_status imp_hostmem_smaps(struct imp_hostmem *h, const char *path, struct nvt_error *err);
/* `path`: 64-bit words, plain or zstd-compressed, of the pages from `base` on. */
enum nvt_status imp_hostmem_pagemap(struct imp_hostmem *h, const char *path, uint64_t base,
				    struct nvt_error *err);

/* log2 of the page size of the mapping that holds hva; page_shift where that is not known. */
uint8_t imp_hostmem_vma_shift(const struct imp_hostmem *h, uint64_t hva, uint8_t page_shift);

/*
 * Backing of the page at hva, in the largest leaf that the page frames allow.
 * False: nothing is known of it, or it was not present.
 */
bool imp_hostmem_find(const struct imp_hostmem *h, uint64_t hva, uint8_t page_shift,
		      struct nvt_backing *out);

#endif
