/* SPDX-License-Identifier: GPL-2.0-only */
/* What the figures prove, in words; a sentence that they do not support is not there. */
#include "names.h"
#include "parts.h"

static const char *const inject_words[INJECT_CLASS_COUNT] = {
	[INJECT_TRANSLATION] = "L1's table had no mapping",
	[INJECT_PERMISSION] = "L1's table did not permit the access",
	[INJECT_ACCESS_FLAG] = "the access flag was clear in L1's table",
	[INJECT_SIZE] = "an address was too large for L1's table",
	[INJECT_SEA] = "L1's table could not be read",
};

static void say_recorded(FILE *out, const struct page_report *r)
{
	char faults[SHOW_NUMBER], injected[SHOW_NUMBER];

	if (json_at(r->result, "metrics.injection_rate"))
		html_element(out, "li",
			     "%s faults of L2 were recorded; %s of them were passed on to L1.",
			     show_count(faults, page_count(r->result, "counts.recorded.shadow")),
			     show_count(injected,
					page_count(r->result, "metrics.injection_rate.injected")));
	html_element(out, "li",
		     "Faults alone were recorded, neither L1's tables nor the host's backing: no "
		     "rule can be replayed on this stream.");
}

static void say_faults(FILE *out, const struct page_report *r)
{
	uint64_t faults = page_count(r->result, "counts.delivered.shadow");
	uint64_t injected = page_count(r->result, "metrics.injection_rate.injected");
	uint64_t avoided = page_count(r->result, "counts.avoided.shadow");
	char buf[3][SHOW_NUMBER];

	if (!faults) {
		html_element(out, "li", "The handler got no shadow fault of L2.");
		return;
	}
	html_element(
		out, "li", "The handler got %s shadow fault%s of L2 and passed %s (%s) on to L1.",
		show_count(buf[0], faults), faults == 1 ? "" : "s", show_count(buf[1], injected),
		show_percent(buf[2], (double)injected / (double)faults));
	if (avoided)
		html_element(out, "li",
			     "%s further fault%s or access%s of L2 met a mapping that was there "
			     "already.",
			     show_count(buf[0], avoided), avoided == 1 ? "" : "s",
			     avoided == 1 ? "" : "es");
}

/* The class that has most of them, where it has more than half. */
static void say_why_injected(FILE *out, const struct page_report *r)
{
	uint64_t all = page_count(r->result, "metrics.injection_rate.injected");
	const json_t *classes = json_at(r->result, "metrics.injection_rate.by_class");

	for (unsigned int c = 0; c < INJECT_CLASS_COUNT; c++) {
		uint64_t n = page_count(json_object_get(classes, inject_names[c]), "faults");
		char share[SHOW_NUMBER];

		if (2 * n > all)
			html_element(out, "li", "Why L1 got them: %s (%s of these faults).",
				     inject_words[c], show_percent(share, (double)n / (double)all));
	}
}

static void say_blocks(FILE *out, const struct page_report *r)
{
	const json_t *share = json_at(r->result, "metrics.block_share.time_weighted");
	char buf[SHOW_NUMBER];

	if (share)
		html_element(
			out, "li",
			"Over the time of the stream, %s of the bytes mapped for L2 were under "
			"blocks.",
			show_percent(buf, json_number_value(share)));
}

static void say_unmaps(FILE *out, const struct page_report *r)
{
	const json_t *unmap = json_at(r->result, "metrics.over_invalidation.host_unmap");
	uint64_t count = page_count(unmap, "operations");
	uint64_t refaults = page_count(r->result, "metrics.host_refaults.faults");
	char buf[4][SHOW_NUMBER];

	if (!count || !page_count(unmap, "bytes_unmapped"))
		return;
	html_element(
		out, "li",
		"%s host unmap%s asked for %s and took %s from shadow tables; %s shadow fault%s "
		"mapped some of it again.",
		show_count(buf[0], count), count == 1 ? "" : "s",
		show_bytes(buf[1], page_count(unmap, "bytes_asked")),
		show_bytes(buf[2], page_count(unmap, "bytes_unmapped")),
		show_count(buf[3], refaults), refaults == 1 ? "" : "s");
}

static void say_checked(FILE *out, const struct page_report *r)
{
	const struct check_result *c = r->check;
	char buf[SHOW_NUMBER];

	if (c->findings)
		html_element(out, "li", "The checker has %s finding%s.",
			     show_count(buf, c->findings), c->findings == 1 ? "" : "s");
	else if (!c->out_of_memory)
		html_element(out, "li", "The checker found nothing wrong%s.",
			     r->class == NVT_PARTIAL ? " with the stream" : "");
}

static void say_lost(FILE *out, const struct page_report *r)
{
	uint64_t lost = page_count(r->result, "trace.kinds.lost");
	char buf[SHOW_NUMBER];

	if (lost)
		html_element(out, "li",
			     "The recorder lost events %s time%s: figures are of what is left.",
			     show_count(buf, lost), lost == 1 ? "" : "s");
}

void page_summary(FILE *out, const struct page_report *r)
{
	fputs("<ul>\n", out);
	if (r->class == NVT_PARTIAL) {
		say_recorded(out, r);
	} else {
		say_faults(out, r);
		say_why_injected(out, r);
		say_blocks(out, r);
		say_unmaps(out, r);
	}
	if (r->class != NVT_PARTIAL)
		page_verdict(out, "li", r);
	say_checked(out, r);
	say_lost(out, r);
	fputs("</ul>\n", out);
}
