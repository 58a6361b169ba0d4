/* SPDX-License-Identifier: GPL-2.0-only */
#include "sweep_plots.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plot_output.h"

struct plots {
	const struct sweep_store *store;
	bool ready; /* gnuplot is there */
};

/* One that is left out must not stay as that of an earlier sweep. */
static enum cli_exit leave_out(const char *path, const char *why)
{
	unlink(path);
	if (why)
		cli_fail(CLI_OK, "%s is left out: %s", path, why);
	return CLI_OK;
}

static enum cli_exit draw(const struct plots *p, const json_t *docs, const struct plot_kind *kind,
			  const char *path)
{
	struct nvt_error err;
	const char *why;

	if (!p->ready)
		return leave_out(path, NULL);
	why = plot_mixed(kind, docs, &err) ? err.text : plot_unsupported(kind, docs);
	return why ? leave_out(path, why) : plot_output(kind, docs, PLOT_SVG, path);
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

static enum cli_exit draw_named(const struct plots *p, const json_t *doc, const char *kind,
				const char *dash, const char *trace)
{
	char name[SWEEP_STREAM_NAME + 32], *path;
	json_t *docs = json_pack("[O]", doc);
	enum cli_exit status;

	snprintf(name, sizeof(name), "%s%s%s", kind, dash, trace);
	path = sweep_store_path(p->store, name, "", ".svg");
	status = path ? draw(p, docs, plot_kind_named(kind), path) : cli_no_memory();
	json_decref(docs);
	free(path);
	return status;
}

enum cli_exit sweep_plots(const json_t *doc, const struct sweep_store *store)
{
	struct nvt_error err;
	struct plots p = {store, plot_ready(&err) == NVT_OK};
	enum cli_exit status;
	json_t *trace;
	size_t i;

	if (!p.ready)
		cli_fail(CLI_OK, "plots are left out: %s", err.text);
	status = draw_named(&p, doc, "unmap", "", "");
	json_array_foreach(json_object_get(doc, "traces"), i, trace)
	{
		json_t *part = of_trace(doc, trace);

		if (!status)
			status = draw_named(&p, part, "policies", "-",
					    json_string_value(json_object_get(trace, "id")));
		json_decref(part);
	}
	return status;
}
