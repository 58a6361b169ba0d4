/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim policies NAME: what a rule is, and the smallest stream that shows it. */
#include "policies.h"

#include <stdlib.h>

#include "names.h"
#include "run.h"
#include "scene_text.h"
#include "text.h"
#include "witness.h"

/* ---- what becomes of each step ---- */

/* A policy and the default, or two ways to unmap, side by side on one scene. */
enum { SUBJECT, REFERENCE, SIDES };

struct story {
	const struct scene *scene;
	enum { TRY_CHECK, TRY_COMPARE, TRY_REPLAY } command; /* that shows more of it */
	const char *names[SIDES];
	struct engine_options options[SIDES];
	unsigned int side_count;		  /* 1 for the default itself */
	char (*outcomes[SIDES])[SCENE_TEXT_SIZE]; /* by step */
};

static bool play(struct story *story, unsigned int side, const struct scene_stream *stream)
{
	struct engine *e = scene_engine(stream, &story->options[side]);
	enum engine_status status = ENGINE_OK;

	if (!e)
		return false;
	for (size_t i = 0; i < stream->event_count && status == ENGINE_OK; i++) {
		status = engine_event(e, &stream->events[i]);
		if (stream->step[i] != SCENE_SETUP)
			scene_outcome(story->outcomes[side][stream->step[i]], e,
				      &stream->events[i]);
	}
	engine_free(e);
	return status == ENGINE_OK;
}

static bool play_all(struct story *story)
{
	struct scene_stream stream;
	bool done = scene_make(story->scene, &stream);

	for (unsigned int side = 0; side < story->side_count && done; side++) {
		story->outcomes[side] =
			calloc(story->scene->step_count, sizeof(*story->outcomes[side]));
		done = story->outcomes[side] && play(story, side, &stream);
	}
	scene_free(&stream);
	return done;
}

static void story_free(struct story *story)
{
	for (unsigned int side = 0; side < story->side_count; side++)
		free(story->outcomes[side]);
}

/* ---- for people ---- */

#define LABEL 10 /* "  source  " */
#define STEP  44
#define SIDE  17

static void print_field(const char *label, const char *text)
{
	if (!text)
		return;
	text_wrap(stdout, text, LABEL, printf("  %-*s", LABEL - 2, label));
}

static void print_command(const struct story *story)
{
	const char *subject = story->names[SUBJECT];

	switch (story->command) {
	case TRY_CHECK:
		printf("  nvsim check -p %s", subject);
		break;
	case TRY_COMPARE:
		printf("  nvsim compare");
		for (unsigned int side = 0; side < story->side_count; side++)
			printf(" -p %s", story->names[side]);
		break;
	case TRY_REPLAY:
		printf("  nvsim replay --invalidation %s", subject);
		break;
	}
	printf(" tests/corpus/%s.zst\n", story->scene->name);
}

static void print_scene(const struct story *story)
{
	char text[SCENE_TEXT_SIZE];

	printf("\n");
	print_field("stream", story->scene->story);
	print_field("", scene_host(text, story->scene));
	printf("\n  %-*s", STEP, "");
	for (unsigned int side = 0; side < story->side_count; side++)
		printf("%-*s", side + 1 < story->side_count ? SIDE : 0, story->names[side]);
	printf("\n");
	for (size_t i = 0; i < story->scene->step_count; i++) {
		struct text line = {0};

		text_add(&line, "  %-*s", STEP, scene_step(text, story->scene, i));
		for (unsigned int side = 0; side < story->side_count; side++)
			text_add(&line, "%-*s", SIDE, story->outcomes[side][i]);
		while (line.used && line.s[line.used - 1] == ' ')
			line.s[--line.used] = 0;
		puts(line.s);
	}
	printf("\n");
	print_command(story);
}

/* ---- for machines ---- */

static json_t *steps_json(const struct story *story)
{
	json_t *list = json_array();
	char text[SCENE_TEXT_SIZE];

	for (size_t i = 0; i < story->scene->step_count; i++) {
		json_t *step = json_pack("{s:s}", "step", scene_step(text, story->scene, i));

		for (unsigned int side = 0; side < story->side_count; side++)
			if (story->outcomes[side][i][0])
				json_object_set_new(step, story->names[side],
						    json_string(story->outcomes[side][i]));
		json_array_append_new(list, step);
	}
	return list;
}

