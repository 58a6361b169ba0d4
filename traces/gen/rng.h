/* SPDX-License-Identifier: GPL-2.0-only */
/* Pseudo-random numbers, equal on every machine (xoshiro256++, seeded by splitmix64). */
#ifndef NVSIM_TRACES_GEN_RNG_H
#define NVSIM_TRACES_GEN_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t s[4];
};

static inline uint64_t rng_split(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline void rng_seed(struct rng *r, uint64_t seed)
{
	for (size_t i = 0; i < 4; i++)
		r->s[i] = rng_split(&seed);
}

static inline uint64_t rng_rotate(uint64_t x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t *s = r->s, out = rng_rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rng_rotate(s[3], 45);
	return out;
}

/* 0 .. n - 1. n below 2^32; the bias is below n / 2^32. */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	return (rng_next(r) >> 32) * n >> 32;
}

#endif
