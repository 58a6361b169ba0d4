/* SPDX-License-Identifier: GPL-2.0-only */
#include "hw_report.h"

#include <string.h>

#include "cli.h"
#include "report.h"
#include "text.h"

/* Text from a board: what a terminal could take as a command is not shown. */
static void add_foreign(struct text *t, const char *foreign)
{
	char plain[HW_FRAME_MAX];
	size_t i;

	for (i = 0; foreign[i] && i + 1 < sizeof(plain); i++)
		plain[i] = foreign[i] < ' ' || foreign[i] > '~' ? '?' : foreign[i];
	plain[i] = 0;
	text_add(t, "%s", plain);
}

static bool number(const struct hw_kept *k, const char *key, uint64_t *v)
{
	return hw_kept(k) && hw_frame_number(&k->frame, key, v);
}

static void add_count(struct text *t, uint64_t n)
{
	char buf[CLI_NUMBER_SIZE];

	text_add(t, "%s", cli_count(buf, n));
}

/* ---- where it ran ---- */

static void line_board(FILE *out, const struct hw_run *r)
{
	const char *board = hw_text(&r->trace, "board"), *model = hw_text(&r->hello, "model");
	const char *boot = hw_text(&r->hello, "boot"), *part;
	struct text t = {.used = 0};
	uint64_t v;

	add_foreign(&t, *board ? board : "no board's name");
	if (*model) {
		text_add(&t, " (");
		add_foreign(&t, model);
		text_add(&t, ")");
	}
	if (number(&r->hello, "midr", &v)) {
		part = hw_part_name(v);
		text_add(&t, ", %s%sMIDR~%#010llx", part ? part : "", part ? ", " : "",
			 (unsigned long long)v);
	}
	if (number(&r->hello, "cpus", &v))
		text_add(&t, ", %llu~CPU%s", (unsigned long long)v, v == 1 ? "" : "s");
	if (number(&r->hello, "el", &v))
		text_add(&t, ", at~EL%llu", (unsigned long long)v);
	if (*boot) {
		text_add(&t, ", booted as ");
		add_foreign(&t, boot);
	}
	report_line(out, "board", &t);
}

static void line_emulated(FILE *out, const struct hw_described *d)
{
	struct text t = {.used = 0};

	if (!hw_emulated(d))
		return;
	add_foreign(&t, hw_evidence(d));
	text_add(&t, ": no figure is of hardware");
	report_line(out, "emulated", &t);
}

static void line_image(FILE *out, const struct hw_described *d)
{
	const char *version = hw_text(&d->run->hello, "version");
	struct text t = {.used = 0};

	if (!hw_other_build(d))
		return;
	if (*version) {
		text_add(&t, "nvsim~");
		add_foreign(&t, version);
		text_add(&t, ", revision~");
		add_foreign(&t, hw_text(&d->run->hello, "revision"));
		if (strcmp(hw_text(&d->run->hello, "dirty"), "1") == 0)
			text_add(&t, " with changes");
	} else {
		text_add(&t, "of a revision that it does not tell");
	}
	text_add(&t, "; this command is another build");
	report_line(out, "image", &t);
}

static void line_clock(FILE *out, const struct hw_run *r)
{
	struct text t = {.used = 0};
	uint64_t hz, counters;

	if (number(&r->hello, "cntfrq", &hz) && hz)
		text_add(&t, "CNTVCT_EL0 at %.6g~MHz (a tick is %.4g~ns)", (double)hz / 1e6,
			 1e9 / (double)hz);
	else
		text_add(&t, "of unknown frequency");
	if (number(&r->hello, "pmu", &counters))
		text_add(&t, ", PMU with %llu counters", (unsigned long long)counters);
	report_line(out, "clock", &t);
}

/* ---- what ran ---- */

static void line_trace(FILE *out, const struct hw_run *r)
{
	struct text t = {.used = 0};
	uint64_t events;

	add_foreign(&t, hw_text(&r->trace, "name"));
	if (number(&r->trace, "events", &events)) {
		text_add(&t, ", ");
		add_count(&t, events);
		text_add(&t, "~events");
	}
	report_line(out, "trace", &t);
}

static void line_mode(FILE *out, const struct hw_run *r)
{
	const char *mode = hw_text(&r->trace, "mode");
	bool checked = strcmp(hw_text(&r->trace, "check"), "1") == 0;
	struct text t = {.used = 0};

	add_foreign(&t, mode);
	if (strcmp(mode, "live") == 0)
		text_add(&t, " (EL1 makes each access, the MMU faults)");
	else if (strcmp(mode, "replay") == 0)
		text_add(&t, " (of recorded syndromes)");
	text_add(&t, "; tables %s", checked ? "checked" : "not checked");
	report_line(out, "mode", &t);
}

/* ", N what", of a field that is there. */
static void add_field(struct text *t, const struct hw_kept *k, const char *key, const char *what)
{
	uint64_t n;

	if (!number(k, key, &n))
		return;
	text_add(t, "%s", t->used ? ", " : "");
	add_count(t, n);
	text_add(t, "~%s", what);
}

