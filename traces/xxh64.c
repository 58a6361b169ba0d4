/* SPDX-License-Identifier: GPL-2.0-only */
#include "bytes.h"
#include "hash.h"

#define P1 0x9e3779b185ebca87u
#define P2 0xc2b2ae3d27d4eb4fu
#define P3 0x165667b19e3779f9u
#define P4 0x85ebca77c2b2ae63u
#define P5 0x27d4eb2f165667c5u

static uint64_t rotl(uint64_t x, unsigned int n)
{
	return x << n | x >> (64 - n);
}

static uint64_t round_lane(uint64_t acc, uint64_t lane)
{
	return rotl(acc + lane * P2, 31) * P1;
}

static uint64_t merge(uint64_t acc, uint64_t lane)
{
	return (acc ^ round_lane(0, lane)) * P1 + P4;
}

/* The four lanes over whole stripes of 32 bytes. */
static uint64_t stripes(const uint8_t *p, size_t count, uint64_t seed)
{
	uint64_t a = seed + P1 + P2, b = seed + P2, c = seed, d = seed - P1, acc;

	for (; count; count--, p += 32) {
		a = round_lane(a, nvt_get64(p));
		b = round_lane(b, nvt_get64(p + 8));
		c = round_lane(c, nvt_get64(p + 16));
		d = round_lane(d, nvt_get64(p + 24));
	}
	acc = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18);
	return merge(merge(merge(merge(acc, a), b), c), d);
}

static uint64_t remainder_of(uint64_t acc, const uint8_t *p, size_t size)
{
	for (; size >= 8; size -= 8, p += 8)
		acc = rotl(acc ^ round_lane(0, nvt_get64(p)), 27) * P1 + P4;
	if (size >= 4) {
		acc = rotl(acc ^ nvt_get32(p) * P1, 23) * P2 + P3;
		size -= 4;
		p += 4;
	}
	for (; size; size--)
		acc = rotl(acc ^ *p++ * P5, 11) * P1;
	return acc;
}

uint64_t nvt_xxh64(const void *data, size_t size, uint64_t seed)
{
	const uint8_t *p = data;
	uint64_t acc = size >= 32 ? stripes(p, size / 32, seed) : seed + P5;

	acc = remainder_of(acc + size, p + size / 32 * 32, size % 32);
	acc = (acc ^ acc >> 33) * P2;
	acc = (acc ^ acc >> 29) * P3;
	return acc ^ acc >> 32;
}
