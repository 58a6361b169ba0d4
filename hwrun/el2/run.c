/* SPDX-License-Identifier: GPL-2.0-only */
/* The run: nothing yet but to say what there is not. */
#include "platform.h"

#define BLOB_BAD   3u
#define CANNOT_RUN 4u

unsigned int run(void)
{
	if (!platform.blob)
		refuse(BLOB_BAD, "%s", platform.problem);
	refuse(CANNOT_RUN, "this image cannot run a trace");
}
