/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim-manual FOLDER DATE: all pages and completions, where an installed system has them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "manual.h"

static const char *folder, *released;

static FILE *create(const char *name)
{
	char path[4096];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(path, 0777);
		*slash = '/';
	}
	out = fopen(path, "w");
	if (!out) {
		fprintf(stderr, "nvsim-manual: %s: %s\n", path, strerror(errno));
		exit(4);
	}
	return out;
}

static void finish(FILE *out)
{
	bool failed = ferror(out);

	if (fclose(out) || failed) {
		fprintf(stderr, "nvsim-manual: %s: cannot be written\n", folder);
		exit(4);
	}
}

static void one_page(FILE *none, const struct cli_command *command)
{
	char name[128];
	FILE *out;

	(void)none;
	snprintf(name, sizeof(name), "man/man1/nvsim-%s.1", command->name);
	for (char *blank = strchr(name, ' '); blank; blank = strchr(blank, ' '))
		*blank = '-';
	out = create(name);
	man_command(out, command, released);
	finish(out);
}

static const struct {
	const char *name;
	void (*write)(FILE *out);
} completions[] = {
	{"bash-completion/completions/nvsim", complete_bash},
	{"zsh/site-functions/_nvsim", complete_zsh},
	{"fish/vendor_completions.d/nvsim.fish", complete_fish},
};

static void prepare(FILE *none, const struct cli_command *command)
{
	(void)none;
	if (command->prepare)
		command->prepare();
}

int main(int argc, char **argv)
{
	FILE *out;

	if (argc != 3)
		return 2;
	folder = argv[1];
	released = argv[2];
	mkdir(folder, 0777);
	manual_each_command(NULL, prepare);
	out = create("man/man1/nvsim.1");
	man_program(out, released);
	finish(out);
	for (const struct cli_command *const *c = cli_commands; *c; c++)
		if ((*c)->verbs)
			one_page(NULL, *c);
	manual_each_command(NULL, one_page);
	for (size_t i = 0; i < sizeof(completions) / sizeof(completions[0]); i++) {
		out = create(completions[i].name);
		completions[i].write(out);
		finish(out);
	}
	return 0;
}
