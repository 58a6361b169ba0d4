/* SPDX-License-Identifier: GPL-2.0-only */
#include "hw_job.h"

#include <stdlib.h>
#include <string.h>

#include "cost.h"
#include "image.h"
#include "place.h"

const char *const hw_job_modes[] = {[HW_REPLAY] = "replay", [HW_LIVE] = "live", NULL};

/* ---- options ---- */

static enum cli_exit unknown_event(const char *name)
{
	const char *names[64] = {NULL};

	for (unsigned int i = 0; i < 63 && hw_pmu_events[i].name; i++)
		names[i] = hw_pmu_events[i].name;
	return cli_unknown("event", name, names);
}

static enum cli_exit take_events(const struct cli_list *list, struct hw_job *job)
{
	if (list->count > HW_EVENTS_MAX)
		return cli_fail(CLI_USAGE, "hw: --event is given %u times; there is room for %u",
				list->count, HW_EVENTS_MAX);
	for (unsigned int i = 0; i < list->count; i++) {
		const struct hw_pmu_event *event = hw_pmu_events;

		while (event->name && strcmp(event->name, list->v[i]))
			event++;
		if (!event->name)
			return unknown_event(list->v[i]);
		job->events[job->event_count++] = event->number;
	}
	return CLI_OK;
}

enum cli_exit hw_job_of(const struct hw_job_options *o, const char *trace, struct hw_job *job)
{
	const struct s2_policy *policy;
	const struct s2_invalidation *invalidation;
	enum cli_exit status = run_find_policy(&o->policy, &policy);

	if (!status)
		status = run_find_invalidation(&o->invalidation, &invalidation);
	if (!status)
		status = run_parse_quirks(&o->quirks, &job->quirks);
	if (!status)
		status = take_events(&o->event, job);
	if (status)
		return status;
	job->trace = trace;
	job->trace_name = run_base_name(trace);
	job->policy = policy->name;
	job->invalidation = invalidation->name;
	job->mode = o->mode.given ? (enum hw_mode)o->mode.value : HW_LIVE;
	job->flags |= (o->samples ? HW_SAMPLES : 0) | (o->no_phases ? HW_NO_PHASES : 0) |
		      (o->check ? HW_CHECK : 0);
	return CLI_OK;
}

/* ---- the image ---- */

/* Figures of another handler would pass for this one's. */
static enum cli_exit check_handler(const struct hw_image *image)
{
	if (strcmp(image->handler_sha256, cli_build.handler_sha256) == 0)
		return CLI_OK;
	return cli_fail(CLI_ENVIRONMENT,
			"%s: its handler is %s, and that of this nvsim %s: build both anew",
			image->path, image->handler_sha256, cli_build.handler_sha256);
}

static enum cli_exit put_into_image(const char *path, const struct nvt_buffer *blob, bool flat,
				    struct nvt_buffer *out)
{
	struct nvt_error err = {0};
	struct hw_image image;
	enum cli_exit status = CLI_OK;

	if (hw_image_open(&image, path, &err))
		status = cli_fail_trace(&err);
	else
		status = check_handler(&image);
	if (!status && hw_image_put_blob(&image, blob, &err))
		status = cli_fail_trace(&err);
	if (!status && flat && hw_image_flatten(&image, out, &err))
		status = cli_fail_trace(&err);
	if (!status && !flat) {
		*out = image.file;
		image.file = (struct nvt_buffer){0};
	}
	hw_image_close(&image);
	return status;
}

enum cli_exit hw_job_build(const struct hw_job_options *o, const struct hw_job *job,
			   enum hw_format format, struct nvt_buffer *out)
{
	struct nvt_error err = {0};
	struct nvt_buffer blob = {0};
	enum cli_exit status = CLI_OK;
	char *own = NULL;

	/* Without an image nothing will come of it: that is told before a long trace is read. */
	if (format != HW_FORMAT_BLOB && !o->image.given)
		own = hw_place("nvsim-el2.elf", &err);
	if (err.status || hw_pack(job, &blob, &err))
		status = cli_fail_trace(&err);
	else if (format != HW_FORMAT_BLOB)
		status = put_into_image(own ? own : o->image.value, &blob,
					format == HW_FORMAT_IMAGE, out);
	free(own);
	if (!status && format == HW_FORMAT_BLOB)
		*out = blob;
	else
		nvt_buffer_free(&blob);
	return status;
}

enum cli_exit hw_job_write(const struct hw_job_options *o, const struct hw_job *job,
			   enum hw_format format, const char *path)
{
	struct nvt_buffer image = {0};
	struct cli_output out = {0};
	enum cli_exit status = hw_job_build(o, job, format, &image);

	if (!status)
		status = cli_output_open(&out, path);
	if (!status) {
		fwrite(image.data, 1, image.size, out.file);
		status = cli_output_close(&out);
	}
	nvt_buffer_free(&image);
	return status;
}

/* ---- boards ---- */

char *hw_job_boards(enum cli_exit *status)
{
	struct nvt_error err = {0};
	char *folder = hw_place("boards", &err);

	if (!folder)
		*status = cli_fail_trace(&err);
	return folder;
}

struct hw_board *hw_job_board(const char *name, enum cli_exit *status)
{
	struct nvt_error err = {0};
	struct hw_board *board = NULL;
	char *folder = hw_job_boards(status);
	char **names = folder ? hw_board_names(folder, &err) : NULL;
	size_t i = 0;

	while (names && names[i] && strcmp(names[i], name))
		i++;
	if (names && !names[i])
		*status = cli_unknown("board", name, (const char *const *)names);
	else if (names)
		board = hw_board_read(folder, name, &err);
	if (err.status)
		*status = cli_fail_trace(&err);
	hw_board_names_free(names);
	free(folder);
	return board;
}
