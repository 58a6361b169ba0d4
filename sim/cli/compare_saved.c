/* SPDX-License-Identifier: GPL-2.0-only */
/* Saved results: what can be read of a file, and whether it can be compared. */
#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compare_document.h"
#include "compare_report.h"
#include "json_file.h"
#include "run.h"

#define PEEK 64 /* bytes, of which white space may be some */

static size_t peek_pipe(int fd, char buf[PEEK])
{
	ssize_t got = 0;
	int ends[2];

	if (pipe(ends))
		return 0;
	/* What is read of a pipe would be missing later: a copy is read. */
	if (tee(fd, ends[1], PEEK, 0) > 0)
		got = read(ends[0], buf, PEEK);
	close(ends[0]);
	close(ends[1]);
	return got > 0 ? (size_t)got : 0;
}

/* The first bytes, which stay to be read: of a file, or of standard input. */
static size_t peek(const char *path, char buf[PEEK])
{
	bool standard = strcmp(path, "-") == 0;
	struct stat st;
	ssize_t got = 0;
	int fd;

	if (standard ? fstat(STDIN_FILENO, &st) : stat(path, &st))
		return 0;
	if (standard && S_ISFIFO(st.st_mode))
		return peek_pipe(STDIN_FILENO, buf);
	if (!S_ISREG(st.st_mode))
		return 0;
	fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	got = pread(fd, buf, PEEK, lseek(fd, 0, SEEK_CUR));
	if (!standard)
		close(fd);
	return got > 0 ? (size_t)got : 0;
}

/* A trace begins with the magic number of zstd, a result with a brace, several with a bracket. */
bool compare_is_saved(const char *path)
{
	char buf[PEEK];
	size_t count = peek(path, buf), i = 0;

	while (i < count && isspace((unsigned char)buf[i]))
		i++;
	return i < count && (buf[i] == '{' || buf[i] == '[');
}

/* Texts of the file that are shown: what a terminal could take as a command is not. */
static bool is_plain(const json_t *text, size_t longest)
{
	const char *s = json_string_value(text);

	if (!s || json_string_length(text) > longest)
		return false;
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

static bool is_finding(const json_t *finding)
{
	return is_plain(json_object_get(finding, "rule"), 40) &&
	       is_plain(json_object_get(json_object_get(finding, "first"), "text"), 200);
}

static bool is_note(const json_t *note)
{
	return json_is_string(note);
}

/* An array of what `is_item` holds for; it may be absent. */
static bool is_list(const json_t *list, bool (*is_item)(const json_t *item))
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (!is_item(item))
			return false;
	}
	return !list || json_is_array(list);
}

static bool is_entry(const json_t *entry)
{
	const json_t *x = json_object_get(entry, "exactness");

	return is_plain(json_object_get(entry, "policy"), 40) &&
	       is_plain(json_object_get(entry, "invalidation"), 20) &&
	       is_plain(json_object_get(entry, "digest"), 40) &&
	       is_plain(json_object_get(x, "verdict"), 40) &&
	       is_plain(json_object_get(x, "why"), 200) &&
	       is_list(json_object_get(entry, "findings"), is_finding) &&
	       compare_has_figures(entry);
}

static bool is_document(const json_t *doc)
{
	const json_t *policies = json_object_get(doc, "policies");

	return json_array_size(policies) && is_list(policies, is_entry) &&
	       is_list(json_object_get(doc, "notes"), is_note) &&
	       json_is_object(json_object_get(doc, "context")) &&
	       json_is_object(json_object_get(doc, "trace"));
}

/* What is concluded from the figures is concluded anew. */
static void forget_conclusions(json_t *doc)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(doc, "policies"), i, entry)
	{
		json_object_del(entry, "label");
		compare_entry_judge(entry);
	}
}

/* A result that has no figure which a comparison shows: a run at EL2 measures costs alone. */
static bool is_of_el2(const json_t *json)
{
	return json_is_object(json_object_get(json, "hw"));
}

/* One result or comparison; takes `json`. */
static enum cli_exit add_saved(json_t *docs, json_t *json, const char *name)
{
	const char *schema = json_string_value(json_object_get(json, "schema"));
	enum cli_exit status = CLI_OK;

