/* SPDX-License-Identifier: GPL-2.0-only */
#include "ptdump_report.h"

#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "run.h"

#define LEVELS 4u
#define KINDS  64u /* attributes of a run: five flags, and a bit of XN each */

/* What all runs of one level and of the same attributes make up. */
struct sum {
	uint64_t runs, bytes;
};

static unsigned int kind_of(const struct nvt_ptdump_run *r)
{
	return (unsigned int)r->block | (unsigned int)!r->valid << 1 | (unsigned int)!r->af << 2 |
	       (r->xn & 3u) << 3;
}

/* Rows of R and W, then the rest: most that can be done comes first. */
static unsigned int row_of(const struct nvt_ptdump_run *r)
{
	return ((unsigned int)!r->w << 1 | (unsigned int)!r->r) << 5 | kind_of(r);
}

static void print_head(FILE *out, const char *path, const struct nvt_ptdump *d,
		       const struct sum *all)
{
	char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE], c[CLI_NUMBER_SIZE];

	fputs("dump   ", out);
	cli_print_text(out, run_base_name(path));
	if (d->header)
		fprintf(out,
			"\n       nested context: VTCR %#" PRIx64 ", VTTBR %#" PRIx64
			", stage 2 %s\n",
			d->vtcr, d->vttbr, d->enabled ? "enabled" : "disabled");
	else
		fputs("\n       canonical context: L1's own memory\n", out);
	fprintf(out, "       %s mapped, in %s runs of like entries among %s lines\n",
		cli_bytes(a, all->bytes), cli_count(b, all->runs), cli_count(c, d->count));
}

static void print_row(FILE *out, unsigned int level, unsigned int row, const struct sum *s,
		      uint64_t total)
{
	char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE], c[CLI_NUMBER_SIZE];

	fprintf(out, "%5u  %-5s  %c %c %s %s%s %10s %12s %7s\n", level, row & 1 ? "block" : "page",
		row >> 5 & 1 ? ' ' : 'R', row >> 6 & 1 ? ' ' : 'W', nvt_ptdump_xn[row >> 3 & 3],
		row >> 2 & 1 ? "  " : "AF", row >> 1 & 1 ? " F" : "  ", cli_count(a, s->runs),
		cli_bytes(b, s->bytes), cli_percent(c, (double)s->bytes / (double)total));
}

void ptdump_report(FILE *out, const char *path, const struct nvt_ptdump *dump)
{
	struct sum sums[LEVELS][2 * KINDS] = {{{0}}}, all = {0};

	for (size_t i = 0; i < dump->count; i++) {
		const struct nvt_ptdump_run *r = &dump->runs[i];
		struct sum *s = &sums[r->level & 3][row_of(r)];

		if (!r->mapped)
			continue;
		s->runs++;
		s->bytes += r->end - r->start;
		all.runs++;
		all.bytes += r->end - r->start;
	}
	print_head(out, path, dump, &all);
	if (!all.runs)
		return;
	fprintf(out, "level  entry  attributes      %10s %12s %7s\n", "runs", "bytes", "share");
	for (unsigned int level = 0; level < LEVELS; level++)
		for (unsigned int row = 0; row < 2 * KINDS; row++)
			if (sums[level][row].runs)
				print_row(out, level, row, &sums[level][row], all.bytes);
}
