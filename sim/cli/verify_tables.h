/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables of the replay against KVM's own dumps of them (spec 8.3), line by line. */
#ifndef NVSIM_CLI_VERIFY_TABLES_H
#define NVSIM_CLI_VERIFY_TABLES_H

#include <jansson.h>

#include "cli.h"
#include "engine.h"
#include "import/ptdump.h"

#define VERIFY_TABLES_TEXT 160

/* One dump, and what came of it. */
struct verify_table {
	const char *path;
	struct nvt_ptdump dump;
	size_t line_count;
	/* Of the first line that differs; 0: none does. Empty where there is none on that side. */
	size_t line;
	char recorded[VERIFY_TABLES_TEXT], replayed[VERIFY_TABLES_TEXT];
};

struct verify_tables {
	struct verify_table *v;
	unsigned int count;
	const char *at; /* text in the mark at which they were taken; NULL: the end */
	bool compared;
	bool out_of_memory;
};

/* Reads the dumps. */
enum cli_exit verify_tables_open(struct verify_tables *t, const struct cli_list *paths,
				 const char *at);
void verify_tables_close(struct verify_tables *t);
/* Before the engine has an event: at the mark, they are compared. */
void verify_tables_event(struct verify_tables *t, const struct engine *e,
			 const struct nvt_event *ev);
/* After the last one. That there is no such mark is a usage error, which is printed. */
enum cli_exit verify_tables_end(struct verify_tables *t, const struct engine *e, const char *trace);

bool verify_tables_differ(const struct verify_tables *t);
void verify_tables_print(const struct verify_tables *t);
json_t *verify_tables_json(const struct verify_tables *t);

#endif