static json_t *scene_json(const struct story *story)
{
	char host[SCENE_TEXT_SIZE];

	return json_pack("{s:s, s:s, s:s, s:o}", "trace", story->scene->name, "story",
			 story->scene->story, "host", scene_host(host, story->scene), "steps",
			 steps_json(story));
}

/* ---- the two tables ---- */

static void add_side(struct story *story, const char *name, const struct s2_policy *policy,
		     const struct s2_invalidation *invalidation)
{
	story->names[story->side_count] = name;
	story->options[story->side_count++] = (struct engine_options){
		.policy = policy, .invalidation = invalidation, .quirks = S2_QUIRKS_KVM};
}

/* Beside the default; that itself beside the yardstick. */
static struct story story_of_policy(const struct s2_policy *p)
{
	const struct s2_policy *reference =
		p == s2_policy_default ? policy_named("page") : s2_policy_default;
	struct story story = {.scene = witness_of_policy(p),
			      .command = s2_policy_sound(p) ? TRY_COMPARE : TRY_CHECK};

	add_side(&story, p->name, p, NULL);
	if (reference)
		add_side(&story, reference->name, reference, NULL);
	return story;
}

static struct story story_of_invalidation(const struct s2_invalidation *n)
{
	const struct s2_invalidation *last = &s2_invalidations[s2_invalidation_count - 1],
				     *reference = n == s2_invalidation_default
							  ? last
							  : s2_invalidation_default;
	struct story story = {.scene = witness_of_invalidation(n), .command = TRY_REPLAY};

	add_side(&story, n->name, s2_policy_default, n);
	if (reference != n)
		add_side(&story, reference->name, s2_policy_default, reference);
	return story;
}

/* Adds the scene to `object`, which is given away. */
static enum cli_exit write_json(struct story *story, json_t *object, const char *path)
{
	if (story->scene)
		json_object_set_new(object, "stream", scene_json(story));
	return run_write_json(object, path);
}

static bool play_story(struct story *story)
{
	return !story->scene || play_all(story);
}

json_t *policies_json(const struct s2_policy *p)
{
	return json_pack("{s:s, s:s, s:s*, s:s, s:b, s:s*, s:s*}", "name", p->name, "story",
			 p->story, "rule", p->rule, "source", p->source, "sound",
			 (int)s2_policy_sound(p), "flaw", p->flaw, "witness", p->witness);
}

enum cli_exit policies_story(const struct s2_policy *p, const struct cli_text *json)
{
	struct story story = story_of_policy(p);
	enum cli_exit status = CLI_OK;

	if (!play_story(&story)) {
		status = cli_no_memory();
	} else if (json->given) {
		status = write_json(&story, policies_json(p), json->value);
	} else {
		printf("%s%s: %s\n", p->name, p == s2_policy_default ? " (the default)" : "",
		       s2_policy_sound(p) ? "sound" : "UNSOUND");
		text_wrap(stdout, p->story, 2, 0);
		print_field("rule", p->rule);
		print_field("source", p->source);
		print_field("wrong", p->flaw);
		if (story.scene)
			print_scene(&story);
	}
	story_free(&story);
	return status;
}

json_t *policies_invalidation_json(const struct s2_invalidation *n)
{
	return json_pack("{s:s, s:s, s:s}", "name", n->name, "story", n->story, "source",
			 n->source);
}

enum cli_exit policies_invalidation_story(const struct s2_invalidation *n,
					  const struct cli_text *json)
{
	struct story story = story_of_invalidation(n);
	enum cli_exit status = CLI_OK;

	if (!play_story(&story)) {
		status = cli_no_memory();
	} else if (json->given) {
		status = write_json(&story, policies_invalidation_json(n), json->value);
	} else {
		printf("%s%s: invalidation policy\n", n->name,
		       n == s2_invalidation_default ? " (the default)" : "");
		text_wrap(stdout, n->story, 2, 0);
		print_field("source", n->source);
		if (story.scene)
			print_scene(&story);
	}
	story_free(&story);
	return status;
}
