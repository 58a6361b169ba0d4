/* SPDX-License-Identifier: GPL-2.0-only */
#include "import/shape.h"

#define DESC_VALID  1u
#define DESC_TABLE  2u /* also: page, at level 3 */
#define OUTPUT_BITS 48u

bool imp_shape_of(uint64_t vtcr, uint8_t page_shift, uint8_t ipa_limit, struct imp_shape *s)
{
	static const uint8_t granule[4] = {12, 16, 14, 16};
	static const uint8_t output[8] = {32, 36, 40, 42, 44, 48, 48, 48};
	unsigned int below;

	*s = (struct imp_shape){.granule_shift = granule[vtcr >> 14 & 3],
				.input_bits = (uint8_t)(64 - (vtcr & 63)),
				.output_bits = output[vtcr >> 16 & 7]};
	/* L1 is not offered a granule below the host's; KVM takes the host's instead. */
	if (s->granule_shift < page_shift)
		s->granule_shift = page_shift;
	s->stride = (uint8_t)(s->granule_shift - 3);
	s->start = (int8_t)((s->granule_shift == 12 ? 2 : 3) - (int)(vtcr >> 6 & 3));
	if (s->output_bits > ipa_limit)
		s->output_bits = ipa_limit;
	if (s->start < (s->granule_shift == 12 ? 0 : 1) || s->input_bits < 25 ||
	    s->input_bits > OUTPUT_BITS)
		return false;
	below = imp_shape_shift(s, s->start);
	if (s->input_bits <= below || s->input_bits > below + s->stride + 4)
		return false;
	s->start_bits = (uint8_t)(s->input_bits - below);
	return true;
}

unsigned int imp_shape_shift(const struct imp_shape *s, int level)
{
	return (unsigned int)(3 - level) * s->stride + s->granule_shift;
}

/* Bits [47:low] of a word. */
static uint64_t address_bits(uint64_t word, unsigned int low)
{
	return word & (((uint64_t)1 << OUTPUT_BITS) - 1) & ~(((uint64_t)1 << low) - 1);
}

uint64_t imp_shape_root(const struct imp_shape *s, uint64_t vttbr)
{
	return address_bits(vttbr, s->start_bits + 3u);
}

uint32_t imp_shape_count(const struct imp_shape *s, int level)
{
	return (uint32_t)1 << (level == s->start ? s->start_bits : s->stride);
}

uint32_t imp_shape_index(const struct imp_shape *s, int level, uint64_t ipa)
{
	return (uint32_t)(ipa >> imp_shape_shift(s, level)) & (imp_shape_count(s, level) - 1);
}

static bool beyond_output(const struct imp_shape *s, uint64_t desc)
{
	return address_bits(desc, 12) >> s->output_bits;
}

bool imp_shape_next(const struct imp_shape *s, int level, uint64_t desc, uint64_t *next)
{
	if (level == 3 || (desc & (DESC_VALID | DESC_TABLE)) != (DESC_VALID | DESC_TABLE) ||
	    beyond_output(s, desc))
		return false;
	*next = address_bits(desc, s->granule_shift);
	return true;
}

uint64_t imp_shape_output(const struct imp_shape *s, int level, uint64_t desc)
{
	return address_bits(desc, imp_shape_shift(s, level));
}

bool imp_shape_leaf(const struct imp_shape *s, int level, uint64_t desc)
{
	int first_block = s->granule_shift == 12 ? 1 : 2;

	if (!(desc & DESC_VALID) || beyond_output(s, desc))
		return false;
	return level == 3 ? desc & DESC_TABLE : !(desc & DESC_TABLE) && level >= first_block;
}
