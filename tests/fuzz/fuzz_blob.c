/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the image at EL2 is given, as it is, and with a head that fits: the trace in it goes through
 * the engine as it does there, where the handler's time is taken around each call.
 */
#include "blob.h"
#include "engine.h"
#include "flat.h"
#include "fuzz.h"
#include "names.h"

static unsigned int delivered;

static void handle(void *arg, const struct engine_access *a, struct s2_outcome *out)
{
	(void)arg;
	s2_handle_abort_into(a->vcpu, &a->trap, out);
	FUZZ_REQUIRE(out->kind < S2_OUTCOME_COUNT);
	delivered++;
}

/* False: the image refuses it, or memory is wanting. */
static bool feed(struct engine *e, const struct nvt_flat *f)
{
	for (size_t i = 0; i < f->batch.count; i++) {
		enum engine_status status = engine_event(e, &f->batch.events[i]);

		if (status == ENGINE_BAD_EVENT)
			fuzz_require_line(e->problem);
		if (status != ENGINE_OK)
			return false;
	}
	return true;
}

static void run(const struct hw_blob *blob, struct nvt_flat *f)
{
	const struct engine_hw hw = {.handle = handle};
	const struct check_options check = {.quirks = blob->quirks};
	const struct engine_options options = {.policy = policy_named(blob->policy),
					       .invalidation =
						       invalidation_named(blob->invalidation),
					       .quirks = blob->quirks,
					       .digest = true,
					       .unmeasured = true,
					       .staged = f->machine.extents,
					       .hw = &hw,
					       .check = blob->flags & HW_CHECK ? &check : NULL};
	const struct nvt_word *words = (const struct nvt_word *)(const void *)f->words.data;
	struct engine *e;
	bool fine;

	if (!options.policy || !options.invalidation || f->class == NVT_PARTIAL)
		return;
	e = engine_new(&f->machine, f->class, &options);
	if (!e)
		abort();
	fine = engine_l1mem(e, words, f->words.size / sizeof(*words)) == ENGINE_OK;
	while (fine && nvt_flat_next(f) == NVT_OK)
		fine = feed(e, f);
	if (fine)
		engine_end(e);
	engine_free(e);
}

static void take(const uint8_t *blob, size_t size)
{
	const char *problem = hw_blob_problem(blob, size);
	const struct hw_blob *head = (const void *)blob;
	struct nvt_flat flat;

	if (problem) {
		fuzz_require_line(problem);
		return;
	}
	FUZZ_REQUIRE(head->size <= size && head->trace_offset <= head->size);
	FUZZ_REQUIRE(head->trace_size <= head->size - head->trace_offset);
	if (nvt_flat_open(&flat, blob + head->trace_offset, head->trace_size) == NVT_OK)
		run(head, &flat);
	nvt_flat_close(&flat);
}

/* What a fuzzer does not guess; whose texts have no end is left as it is. */
static void mend(uint8_t *blob, size_t size)
{
	struct hw_blob *head = (void *)blob;

	head->magic = HW_BLOB_MAGIC;
	head->version = HW_BLOB_VERSION;
	head->header_size = sizeof(*head);
	head->size = size;
	head->trace_offset = sizeof(*head);
	head->trace_size = size - sizeof(*head);
	head->check = hw_blob_check(head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *blob = malloc(size + 1);

	if (!blob)
		abort();
	memcpy(blob, data, size);
	take(blob, size);
	if (size >= sizeof(struct hw_blob)) {
		mend(blob, size);
		take(blob, size);
	}
	free(blob);
	return 0;
}