/* Every field of the frame whose key begins with `prefix`, without it: "mapped 12, mmio 3". */
static void add_fields(struct text *t, const struct hw_kept *k, const char *prefix,
		       const char *before)
{
	uint64_t n;

	for (size_t i = 0; hw_kept(k) && i < k->frame.count; i++) {
		const char *key = k->frame.field[i].key;

		if (strncmp(key, prefix, strlen(prefix)) || !number(k, key, &n) || !n)
			continue;
		text_add(t, "%s", before);
		add_foreign(t, key + strlen(prefix));
		text_add(t, "~");
		add_count(t, n);
		before = ", ";
	}
}

static void line_faults(FILE *out, const struct hw_run *r)
{
	struct text t = {.used = 0};

	add_field(&t, &r->counts, "delivered", "handled");
	add_field(&t, &r->counts, "avoided", "avoided");
	add_fields(&t, &r->outcomes, "", t.used ? ": " : "");
	if (!hw_kept(&r->counts))
		text_add(&t, "%sthe frame that counts them was lost", t.used ? "; " : "");
	report_line(out, "faults", &t);
}

static void line_accesses(FILE *out, const struct hw_run *r)
{
	struct text t = {.used = 0};

	if (strcmp(hw_text(&r->trace, "mode"), "live"))
		return;
	add_field(&t, &r->counts, "performed", "performed");
	add_field(&t, &r->counts, "completed", "completed");
	add_field(&t, &r->counts, "injections", "injections");
	add_field(&t, &r->counts, "mmio", "emulated~or~skipped");
	add_field(&t, &r->counts, "exits", "exits~to~the~VMM");
	add_field(&t, &r->counts, "astray", "astray");
	add_field(&t, &r->counts, "open", "open");
	add_field(&t, &r->counts, "faults", "aborts~taken");
	add_field(&t, &r->counts, "stale", "by~stale~translations");
	add_field(&t, &r->counts, "unknown", "to~unknown~memory");
	add_fields(&t, &r->counts, "skipped_", "; skipped: ");
	if (t.used)
		report_line(out, "accesses", &t);
}

/* ---- findings ---- */

static void add_finding(struct text *t, const struct hw_kept *f)
{
	uint64_t v;

	if (number(f, "ordinal", &v)) {
		text_add(t, "event~");
		add_count(t, v);
		text_add(t, ", ");
	}
	if (*hw_text(f, "context")) {
		text_add(t, "context~");
		add_foreign(t, hw_text(f, "context"));
		text_add(t, ", ");
	}
	if (number(f, "ipa", &v))
		text_add(t, "IPA~%#llx, ", (unsigned long long)v);
	add_foreign(t, hw_text(f, "kind"));
	text_add(t, ": ");
	add_foreign(t, hw_text(f, "text"));
}

/* The first few; JSON has more. */
static void lines_findings(FILE *out, const struct hw_run *r)
{
	enum { SHOWN = 4 };
	struct text t = {.used = 0};
	uint64_t total, i;

	if (!number(&r->counts, "findings", &total) || total < r->finding_count)
		total = r->finding_count;
	if (!total) {
		text_add(&t, r->lost ? "none among the frames that came" : "none");
		report_line(out, "findings", &t);
		return;
	}
	add_count(&t, total);
	report_line(out, "findings", &t);
	for (i = 0; i < r->finding_count && i < SHOWN; i++) {
		t.used = 0;
		add_finding(&t, &r->finding[i]);
		report_line(out, "", &t);
	}
}

static void line_frames(FILE *out, const struct hw_run *r)
{
	struct text t = {.used = 0};

	add_count(&t, r->seen);
	text_add(&t, " seen, ");
	if (r->lost)
		add_count(&t, r->lost);
	text_add(&t, r->lost ? " lost: what they told is missing" : "none lost");
	if (r->damaged) {
		text_add(&t, "; ");
		add_count(&t, r->damaged);
		text_add(&t, " damaged");
	}
	if (r->earlier) {
		text_add(&t, "; of the last run, ");
		add_count(&t, r->earlier);
		text_add(&t, " before it");
	}
	report_line(out, "frames", &t);
}

static void line_absent(FILE *out, const struct hw_run *r)
{
	struct text t = {.used = 0};

	for (unsigned int i = 0; i < r->absent_count; i++) {
		text_add(&t, "%s", i ? "; " : "");
		add_foreign(&t, hw_text(&r->absent[i], "what"));
		text_add(&t, ": ");
		add_foreign(&t, hw_text(&r->absent[i], "why"));
	}
	if (t.used)
		report_line(out, "absent", &t);
}

/* ---- costs ---- */

#define SHOWN_UNITS 2u

static bool has_unit(const struct hw_run *r, unsigned int unit)
{
	for (unsigned int c = 0; c < HW_CLASS_COUNT; c++)
		if (r->cost[c][HW_TOTAL][unit].known)
			return true;
	return false;
}

