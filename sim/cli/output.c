/* SPDX-License-Identifier: GPL-2.0-only */
/* Output files, and the progress line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "temporary.h"

static enum cli_exit cannot_write(const char *path)
{
	return cli_fail(CLI_ENVIRONMENT, "%s: cannot be written: %s", path, strerror(errno));
}

/* A device or pipe is written in place: a rename would replace it. */
static bool in_place(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* The temporary file was renamed, or is to be removed. */
static void end_temporary(struct cli_output *out, bool remove)
{
	if (!out->temporary)
		return;
	if (remove)
		unlink(out->temporary);
	nvt_temporary_forget(out->temporary);
	free(out->temporary);
	out->temporary = NULL;
}

/* In the folder of the target, so that the rename stays within a file system. */
static enum cli_exit open_temporary(struct cli_output *out)
{
	int fd = nvt_temporary_open(out->path, &out->temporary);

	if (fd < 0)
		return cannot_write(out->path);
	out->file = fdopen(fd, "w");
	if (out->file)
		return CLI_OK;
	close(fd);
	end_temporary(out, true);
	return cli_no_memory();
}

enum cli_exit cli_output_open(struct cli_output *out, const char *path)
{
	*out = (struct cli_output){.path = path};
	if (!path || strcmp(path, "-") == 0) {
		out->file = stdout;
		return CLI_OK;
	}
	if (!in_place(path))
		return open_temporary(out);
	out->file = fopen(path, "w");
	return out->file ? CLI_OK : cannot_write(path);
}

/* Errors of buffered writes show here at the latest; then nothing is left behind. */
enum cli_exit cli_output_close(struct cli_output *out)
{
	enum cli_exit status = CLI_OK;
	bool failed;

	if (out->file == stdout)
		return cli_finish_stdout();
	failed = ferror(out->file);
	if (fclose(out->file) != 0 || failed)
		status = cannot_write(out->path);
	else if (out->temporary && rename(out->temporary, out->path) != 0)
		status = cannot_write(out->path);
	end_temporary(out, status != CLI_OK);
	return status;
}

void cli_output_abandon(struct cli_output *out)
{
	if (out->file == stdout)
		return;
	fclose(out->file);
	end_temporary(out, true);
}

enum cli_exit cli_finish_stdout(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return CLI_OK;
	/* Once is enough: what is buffered would fail again at exit. */
	return cannot_write("standard output");
}

/* ---- progress ---- */

#define DRAW_EVERY_NS 100000000u

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void cli_progress_start(struct cli_progress *p, bool quiet, const char *unit)
{
	*p = (struct cli_progress){.shown = !quiet && isatty(STDERR_FILENO), .unit = unit};
	if (p->shown) {
		p->start_ns = clock_ns();
		p->next_ns = p->start_ns + DRAW_EVERY_NS;
	}
}

static void draw(const struct cli_progress *p, uint64_t now, uint64_t done, uint64_t total)
{
	char bar[] = "....................";
	double seconds = (double)(now - p->start_ns) / 1e9;
	double rate = (double)done / seconds;

	if (!total) {
		fprintf(stderr, "\r%.1f M %s, %.2f M/s ", (double)done / 1e6, p->unit, rate / 1e6);
		return;
	}
	for (size_t i = 0; i < 20 && i * total < done * 20; i++)
		bar[i] = '#';
	fprintf(stderr, "\r[%s] %3.0f%%  %.2f M %s/s  %.0f s left   ", bar,
		100 * (double)done / (double)total, rate / 1e6, p->unit,
		rate > 0 && total > done ? (double)(total - done) / rate : 0);
}

/* Reads the clock once a call and draws ten times a second. */
void cli_progress_update(struct cli_progress *p, uint64_t done, uint64_t total)
{
	uint64_t now;

	if (!p->shown)
		return;
	now = clock_ns();
	if (now < p->next_ns)
		return;
	p->next_ns = now + DRAW_EVERY_NS;
	p->drawn = true;
	draw(p, now, done, total);
}

/* Leaves the terminal as if nothing had been there. */
void cli_progress_end(struct cli_progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = false;
}
