/* SPDX-License-Identifier: GPL-2.0-only */
#include "sweep_plots.h"

#include <stdlib.h>
#include <string.h>

#include "plot_output.h"

static enum cli_exit draw(const json_t *doc, const struct plot_kind *kind, const char *path)
{
	json_t *docs = json_pack("[O]", doc);
	const char *why = plot_unsupported(kind, docs);
	enum cli_exit status = CLI_OK;

	if (why)
		cli_fail(CLI_OK, "%s is left out: %s", path, why);
	else
		status = plot_output(kind, docs, PLOT_SVG, path);
	json_decref(docs);
	return status;
}

/* The sweep as if there were no other trace. */
static json_t *of_trace(const json_t *doc, const json_t *trace)
{
	json_t *part = json_copy((json_t *)doc), *cells = json_array(), *cell;
	size_t i;

	json_array_foreach(json_object_get(doc, "cells"), i, cell)
	{
		if (json_equal(json_object_get(cell, "trace"), json_object_get(trace, "id")))
			json_array_append(cells, cell);
	}
	json_object_set_new(part, "cells", cells);
	json_object_set_new(part, "traces", json_pack("[O]", trace));
	return part;
}

static enum cli_exit draw_named(const json_t *doc, const struct sweep_store *store,
				const char *kind, const char *dash, const char *trace)
{
	char name[SWEEP_STREAM_NAME + 32], *path;
	enum cli_exit status;

	snprintf(name, sizeof(name), "%s%s%s", kind, dash, trace);
	path = sweep_store_path(store, name, "", ".svg");
	status = path ? draw(doc, plot_kind_named(kind), path) : cli_no_memory();
	free(path);
	return status;
}

enum cli_exit sweep_plots(const json_t *doc, const struct sweep_store *store)
{
	struct nvt_error err;
	enum cli_exit status;
	json_t *trace;
	size_t i;

	if (plot_ready(&err)) {
		cli_fail(CLI_OK, "plots are left out: %s", err.text);
		return CLI_OK;
	}
	status = draw_named(doc, store, "unmap", "", "");
	json_array_foreach(json_object_get(doc, "traces"), i, trace)
	{
		json_t *part = of_trace(doc, trace);

		if (!status)
			status = draw_named(part, store, "policies", "-",
					    json_string_value(json_object_get(trace, "id")));
		json_decref(part);
	}
	return status;
}
