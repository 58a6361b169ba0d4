/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "draw.h"
#include "hash.h"
#include "kinds.h"

/*
 * A kind is a row here, a function that writes its data (sim/plot/NAME.c, see data.h), and a script
 * scripts/plot/NAME.gp that draws them, which the build finds by itself. The script has the
 * variables `title`, `subtitle` and `clock` ("emulated " or "") besides those of the function, and
 * the macros of scripts/plot/common.gp, and says how high the plot is: `height`, then @begin.
 * A row with `clock` has to have the word of that variable at its axis.
 */
const struct plot_kind plot_kinds[] = {
	{"policies", "faults and block share by policy, of compare or of several replays",
	 "Shadow faults and block share by policy", NULL, plot_policies},
	{"timeline",
	 "block share and injection rate over time, with marks, of replays with --interval",
	 "Block share and injection rate over time", "trace_emulated", plot_timeline},
	{"walk-depth", "descriptors read per walk, of compare or of several replays",
	 "Descriptors of L1's stage 2 read in a walk", NULL, plot_walk_depth},
	{"clamps",
	 "what kept mappings small, in faults and bytes, of compare or of several replays",
	 "What kept mappings from being larger", NULL, plot_clamps},
	{"cost", "what the handler costs by outcome, of runs at EL2 (hw run, hw collect)",
	 "Cost of a fault at EL2, by outcome", "emulated", plot_cost},
	{"unmap",
	 "work of host unmaps by host granule and invalidation policy, of sweep or of replays",
	 "Work of host unmaps, by host granule and invalidation policy", NULL, plot_unmap},
	{"length", "cost of a fault against the length of the trace, of bench",
	 "Cost of a fault by length of the trace", "emulated", plot_length},
	{"bench", "medians and their intervals, of bench with one group", "Benchmarks", "emulated",
	 plot_bench},
};
const size_t plot_kind_count = sizeof(plot_kinds) / sizeof(plot_kinds[0]);

const struct plot_kind *plot_kind_named(const char *name)
{
	for (size_t i = 0; i < plot_kind_count; i++)
		if (strcmp(plot_kinds[i].name, name) == 0)
			return &plot_kinds[i];
	return NULL;
}

/* Its data go nowhere. */
const char *plot_unsupported(const struct plot_kind *kind, const json_t *docs)
{
	struct plot_data d = {.docs = docs, .out = fopen("/dev/null", "w")};
	const char *why;

	if (!d.out)
		return "out of memory";
	why = kind->data(&d);
	fclose(d.out);
	return d.damaged ? NULL : why;
}

const struct plot_kind *plot_kind_for(const json_t *docs)
{
	for (size_t i = 0; i < plot_kind_count; i++)
		if (!plot_unsupported(&plot_kinds[i], docs))
			return &plot_kinds[i];
	return NULL;
}

/* ---- whose times ---- */

enum plot_clock { PLOT_NO_CLOCK, PLOT_EMULATED, PLOT_HARDWARE, PLOT_UNKNOWN_CLOCK };

static enum plot_clock clock_of(const json_t *doc, const char *member)
{
	const json_t *flag = plot_member(plot_member(doc, "context"), member);

	if (!flag)
		return PLOT_NO_CLOCK;
	return json_is_true(flag)    ? PLOT_EMULATED
	       : json_is_false(flag) ? PLOT_HARDWARE
				     : PLOT_UNKNOWN_CLOCK;
}

static const char *name_of(const json_t *doc)
{
	const char *file = plot_text(doc, "file");

	return *file ? file : plot_text(doc, "trace.name");
}

bool plot_mixed(const struct plot_kind *kind, const json_t *docs, struct nvt_error *err)
{
	static const char *const are[] = {
		[PLOT_EMULATED] = "emulated",
		[PLOT_HARDWARE] = "of hardware",
		[PLOT_UNKNOWN_CLOCK] = "of an unknown clock",
	};
	const json_t *doc, *first = NULL;
	size_t i;

	json_array_foreach(kind->clock ? docs : NULL, i, doc)
	{
		enum plot_clock clock = clock_of(doc, kind->clock);

		if (clock == PLOT_NO_CLOCK)
			continue;
		if (!first)
			first = doc;
		if (clock == clock_of(first, kind->clock))
			continue;
		err->status = NVT_EINPUT;
		snprintf(err->text, sizeof(err->text),
			 "%s and %s cannot share an axis: times of the one are %s, of the other %s",
			 name_of(first), name_of(doc), are[clock_of(first, kind->clock)],
			 are[clock]);
		return true;
	}
	return false;
}

