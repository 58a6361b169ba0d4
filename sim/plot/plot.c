/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "draw.h"
#include "hash.h"
#include "kinds.h"
#include "memory_stream.h"

/*
 * A kind is a row here, a function that writes its data (sim/plot/NAME.c, see data.h), and a script
 * scripts/plot/NAME.gp that draws them, which the build finds by itself. The script has the
 * variables `title`, `subtitle` and `clock` ("emulated " or "") besides those of the function, and
 * the macros of scripts/plot/common.gp, and says how high the plot is: `height`, then @begin.
 * An axis of times or costs has to have the word of `clock`.
 */
const struct plot_kind plot_kinds[] = {
	{"policies", "faults and block share by policy, of compare or of several replays",
	 "Shadow faults and block share by policy", false, plot_policies},
	{"timeline",
	 "block share and injection rate over time, with marks, of replays with --interval",
	 "Block share and injection rate over time", false, plot_timeline},
	{"walk-depth", "descriptors read per walk, of compare or of several replays",
	 "Descriptors of L1's stage 2 read in a walk", false, plot_walk_depth},
	{"clamps",
	 "what kept mappings small, in faults and bytes, of compare or of several replays",
	 "What kept mappings from being larger", false, plot_clamps},
	{"cost", "what the handler costs by outcome, of runs at EL2 (hw run, hw collect)",
	 "Cost of a fault at EL2, by outcome", true, plot_cost},
	{"unmap",
	 "work of host unmaps by host granule and invalidation policy, of sweep or of replays",
	 "Work of host unmaps, by host granule and invalidation policy", false, plot_unmap},
	{"length", "cost of a fault against the length of the trace, of bench",
	 "Cost of a fault by length of the trace", true, plot_length},
	{"bench", "medians and their intervals, of bench with one group", "Benchmarks", true,
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

/* ---- whose figures ---- */

enum plot_clock { PLOT_NO_CLOCK, PLOT_EMULATED, PLOT_HARDWARE, PLOT_UNKNOWN_CLOCK };

struct clocks {
	const json_t *first, *other; /* two that differ; NULL: none does */
	enum plot_clock first_clock, other_clock;
	bool emulated;
	const json_t *damaged; /* has a flag that is none */
};

/* `owner`: the document, or a trace in it. */
static void see(struct clocks *c, const json_t *doc, const json_t *owner, const json_t *flag)
{
	enum plot_clock clock = json_is_true(flag)    ? PLOT_EMULATED
				: json_is_false(flag) ? PLOT_HARDWARE
						      : PLOT_UNKNOWN_CLOCK;

	if (!flag || json_is_null(flag))
		return;
	if (clock == PLOT_UNKNOWN_CLOCK && strcmp(json_text(flag, ""), "unknown")) {
		c->damaged = doc;
		return;
	}
	c->emulated |= clock == PLOT_EMULATED;
	if (!c->first) {
		c->first = owner;
		c->first_clock = clock;
	} else if (clock != c->first_clock && !c->other) {
		c->other = owner;
		c->other_clock = clock;
	}
}

/* In a sweep, each trace has its own. */
static struct clocks clocks_of(const json_t *docs, const char *flag)
{
	struct clocks c = {.first = NULL};
	const json_t *doc, *trace;
	size_t i, k;

	json_array_foreach(docs, i, doc)
	{
		see(&c, doc, doc, json_object_get(json_object_get(doc, "context"), flag));
		json_array_foreach(json_object_get(doc, "traces"), k, trace)
			see(&c, doc, trace, json_object_get(trace, flag));
	}
	return c;
}

/* Who ran it and, but for costs, who recorded the trace: counts hang on no clock, but an emulator
 * had a part in them, too. */
static const char *const flags[] = {"emulated", "trace_emulated"};

static size_t flag_count(const struct plot_kind *kind)
{
	return kind->costs ? 1 : 2;
}

static const char *name_of(const json_t *doc)
{
	const char *file = json_text(doc, "file");

	return *file ? file : json_text(doc, "trace.name");
}

bool plot_mixed(const struct plot_kind *kind, const json_t *docs, struct nvt_error *err)
{
	static const char *const are[] = {
		[PLOT_EMULATED] = "emulated",
		[PLOT_HARDWARE] = "of hardware",
		[PLOT_UNKNOWN_CLOCK] = "of an unknown machine",
	};

	for (size_t i = 0; i < flag_count(kind); i++) {
		struct clocks c = clocks_of(docs, flags[i]);

		if (!c.other)
			continue;
		err->status = NVT_EINPUT;
		snprintf(err->text, sizeof(err->text),
			 "%s and %s cannot share an axis: the one is %s, the other %s",
			 name_of(c.first), name_of(c.other), are[c.first_clock],
			 are[c.other_clock]);
		return true;
	}
	return false;
}

/* A flag that is none must not pass for one that is absent. */
static bool is_emulated(struct plot_data *d, const struct plot_kind *kind)
{
	bool emulated = d->emulated;

	for (size_t i = 0; i < flag_count(kind); i++) {
		struct clocks c = clocks_of(d->docs, flags[i]);

		emulated |= c.emulated;
		d->doc = c.damaged;
		if (c.damaged)
			plot_damaged(d, flags[i]);
	}
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
	plot_put_string(d->out, "clock", is_emulated(d, kind) ? "emulated " : "");
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
	return fail(err, NVT_ENOMEM, "out of memory", "");
}

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
	struct plot_data d = {.docs = docs};
	struct memory_stream out;
	const char *why;

	if (!memory_stream_open(&out))
		return no_memory(err);
	d.out = out.file;
	why = kind->data(&d);
	put_script(&d, kind, format);
	*script = memory_stream_close(&out);
	*size = out.used;
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
	size_t size, picture_size = 0;
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
