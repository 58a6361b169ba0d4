/* SPDX-License-Identifier: GPL-2.0-only */
#include "compare.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 8u /* blocks under way */

/* A class of policies: those that have decided alike so far. */
struct class
{
	struct s2_policy rule; /* asks all members; first, so that it leads to the class */
	struct compare *compare;
	const struct s2_policy *members[COMPARE_POLICIES_MAX];
	unsigned int
		numbers[COMPARE_POLICIES_MAX];	  /* of the members, among the options' policies */
	unsigned int group[COMPARE_POLICIES_MAX]; /* of each member, where they differ */
	unsigned int count;
	bool undecided; /* members differ over the fault at hand */
	/* Descriptors that each member's rule read while the class was of several. */
	uint64_t reads[COMPARE_POLICIES_MAX];
	uint64_t reads_alone; /* by the one member that was left */
	struct engine *engine;
	struct exactness exactness;

	/* Where it is in the stream. Of the compare's lock, but for `at` while it is busy. */
	uint64_t block; /* number of the block that comes next */
	size_t at;	/* event in it */
	bool resumes;	/* that event was begun */
	bool busy;	/* a worker has it */
};

struct compare {
	struct compare_options options;
	struct class *classes; /* room for one a policy: they never move */
	unsigned int class_count;

	pthread_mutex_t lock;
	pthread_cond_t work;	/* a class can go on, or it is time to stop */
	pthread_cond_t drained; /* there is room in the window, or a failure */
	pthread_t threads[COMPARE_POLICIES_MAX];
	unsigned int thread_count;
	struct nvt_block *window[WINDOW];
	uint64_t first, end; /* numbers of the blocks in it */
	bool stop;
	enum engine_status status;
	uint64_t bad_ordinal;
	char problem[sizeof(((struct engine *)0)->problem)];
};

/* ---- the rule of a class ---- */

static bool same_size(const struct s2_size_out *a, const struct s2_size_out *b)
{
	return a->vma == b->vma && a->size == b->size && a->addr_align == b->addr_align &&
	       a->frame_align == b->frame_align && a->proven == b->proven &&
	       a->contig == b->contig && a->retry == b->retry;
}

/* Members with equal answers get one group; groups are numbered from that of the first. */
static void tell_groups(struct class *c, const struct s2_size_in *in)
{
	struct s2_size_out answers[COMPARE_POLICIES_MAX];
	unsigned int count = 0, i, g;

	for (i = 0; i < c->count; i++) {
		struct s2_size_out out = c->members[i]->size(c->members[i], in);

		for (g = 0; g < count && !same_size(&out, &answers[g]); g++)
			;
		if (g == count)
			answers[count++] = out;
		c->group[i] = g;
	}
}

/* One answer where all members agree; else the fault is left as it is, for each to decide anew. */
static struct s2_size_out class_size(const struct s2_policy *self, const struct s2_size_in *in)
{
	/* The rule is a member of the class that it changes. */
	struct class *c = (struct class *)self;
	struct s2_size_out first = c->members[0]->size(c->members[0], in), other;
	uint16_t reads[COMPARE_POLICIES_MAX];
	unsigned int i;

	reads[0] = first.reads;
	for (i = 1; i < c->count; i++) {
		other = c->members[i]->size(c->members[i], in);
		reads[i] = other.reads;
		if (same_size(&first, &other))
			continue;
		tell_groups(c, in);
		c->undecided = true;
		first.retry = true;
		return first;
	}
	/* The engine is to count none: each member has its own. */
	for (i = 0; i < c->count; i++)
		c->reads[i] += reads[i];
	first.reads = 0;
	return first;
}

/* What all members have agreed on stands for those that are left after a split, too. */
static bool all_by_sizes(const struct class *c)
{
	for (unsigned int i = 0; i < c->count; i++)
		if (!c->members[i]->by_sizes)
			return false;
	return true;
}

/* A single member needs nobody to ask it. */
static void use_rule(struct class *c)
{
	c->rule = (struct s2_policy){/* NOLINTNEXTLINE: a class has a member */
				     .name = c->members[0]->name,
				     .size = class_size,
				     .by_sizes = all_by_sizes(c)};
	c->undecided = false;
	if (c->count == 1)
		engine_use(c->engine, c->members[0], NULL);
	else
		engine_use(c->engine, &c->rule, &c->undecided);
}

/* ---- splitting ---- */

static void take_group(struct class *to, const struct class *from, unsigned int group)
{
	unsigned int i;

	to->count = 0;
	for (i = 0; i < from->count; i++)
		if (from->group[i] == group) {
			to->reads[to->count] = from->reads[i];
			to->numbers[to->count] = from->numbers[i];
			to->members[to->count++] = from->members[i];
		}
}

