/* SPDX-License-Identifier: GPL-2.0-only */
#include "plot_output.h"

#include <string.h>

bool plot_output_format(const char *path, enum plot_format *format)
{
	const char *end = strrchr(path, '.');

	*format = end && strcmp(end, ".png") == 0 ? PLOT_PNG : PLOT_SVG;
	return end && (*format == PLOT_PNG || strcmp(end, ".svg") == 0);
}

enum cli_exit plot_output(const struct plot_kind *kind, const json_t *docs, enum plot_format format,
			  const char *path)
{
	struct nvt_error err;
	struct cli_output out;
	enum cli_exit status;

	if (plot_mixed(kind, docs, &err))
		return cli_fail(CLI_USAGE, "plot: %s", err.text);
	status = cli_output_open(&out, path);
	if (status)
		return status;
	fflush(out.file);
	if (plot_draw(kind, docs, format, fileno(out.file), &err) == NVT_OK)
		return cli_output_close(&out);
	cli_output_abandon(&out);
	return cli_fail_trace(&err);
}

enum cli_exit plot_output_ready(void)
{
	struct nvt_error err;

	return plot_ready(&err) == NVT_OK ? CLI_OK : cli_fail_trace(&err);
}
