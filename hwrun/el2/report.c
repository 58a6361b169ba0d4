/* SPDX-License-Identifier: GPL-2.0-only */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

#include "cpu.h"
#include "names.h"

#define FINDINGS_SENT	16u /* of a kind that the MMU finds; of a rule, the first */
#define PROGRESS_EVENTS 65536u
#define PROGRESS_LOOK	64u /* events between looks at the time */

struct report_counts report_counts;
uint64_t report_ordinal;
uint64_t report_window;

void report_trace(const struct hw_blob *b, unsigned int running)
{
	static const char *const modes[HW_MODE_COUNT] = {"replay", "live"};
	struct hw_line *line = frame_begin("trace");
	uint32_t i;

	hw_line_text(line, "board", b->board);
	hw_line_text(line, "name", b->trace_name);
	hw_line_text(line, "sha256", b->trace_sha256);
	hw_line_text(line, "digest", b->trace_digest);
	hw_line_text(line, "policy", b->policy);
	hw_line_text(line, "invalidation", b->invalidation);
	hw_line_hex(line, "quirks", b->quirks);
	hw_line_text(line, "mode", modes[b->mode]);
	hw_line_number(line, "events", b->event_count);
	hw_line_number(line, "check", b->mode == HW_LIVE || (b->flags & HW_CHECK));
	if (running)
		hw_line_number(line, "running", running);
	if (report_window)
		hw_line_number(line, "window", report_window);
	for (i = 0; i < b->pmu_event_count; i++) {
		char key[16];

		snprintf(key, sizeof(key), "event%u", (unsigned int)i);
		hw_line_number(line, key, b->pmu_events[i]);
	}
	frame_send(line);
}

void report_progress(void)
{
	static uint64_t told_events, told_at;
	uint64_t events = report_counts.events, now;
	struct hw_line *line;

	if (events % PROGRESS_LOOK)
		return;
	now = sysreg_read(cntvct_el0);
	if (events - told_events < PROGRESS_EVENTS && now - told_at < sysreg_read(cntfrq_el0))
		return;
	told_events = events;
	told_at = now;
	line = frame_begin("progress");
	hw_line_number(line, "events", events);
	hw_line_number(line, "accesses", report_counts.accesses);
	frame_send(line);
}

void report_absent(const char *what, const char *why)
{
	struct hw_line *line = frame_begin("absent");

	hw_line_text(line, "what", what);
	hw_line_text(line, "why", why);
	frame_send(line);
}

/* ---- findings ---- */

static void send_finding(const char *kind, uint64_t ordinal, uint16_t context, uint64_t ipa,
			 const char *text)
{
	struct hw_line *line = frame_begin("finding");

	hw_line_number(line, "ordinal", ordinal);
	hw_line_text(line, "kind", kind);
	hw_line_hex(line, "ipa", ipa);
	if (context == NVT_CANONICAL_CONTEXT)
		hw_line_text(line, "context", "canonical");
	else
		hw_line_number(line, "context", context);
	hw_line_text(line, "text", text);
	frame_send(line);
}

void report_finding(enum report_kind kind, uint16_t context, uint64_t ipa, const char *format, ...)
{
	static const char *const names[] = {[FOUND_MMU] = "mmu",
					    [FOUND_DATA] = "data",
					    [FOUND_GRANTED] = "granted",
					    [FOUND_REFUSED] = "refused"};
	static unsigned int sent[FOUND_COUNT];
	char text[200];
	va_list args;

	report_counts.findings++;
	if (sent[kind]++ >= FINDINGS_SENT)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	send_finding(names[kind], report_ordinal, context, ipa, text);
}

void report_checked(void *arg, const struct check_finding *f)
{
	static bool told[CHECK_RULE_COUNT];

	(void)arg;
	report_counts.findings++;
	if (told[f->rule])
		return;
	told[f->rule] = true;
	send_finding(check_rules[f->rule].id, f->ordinal, f->context, f->ipa, f->text);
}

/* ---- counts ---- */

static void count_skipped(struct hw_line *line)
{
	static const char *const names[SKIP_COUNT] = {
		[SKIP_BEYOND_PA] = "skipped_beyond_pa",
		[SKIP_MAINTENANCE] = "skipped_maintenance",
		[SKIP_UPDATE] = "skipped_update",
		[SKIP_STAGE1_TABLE] = "skipped_stage1_table",
		[SKIP_XNX] = "skipped_xnx",
		[SKIP_NO_PLACE] = "skipped_no_place",
		[SKIP_NO_ADDRESS] = "skipped_no_address",
		[SKIP_EXTERNAL] = "skipped_external",
		[SKIP_AWAY] = "skipped_away",
	};
	unsigned int i;

	for (i = 0; i < SKIP_COUNT; i++)
		if (report_counts.skipped[i])
			hw_line_number(line, names[i], report_counts.skipped[i]);
}

void report_counted(bool live)
{
	const struct report_counts *c = &report_counts;
	struct hw_line *line = frame_begin("counts");
	unsigned int i;

	hw_line_number(line, "events", c->events);
	hw_line_number(line, "delivered", c->delivered);
	hw_line_number(line, "avoided", c->avoided);
	if (live) {
		hw_line_number(line, "performed", c->performed);
		hw_line_number(line, "completed", c->completed);
		hw_line_number(line, "injections", c->injections);
		hw_line_number(line, "mmio", c->mmio);
		hw_line_number(line, "exits", c->exits);
		hw_line_number(line, "astray", c->astray);
		hw_line_number(line, "open", c->open);
		hw_line_number(line, "faults", c->aborts);
		hw_line_number(line, "stale", c->stale);
		hw_line_number(line, "unknown", c->unknown);
		count_skipped(line);
	}
	hw_line_number(line, "findings", c->findings);
	frame_send(line);
	line = frame_begin("outcomes");
	for (i = 0; i < S2_OUTCOME_COUNT; i++)
		if (c->outcomes[i])
			hw_line_number(line, outcome_names[i], c->outcomes[i]);
	frame_send(line);
}
