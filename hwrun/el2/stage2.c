/* SPDX-License-Identifier: GPL-2.0-only */
#include "stage2.h"

#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "guest.h"
#include "platform.h"
#include "smp.h"

/* VTCR_EL2 (Arm ARM D19.2.157) */
#define VTCR_RES1	 (1ull << 31)
#define VTCR_DS		 (1ull << 32)
#define VTCR_VS		 (1ull << 19)
#define VTCR_PS_SHIFT	 16
#define VTCR_TG0_SHIFT	 14
#define VTCR_CACHED	 (3ull << 12 | 1ull << 10 | 1ull << 8) /* walks: write-back, inner-shareable */
#define VTCR_SL0_SHIFT	 6
#define VTTBR_VMID_SHIFT 48

/* HCR_EL2 (Arm ARM D19.2.48) */
#define HCR_VM	 (1ull << 0)
#define HCR_SWIO (1ull << 1)
#define HCR_AMO	 (1ull << 5) /* an SError interrupts the guest, whatever it masks */
#define HCR_DC	 (1ull << 12)
#define HCR_RW	 (1ull << 31)
#define HCR_FWB	 (1ull << 46)

#define MDCR_TDE (1ull << 8) /* BRK of the guest comes to EL2 */

#define DESC_TABLE 3ull
#define DESC_AF	   (1ull << 10)
#define DESC_SHARE (3ull << 8)
#define DESC_READ  (1ull << 6)
#define DESC_WRITE (1ull << 7)
#define DESC_XN	   (2ull << 53)

/* Pages that are invalidated one by one; a larger range costs all of the guest's entries. */
#define RANGE_PAGES 64u

/* Of its address: stage-1 tables of the guest name it. */
#define STUB_BITS 48u

static struct {
	unsigned int page_shift;
	bool lpa2, fwb, vmid16;
	const struct s2_vm *vm;
	uint64_t *slots;      /* index of the root where the stub is, by context */
	unsigned char *pages; /* enum stub_page */
	uint64_t *tables[4];  /* to them, by level */
	uint64_t *shown;      /* entry of a root, now ours; NULL: none */
	uint64_t vttbr[PLATFORM_CPUS_MAX], hcr[PLATFORM_CPUS_MAX]; /* as they are set */
} s;

/* ---- what the CPU can do ---- */

unsigned int stage2_pa_bits(void)
{
	static const uint8_t bits[] = {32, 36, 40, 42, 44, 48, 52};
	unsigned int range = field(sysreg_read(id_aa64mmfr0_el1), 0, 4);

	return range < sizeof(bits) ? bits[range] : 52;
}

bool stage2_has_xnx(void)
{
	return field(sysreg_read(id_aa64mmfr1_el1), 28, 4) != 0;
}

bool stage2_has_fwb(void)
{
	return field(sysreg_read(id_aa64mmfr2_el1), 40, 4) != 0;
}

static bool has_vmid16(void)
{
	return field(sysreg_read(id_aa64mmfr1_el1), 4, 4) == 2;
}

/* 0: no, 1: yes, 2: with 52 bits (FEAT_LPA2) (Arm ARM D19.2.64). */
static unsigned int granule_support(unsigned int page_shift)
{
	uint64_t mmfr0 = sysreg_read(id_aa64mmfr0_el1);
	unsigned int stage2 = field(mmfr0, page_shift == 12 ? 40 : page_shift == 14 ? 32 : 36, 4);

	if (stage2)
		return stage2 - 1;
	switch (page_shift) {
	case 12:
		return field(mmfr0, 28, 4) == 15 ? 0 : 1 + field(mmfr0, 28, 4);
	case 14:
		return field(mmfr0, 20, 4);
	default:
		return field(mmfr0, 24, 4) != 15;
	}
}

const char *stage2_problem(const struct nvt_machine *machine)
{
	unsigned int granule = granule_support(machine->page_shift);
	unsigned int most = machine->page_shift == 16 || machine->lpa2 ? 52 : 48;
	unsigned int input = machine->ipa_limit > machine->canonical_bits ? machine->ipa_limit
									  : machine->canonical_bits;

	if (!granule)
		return "this CPU's stage 2 has no pages of the trace's host page size";
	if (machine->lpa2 && machine->page_shift != 16 && granule < 2)
		return "this CPU has no FEAT_LPA2, which the trace's tables need";
	if (input > stage2_pa_bits())
		return "this CPU has fewer physical address bits than the trace's tables translate";
	if (input > most)
		return "the trace's tables translate more bits than their layout can";
	return NULL;
}

