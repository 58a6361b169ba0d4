/* SPDX-License-Identifier: GPL-2.0-only */
#include "l2_symbols.h"

#include <errno.h>
#include <string.h>

#include "run.h"

enum cli_exit l2_symbols_read(struct l2_symbols *l2, const struct l2_symbols_options *o,
			      const char *command, const char *trace)
{
	struct nvt_error err = {0};

	if (!o->file.given)
		return o->slide.given
			       ? cli_fail(CLI_USAGE, "%s: --slide goes with --symbols", command)
			       : CLI_OK;
	if (strcmp(o->file.value, "-") == 0 && strcmp(trace, "-") == 0)
		return cli_fail(CLI_USAGE, "%s: trace and symbols cannot both be standard input",
				command);
	l2->symbols = symbols_read(o->file.value, &err);
	if (!l2->symbols)
		return cli_fail_trace(&err);
	if (!functions_init(&l2->functions, l2->symbols, o->slide.value))
		return cli_no_memory();
	l2->functions.file = run_base_name(o->file.value);
	return CLI_OK;
}

struct functions *l2_symbols_functions(struct l2_symbols *l2)
{
	return l2->symbols ? &l2->functions : NULL;
}

/* Of the file as it is now: it has long been read. */
enum cli_exit l2_symbols_finish(struct l2_symbols *l2, const struct l2_symbols_options *o,
				bool hash)
{
	const char *path = o->file.value;

	if (!l2->symbols)
		return CLI_OK;
	functions_sort(&l2->functions);
	if (hash && strcmp(path, "-") && !result_file_sha256(path, l2->functions.sha256))
		return cli_fail(CLI_INPUT, "%s: cannot be read: %s", path, strerror(errno));
	return CLI_OK;
}

void l2_symbols_free(struct l2_symbols *l2)
{
	functions_destroy(&l2->functions);
	symbols_free(l2->symbols);
}
