/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NVSIM_CLI_EVENT_TEXT_H
#define NVSIM_CLI_EVENT_TEXT_H

#include <stdint.h>
#include <stdio.h>

#include "event.h"

/* One event as a line; a fault's truth as indented lines behind it. */
void event_text(FILE *out, const struct nvt_event *ev, uint64_t ordinal);

#endif
