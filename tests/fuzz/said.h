/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands as functions, and what they say: lines that no terminal takes for more. */
#ifndef NVSIM_TESTS_FUZZ_SAID_H
#define NVSIM_TESTS_FUZZ_SAID_H

#include "cli.h"
#include "fuzz.h"

#define FUZZ_WORDS_MAX 64

struct fuzz_said {
	FILE *real_out, *real_err;
	char *out, *err;
	size_t out_size, err_size;
};

static inline void fuzz_listen(struct fuzz_said *s)
{
	*s = (struct fuzz_said){.real_out = stdout, .real_err = stderr};
	stdout = open_memstream(&s->out, &s->out_size);
	stderr = open_memstream(&s->err, &s->err_size);
	if (!stdout || !stderr)
		abort();
}

/* What was said stays until fuzz_forget(). */
static inline void fuzz_heard(struct fuzz_said *s)
{
	fclose(stdout);
	fclose(stderr);
	stdout = s->real_out;
	stderr = s->real_err;
}

static inline void fuzz_forget(struct fuzz_said *s)
{
	free(s->out);
	free(s->err);
}

static inline void fuzz_require_plain(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		FUZZ_REQUIRE(text[i] == '\n' || (unsigned char)text[i] >= ' ');
	FUZZ_REQUIRE(!memchr(text, 0x7f, size));
}

/* Messages, a line each; who fails has said why. */
static inline void fuzz_require_messages(const struct fuzz_said *s, enum cli_exit status)
{
	const char *line = s->err;

	FUZZ_REQUIRE(status <= CLI_ENVIRONMENT);
	FUZZ_REQUIRE(status < CLI_USAGE || s->err_size);
	fuzz_require_plain(s->err, s->err_size);
	while (*line) {
		FUZZ_REQUIRE(strncmp(line, "nvsim: ", 7) == 0);
		line = strchr(line, '\n');
		FUZZ_REQUIRE(line);
		line++;
	}
}

/* Words up to NULL, the command's name first. */
static inline enum cli_exit fuzz_dispatch(struct fuzz_said *s, const char *const *words)
{
	char *argv[FUZZ_WORDS_MAX + 2] = {(char *)"nvsim"};
	enum cli_exit status;
	int argc = 1;

	while (words[argc - 1]) {
		FUZZ_REQUIRE(argc <= FUZZ_WORDS_MAX);
		argv[argc] = (char *)words[argc - 1];
		argc++;
	}
	fuzz_listen(s);
	status = cli_dispatch(argc, argv);
	fuzz_heard(s);
	fuzz_require_messages(s, status);
	return status;
}

/* For people, unless `json`. */
static inline enum cli_exit fuzz_command(const char *const *words, bool json)
{
	struct fuzz_said s;
	enum cli_exit status = fuzz_dispatch(&s, words);

	if (!json)
		fuzz_require_plain(s.out, s.out_size);
	fuzz_forget(&s);
	return status;
}

#endif