/* In a sweep, each trace has its own. */
static bool is_emulated(const json_t *doc)
{
	bool emulated = clock_of(doc, "emulated") == PLOT_EMULATED ||
			clock_of(doc, "trace_emulated") == PLOT_EMULATED;
	const json_t *trace;
	size_t i;

	json_array_foreach(json_object_get(doc, "traces"), i, trace) emulated =
		emulated || json_is_true(json_object_get(trace, "trace_emulated"));
	return emulated;
}

/* Counts do not depend on a clock; where an emulator had a part in them, that is told all the same.
 */
static bool any_emulated(const json_t *docs)
{
	const json_t *doc;
	bool emulated = false;
	size_t i;

	json_array_foreach(docs, i, doc) emulated = emulated || is_emulated(doc);
	return emulated;
}

/* ---- the script ---- */

static const char *script_named(const char *name)
{
	const struct plot_script *s = plot_scripts;

	while (s->name && strcmp(s->name, name))
		s++;
	return s->text;
}

static void put_script(struct plot_data *d, const struct plot_kind *kind, enum plot_format format)
{
	plot_put_string(d->out, "format", format == PLOT_SVG ? "svg" : "png");
	plot_put_string(d->out, "title", kind->title);
	plot_put_string(d->out, "clock", any_emulated(d->docs) || d->emulated ? "emulated " : "");
	fputs(script_named("common"), d->out);
	fputs(script_named(kind->name), d->out);
}

static enum nvt_status fail(struct nvt_error *err, enum nvt_status status, const char *what,
			    const char *why)
{
	err->status = status;
	snprintf(err->text, sizeof(err->text), "%s%s", what, why);
	return status;
}

static enum nvt_status no_memory(struct nvt_error *err)
{
	return fail(err, NVT_EENV, "out of memory", "");
}

/* A stream in memory would lose what there is no memory for, and not tell; a file does. */
static FILE *open_again(int fd)
{
	int own = dup(fd);
	FILE *out = own < 0 ? NULL : fdopen(own, "w");

	if (!out && own >= 0)
		close(own);
	return out;
}

static bool close_whole(FILE *out)
{
	bool lost = ferror(out);

	return fclose(out) == 0 && !lost;
}

/* The whole script; to be freed. */
static enum nvt_status make_script(const struct plot_kind *kind, const json_t *docs,
				   enum plot_format format, char **script, size_t *size,
				   struct nvt_error *err)
{
	int fd = memfd_create("script", MFD_CLOEXEC);
	struct plot_data d = {.docs = docs, .out = open_again(fd)};
	const char *why = NULL;

	if (d.out) {
		why = kind->data(&d);
		put_script(&d, kind, format);
		if (close_whole(d.out))
			*script = plot_read(fd, size);
	}
	close(fd);
	if (!*script)
		return no_memory(err);
	if (!d.damaged)
		return why ? fail(err, NVT_EINPUT, "cannot be drawn: ", why) : NVT_OK;
	err->status = NVT_EINPUT;
	snprintf(err->text, sizeof(err->text), "%s: is damaged: '%s' is none that can be",
		 name_of(d.damaged_doc), d.damaged);
	return err->status;
}

/* ---- the picture ---- */

static enum nvt_status cannot_write(struct nvt_error *err)
{
	return fail(err, NVT_EENV, "the plot cannot be written: ", strerror(errno));
}

/* Ids are those of these data. */
static enum nvt_status write_svg(const struct plot_kind *kind, const char *script, size_t size,
				 const char *svg, int fd, struct nvt_error *err)
{
	char id[64];
	struct plot_svg as = {kind->name, id, kind->title, kind->summary};
	FILE *out = open_again(fd);
	bool is_svg;

	snprintf(id, sizeof(id), "%s-%08x", kind->name, (uint32_t)nvt_xxh64(script, size, 0));
	if (!out)
		return no_memory(err);
	is_svg = plot_svg_rewrite(out, svg, &as);
	if (!close_whole(out))
		return cannot_write(err);
	return is_svg ? NVT_OK : fail(err, NVT_EENV, "gnuplot gave no SVG", "");
}

enum nvt_status plot_draw(const struct plot_kind *kind, const json_t *docs, enum plot_format format,
			  int fd, struct nvt_error *err)
{
	char *script = NULL, *picture = NULL;
	size_t size, picture_size;
	enum nvt_status status = NVT_EINPUT;

	if (!plot_mixed(kind, docs, err))
		status = make_script(kind, docs, format, &script, &size, err);
	if (!status)
		status = plot_gnuplot(script, size, &picture, &picture_size, err);
	if (!status && format == PLOT_SVG)
		status = write_svg(kind, script, size, picture, fd, err);
	else if (!status && !plot_write(fd, picture, picture_size))
		status = cannot_write(err);
	free(picture);
	free(script);
	return status;
}
