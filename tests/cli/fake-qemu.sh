#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In QEMU's place: knows machines by name, tells its arguments to $ARGUMENTS, and does as $DO says.
if [ "$*" = "-M help" ]; then
	printf '%s\n' 'Supported machines are:' 'raspi3b    a board' 'virt       a machine'
	exit 0
fi
[ -z "${ARGUMENTS-}" ] || printf '%s\n' "$@" >"$ARGUMENTS"
eval "$DO"
