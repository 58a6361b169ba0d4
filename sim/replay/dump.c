/* SPDX-License-Identifier: GPL-2.0-only */
#include "dump.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "temporary.h"

/* A run of entries that are alike, one line of the output. */
struct run {
	FILE *out;
	bool open;
	uint64_t start, end;
	int level;
	uint64_t attr; /* of struct attr_bits; 0: not valid */
};

#define ATTR_VALID    (1u << 0)
#define ATTR_BLOCK    (1u << 1)
#define ATTR_AF	      (1u << 2)
#define ATTR_R	      (1u << 3)
#define ATTR_W	      (1u << 4)
#define ATTR_XN_SHIFT 5

static uint64_t attributes(int level, uint64_t desc)
{
	if (!(desc & 1))
		return 0;
	return ATTR_VALID | (level < 3 ? ATTR_BLOCK : 0) | (desc >> 10 & 1 ? ATTR_AF : 0) |
	       (desc >> 6 & 1 ? ATTR_R : 0) | (desc >> 7 & 1 ? ATTR_W : 0) |
	       (desc >> 53 & 3) << ATTR_XN_SHIFT;
}

static void print_size(FILE *out, uint64_t size)
{
	static const char units[] = "KMGTPE";
	const char *unit = units;

	size >>= 10;
	while (!(size & 1023) && unit[1]) {
		size >>= 10;
		unit++;
	}
	fprintf(out, "%9llu%c", (unsigned long long)size, *unit);
}

static void print_run(const struct run *r)
{
	static const char *const xn[4] = {"px ux ", "PXNux ", "PXNUXN", "px UXN"};

	fprintf(r->out, "0x%016llx-0x%016llx   ", (unsigned long long)r->start,
		(unsigned long long)r->end);
	print_size(r->out, r->end - r->start);
	fprintf(r->out, " %d", r->level);
	if (r->attr)
		fprintf(r->out, "   %c %c %s %s %s", r->attr & ATTR_R ? 'R' : ' ',
			r->attr & ATTR_W ? 'W' : ' ', xn[r->attr >> ATTR_XN_SHIFT & 3],
			r->attr & ATTR_AF ? "AF" : "  ", r->attr & ATTR_BLOCK ? "BLK" : "   ");
	fputc('\n', r->out);
}

static void add_entry(void *arg, struct table_ipa start, int level, uint64_t size, uint64_t desc)
{
	struct run *r = arg;
	uint64_t attr = attributes(level, desc);

	if (r->open && r->level == level && r->attr == attr) {
		r->end = start.v + size;
		return;
	}
	if (r->open)
		print_run(r);
	*r = (struct run){r->out, true, start.v, start.v + size, level, attr};
}

void dump_mmu(FILE *out, const struct s2_vm *vm, const struct s2_mmu *mmu)
{
	struct run r = {.out = out};

	if (mmu->nested && !s2_mmu_valid(mmu))
		return;
	if (mmu->nested)
		fprintf(out, "VTCR: 0x%016llx VTTBR: 0x%016llx s2: %s\n",
			(unsigned long long)mmu->vtcr, (unsigned long long)mmu->vttbr,
			mmu->enabled ? "enabled" : "disabled");
	fputs("---[ Guest IPA ]---\n", out);
	s2_for_each_entry(vm, mmu, add_entry, &r);
	print_run(&r);
}

/* 0 or an errno value. */
static int dump_file(const char *dir, const char *name, const struct s2_vm *vm,
		     const struct s2_mmu *mmu)
{
	char path[PATH_MAX], *temporary;
	int fd, err = 0;
	FILE *out;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return ENAMETOOLONG;
	fd = nvt_temporary_open(path, &temporary);
	if (fd < 0)
		return errno;
	out = fdopen(fd, "w");
	if (out) {
		dump_mmu(out, vm, mmu);
		if (ferror(out))
			err = EIO;
		if (fclose(out) && !err)
			err = errno;
	} else {
		err = errno;
		close(fd);
	}
	if (!err && rename(temporary, path))
		err = errno;
	if (err)
		unlink(temporary);
	nvt_temporary_forget(temporary);
	free(temporary);
	return err;
}

int dump_all(const char *dir, const struct s2_vm *vm, char *name, size_t name_size)
{
	uint16_t i;
	int err;

	snprintf(name, name_size, "stage2_page_tables.txt");
	err = dump_file(dir, name, vm, &vm->canonical);
	for (i = 0; i < vm->context_count && !err; i++) {
		snprintf(name, name_size, "nested_mmu%u.txt", i);
		err = dump_file(dir, name, vm, &vm->contexts[i]);
	}
	return err;
}
