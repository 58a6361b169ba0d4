/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames of a console that a fuzzer has changed, with the checksums that they would have. */
#ifndef NVSIM_TESTS_FUZZ_CHECKSUM_H
#define NVSIM_TESTS_FUZZ_CHECKSUM_H

#include "frame.h"
#include "fuzz.h"

static inline uint32_t fuzz_crc32(const char *text, size_t size)
{
	uint32_t crc = ~0u;

	while (size--) {
		crc ^= (unsigned char)*text++;
		for (unsigned int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* Of each that has room for one behind its '~'. */
static inline void fuzz_put_checksums(char *text, size_t size)
{
	const char *end = text + size;
	char digits[9];

	while ((text = memmem(text, (size_t)(end - text), HW_FRAME_MARK, strlen(HW_FRAME_MARK)))) {
		char *tilde = memchr(text + 1, '~', (size_t)(end - text - 1));

		if (!tilde || end - tilde < 9)
			return;
		snprintf(digits, sizeof(digits), "%08x",
			 fuzz_crc32(text + 1, (size_t)(tilde - text - 1)));
		if (memcmp(tilde, HW_FRAME_MARK, strlen(HW_FRAME_MARK)))
			memcpy(tilde + 1, digits, 8);
		text = tilde;
	}
}

#endif
