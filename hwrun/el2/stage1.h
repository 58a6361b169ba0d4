/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1 of the guest, where an access of the trace is a walk of it. The lower half of addresses
 * goes through a table that lies where L2's did, the upper half to the guest's own code.
 */
#ifndef NVSIM_EL2_STAGE1_H
#define NVSIM_EL2_STAGE1_H

#include <stdint.h>

#define STAGE1_SHIFT	21u /* of what an entry maps */
#define STAGE1_ENTRIES	16u
#define STAGE1_SIZE	25u /* bits: one look-up, in a table of level 2 */
#define STAGE1_CODE_VA	(~0ull << STAGE1_SIZE)
#define STAGE1_BASE_MAX 48u /* bits of a table's address */

/* Entries that map the guest's own pages at `stub`. */
uint64_t stage1_code(uint64_t stub);
uint64_t stage1_data(uint64_t stub);

/* table: IPA of the lower half's. */
void stage1_on(uint64_t stub, uint64_t table);
/* From here on VAs are IPAs. */
void stage1_off(void);

/* EL2 and the guest may see the line with different attributes: what one wrote leaves its cache. */
void line_out(uint64_t pa);

#endif
