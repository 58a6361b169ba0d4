/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A 128-bit digest of decisions, for comparing runs on different machines.
 * It finds differences; it does not resist somebody who wants none found.
 *
 * Where memory lies is in it once, as the PA that was mapped: a machine whose memory lies
 * elsewhere has but that to translate back. A relaxed leaf leads where it led before.
 */
#include "internal.h"

void s2_digest_init(struct s2_digest *d)
{
	*d = (struct s2_digest){0x6a09e667f3bcc908, 0xbb67ae8584caa73b};
}

/* Both halves see every word, the second one through the first: order counts. */
void s2_digest_word(struct s2_digest *d, uint64_t word)
{
	d->a = (d->a ^ word) * 0x9e3779b97f4a7c15;
	d->a ^= d->a >> 32;
	d->b = (d->b + d->a) * 0xd6e8feb86659fd93;
	d->b ^= d->b >> 29;
}

/* A descriptor without its output address, of which the widest layout has bits 49 to 12. */
static uint64_t attributes(uint64_t pte)
{
	return pte & ~mask(49, 12);
}

void s2_digest_outcome(struct s2_digest *d, const struct s2_outcome *out)
{
	s2_digest_word(d, (uint64_t)out->kind | (uint64_t)out->row << 8 |
				  (uint64_t)(uint32_t)out->ret << 32);
	switch (out->kind) {
	case S2_MAPPED:
		s2_digest_word(d, out->map.pa.v);
		/* fallthrough */
	case S2_RELAXED:
		s2_digest_word(d, out->map.addr.v);
		s2_digest_word(d, out->map.size);
		s2_digest_word(d, attributes(out->map.pte));
		break;
	case S2_INJECTED:
		s2_digest_word(d, out->inject.hpfar);
		/* fallthrough */
	case S2_INJECTED_SEA:
	case S2_INJECTED_SIZE:
	case S2_INJECTED_EXCL:
	case S2_INJECTED_SERROR:
		s2_digest_word(d, out->inject.el | (uint64_t)out->inject.serror_vector << 8);
		s2_digest_word(d, out->inject.esr);
		s2_digest_word(d, out->inject.far);
		break;
	case S2_MMIO:
	case S2_EXIT_NISV:
	case S2_EXIT_LDST64B:
	case S2_EXIT_SEA:
	case S2_EXIT_MEMORY_FAULT:
		s2_digest_word(d, out->mmio.addr.v | (uint64_t)out->mmio.addr_unknown << 63);
		s2_digest_word(d, out->mmio.esr_iss << 8 | out->mmio.len);
		break;
	default:
		break;
	}
}
