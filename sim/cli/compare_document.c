/* SPDX-License-Identifier: GPL-2.0-only */
#include "compare_document.h"

#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "compare_report.h"
#include "names.h"
#include "s2.h"
#include "text.h"

void compare_entry_judge(json_t *entry)
{
	const char *name = json_string_value(json_object_get(entry, "policy"));
	const struct s2_policy *policy = name ? policy_named(name) : NULL;

	json_object_set_new(entry, "sound",
			    policy ? json_boolean(s2_policy_sound(policy)) : json_null());
}

/* What is one policy's in a result, with the policies' names in it. */
static json_t *entry_of(const json_t *result)
{
	static const char *const members[] = {"counts", "metrics", "exactness", "findings",
					      "digest"};
	const json_t *context = json_object_get(result, "context");
	json_t *entry = json_object();

	json_object_set(entry, "policy", json_object_get(context, "policy"));
	json_object_set(entry, "invalidation", json_object_get(context, "invalidation"));
	compare_entry_judge(entry);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_object_get(result, members[i]))
			json_object_set(entry, members[i], json_object_get(result, members[i]));
	return entry;
}

json_t *compare_document(json_t *result)
{
	json_t *doc = json_object(), *context = json_copy(json_object_get(result, "context"));

	json_object_del(context, "policy");
	json_object_del(context, "invalidation");
	json_object_set_new(doc, "schema", json_string("nvsim.compare/1"));
	json_object_set_new(doc, "context", context);
	json_object_set(doc, "trace", json_object_get(result, "trace"));
	json_object_set(doc, "measured", json_object_get(result, "measured"));
	json_object_set_new(doc, "policies", json_array());
	compare_document_add(doc, result);
	return doc;
}

void compare_document_add(json_t *doc, json_t *result)
{
	json_array_append_new(json_object_get(doc, "policies"), entry_of(result));
	json_decref(result);
}

void compare_document_note(json_t *doc, json_t *note)
{
	if (!json_object_get(doc, "notes"))
		json_object_set_new(doc, "notes", json_array());
	json_array_append_new(json_object_get(doc, "notes"), note);
}

/* How many of the rule and the way to invalidate there have been, this one included. */
static json_int_t number_of(json_t *seen, const char *name, const char *invalidation)
{
	json_t *both = json_pack("[s, s]", name, invalidation);
	char *key = json_dumps(both, JSON_COMPACT);
	json_int_t number = key ? json_integer_value(json_object_get(seen, key)) + 1 : 1;

	if (key)
		json_object_set_new(seen, key, json_integer(number));
	free(key);
	json_decref(both);
	return number;
}

/*
 * The name of a policy is that of its rule, and of how it invalidates where that is not the
 * default. Results of one policy, say of two handlers, are told apart by their number.
 */
static void label(json_t *entry, json_t *seen)
{
	const char *name = json_string_value(json_object_get(entry, "policy"));
	const char *invalidation = json_string_value(json_object_get(entry, "invalidation"));
	json_int_t number = number_of(seen, name, invalidation);
	struct text t = {.used = 0};

	text_add(&t, "%s", name);
	if (strcmp(invalidation, s2_invalidation_default->name))
		text_add(&t, "/%s", invalidation);
	if (number > 1)
		text_add(&t, " (%" JSON_INTEGER_FORMAT ")", number);
	if (strcmp(t.s, name))
		json_object_set_new(entry, "label", json_string(t.s));
}

void compare_document_finish(json_t *doc)
{
	const json_t *policies = json_object_get(doc, "policies");
	json_t *names = json_array(), *seen = json_object(), *p;
	size_t i;

	json_array_foreach(policies, i, p)
	{
		label(p, seen);
		json_array_append_new(names, json_string(compare_name(p)));
	}
	json_decref(seen);
	json_object_set_new(json_object_get(doc, "context"), "policies", names);
	json_object_set_new(doc, "verdict", compare_verdict(policies));
}

static json_t *policy_result(struct compare *c, const struct compare_options *o,
			     const struct result_trace *trace, unsigned int i)
{
	struct compare_result one = compare_result(c, i);
	const struct metrics *m = &one.engine->metrics;
	struct result r = {
		.context = {&cli_build, o->policies[i], o->engine.quirks,
			    o->invalidations ? o->invalidations[i] : NULL},
		.trace = *trace,
		.window = {.measured = m->faults_recorded + m->touches, .vcpu = -1},
		.metrics = m,
		.exactness = one.exactness,
		.check = check_result(one.engine->check),
	};

	result_digest(&one.engine->digest, r.digest);
	return result_json(&r);
}

json_t *compare_document_of(struct compare *c, const struct compare_options *o,
			    const struct result_trace *trace)
{
	json_t *doc = compare_document(policy_result(c, o, trace, 0));

	for (unsigned int i = 1; i < o->policy_count; i++)
		compare_document_add(doc, policy_result(c, o, trace, i));
	compare_document_finish(doc);
	return doc;
}
