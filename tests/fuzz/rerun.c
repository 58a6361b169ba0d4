/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rerun_NAME [FILE...]: a fuzz target with the inputs of its corpus, or with those given, and each
 * of them cut short in a few places: in TAP, as any test. No fuzzer is needed.
 */
#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "fuzz.h"

#define SECONDS_MOST 1.0
#define CUTS	     4u

static unsigned int inputs;
static double slowest;

static double seconds_of(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static double cpu_seconds(void)
{
	return seconds_of(RUSAGE_SELF) + seconds_of(RUSAGE_CHILDREN);
}

/* In memory of its very size, so that a sanitizer sees a byte too far. */
static void give(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	double start = cpu_seconds();

	if (!copy)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	inputs++;
	if (cpu_seconds() - start > slowest)
		slowest = cpu_seconds() - start;
}

/* Its name is told before it is tried: that of one which crashes is the last one in the log. */
static void try_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *data;

	printf("# %s\n", path);
	fflush(stdout);
	if (!f || fstat(fileno(f), &st) < 0 || !(data = malloc((size_t)st.st_size + 1)) ||
	    fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size) {
		printf("Bail out! %s cannot be read\n", path);
		exit(1);
	}
	give(data, (size_t)st.st_size);
	for (unsigned int i = 0; i < CUTS; i++)
		give(data, (size_t)st.st_size * i / CUTS);
	free(data);
	fclose(f);
}

static int try_folder(const char *folder)
{
	struct dirent **names;
	int count = scandir(folder, &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			try_file(path);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return count;
}

int main(int argc, char **argv)
{
	puts("1..2");
	for (int i = 1; i < argc; i++)
		try_file(argv[i]);
	if (argc < 2 && try_folder("tests/fuzz/corpus/" FUZZ_NAME) < 0)
		printf("# there is no tests/fuzz/corpus/%s here\n", FUZZ_NAME);
	printf("%sok 1 - %s: %u inputs\n", inputs ? "" : "not ", FUZZ_NAME, inputs);
	printf("%sok 2 - %s: the slowest takes %.2f s\n", slowest <= SECONDS_MOST ? "" : "not ",
	       FUZZ_NAME, slowest);
	return !inputs || slowest > SECONDS_MOST;
}
