/* SPDX-License-Identifier: GPL-2.0-only */
#include "cost.h"

#define LINEAR_SHIFT 11u /* of HW_LINEAR */
#define STEPS_SHIFT  6u	 /* of HW_STEPS */

_Static_assert(HW_LINEAR == 1u << LINEAR_SHIFT && HW_STEPS == 1u << STEPS_SHIFT, "as cost.h says");

unsigned int hw_bucket_of(uint64_t value)
{
	unsigned int power, step;

	if (value < HW_LINEAR)
		return (unsigned int)value;
	power = 63u - (unsigned int)__builtin_clzll(value);
	step = (unsigned int)(value >> (power - STEPS_SHIFT)) & (HW_STEPS - 1);
	return HW_LINEAR + (power - LINEAR_SHIFT) * HW_STEPS + step;
}

uint64_t hw_bucket_low(unsigned int bucket)
{
	unsigned int power, step;

	if (bucket < HW_LINEAR)
		return bucket;
	power = LINEAR_SHIFT + (bucket - HW_LINEAR) / HW_STEPS;
	step = (bucket - HW_LINEAR) % HW_STEPS;
	return (uint64_t)(HW_STEPS + step) << (power - STEPS_SHIFT);
}

void hw_histogram_add(struct hw_histogram *h, uint64_t value)
{
	if (!h->n || value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
	h->n++;
	h->sum += value;
	h->bucket[hw_bucket_of(value)]++;
}

uint64_t hw_histogram_rank(const struct hw_histogram *h, unsigned int permille)
{
	uint64_t rank = (h->n * permille + 999) / 1000, seen = 0;
	unsigned int bucket = 0;

	if (!h->n)
		return 0;
	if (!rank)
		rank = 1;
	while (bucket < HW_BUCKET_COUNT - 1 && (seen += h->bucket[bucket]) < rank)
		bucket++;
	return hw_bucket_low(bucket) > h->min ? hw_bucket_low(bucket) : h->min;
}
