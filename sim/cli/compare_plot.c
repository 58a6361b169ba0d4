/* SPDX-License-Identifier: GPL-2.0-only */
/* The plot of a comparison: a script for gnuplot, which writes SVG into our file. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compare_report.h"

extern char **environ;

/* Colours of Okabe and Ito, which the colour-blind can tell apart. */
static const char preamble[] =
	"set terminal svg size 900,420 font 'sans-serif,13' background 'white' noenhanced\n"
	"set style fill solid 1.0 noborder\n"
	"set boxwidth 0.7\n"
	"set xtics rotate by 35 right nomirror scale 0\n"
	"set ytics nomirror\n"
	"set border 3\n"
	"set grid ytics lc rgb '#dddddd'\n"
	"set yrange [0:*]\n"
	"set offsets 0,0,graph 0.1,0\n"
	"unset key\n";

/* Text for a string of gnuplot, in which backquotes and backslashes would be commands. */
static void put_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (int length = 0; *text && length < 60; text++, length++)
		fputc(isalnum((unsigned char)*text) || strchr(" ._+-/:()", *text) ? *text : '_',
		      out);
	fputc('"', out);
}

static void put_figure(FILE *out, const json_t *v, double unit, int decimals)
{
	if (v)
		fprintf(out, " %.*f", decimals, json_number_value(v) * unit);
	else
		fputs(" NaN", out);
}

/* Name, faults, block share in percent; what is absent is NaN, and not drawn. */
static void put_data(FILE *out, const json_t *doc)
{
	const json_t *p;
	size_t i;

	fputs("$data << END_OF_DATA\n", out);
	json_array_foreach(json_object_get(doc, "policies"), i, p)
	{
		put_text(out, compare_name(p));
		put_figure(out, compare_figure(p, COMPARE_FAULTS), 1, 0);
		put_figure(out, compare_figure(p, COMPARE_BLOCKS), 100, 4);
		fputc('\n', out);
	}
	fprintf(out, "END_OF_DATA\nset xrange [-0.6:%.1f]\n", (double)i - 0.4);
}

static void put_script(FILE *out, const json_t *doc)
{
	const char *name =
		json_string_value(json_object_get(json_object_get(doc, "trace"), "name"));

	fputs(preamble, out);
	/* gnuplot refuses to find a range for nothing. */
	if (!compare_figure(json_array_get(json_object_get(doc, "policies"), 0), COMPARE_FAULTS))
		fputs("set yrange [0:1]\n", out);
	put_data(out, doc);
	fputs("set multiplot layout 1,2 title ", out);
	put_text(out, name ? name : "");
	fputs("\nset title 'Shadow faults by policy'\nset ylabel 'faults'\n"
	      "plot $data using 0:2:xtic(1) with boxes lc rgb '#0072B2', \\\n"
	      "     '' using 0:2:(sprintf('%.0f', $2)) with labels offset 0,0.6\n"
	      "set title 'Bytes under blocks at the end'\nset ylabel 'share of bytes mapped (%)'\n"
	      "set yrange [0:110]\nset ytics 0,20,100\n"
	      "plot $data using 0:3:xtic(1) with boxes lc rgb '#E69F00', \\\n"
	      "     '' using 0:3:(sprintf('%.1f', $3)) with labels offset 0,0.6\n"
	      "unset multiplot\n",
	      out);
}

/* Standard input is `in`, standard output is `out`: no name of a file goes through a script. */
static int start_gnuplot(pid_t *child, int in, int out, int unused)
{
	char *const argv[] = {"gnuplot", "-", NULL};
	posix_spawn_file_actions_t actions;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return err;
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, unused);
	err = posix_spawnp(child, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

static enum cli_exit end_gnuplot(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return cli_fail(CLI_ENVIRONMENT, "gnuplot: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return CLI_OK;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return cli_fail(CLI_ENVIRONMENT, "gnuplot cannot be run; install gnuplot-nox");
	return cli_fail(CLI_ENVIRONMENT, "gnuplot failed");
}

static enum cli_exit begin_gnuplot(pid_t *child, int in, int out, int unused)
{
	int err = start_gnuplot(child, in, out, unused);

	if (err == ENOENT)
		return cli_fail(CLI_ENVIRONMENT, "gnuplot is not there; install gnuplot-nox");
	if (err)
		return cli_fail(CLI_ENVIRONMENT, "gnuplot cannot be run: %s", strerror(err));
	return CLI_OK;
}

static enum cli_exit draw(const json_t *doc, int out)
{
	enum cli_exit status;
	FILE *script;
	int ends[2];
	pid_t child;

	if (pipe(ends))
		return cli_fail(CLI_ENVIRONMENT, "gnuplot: %s", strerror(errno));
	status = begin_gnuplot(&child, ends[0], out, ends[1]);
	close(ends[0]);
	script = status ? NULL : fdopen(ends[1], "w");
	if (script) {
		put_script(script, doc);
		fclose(script);
	} else {
		close(ends[1]);
	}
	return status ? status : end_gnuplot(child);
}

/* It runs an empty script. */
enum cli_exit compare_plot_ready(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	enum cli_exit status;
	pid_t child;

	if (null < 0)
		return cli_fail(CLI_ENVIRONMENT, "/dev/null: %s", strerror(errno));
	status = begin_gnuplot(&child, null, null, null);
	close(null);
	return status ? status : end_gnuplot(child);
}

enum cli_exit compare_plot(const json_t *doc, const char *path)
{
	struct cli_output out;
	enum cli_exit status = cli_output_open(&out, path);

	if (status)
		return status;
	fflush(out.file);
	status = draw(doc, fileno(out.file));
	if (!status)
		return cli_output_close(&out);
	cli_output_abandon(&out);
	return status;
}
