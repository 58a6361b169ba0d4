/* SPDX-License-Identifier: GPL-2.0-only */
/* The log of a console: as it is, or with the checksums that its frames would have. */
#include "build.h"
#include "checksum.h"
#include "hw_report.h"
#include "hw_result.h"
#include "said.h"

static enum cli_exit show(const struct hw_run *run, const struct hw_show *how)
{
	struct fuzz_said said;
	enum cli_exit status;

	fuzz_listen(&said);
	status = hw_show(run, how);
	fuzz_heard(&said);
	fuzz_require_messages(&said, status);
	fuzz_require_plain(said.out, said.out_size);
	fuzz_forget(&said);
	return status;
}

/* Of an image that was built from the very sources of this program. */
static void describe(const struct hw_run *run)
{
	struct hw_described d = {.run = run};
	char problem[256] = "", *text = NULL;
	size_t size;
	FILE *out;

	if (!hw_run_is_over(run))
		return;
	if (!hw_describe(run, &cli_build, &d.context, problem, sizeof(problem))) {
		FUZZ_REQUIRE(problem[0]);
		return;
	}
	json_decref(hw_result_json(&d));
	out = open_memstream(&text, &size);
	if (!out)
		abort();
	hw_report(out, &d);
	fclose(out);
	fuzz_require_plain(text, size);
	free(text);
}

/* In pieces of whatever size. */
static void read_log(const char *text, size_t size, size_t piece)
{
	const struct hw_show report = {.source = "log"};
	struct hw_collect *c = hw_collect_new();
	const struct hw_run *run;
	char last[200];

	if (!c)
		abort();
	for (size_t at = 0; at < size; at += piece)
		hw_collect_bytes(c, text + at, size - at < piece ? size - at : piece);
	hw_collect_finish(c);
	run = hw_collect_run(c);
	FUZZ_REQUIRE(run->bytes == size);
	hw_run_last(run, last, sizeof(last));
	show(run, &report);
	describe(run);
	hw_collect_free(c);
}

/* The last byte tells how it is read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t how = size ? data[size - 1] : 0;
	char *text = fuzz_text(data, size);

	if (how != '!')
		fuzz_put_checksums(text, size);
	read_log(text, size, how + 1u);
	free(text);
	return 0;
}
