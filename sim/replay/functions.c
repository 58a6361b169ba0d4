/* SPDX-License-Identifier: GPL-2.0-only */
#include "functions.h"

#include <jansson.h>
#include <stdlib.h>

#include "names.h"

#define LOWER_HALF(address) (!((address) >> 55 & 1))

const char *const functions_rest_names[FUNCTIONS_REST_COUNT] = {
	[FUNCTIONS_USER] = "user",
	[FUNCTIONS_LOW] = "low",
	[FUNCTIONS_UNKNOWN] = "unknown",
	[FUNCTIONS_OTHERS] = "others",
};

bool functions_init(struct functions *f, const struct symbols *symbols, uint64_t slide)
{
	*f = (struct functions){.symbols = symbols, .slide = slide, .lowest_pc = UINT64_MAX};
	for (unsigned int i = 0; i < FUNCTIONS_REST_COUNT; i++)
		f->rest[i].symbol = SYMBOL_NONE;
	f->rows = calloc(FUNCTIONS_MAX, sizeof(*f->rows));
	f->row_of = calloc(symbols->count, sizeof(*f->row_of));
	return f->rows && f->row_of;
}

void functions_of_class(struct functions *f, enum nvt_class class)
{
	f->partial = class == NVT_PARTIAL;
}

void functions_destroy(struct functions *f)
{
	free(f->rows);
	free(f->row_of);
}

/* ---- counting ---- */

static bool is_el0(const struct nvt_fault *fault)
{
	/* AArch64 and AArch32 each have a mode of EL0. */
	return !(fault->flags & NVT_FAULT_NO_PSTATE) && !(fault->pstate & 0xf);
}

static struct functions_row *row_of_symbol(struct functions *f, uint32_t symbol)
{
	uint32_t *place = &f->row_of[symbol];

	if (!*place) {
		if (f->count == FUNCTIONS_MAX)
			return &f->rest[FUNCTIONS_OTHERS];
		f->rows[f->count].symbol = symbol;
		*place = ++f->count;
	}
	return &f->rows[*place - 1];
}

static struct functions_row *row_of_fault(struct functions *f, const struct nvt_fault *fault)
{
	uint32_t symbol;

	if (is_el0(fault))
		return &f->rest[FUNCTIONS_USER];
	if (LOWER_HALF(fault->pc))
		return &f->rest[fault->flags & NVT_FAULT_NO_PSTATE ? FUNCTIONS_USER
								   : FUNCTIONS_LOW];
	if (fault->pc < f->lowest_pc)
		f->lowest_pc = fault->pc;
	if (fault->pc > f->highest_pc)
		f->highest_pc = fault->pc;
	symbol = symbols_find(f->symbols, fault->pc - f->slide);
	return symbol == SYMBOL_NONE ? &f->rest[FUNCTIONS_UNKNOWN] : row_of_symbol(f, symbol);
}

void functions_fault(struct functions *f, const struct metrics *m, const struct nvt_fault *fault)
{
	uint64_t outcome[S2_OUTCOME_COUNT], faults = metrics_added(&f->seen, m, outcome);
	struct functions_row *row;

	if (!faults)
		return;
	row = row_of_fault(f, fault);
	row->faults += faults;
	for (unsigned int k = 0; k < S2_OUTCOME_COUNT; k++)
		row->outcome[k] += outcome[k];
}

/* Symbols are in the order of addresses. */
static int compare_rows(const void *a, const void *b)
{
	const struct functions_row *x = a, *y = b;

	if (x->faults != y->faults)
		return x->faults < y->faults ? 1 : -1;
	return (x->symbol > y->symbol) - (x->symbol < y->symbol);
}

void functions_sort(struct functions *f)
{
	qsort(f->rows, f->count, sizeof(*f->rows), compare_rows);
}

uint64_t functions_found_faults(const struct functions *f)
{
	uint64_t faults = f->rest[FUNCTIONS_OTHERS].faults;

	for (uint32_t i = 0; i < f->count; i++)
		faults += f->rows[i].faults;
	return faults;
}

uint64_t functions_kernel_faults(const struct functions *f)
{
	return functions_found_faults(f) + f->rest[FUNCTIONS_UNKNOWN].faults;
}

/* ---- for machines ---- */

static void put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static void put_counts(json_t *object, const struct functions_row *row)
{
	json_t *outcomes = json_object();

	for (unsigned int k = 0; k < S2_OUTCOME_COUNT; k++)
		if (row->outcome[k])
			put(outcomes, outcome_names[k], json_integer((json_int_t)row->outcome[k]));
	put(object, "faults", json_integer((json_int_t)row->faults));
	put(object, "outcomes", outcomes);
}

static json_t *row_json(const struct functions *f, const struct functions_row *row)
{
	const char *module = symbols_module(f->symbols, row->symbol);
	json_t *object = json_object();

	put(object, "function", json_string(symbols_name(f->symbols, row->symbol)));
	put(object, "module", *module ? json_string(module) : json_null());
	put(object, "address",
	    json_sprintf("0x%llx", (unsigned long long)f->symbols->v[row->symbol].start));
	put_counts(object, row);
	return object;
}

static void put_rows(json_t *object, const struct functions *f)
{
	json_t *rows = json_array();

	put(object, "fits",
	    functions_kernel_faults(f) ? json_boolean(functions_found_faults(f) != 0)
				       : json_null());
	for (uint32_t i = 0; i < f->count; i++)
		json_array_append_new(rows, row_json(f, &f->rows[i]));
	put(object, "rows", rows);
	for (unsigned int i = 0; i < FUNCTIONS_REST_COUNT; i++) {
		json_t *rest = json_object();

		put_counts(rest, &f->rest[i]);
		put(object, functions_rest_names[i], rest);
	}
	put(object, "row_limit", json_integer(FUNCTIONS_MAX));
}

json_t *functions_json(const struct functions *f)
{
	json_t *object = json_object();

	put(object, "file", json_string(f->file));
	put(object, "sha256", *f->sha256 ? json_string(f->sha256) : json_null());
	put(object, "format", json_string(symbols_format_names[f->symbols->format]));
	put(object, "functions", json_integer(f->symbols->count));
	put(object, "slide", json_integer((json_int_t)f->slide));
	put(object, "counted", json_string(f->partial ? "recorded" : "handled"));
	put_rows(object, f);
	return object;
}