/* ---- registers ---- */

static uint64_t vtcr_of(const struct s2_table *t)
{
	unsigned int range = field(sysreg_read(id_aa64mmfr0_el1), 0, 4);
	uint64_t granule = s.page_shift == 12 ? 0 : s.page_shift == 14 ? 2 : 1;
	uint64_t start = s.page_shift == 12 ? 2u - t->start_level : 3u - t->start_level;
	uint64_t vtcr = VTCR_RES1 | VTCR_CACHED | granule << VTCR_TG0_SHIFT |
			start << VTCR_SL0_SHIFT | (64u - t->input_bits);

	vtcr |= (uint64_t)(range > 6 ? 6 : range) << VTCR_PS_SHIFT;
	if (s.lpa2)
		vtcr |= VTCR_DS;
	return s.vmid16 ? vtcr | VTCR_VS : vtcr;
}

static uint64_t vttbr_of(const struct s2_mmu *mmu)
{
	uint64_t vmid = mmu->nested ? mmu->index + 2u : 1;

	return vmid << VTTBR_VMID_SHIFT | mmu->table.root.v;
}

static void use(const struct s2_mmu *mmu)
{
	uint64_t vttbr = vttbr_of(mmu);

	if (s.vttbr[smp_cpu] == vttbr)
		return;
	sysreg_write(vtcr_el2, vtcr_of(&mmu->table));
	sysreg_write(vttbr_el2, vttbr);
	isb();
	s.vttbr[smp_cpu] = vttbr;
}

void stage2_load(const struct s2_mmu *mmu, bool stage1)
{
	uint64_t hcr = HCR_RW | HCR_AMO | HCR_SWIO | HCR_VM | (s.fwb ? HCR_FWB : 0) |
		       (stage1 ? 0 : HCR_DC);

	use(mmu);
	if (s.hcr[smp_cpu] == hcr)
		return;
	sysreg_write(hcr_el2, hcr);
	isb();
	stage2_flush_stage1(); /* entries may depend on DC */
	s.hcr[smp_cpu] = hcr;
}

void stage2_start_cpu(void)
{
	sysreg_write(mdcr_el2, sysreg_read(mdcr_el2) | MDCR_TDE);
	isb();
	stage2_load(&s.vm->canonical, false);
	stage2_flush_all();
}

/* ---- TLB maintenance ---- */

void stage2_flush_all(void)
{
	dsb(ishst);
	__asm__ volatile("tlbi alle1is" : : : "memory");
	dsb(ish);
	isb();
}

void stage2_flush_stage1(void)
{
	dsb(nshst);
	__asm__ volatile("tlbi vmalle1" : : : "memory");
	dsb(nsh);
	isb();
}

/* Entries of stage 1 and of both stages together know no IPA: all of the guest's go. */
static void flush_combined(void)
{
	dsb(ish);
	__asm__ volatile("tlbi vmalle1is" : : : "memory");
	dsb(ish);
	isb();
}

static void flush_guest(void)
{
	__asm__ volatile("tlbi vmalls12e1is" : : : "memory");
	dsb(ish);
	isb();
}

static void flush_range(uint64_t ipa, uint64_t size)
{
	uint64_t page = 1ull << s.page_shift, at;

	if (size >> s.page_shift > RANGE_PAGES) {
		flush_guest();
		return;
	}
	for (at = ipa & ~(page - 1); at - ipa < size || at < ipa; at += page)
		__asm__ volatile("tlbi ipas2e1is, %0" : : "r"(at >> 12) : "memory");
	flush_combined();
}

/*
 * More permissions than before: what this CPU has is what it would fault on again. Others may
 * keep theirs, and fault once more for nothing; but the oracle takes no fault for nothing.
 */
static void flush_old_permissions(uint64_t ipa)
{
	if (smp_running > 1) {
		__asm__ volatile("tlbi ipas2e1is, %0" : : "r"(ipa >> 12) : "memory");
		flush_combined();
		return;
	}
	__asm__ volatile("tlbi ipas2e1, %0" : : "r"(ipa >> 12) : "memory");
	dsb(nsh);
	stage2_flush_stage1();
}

