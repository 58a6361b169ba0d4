/* SPDX-License-Identifier: GPL-2.0-only */
/* What came of an access, against what was to come of it: differences are findings. */
#ifndef NVSIM_EL2_JUDGE_H
#define NVSIM_EL2_JUDGE_H

#include "guest.h"
#include "plan.h"

/* A finding of the access. */
#define SAY(p, kind, ...) report_finding(kind, (p)->context, (p)->ipa, __VA_ARGS__)
#define ULL(v)		  ((unsigned long long)(v))

/* The guest has left with an abort, on what was just mapped where `mapped` says so. Its FSC. */
uint8_t judge_abort(const struct plan *p, const struct guest *g, const struct plan_cpu *cpu,
		    bool mapped);
/* It has left by a BRK: the access came through, or went astray. */
void judge_brk(const struct plan *p, const struct guest *g);
/* It has left by the BRK that was to come. */
bool judge_came_to(const struct guest *g, unsigned int imm);

#endif
