/* SPDX-License-Identifier: GPL-2.0-only */
#include "verify_tables.h"

#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "memory_stream.h"
#include "run.h"

enum cli_exit verify_tables_open(struct verify_tables *t, const struct cli_list *paths,
				 const char *at)
{
	struct nvt_error err = {0};

	t->at = at;
	t->v = calloc(paths->count ? paths->count : 1, sizeof(*t->v));
	if (!t->v)
		return cli_no_memory();
	for (; t->count < paths->count; t->count++) {
		t->v[t->count].path = paths->v[t->count];
		if (nvt_ptdump_read(paths->v[t->count], &t->v[t->count].dump, &err))
			return cli_fail_trace(&err);
	}
	return CLI_OK;
}

void verify_tables_close(struct verify_tables *t)
{
	for (unsigned int i = 0; i < t->count; i++)
		nvt_ptdump_free(&t->v[i].dump);
	free(t->v);
	*t = (struct verify_tables){0};
}

/* ---- comparing ---- */

static size_t line_length(const char *s)
{
	return strcspn(s, "\n");
}

/* A dump is ASCII; what is none, is no part of what may be reported as text. */
static void keep_line(char to[VERIFY_TABLES_TEXT], const char *line)
{
	snprintf(to, VERIFY_TABLES_TEXT, "%.*s", (int)line_length(line), line);
	for (; *to; to++)
		if ((unsigned char)*to > '~')
			*to = '?';
}

/* Finds the first line that differs, and counts lines up to there. */
static void compare_texts(struct verify_table *v, const char *replayed)
{
	const char *a = v->dump.text, *b = replayed;

	v->line = 0;
	for (v->line_count = 0; *a || *b;) {
		size_t na = line_length(a), nb = line_length(b);

		v->line_count++;
		/* A last line without its end is cut short. */
		if (na != nb || memcmp(a, b, na) != 0 || !*a || !*b || a[na] != b[nb]) {
			v->line = v->line_count;
			keep_line(v->recorded, a);
			keep_line(v->replayed, b);
			return;
		}
		a += na + (a[na] != '\0');
		b += nb + (b[nb] != '\0');
	}
}

/* False: out of memory. */
static bool compare_with(struct verify_table *v, const struct s2_vm *vm, const struct s2_mmu *mmu)
{
	struct memory_stream out;
	char *text;

	if (!memory_stream_open(&out))
		return false;
	dump_mmu(out.file, vm, mmu);
	text = memory_stream_close(&out);
	if (!text)
		return false;
	compare_texts(v, text);
	free(text);
	return true;
}

static void no_context(struct verify_table *v, const char *text)
{
	v->line = 1;
	v->line_count = 0;
	keep_line(v->recorded, v->dump.text ? v->dump.text : "");
	keep_line(v->replayed, text);
}

/* KVM shows nothing of a context that is not in use: one such there must be. */
static void compare_empty(struct verify_table *v, const struct s2_vm *vm)
{
	for (uint16_t i = 0; i < vm->context_count; i++)
		if (!s2_mmu_valid(&vm->contexts[i]))
			return;
	no_context(v, "(every context is in use)");
}

/* Several contexts may have the same registers: one of them is meant. */
static bool compare_nested(struct verify_table *v, const struct s2_vm *vm)
{
	const struct nvt_ptdump *d = &v->dump;
	bool found = false;

	for (uint16_t i = 0; i < vm->context_count; i++) {
		const struct s2_mmu *mmu = &vm->contexts[i];

		if (!s2_mmu_valid(mmu) || mmu->vttbr != d->vttbr || mmu->vtcr != d->vtcr ||
		    mmu->enabled != d->enabled)
			continue;
		if (!compare_with(v, vm, mmu))
			return false;
		found = true;
		if (!v->line)
			return true;
	}
	if (!found)
		no_context(v, "(no context has these registers)");
	return true;
}

static void compare_all(struct verify_tables *t, const struct engine *e)
{
	const struct s2_vm *vm = &e->vm;
	bool ok = true;

	for (unsigned int i = 0; i < t->count && ok; i++) {
		struct verify_table *v = &t->v[i];

		if (v->dump.empty)
			compare_empty(v, vm);
		else if (v->dump.header)
			ok = compare_nested(v, vm);
		else
			ok = compare_with(v, vm, &vm->canonical);
	}
	t->out_of_memory |= !ok;
	t->compared = true;
}

/* A dump shows the tables as they stood when the mark before it was written. */
void verify_tables_event(struct verify_tables *t, const struct engine *e,
			 const struct nvt_event *ev)
{
	if (t->count && t->at && !t->compared && ev->kind == NVT_MARK &&
	    strstr(ev->mark.text, t->at))
		compare_all(t, e);
}

enum cli_exit verify_tables_end(struct verify_tables *t, const struct engine *e, const char *trace)
{
	if (t->count && e->class == NVT_PARTIAL)
		return cli_fail(CLI_USAGE,
				"verify: %s is of class partial: no table is rebuilt that --ptdump "
				"could be compared with",
				trace);
	if (t->count && t->at && !t->compared)
		return cli_fail(CLI_USAGE,
				"verify: %s has no mark with '%s' in it (see nvsim info)", trace,
				t->at);
	if (t->count && !t->compared)
		compare_all(t, e);
	return t->out_of_memory ? cli_no_memory() : CLI_OK;
}

/* ---- results ---- */

bool verify_tables_differ(const struct verify_tables *t)
{
	for (unsigned int i = 0; i < t->count; i++)
		if (t->v[i].line)
			return true;
	return false;
}

static void print_side(const char *side, const char *text)
{
	printf("    %s ", side);
	cli_print_text(stdout, *text ? text : "(nothing)");
	putchar('\n');
}

void verify_tables_print(const struct verify_tables *t)
{
	char count[CLI_NUMBER_SIZE];

	for (unsigned int i = 0; i < t->count; i++) {
		const struct verify_table *v = &t->v[i];

		cli_print_text(stdout, run_base_name(v->path));
		if (!v->line && v->dump.empty) {
			puts(": empty; a context of the replay is not in use either");
			continue;
		}
		if (!v->line) {
			printf(": the replayed table is the same, in %s line%s\n",
			       cli_count(count, v->line_count), v->line_count == 1 ? "" : "s");
			continue;
		}
		printf(": line %zu differs from the replayed table\n", v->line);
		print_side("recorded", v->recorded);
		print_side("replayed", v->replayed);
	}
}

json_t *verify_tables_json(const struct verify_tables *t)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < t->count; i++) {
		const struct verify_table *v = &t->v[i];
		json_t *row = json_object();

		json_object_set_new(row, "dump", json_string(run_base_name(v->path)));
		json_object_set_new(row, "lines", json_integer((json_int_t)v->line_count));
		json_object_set_new(row, "same", json_boolean(!v->line));
		if (v->line) {
			json_object_set_new(row, "line", json_integer((json_int_t)v->line));
			json_object_set_new(row, "recorded", json_string(v->recorded));
			json_object_set_new(row, "replayed", json_string(v->replayed));
		}
		json_array_append_new(list, row);
	}
	return list;
}