void stage2_tlb(const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa, uint64_t size)
{
	use(mmu);
	dsb(ishst);
	switch (op) {
	case S2_TLB_IPA:
	case S2_TLB_RANGE:
		flush_range(ipa.v, size);
		break;
	case S2_TLB_PERMS:
		flush_old_permissions(ipa.v);
		break;
	case S2_TLB_S1:
		flush_combined();
		break;
	}
}

/* ---- the guest's own pages ---- */

static uint64_t *root_of(const struct s2_mmu *mmu)
{
	return (uint64_t *)mmu->table.root.v;
}

static unsigned int root_shift(const struct s2_mmu *mmu)
{
	return s2_level_shift(s.page_shift, mmu->table.start_level);
}

static uint64_t root_entries(const struct s2_mmu *mmu)
{
	return 1ull << (mmu->table.input_bits - root_shift(mmu));
}

static uint64_t *slot_of(const struct s2_mmu *mmu)
{
	return &s.slots[mmu->nested ? mmu->index + 1u : 0];
}

/* TLBs still have the stub where it was: that is to be the handler's. */
static bool move_stub(const struct s2_mmu *mmu, uint64_t avoid)
{
	uint64_t i = root_entries(mmu), most = 1ull << (STUB_BITS - root_shift(mmu));

	if (i > most)
		i = most;
	while (i-- > 0) {
		/* 0 stands for "none". */
		if (!i || i == avoid >> root_shift(mmu) || root_of(mmu)[i])
			continue;
		*slot_of(mmu) = i;
		use(mmu);
		dsb(ishst);
		flush_guest();
		return true;
	}
	return false;
}

uint64_t stage2_show(const struct s2_mmu *mmu, uint64_t avoid)
{
	uint64_t *slot = slot_of(mmu);

	if ((!*slot || *slot == avoid >> root_shift(mmu) || root_of(mmu)[*slot]) &&
	    !move_stub(mmu, avoid))
		return 0;
	s.shown = &root_of(mmu)[*slot];
	*s.shown = (uint64_t)s.tables[mmu->table.start_level + 1] | DESC_TABLE;
	return *slot << root_shift(mmu);
}

void stage2_hide(void)
{
	*s.shown = 0;
	s.shown = NULL;
}

uint64_t stage2_stub_offset(enum stub_page page)
{
	return (uint64_t)page << s.page_shift;
}

void *stage2_page(enum stub_page page)
{
	return s.pages + stage2_stub_offset(page);
}

static uint64_t leaf_of(enum stub_page page)
{
	uint64_t memory = s.fwb ? 6 : 15;
	uint64_t desc =
		(uint64_t)stage2_page(page) | memory << 2 | DESC_AF | DESC_READ | DESC_TABLE;

	if (!s.lpa2)
		desc |= DESC_SHARE;
	return page == STUB_CODE ? desc : desc | DESC_WRITE | DESC_XN;
}

static bool make_stub(void)
{
	uint64_t page = 1ull << s.page_shift;
	unsigned int level, i;

	s.pages = platform_take(STUB_PAGE_COUNT * page, page);
	if (!s.pages)
		return false;
	for (level = 1; level < 4; level++) {
		s.tables[level] = platform_take(page, page);
		if (!s.tables[level])
			return false;
		if (level > 1)
			*s.tables[level - 1] = (uint64_t)s.tables[level] | DESC_TABLE;
	}
	for (i = 0; i < STUB_PAGE_COUNT; i++)
		s.tables[3][i] = leaf_of(i);
	memcpy(stage2_page(STUB_CODE), guest_stub, STUB_SIZE);
	dcache_clean(stage2_page(STUB_CODE), STUB_SIZE);
	icache_sync(stage2_page(STUB_CODE), STUB_SIZE);
	return true;
}

bool stage2_start(struct engine *e)
{
	const struct s2_config *cfg = &e->vm.cfg;

	s.vm = &e->vm;
	s.page_shift = cfg->page_shift;
	s.lpa2 = cfg->lpa2 && cfg->page_shift != 16;
	s.fwb = cfg->fwb && stage2_has_fwb();
	s.vmid16 = has_vmid16();
	if (e->vm.context_count + 2u > (s.vmid16 ? 1u << 16 : 1u << 8))
		refuse(HW_CANNOT_RUN, "live mode: %u contexts are more than this CPU has VMIDs",
		       e->vm.context_count);
	s.slots = calloc(e->vm.context_count + 1u, sizeof(*s.slots));
	return s.slots && make_stub();
}
