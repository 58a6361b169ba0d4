#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The generated sample is what its README says, and tells sound policies from unsound ones.
set -u
: "${NVSIM:=build/nvsim}"
samples=$(dirname "$0")/../../traces/samples
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
n=0 status=0

result() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		status=1
	fi
}

# Of everything but the meta section.
content() {
	"$NVSIM" info --json "$1" | python3 -c 'import json,sys; print(json.load(sys.stdin)["digest"])'
}

options=$(sed -n '/^nvsim gen -o demand-scattered/,/^```/p' "$samples/README.md" |
	sed '/^```/d; s/^nvsim gen -o [^ ]*//; s/\\$//')
# shellcheck disable=SC2086 # a list of options
"$NVSIM" gen -q -o "$out/again.zst" $options &&
	[ "$(content "$out/again.zst")" = "$(content "$samples/demand-scattered.zst")" ]
result $? "the command of the README gives the sample"

verdict() { # STATUS POLICY
	"$NVSIM" check -q -p "$2" "$samples/demand-scattered.zst" >"$out/log" 2>&1
	[ $? = "$1" ]
	result $? "nvsim check -p $2 ends with $1"
}
for policy in page kvm-6.11 kvm-7.3 contig coalesce; do
	verdict 0 $policy
done
# kvm-v9 goes wrong only where writes are logged, and nothing logs them here.
for policy in kvm-v6 review-a1 review-a2 gk-2022 kvm-6.11-rc1 unclamped; do
	verdict 1 $policy
done
echo "1..$n"
exit $status