/* The class keeps its first group; each further one gets a class that has come as far. */
static enum engine_status split(struct class *c)
{
	struct compare *all = c->compare;
	struct class whole = *c;
	unsigned int group = 1;

	for (;; group++) {
		struct class fresh = whole, *place;

		take_group(&fresh, &whole, group);
		if (!fresh.count)
			break;
		fresh.engine = engine_clone(whole.engine);
		if (!fresh.engine)
			return ENGINE_NOMEM;
		fresh.resumes = true;
		fresh.busy = false;
		pthread_mutex_lock(&all->lock);
		place = &all->classes[all->class_count++];
		*place = fresh;
		use_rule(place);
		pthread_cond_broadcast(&all->work);
		pthread_mutex_unlock(&all->lock);
	}
	take_group(c, &whole, 0);
	use_rule(c);
	return ENGINE_OK;
}

/* ---- one class through one block ---- */

static enum engine_status one_event(struct class *c, const struct nvt_event *ev)
{
	enum engine_status status =
		c->resumes ? engine_resume(c->engine, ev) : engine_event(c->engine, ev);

	while (status == ENGINE_UNDECIDED) {
		status = split(c);
		if (status == ENGINE_OK)
			status = engine_resume(c->engine, ev);
	}
	c->resumes = false;
	return status;
}

static enum engine_status through_block(struct class *c, const struct nvt_block *block)
{
	enum engine_status status = ENGINE_OK;

	for (; c->at < block->count; c->at++) {
		status = one_event(c, &block->events[c->at]);
		if (status != ENGINE_OK)
			break;
		exactness_event(&c->exactness, &c->engine->step, &block->events[c->at]);
	}
	return status;
}

/* ---- workers ---- */

/* The class that is furthest behind, among those that have a block to go through; NULL: none. */
static struct class *next_class(struct compare *c)
{
	struct class *best = NULL;
	unsigned int i;

	for (i = 0; i < c->class_count; i++) {
		struct class *k = &c->classes[i];

		if (!k->busy && k->block < c->end && (!best || k->block < best->block))
			best = k;
	}
	return best;
}

/* Blocks that every class has gone through are of no more use. */
static void release_seen(struct compare *c)
{
	uint64_t seen = c->end;
	unsigned int i;

	for (i = 0; i < c->class_count; i++)
		if (c->classes[i].block < seen)
			seen = c->classes[i].block;
	for (; c->first < seen; c->first++)
		nvt_release_block(c->window[c->first % WINDOW]);
}

/* The first event that cannot be is the same for every policy. */
static void fail(struct compare *c, const struct class *k, const struct nvt_block *block,
		 enum engine_status status)
{
	c->stop = true;
	if (c->status != ENGINE_OK)
		return;
	c->status = status;
	c->bad_ordinal = block->first_ordinal + k->at;
	memcpy(c->problem, k->engine->problem, sizeof(c->problem));
}

static void work_on(struct compare *c, struct class *k)
{
	struct nvt_block *block = c->window[k->block % WINDOW];
	enum engine_status status;

	k->busy = true;
	pthread_mutex_unlock(&c->lock);
	status = through_block(k, block);
	pthread_mutex_lock(&c->lock);
	k->busy = false;
	if (status != ENGINE_OK) {
		fail(c, k, block, status);
	} else {
		k->block++;
		k->at = 0;
		release_seen(c);
	}
	/* The class itself is work for another, if the next block is there. */
	pthread_cond_broadcast(&c->work);
	pthread_cond_signal(&c->drained);
}

/* All that there is to do, where no thread would start. */
static void work_here(struct compare *c)
{
	struct class *k;

	while (!c->stop && (k = next_class(c)) != NULL)
		work_on(c, k);
}

