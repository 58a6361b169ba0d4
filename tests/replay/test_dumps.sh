#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tables rebuilt from the samples equal KVM's own dumps, byte for byte, at each mark.
set -u
: "${NVSIM:=build/nvsim}"
here=$(dirname "$0")
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
n=0 status=0

for mark in "$here"/dumps/*/*/; do
	recording=$(basename "$(dirname "$mark")") name=$(basename "$mark")
	rm -rf "${out:?}/dump"
	"$NVSIM" replay -q "$here/../../traces/samples/$recording.zst" \
		--until-mark "L0 snap $name" --dump-tables "$out/dump" 2>"$out/err"
	for file in "$mark"*.txt; do
		n=$((n + 1))
		if cmp -s "$file" "$out/dump/$(basename "$file")"; then
			echo "ok $n - $recording $name $(basename "$file")"
		else
			echo "not ok $n - $recording $name $(basename "$file") $(cat "$out/err")"
			status=1
		fi
	done
done
echo "1..$n"
exit $status
