/* SPDX-License-Identifier: GPL-2.0-only */
/* The options: one table for defaults, bounds, help and the meta section. */
#include "error.h"
#include "gen/internal.h"

#define KIB	 (1ull << 10)
#define MIB	 (1ull << 20)
#define GIB	 (1ull << 30)
#define NO_LIMIT (UINT64_MAX - 1)

#define ROW(member, option, unit_, min_, max_, default_, help_)                                    \
	{                                                                                          \
		.name = (option), .help = (help_), .min = (min_), .max = (max_),                   \
		.fallback = (default_), .offset = offsetof(struct nvt_gen_options, member),        \
		.unit = (unit_)                                                                    \
	}
#define SHARE(member, option, help_)                                                               \
	ROW(member, option, NVT_GEN_PERCENT, 0, 100, NVT_GEN_AUTO, help_)

const struct nvt_gen_option nvt_gen_option_table[] = {
	ROW(faults, "faults", NVT_GEN_COUNT_UNIT, 1, BIT(40), 1000000, "touches in the stream"),
	ROW(seed, "seed", NVT_GEN_COUNT_UNIT, 0, NO_LIMIT, 1, "of all that is random"),
	ROW(pattern, "pattern", NVT_GEN_NAME, 0, NVT_GEN_PATTERN_COUNT - 1, NVT_GEN_RANDOM,
	    "order in which pages are touched"),
	ROW(footprint, "footprint", NVT_GEN_BYTES, 2 * MIB, 64 * GIB, GIB,
	    "memory that is touched, over all guests"),
	ROW(stride, "stride", NVT_GEN_BYTES, 4 * KIB, 64 * GIB, 64 * KIB,
	    "distance of touches, for the pattern strided"),
	ROW(vcpus, "vcpus", NVT_GEN_COUNT_UNIT, 1, 512, 1, "vCPUs of L1"),
	ROW(guests, "guests", NVT_GEN_COUNT_UNIT, 1, 128, 1,
	    "L2s; vCPU v runs number v modulo this"),
	ROW(host_page, "host-page", NVT_GEN_BYTES, 4 * KIB, 64 * KIB, 4 * KIB,
	    "page size of the host"),
	ROW(l1_granule, "l1-granule", NVT_GEN_BYTES, 4 * KIB, 64 * KIB, 4 * KIB,
	    "granule of L1's stage 2"),
	ROW(ipa_bits, "ipa-bits", NVT_GEN_BITS, 32, 48, 40, "input size of L1's stage 2"),
	ROW(pa_bits, "pa-bits", NVT_GEN_BITS, 40, 48, 48, "size of the host's physical addresses"),
	ROW(fwb, "fwb", NVT_GEN_COUNT_UNIT, 0, 1, 1, "1: the host's CPU has FEAT_S2FWB"),
	ROW(xnx, "xnx", NVT_GEN_COUNT_UNIT, 0, 1, 1, "1: the host's CPU has FEAT_XNX"),
	ROW(dic, "dic", NVT_GEN_COUNT_UNIT, 0, 1, 1,
	    "1: the host need not keep instruction caches coherent (CTR_EL0.DIC)"),
	SHARE(leaf_page, "leaf-page", "share that L1 maps by pages"),
	SHARE(leaf_contig, "leaf-contig", "share that L1 maps by contiguous groups of pages"),
	SHARE(leaf_block, "leaf-block", "share that L1 maps by level-2 blocks"),
	SHARE(leaf_1g, "leaf-1g", "share that L1 maps by blocks of 1G"),
	SHARE(back_base, "back-base", "share that the host backs by pages"),
	SHARE(back_thp, "back-thp", "share that the host backs by transparent huge pages"),
	SHARE(back_huge, "back-huge", "share that the host backs by hugetlb pages of PMD size"),
	SHARE(back_1g, "back-1g", "share that the host backs by hugetlb pages of 1G"),
	ROW(writes, "writes", NVT_GEN_PERCENT, 0, 100, 60, "accesses that write"),
	ROW(execs, "execs", NVT_GEN_PERCENT, 0, 100, 5, "accesses that fetch instructions"),
	ROW(walks, "walks", NVT_GEN_PERCENT, 0, 100, 3, "accesses that read stage-1 tables"),
	ROW(user, "user", NVT_GEN_PERCENT, 0, 100, 20, "accesses made at EL0"),
	ROW(mmio, "mmio", NVT_GEN_PERCENT, 0, 100, 0,
	    "touches of a device that L1 passes through to its guests, and L0 emulates"),
	ROW(premapped, "premapped", NVT_GEN_PERCENT, 0, 100, 75,
	    "chunks that L1 maps from the beginning"),
	ROW(unmaps, "unmaps", NVT_GEN_PERCENT, 0, 100, 8, "invalidations by which L1 unmaps"),
	ROW(remaps, "remaps", NVT_GEN_PERCENT, 0, 100, 8,
	    "invalidations by which L1 changes a mapping, break-before-make"),
	ROW(flushes, "flushes", NVT_GEN_PERMILLE, 0, 1000, 2,
	    "invalidations of a whole VMID or of all, per mille"),
	ROW(region, "region", NVT_GEN_BYTES, 2 * MIB, GIB, 4 * MIB,
	    "memory that L1 invalidates by a range"),
	ROW(exit_every, "exit-every", NVT_GEN_COUNT_UNIT, 0, BIT(40), 1000,
	    "touches of a vCPU from one exit to L1 for another reason to the next; 0: none"),
	ROW(host_unmap_every, "host-unmap-every", NVT_GEN_COUNT_UNIT, 0, BIT(40), 0,
	    "touches from one range that the host takes away to the next; 0: none"),
	ROW(alias, "alias", NVT_GEN_PERCENT, 0, 100, 0,
	    "chunks of up to 2M leaves that L1 maps to another chunk's memory, half of them to "
	    "another guest's"),
	ROW(level, "level", NVT_GEN_COUNT_UNIT, 0, 19, 0, "of compression; 0: the default"),
};
const size_t nvt_gen_option_count = sizeof(nvt_gen_option_table) / sizeof(*nvt_gen_option_table);

