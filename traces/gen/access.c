/* SPDX-License-Identifier: GPL-2.0-only */
/* Syndromes, addresses and program counters of the accesses. */
#include "gen/internal.h"

/* ESR_EL2 (spec 0.3) */
#define ESR_EC_IABT  (0x20ull << 26)
#define ESR_EC_DABT  (0x24ull << 26)
#define ESR_IL	     BIT(25)
#define ESR_ISV	     BIT(24)
#define ESR_SAS_8    (3ull << 22)
#define ESR_SRT(reg) ((uint64_t)(reg) << 16)
#define ESR_SF	     BIT(15)
#define ESR_S1PTW    BIT(7)
#define ESR_WNR	     BIT(6)

#define HPFAR_VALID BIT(63)

#define PSTATE_EL1H 0x60400005ull
#define PSTATE_EL0T 0x80001000ull

/* Virtual addresses as Linux lays them out with 48 bits. */
#define VA_LINEAR 0xffff000000000000ull
#define VA_KERNEL 0xffff800080000000ull
#define VA_USER	  0x0000aaaa00000000ull

#define PC_COUNT 4

struct access_row {
	uint64_t esr;
	bool any_offset;       /* somewhere in the page, not at its start */
	uint32_t pc[PC_COUNT]; /* from VA_KERNEL, or from VA_USER for EL0 */
};

static const struct access_row access_rows[] = {
	[ACCESS_READ] = {ESR_EC_DABT | ESR_IL | ESR_ISV | ESR_SAS_8 | ESR_SF,
			 true,
			 {0x2a51c8, 0x31e044, 0x2b0d90, 0x7f3a14}},
	[ACCESS_WRITE] = {ESR_EC_DABT | ESR_IL | ESR_ISV | ESR_SAS_8 | ESR_SF | ESR_WNR,
			  true,
			  {0x2a5234, 0x31e0b8, 0x2b1008, 0x7f3b6c}},
	/* DC ZVA, and a copy by pairs of registers: no valid syndrome. */
	[ACCESS_CLEAR] = {ESR_EC_DABT | ESR_IL | ESR_WNR,
			  false,
			  {0x8c6a1c, 0x8c6a1c, 0x8c6a1c, 0x8c7150}},
	[ACCESS_EXEC] = {ESR_EC_IABT | ESR_IL, true, {0}},
	[ACCESS_WALK] = {ESR_EC_DABT | ESR_IL | ESR_S1PTW,
			 true,
			 {0x2a51c8, 0x41aa30, 0x8c7150, 0x7f3a14}},
};

/* Takes the share of `percent` out of 16 random bits. */
static bool chance(uint64_t bits, uint64_t percent)
{
	return (bits & 0xffff) * 100 >> 16 < percent;
}

enum access gen_any_access(struct nvt_gen *g)
{
	uint64_t draw = rng_below(&g->rng, 100);

	if (draw < g->o.writes)
		return ACCESS_WRITE;
	if (draw < g->o.writes + g->o.execs)
		return ACCESS_EXEC;
	return draw < g->o.writes + g->o.execs + g->o.walks ? ACCESS_WALK : ACCESS_READ;
}

static uint64_t virtual_address(enum access access, bool user, uint64_t ipa)
{
	if (user)
		return VA_USER + ipa;
	return (access == ACCESS_EXEC ? VA_KERNEL - RAM_BASE : VA_LINEAR) + ipa;
}

void gen_access(struct nvt_gen *g, enum access access, uint64_t ipa, struct nvt_fault *fault)
{
	const struct access_row *row = &access_rows[access];
	uint64_t r = rng_next(&g->rng);
	bool user = access != ACCESS_WALK && chance(r, g->o.user);
	uint64_t far;

	/* Naturally aligned, to an instruction or a register. */
	if (row->any_offset)
		ipa |= (r >> 16) & (BIT(g->geo.page_shift) - 1) & (access == ACCESS_EXEC ? ~3 : ~7);
	/* What the stage-1 walk was for has nothing to do with where its table lies. */
	far = virtual_address(access, user, access == ACCESS_WALK ? RAM_BASE + (r >> 36) : ipa);
	*fault = (struct nvt_fault){
		.esr = row->esr,
		.far = far,
		.hpfar = ipa >> 12 << 4 | HPFAR_VALID,
		.pstate = user ? PSTATE_EL0T : PSTATE_EL1H,
	};
	if (row->esr & ESR_ISV)
		fault->esr |= ESR_SRT(r >> 32 & 7);
	fault->pc = (user ? VA_USER : VA_KERNEL) + row->pc[r >> 34 & (PC_COUNT - 1)];
	if (access == ACCESS_EXEC)
		fault->pc = far;
}