static void *worker(void *arg)
{
	struct compare *c = arg;
	struct class *k;

	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		k = next_class(c);
		if (k)
			work_on(c, k);
		else
			pthread_cond_wait(&c->work, &c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

static unsigned int cpu_count(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned int)CPU_COUNT(&set) : 1;
}

/* No more workers than there can be classes; fewer, or none, where threads are short. */
static void start_workers(struct compare *c)
{
	unsigned int wanted = c->options.threads ? c->options.threads : cpu_count();

	if (wanted > c->options.policy_count)
		wanted = c->options.policy_count;
	while (c->thread_count < wanted &&
	       pthread_create(&c->threads[c->thread_count], NULL, worker, c) == 0)
		c->thread_count++;
}

/* ---- the pass ---- */

static const struct s2_invalidation *invalidation_of(const struct compare *c, unsigned int i)
{
	return c->options.invalidations ? c->options.invalidations[i] : s2_invalidation_default;
}

static void add_member(struct class *k, const struct compare *c, unsigned int i)
{
	k->numbers[k->count] = i;
	k->members[k->count++] = c->options.policies[i];
}

static struct class *new_class(struct compare *c, const struct nvt_machine *machine,
			       enum nvt_class class, unsigned int i)
{
	struct engine_options engine = c->options.engine;
	struct class *k = &c->classes[c->class_count];

	engine.policy = c->options.policies[i];
	engine.invalidation = invalidation_of(c, i);
	k->compare = c;
	k->engine = engine_new(machine, class, &engine);
	if (!k->engine)
		return NULL;
	c->class_count++;
	return k;
}

/* One class of all whose engines can be cloned, and one of each other. */
static bool first_classes(struct compare *c, const struct nvt_machine *machine,
			  enum nvt_class class)
{
	struct class *shared = NULL, *k;
	unsigned int i;

	for (i = 0; i < c->options.policy_count; i++) {
		bool shares = invalidation_of(c, i)->kind == S2_INVALIDATE_WHOLE;

		k = shares && shared ? shared : new_class(c, machine, class, i);
		if (!k)
			return false;
		if (shares)
			shared = k;
		add_member(k, c, i);
	}
	for (i = 0; i < c->class_count; i++)
		use_rule(&c->classes[i]);
	return true;
}

struct compare *compare_new(const struct nvt_machine *machine, enum nvt_class class,
			    const struct compare_options *o)
{
	struct compare *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->options = *o;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->work, NULL);
	pthread_cond_init(&c->drained, NULL);
	c->classes = calloc(o->policy_count, sizeof(*c->classes));
	if (!c->classes || !first_classes(c, machine, class)) {
		compare_free(c);
		return NULL;
	}
	start_workers(c);
	return c;
}

void compare_free(struct compare *c)
{
	unsigned int i;

	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_broadcast(&c->work);
	pthread_mutex_unlock(&c->lock);
	for (i = 0; i < c->thread_count; i++)
		pthread_join(c->threads[i], NULL);
	for (; c->first < c->end; c->first++)
		nvt_release_block(c->window[c->first % WINDOW]);
	for (i = 0; i < c->class_count; i++)
		engine_free(c->classes[i].engine);
	free(c->classes);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->work);
	pthread_cond_destroy(&c->drained);
	free(c);
}

/* Workers look at no class before a block is there. */
enum engine_status compare_l1mem(struct compare *c, const struct nvt_word *words, size_t count)
{
	enum engine_status status = ENGINE_OK;

	for (unsigned int i = 0; status == ENGINE_OK && i < c->class_count; i++)
		status = engine_l1mem(c->classes[i].engine, words, count);
	return status;
}

enum engine_status compare_block(struct compare *c, struct nvt_block *block)
{
	enum engine_status status;

	pthread_mutex_lock(&c->lock);
	while (c->end - c->first == WINDOW && !c->stop)
		pthread_cond_wait(&c->drained, &c->lock);
	status = c->status;
	if (!c->stop) {
		c->window[c->end++ % WINDOW] = block;
		block = NULL;
		pthread_cond_broadcast(&c->work);
		if (!c->thread_count)
			work_here(c);
	}
	pthread_mutex_unlock(&c->lock);
	if (block)
		nvt_release_block(block);
	return status;
}

enum engine_status compare_end(struct compare *c)
{
	enum engine_status status;

	pthread_mutex_lock(&c->lock);
	while (c->first < c->end && !c->stop)
		pthread_cond_wait(&c->drained, &c->lock);
	status = c->status;
	for (unsigned int i = 0; status == ENGINE_OK && i < c->class_count; i++) {
		engine_end(c->classes[i].engine);
		c->classes[i].reads_alone = c->classes[i].engine->metrics.rule_reads;
	}
	pthread_mutex_unlock(&c->lock);
	return status;
}

const char *compare_problem(const struct compare *c, uint64_t *ordinal)
{
	*ordinal = c->bad_ordinal;
	return c->problem;
}

/* Where policy i of the options is among the members, or k->count. */
static unsigned int place_of(const struct class *k, unsigned int i)
{
	unsigned int place;

	for (place = 0; place < k->count && k->numbers[place] != i; place++)
		;
	return place;
}

static bool has_member(const struct class *k, unsigned int i)
{
	return place_of(k, i) < k->count;
}

/* The engine is said to have run this policy: its class decided as the policy would have. */
struct compare_result compare_result(struct compare *c, unsigned int i)
{
	unsigned int n = 0, first = 0;
	struct compare_result r;
	struct class *k;

	while (!has_member(&c->classes[n], i))
		n++;
	k = &c->classes[n];
	engine_use(k->engine, c->options.policies[i], NULL);
	k->engine->metrics.rule_reads = k->reads_alone + k->reads[place_of(k, i)];
	while (!has_member(k, first))
		first++;
	r = (struct compare_result){first, k->engine, k->exactness};
	exactness_judge(&r.exactness, r.engine);
	return r;
}
