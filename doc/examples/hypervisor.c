/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hypervisor in miniature: what libnvs2 needs of one, and what it does for it. A guest
 * hypervisor maps 2M for its guest; the guest faults; the host maps it, gives a fault that is
 * not its own to the guest hypervisor, and forgets the mapping when that invalidates it.
 *
 *	cc hypervisor.c $(pkg-config --cflags --libs nvs2)
 */
#include <stdio.h>
#include <string.h>

#include <s2.h>

#define PAGE	   4096ull
#define RAM	   0x40000000ull  /* where L1 sees its memory, */
#define RAM_PA	   0x800000000ull /* and where it is */
#define RAM_SIZE   (8ull << 20)
#define TABLES_PA  0x100000000ull
#define TABLES_MAX 64u

static _Alignas(8) unsigned char ram[RAM_SIZE];
static _Alignas(65536) unsigned char tables[TABLES_MAX * PAGE];
static uint16_t entries[TABLES_MAX];
static unsigned int tables_used;
static const struct s2_slot slot = {.base = {RAM}, .size = RAM_SIZE, .uaddr = {RAM}};

static uint64_t *word(uint64_t l1)
{
	return l1 - RAM < RAM_SIZE ? (uint64_t *)(void *)(ram + (l1 - RAM)) : NULL;
}

static uint64_t read_l1(void *ctx, struct l1_ipa addr, enum s2_io *io)
{
	(void)ctx;
	if (word(addr.v))
		return *word(addr.v);
	*io = S2_IO_FAULT;
	return 0;
}

static enum s2_io swap_l1(void *ctx, struct l1_ipa addr, uint64_t old, uint64_t new)
{
	(void)ctx;
	if (!word(addr.v))
		return S2_IO_FAULT;
	return __atomic_compare_exchange_n(word(addr.v), &old, new, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST)
		       ? S2_IO_OK
		       : S2_IO_AGAIN;
}

/* Pages are handed out once, at a multiple of what is asked for. */
static void *alloc_table(void *ctx, size_t size, enum s2_page_use use)
{
	unsigned int pages = (unsigned int)(size / PAGE),
		     at = (tables_used + pages - 1) & ~(pages - 1);

	(void)ctx, (void)use;
	if (at + pages > TABLES_MAX)
		return NULL;
	tables_used = at + pages;
	return memset(tables + at * PAGE, 0, size);
}

static void free_table(void *ctx, void *table, size_t size, enum s2_page_use use)
{
	(void)ctx, (void)table, (void)size, (void)use;
}

static void tlb(void *ctx, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		uint64_t size)
{
	(void)ctx, (void)op;
	if (mmu->nested)
		printf("TLB: %llu bytes at 0x%llx\n", (unsigned long long)size,
		       (unsigned long long)ipa.v);
}

static const struct s2_slot *slot_of(void *ctx, struct l1_ipa addr)
{
	(void)ctx;
	return word(addr.v) ? &slot : NULL;
}

/* As if it were one huge page of the host. */
static enum s2_host_status backing(void *ctx, const struct s2_slot *s, struct host_va hva,
				   bool write, struct s2_backing *out)
{
	(void)ctx, (void)write;
	*out = (struct s2_backing){.pa = {RAM_PA + ((hva.v - s->uaddr.v) & ~(PAGE - 1))},
				   .user_leaf = 2ull << 20,
				   .vma_shift = 12,
				   .writable = true};
	return S2_HOST_OK;
}

static const struct s2_port port = {.read = read_l1,
				    .swap = swap_l1,
				    .alloc_table = alloc_table,
				    .free_table = free_table,
				    .tlb = tlb,
				    .slot = slot_of,
				    .backing = backing,
				    .tables_pa = {TABLES_PA},
				    .tables = tables,
				    .tables_entries = entries};

/* A load of 8 bytes that met no translation at level 2. */
static void fault(struct s2_vcpu *vcpu, uint64_t ipa)
{
	struct s2_trap trap = {.esr = 0x93c08006,
			       .hpfar = S2_HPFAR_VALID | ipa >> 12 << 4,
			       .pstate = 0x3c5,
			       .s1_level = S2_NO_LEVEL};
	struct s2_outcome out = s2_handle_abort(vcpu, &trap);

	if (out.kind == S2_MAPPED)
		printf("0x%llx: mapped, %llu bytes to 0x%llx\n", (unsigned long long)ipa,
		       (unsigned long long)out.map.size, (unsigned long long)out.map.pa.v);
	else if (out.kind == S2_INJECTED)
		printf("0x%llx: injected, ESR 0x%llx\n", (unsigned long long)ipa,
		       (unsigned long long)out.inject.esr);
	else
		printf("0x%llx: outcome %d\n", (unsigned long long)ipa, out.kind);
}

int main(void)
{
	const struct s2_config cfg = {.page_shift = 12,
				      .ipa_limit = 40,
				      .canonical_bits = 40,
				      .granules = S2_GRANULE_4K,
				      .quirks = S2_QUIRKS_KVM,
				      .policy = s2_policy_default};
	struct s2_mmu contexts[S2_CONTEXTS_PER_VCPU];
	static struct s2_vm vm;
	static struct s2_vcpu vcpu;

	if (!s2_vm_init(&vm, &cfg, &port, NULL, contexts, S2_CONTEXTS_PER_VCPU))
		return 1;
	s2_vcpu_init(&vcpu, &vm);
	/* L1's tables: a level-1 table of two pages, a level-2 table, and in it a block of 2M. */
	*word(RAM) = (RAM + 2 * PAGE) | 3;
	*word(RAM + 2 * PAGE) = (RAM + (2ull << 20)) | 0x7c1;
	vcpu.regs = (struct s2_l1_regs){.vtcr = 0x80020058, .vttbr = 1ull << 48 | RAM, .hcr = 1};
	s2_enter_l2(&vcpu);
	fault(&vcpu, 0x5000);
	fault(&vcpu, 2ull << 20); /* L1 maps nothing here: it gets the fault, and runs */
	*word(RAM + 2 * PAGE) = 0;
	s2_tlbi(&vm, &contexts[0], S2_TLBI_VMID, 0);
	printf("0x5000 is %s\n",
	       s2_lookup(&vm, &contexts[0], (struct table_ipa){0x5000}).valid ? "mapped" : "gone");
	s2_vm_destroy(&vm);
	return 0;
}