/* The default mixtures: by leaf or backing kind, and by what the sizes allow. */
struct mixture {
	uint64_t share[4];
};
static const struct mixture leaves_4k = {{20, 5, 70, 5}};
static const struct mixture leaves_large = {{25, 5, 70, 0}};
static const struct mixture backing_small = {{30, 60, 7, 3}};
static const struct mixture backing_64k = {{30, 60, 10, 0}};

void nvt_gen_defaults(struct nvt_gen_options *o)
{
	for (size_t i = 0; i < nvt_gen_option_count; i++)
		*nvt_gen_field(o, &nvt_gen_option_table[i]) = nvt_gen_option_table[i].fallback;
}

static enum nvt_status bad(struct nvt_error *err, const char *option, const char *why)
{
	return nvt_fail(err, NVT_EINPUT, "%s: %s", option, why);
}

static enum nvt_status check_bounds(struct nvt_gen_options *o, struct nvt_error *err)
{
	for (size_t i = 0; i < nvt_gen_option_count; i++) {
		const struct nvt_gen_option *row = &nvt_gen_option_table[i];
		uint64_t value = *nvt_gen_field(o, row);

		if (row->fallback == NVT_GEN_AUTO && value == NVT_GEN_AUTO)
			continue;
		if (value < row->min || value > row->max)
			return nvt_fail(err, NVT_EINPUT, "%s: %llu is not within %llu to %llu",
					row->name, (unsigned long long)value,
					(unsigned long long)row->min, (unsigned long long)row->max);
	}
	return NVT_OK;
}

static bool is_granule(uint64_t size)
{
	return size == 4 * KIB || size == 16 * KIB || size == 64 * KIB;
}