/* Instructions and cycles where there are both; what is there otherwise. */
static unsigned int shown_units(const struct hw_run *r, unsigned int units[SHOWN_UNITS])
{
	static const unsigned int wanted[] = {HW_INSTRUCTIONS, HW_CYCLES, HW_TICKS};
	unsigned int count = 0;

	for (size_t i = 0; i < 3 && count < SHOWN_UNITS; i++)
		if (has_unit(r, wanted[i]))
			units[count++] = wanted[i];
	return count;
}

static void print_heading(FILE *out, bool emulated, const unsigned int *units, unsigned int count)
{
	char name[32];

	fprintf(out, "\n%-19s%9s", emulated ? "emulated cost" : "cost", "faults");
	for (unsigned int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s%s", emulated ? "emulated " : "",
			 hw_units[units[i]].name);
		fprintf(out, "%24s", name);
	}
	fprintf(out, "\n%28s", "");
	for (unsigned int i = 0; i < count; i++)
		fprintf(out, "%12s%12s", "p50", "p99");
	fputc('\n', out);
}

static uint64_t faults_of(const struct hw_run *r, unsigned int class, const unsigned int *units,
			  unsigned int count)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < count; i++)
		if (r->cost[class][HW_TOTAL][units[i]].known)
			n = r->cost[class][HW_TOTAL][units[i]].n;
	return n;
}

static void print_row(FILE *out, const struct hw_run *r, unsigned int class,
		      const unsigned int *units, unsigned int count)
{
	char buf[CLI_NUMBER_SIZE];

	fprintf(out, "  %-17s", hw_classes[class].name);
	fprintf(out, "%9s", cli_count(buf, faults_of(r, class, units, count)));
	for (unsigned int i = 0; i < count; i++) {
		const struct hw_cost *c = &r->cost[class][HW_TOTAL][units[i]];

		fprintf(out, "%12s", c->known ? cli_count(buf, c->p50) : "-");
		fprintf(out, "%12s", c->known ? cli_count(buf, c->p99) : "-");
	}
	fputc('\n', out);
}

/* Of the first class shown, which maps where any does: where it spends them. */
static void line_phases(FILE *out, const struct hw_run *r, unsigned int class, unsigned int unit,
			bool emulated)
{
	struct text t = {.used = 0};
	const char *before = ": ";

	text_add(&t, "of %s, %s%s at p50", hw_classes[class].name, emulated ? "emulated " : "",
		 hw_units[unit].name);
	for (unsigned int p = 0; p < HW_TOTAL; p++) {
		if (!r->cost[class][p][unit].known)
			continue;
		text_add(&t, "%s%s~", before, hw_phases[p].name);
		add_count(&t, r->cost[class][p][unit].p50);
		before = ", ";
	}
	if (*before == ',')
		report_line(out, "phases", &t);
}

static void print_costs(FILE *out, const struct hw_described *d)
{
	const struct hw_run *r = d->run;
	unsigned int units[SHOWN_UNITS], count = shown_units(r, units), first = HW_CLASS_COUNT;

	if (!count)
		return;
	print_heading(out, hw_emulated(d), units, count);
	for (unsigned int c = 0; c < HW_CLASS_COUNT; c++) {
		if (!faults_of(r, c, units, count))
			continue;
		print_row(out, r, c, units, count);
		if (first == HW_CLASS_COUNT)
			first = c;
	}
	line_phases(out, r, first, units[0], hw_emulated(d));
	fputc('\n', out);
}

static void line_digest(FILE *out, const struct hw_described *d)
{
	const char *digest = hw_text(&d->run->end, "digest");
	struct text t = {.used = 0};

	add_foreign(&t, digest);
	text_add(&t, " (of all decisions%s)",
		 !d->replay_digest			 ? ""
		 : strcmp(digest, d->replay_digest) == 0 ? "; a replay here makes the same"
							 : "; a replay here makes others");
	if (*digest)
		report_line(out, "digest", &t);
}

static void line_registers(FILE *out, const char *label, const struct hw_kept *k)
{
	struct text t = {.used = 0};

	for (size_t i = 0; i < k->frame.count; i++) {
		text_add(&t, "%s", i ? " " : "");
		add_foreign(&t, k->frame.field[i].key);
		text_add(&t, "~");
		add_foreign(&t, k->frame.field[i].value);
	}
	report_line(out, label, &t);
}

void hw_report_exception(FILE *out, const struct hw_run *r)
{
	line_registers(out, "exception", &r->unexpected);
	for (unsigned int i = 0; i < r->regs_count; i++)
		line_registers(out, i ? "" : "registers", &r->regs[i]);
}

void hw_report(FILE *out, const struct hw_described *d)
{
	line_board(out, d->run);
	line_emulated(out, d);
	line_image(out, d);
	line_clock(out, d->run);
	line_trace(out, d->run);
	report_policy(out, &d->context);
	line_mode(out, d->run);
	line_faults(out, d->run);
	line_accesses(out, d->run);
	lines_findings(out, d->run);
	line_frames(out, d->run);
	line_absent(out, d->run);
	print_costs(out, d);
	line_digest(out, d);
}
