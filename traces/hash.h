/* SPDX-License-Identifier: GPL-2.0-only */
/* SHA-256 (FIPS 180-4) and XXH64 (the xxHash specification, version 0.1.1). */
#ifndef NVSIM_TRACES_HASH_H
#define NVSIM_TRACES_HASH_H

#include <stddef.h>
#include <stdint.h>

#define NVT_SHA256_SIZE 32u

struct nvt_sha256 {
	uint32_t state[8];
	uint64_t size;	   /* bytes so far */
	uint8_t block[64]; /* the last size % 64 of them */
};

void nvt_sha256_init(struct nvt_sha256 *h);
void nvt_sha256_update(struct nvt_sha256 *h, const void *data, size_t size);
void nvt_sha256_final(struct nvt_sha256 *h, uint8_t digest[NVT_SHA256_SIZE]);

uint64_t nvt_xxh64(const void *data, size_t size, uint64_t seed);

#endif