static enum nvt_status check_pages(const struct nvt_gen_options *o, struct nvt_error *err)
{
	if (!is_granule(o->host_page))
		return bad(err, "host-page", "only 4096, 16384 and 65536 exist");
	if (!is_granule(o->l1_granule))
		return bad(err, "l1-granule", "only 4096, 16384 and 65536 exist");
	/* spec 1.1: smaller granules are not offered to L1. */
	if (o->l1_granule < o->host_page)
		return bad(err, "l1-granule", "smaller than host-page is not offered to L1");
	if (o->stride % o->host_page)
		return bad(err, "stride", "not a multiple of host-page");
	return NVT_OK;
}

static enum nvt_status check_memory(const struct nvt_gen_options *o, struct nvt_error *err)
{
	if (o->footprint % CHUNK_SIZE)
		return bad(err, "footprint", "not a multiple of 2097152");
	if (o->region % CHUNK_SIZE)
		return bad(err, "region", "not a multiple of 2097152");
	if (o->guests > o->vcpus)
		return bad(err, "guests", "more than vcpus");
	if (o->footprint / CHUNK_SIZE < o->guests)
		return bad(err, "footprint", "less than 2097152 for each of guests");
	if (o->pattern == NVT_GEN_STRIDED && o->stride >= o->footprint / o->guests)
		return bad(err, "stride", "not less than the footprint of one guest");
	return NVT_OK;
}

/* A group that nobody set gets the mixture; otherwise what is not set is 0. */
static enum nvt_status resolve(struct nvt_error *err, const char *group, uint64_t *const share[4],
			       const struct mixture *mixture)
{
	uint64_t sum = 0;
	bool automatic = true;

	for (size_t i = 0; i < 4; i++)
		automatic &= *share[i] == NVT_GEN_AUTO;
	for (size_t i = 0; i < 4; i++) {
		if (*share[i] == NVT_GEN_AUTO)
			*share[i] = automatic ? mixture->share[i] : 0;
		sum += *share[i];
	}
	if (sum == 100)
		return NVT_OK;
	return nvt_fail(err, NVT_EINPUT, "%s: the shares add up to %llu, not 100", group,
			(unsigned long long)sum);
}

static enum nvt_status check_shares(struct nvt_gen_options *o, struct nvt_error *err)
{
	uint64_t *leaf[] = {&o->leaf_page, &o->leaf_contig, &o->leaf_block, &o->leaf_1g};
	uint64_t *back[] = {&o->back_base, &o->back_thp, &o->back_huge, &o->back_1g};
	enum nvt_status status;

	status = resolve(err, "leaf-page, leaf-contig, leaf-block, leaf-1g", leaf,
			 o->l1_granule == 4 * KIB ? &leaves_4k : &leaves_large);
	if (status != NVT_OK)
		return status;
	status = resolve(err, "back-base, back-thp, back-huge, back-1g", back,
			 o->host_page == 64 * KIB ? &backing_64k : &backing_small);
	if (status != NVT_OK)
		return status;
	if (o->leaf_1g && o->l1_granule != 4 * KIB)
		return bad(err, "leaf-1g", "only a granule of 4096 has blocks of 1G");
	if (o->back_1g && o->host_page == 64 * KIB)
		return bad(err, "back-1g", "a host with pages of 65536 has no huge pages of 1G");
	return NVT_OK;
}

static enum nvt_status check_rates(const struct nvt_gen_options *o, struct nvt_error *err)
{
	if (o->writes + o->execs + o->walks > 100)
		return bad(err, "writes, execs, walks", "together more than 100 percent");
	if (o->unmaps + o->remaps > 100)
		return bad(err, "unmaps, remaps", "together more than 100 percent");
	if (o->host_unmap_every && o->back_huge + o->back_1g == 100)
		return bad(err, "host-unmap-every", "the host does not take hugetlb pages away");
	return NVT_OK;
}

enum nvt_status nvt_gen_check(struct nvt_gen_options *o, struct nvt_error *err)
{
	enum nvt_status status = check_bounds(o, err);

	if (status == NVT_OK)
		status = check_pages(o, err);
	if (status == NVT_OK)
		status = check_memory(o, err);
	if (status == NVT_OK)
		status = check_shares(o, err);
	return status == NVT_OK ? check_rates(o, err) : status;
}
