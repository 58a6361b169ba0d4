/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules: what holds in every sound run. */
#include "check.h"

const struct check_rule_info check_rules[CHECK_RULE_COUNT] = {
	[CHECK_TIME] = {"NV-001", "time",
			"Time never goes back, nor on by more than a year at once."},
	[CHECK_PAIRED] = {"NV-002", "paired",
			  "A vCPU enters L2 from L1 and L1 from L2, is scheduled in after it was "
			  "scheduled out, and faults only while it is scheduled in."},
	[CHECK_COMPLETE] = {"NV-003", "complete", "No event was lost."},
	[CHECK_WRITES] = {"NV-004", "writes",
			  "A write to L1's tables finds there what the writes before it left."},
	[CHECK_SLOTS] = {"NV-005", "slots",
			 "Memslots do not overlap, and only one that is there is changed or "
			 "deleted."},
	[CHECK_BACKING] = {"NV-006", "backing",
			   "How the host backs a page is known when a mapping of it is made."},
	[CHECK_MAPPED] = {"NV-101", "mapped",
			  "L1 maps every page under a shadow leaf when the leaf is made."},
	[CHECK_OUTPUT] = {"NV-102", "output",
			  "A leaf's output is the host memory behind the address that L1 maps, or, "
			  "for L1's own table, behind L1's address itself."},
	[CHECK_L1_PERM] = {"NV-103", "l1-permission",
			   "A shadow leaf permits nothing that L1's leaf does not permit when the "
			   "permission is given."},
	[CHECK_HOST_PERM] = {"NV-104", "host-permission",
			     "A leaf is writable only where the memslot and the host's page are."},
	[CHECK_TLBI] = {"NV-105", "tlbi",
			"No shadow leaf made of a leaf that L1 invalidates outlives the "
			"invalidation; beside a range, none of a leaf that L1 changed."},
	[CHECK_HOST_UNMAP] = {"NV-106", "host-unmap",
			      "No leaf of memory that the host takes away outlives the unmap."},
	[CHECK_PROTECT] = {"NV-107", "protect",
			   "After a write protection no leaf of the range is writable."},
	[CHECK_BREAK] = {"NV-108", "break-before-make",
			 "Between two valid leaves of different address, size or memory type the "
			 "entry is invalid while TLBs are told."},
	[CHECK_FLUSH] = {"NV-109", "flush", "No leaf goes without TLB maintenance."},
	[CHECK_TAG] = {"NV-110", "tag",
		       "The level tag of a shadow leaf is the level of L1's leaf; of any other "
		       "leaf it is 0."},
	[CHECK_PAGES] = {"NV-111", "table-pages",
			 "Every table page taken is linked exactly once, and none that was given "
			 "back is linked."},
	[CHECK_DIRTY] = {"NV-112", "dirty",
			 "Every page that is writable in a slot that logs writes was reported "
			 "dirty."},
	[CHECK_RECYCLED] = {"NV-113", "recycled",
			    "A context is empty when it begins to stand for another key."},
	[CHECK_CONTEXT] = {"NV-114", "context",
			   "A vCPU runs on the context of the VTTBR and VTCR that L1 gave it."},
	[CHECK_INJECTED] = {"NV-115", "injected",
			    "L1 gets a fault only where its own table makes one, with that class "
			    "and level."},
	[CHECK_FORM] = {"NV-116", "form",
			"Descriptors have the form that the architecture gives them, and the "
			"memory type that the host's memory asks for."},
	[CHECK_CONTIGUOUS] = {"NV-117", "contiguous",
			      "The contiguous hint stands on whole, aligned groups of equal leaves "
			      "alone."},
	[CHECK_UNACCOUNTED] = {"NV-118", "unaccounted",
			       "Tables change only where a fault or an invalidation asks for it."},
	[CHECK_PROGRESS] = {"NV-119", "progress",
			    "A page that the handler says it mapped is mapped."},
	[CHECK_ACCESS_FLAG] = {"NV-120", "access-flag",
			       "L1's access flag is set in every leaf of L1 under a shadow leaf "
			       "when the leaf is made."},
};
