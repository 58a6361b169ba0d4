/* SPDX-License-Identifier: GPL-2.0-only */
#include "checker.h"

#include <stdarg.h>

void check_out_of_memory(struct check *c)
{
	c->result.out_of_memory = true;
}

/* There is always a place left for the first finding of each rule. */
static bool has_place(const struct check_result *r, enum check_rule rule)
{
	return r->count[rule] == 1 || r->kept_count < CHECK_KEPT - CHECK_RULE_COUNT;
}

void check_found(struct check *c, enum check_rule rule, uint16_t context, uint64_t ipa,
		 uint64_t size, const char *format, ...)
{
	struct check_result *r = &c->result;
	struct check_finding f = {
		.rule = rule,
		.ordinal = c->ordinal,
		.time_ns = c->time_ns,
		.vcpu = c->event ? c->event->vcpu : 0,
		.context = context,
		.ipa = ipa,
		.size = size,
	};
	va_list args;

	if (c->options.disabled >> rule & 1)
		return;
	r->count[rule]++;
	r->findings++;
	if (!has_place(r, rule) && !c->options.report)
		return;
	va_start(args, format);
	vsnprintf(f.text, sizeof(f.text), format, args);
	va_end(args);
	if (has_place(r, rule))
		r->kept[r->kept_count++] = f;
	if (c->options.report)
		c->options.report(c->options.report_arg, &f);
}

const struct check_result *check_result(const struct check *c)
{
	return &c->result;
}
