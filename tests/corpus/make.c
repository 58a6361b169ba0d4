/* SPDX-License-Identifier: GPL-2.0-only */
/* make corpus: writes every scene as a trace into the folder given. */
#include <stdio.h>

#include "scenes.h"

int main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : CORPUS;
	struct nvt_error err = {0};
	char path[PATH_BYTES];
	size_t i;

	for (i = 0; i < corpus_count(); i++) {
		const struct scene *s = corpus_scene(i);

		if (scene_write(s, corpus_path(path, folder, s), &err) != NVT_OK) {
			fprintf(stderr, "%s\n", err.text);
			return 1;
		}
	}
	return 0;
}