	if (is_of_el2(json))
		status = cli_fail(CLI_USAGE,
				  "%s: is of a run at EL2, which has costs alone: compare a replay "
				  "of its trace",
				  name);
	else if (schema && strcmp(schema, "nvsim.result/1") == 0)
		json = compare_document(json);
	else if (!schema || strcmp(schema, "nvsim.compare/1"))
		status = cli_fail(CLI_USAGE,
				  "%s: schema '%s' cannot be compared; nvsim.result/1 and "
				  "nvsim.compare/1 can",
				  name, schema ? schema : "");
	if (!status && !is_document(json))
		status = cli_fail(CLI_INPUT, "%s: is no result of nvsim, or a damaged one", name);
	if (status) {
		json_decref(json);
		return status;
	}
	forget_conclusions(json);
	json_array_append_new(docs, json);
	return CLI_OK;
}

/* All that a file holds, added to `docs`: a comparison of several traces is an array. */
static enum cli_exit load(const char *path, json_t *docs)
{
	struct nvt_error err = {0};
	json_t *json = json_file_load(path, &err);
	const char *name = json_file_name(path);
	enum cli_exit status = CLI_OK;
	json_t *item;
	size_t i;

	if (!json)
		return cli_fail_trace(&err);
	if (!json_is_array(json))
		return add_saved(docs, json, name);
	if (!json_array_size(json))
		status = cli_fail(CLI_INPUT, "%s: is no result of nvsim, or a damaged one", name);
	for (i = 0; !status && i < json_array_size(json); i++) {
		item = json_array_get(json, i);
		status = add_saved(docs, json_incref(item), name);
	}
	json_decref(json);
	return status;
}

/* What has to be the same, where a difference of figures is to be one of policies. */
static const struct {
	const char *block, *member, *what;
} conditions[] = {
	{"context", "trace_digest", "they are of different traces"},
	{"context", "trace_emulated", "one has emulated times, and one has not"},
	{"context", "quirks", "they have different quirks"},
	{"measured", NULL, "different parts of the stream were measured"},
};

static const json_t *condition(const json_t *doc, size_t i)
{
	const json_t *block = json_object_get(doc, conditions[i].block);

	return conditions[i].member ? json_object_get(block, conditions[i].member) : block;
}

/* Members that neither has are the same. */
static bool same(const json_t *a, const json_t *b)
{
	return a == b || (a && b && json_equal((json_t *)a, (json_t *)b));
}

static enum cli_exit check_comparable(const json_t *a, const json_t *b, const char *path_a,
				      const char *path_b)
{
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
		if (!same(condition(a, i), condition(b, i)))
			return cli_fail(CLI_USAGE, "%s and %s cannot be compared: %s", path_a,
					path_b, conditions[i].what);
	if (!json_is_string(condition(a, 0)))
		return cli_fail(CLI_USAGE,
				"%s cannot be compared: it does not tell what trace it is of",
				path_a);
	return CLI_OK;
}

static const json_t *handler_of(const json_t *doc)
{
	return json_object_get(json_object_get(doc, "context"), "handler_sha256");
}

/* Results of two handlers may well be what is to be compared; it has to be known, though. */
static void join(json_t *doc, const json_t *other, const char *path)
{
	if (!same(handler_of(doc), handler_of(other)))
		compare_document_note(doc, json_sprintf("%s is of another version of the handler",
							run_base_name(path)));
	json_array_extend(json_object_get(doc, "policies"), json_object_get(other, "policies"));
}

/* What a file holds besides others, which is one comparison; NULL, and *status, where it does not.
 */
static json_t *load_one(const char *path, enum cli_exit *status)
{
	json_t *docs = json_array(), *doc = NULL;

	*status = load(path, docs);
	if (!*status && json_array_size(docs) > 1)
		*status = cli_fail(CLI_USAGE,
				   "%s holds comparisons of several traces: it can only be shown "
				   "alone",
				   json_file_name(path));
	if (!*status)
		doc = json_incref(json_array_get(docs, 0));
	json_decref(docs);
	return doc;
}

static enum cli_exit join_all(const struct cli_args *args, json_t *docs)
{
	enum cli_exit status;
	json_t *doc = load_one(args->v[0], &status);

	for (unsigned int i = 1; !status && i < args->count; i++) {
		json_t *other = load_one(args->v[i], &status);

		if (!status)
			status = check_comparable(doc, other, json_file_name(args->v[0]),
						  json_file_name(args->v[i]));
		if (!status)
			join(doc, other, args->v[i]);
		json_decref(other);
	}
	json_array_append_new(docs, doc);
	return status;
}

enum cli_exit compare_saved(const struct cli_args *args, json_t *docs)
{
	enum cli_exit status = args->count > 1 ? join_all(args, docs) : load(args->v[0], docs);
	json_t *doc;
	size_t i;

	if (status)
		json_array_clear(docs);
	json_array_foreach(docs, i, doc) compare_document_finish(doc);
	return status;
}
