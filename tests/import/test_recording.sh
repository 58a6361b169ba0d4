#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A recording gives the same trace from its text and from its trace-cmd file, and the host's
# word for its memory leaves no mapping to be believed by its own record.
set -u
: "${NVSIM:=build/nvsim}"
data=$(dirname "$0")/data
sample=$(dirname "$0")/../../traces/samples/thp-thp.zst
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
n=0 status=0

result() { # NAME STATUS
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
	elif [ "$2" = 77 ]; then
		echo "ok $n - $1 # SKIP built without libtracecmd"
	else
		echo "not ok $n - $1"
		status=1
	fi
}

# Of everything but the meta section, which names the source.
content() {
	"$NVSIM" info --json "$1" | python3 -c 'import json,sys; print(json.load(sys.stdin)["digest"])'
}

"$NVSIM" import -q -o "$out/text.zst" "$data/thp-thp.txt.zst"
result "text imports" $?
zstd -dcq "$data/thp-thp.txt.zst" | "$NVSIM" import -q -o "$out/pipe.zst" -
result "text imports from a pipe" $?
[ "$(content "$out/text.zst")" = "$(content "$out/pipe.zst")" ]
result "a pipe gives the same trace" $?
[ "$(content "$out/text.zst")" = "$(content "$sample")" ]
result "the sample is what the recording gives" $?

if "$NVSIM" import -q -o "$out/dat.zst" "$data/thp-thp.dat" 2>"$out/err"; then
	[ "$(content "$out/text.zst")" = "$(content "$out/dat.zst")" ]
	result "text and trace-cmd file give the same trace" $?
elif grep -q "built without" "$out/err"; then
	result "text and trace-cmd file give the same trace" 77
else
	cat "$out/err"
	result "the trace-cmd file imports" 1
fi

# Whoever has become its parent need not have asked for its end yet.
is_gone() {
	[ ! -e "/proc/$1/stat" ] || grep -q ') Z ' "/proc/$1/stat"
}

# A count in it sends libtracecmd on a way without end.
cp "$(dirname "$0")/../fuzz/corpus/dat/plain" "$out/astray.dat"
printf '\377\377\377\0' | dd of="$out/astray.dat" bs=1 seek=17684 conv=notrunc status=none
if [ -e "$out/dat.zst" ]; then
	"$NVSIM" import -q -o "$out/astray.zst" "$out/astray.dat" 2>"$out/err"
	[ $? = 3 ] && grep -q "does not come to an end" "$out/err"
	result "a library that does not come to an end is ended" $?
	"$NVSIM" import -q -o "$out/astray.zst" "$out/astray.dat" &
	until child=$(cat "/proc/$!/task/$!/children" 2>/dev/null) && [ "$child" ]; do sleep 0.01; done
	kill -KILL $!
	wait $! 2>/dev/null
	is_gone $child || sleep 1 && is_gone $child
	result "and ends with who started it" $?
else
	result "a library that does not come to an end is ended" 77
	result "and ends with who started it" 77
fi

host_input() {
	"$NVSIM" verify --json "$1" | python3 -c '
import json, sys
fields = json.load(sys.stdin)["fields"]
print(fields["size"]["host_input"] + fields["output"]["host_input"])'
}
"$NVSIM" import -q -o "$out/given.zst" --smaps "$data/thp-thp.smaps.zst" \
	--pagemap "$data/thp-thp.pagemap.zst@0xffff43e00000" "$data/thp-thp.txt.zst"
result "smaps and pagemap are taken" $?
[ "$(host_input "$out/text.zst")" -gt 0 ] && [ "$(host_input "$out/given.zst")" = 0 ]
result "with them no mapping rests on its own record" $?

"$NVSIM" import -q -o "$out/both.zst" --l1 "$data/thp-thp-l1.txt.zst" "$data/thp-thp.txt.zst" &&
	"$NVSIM" verify --json "$out/both.zst" >"$out/both.json"
result "L1's own recording agrees with every walk" $?
python3 -c '
import json, sys
fields = json.load(sys.stdin)["fields"]
sys.exit(any(f["derived"] for f in fields.values()) or not fields["walk"]["compared"])' <"$out/both.json"
result "with it no entry of L1 is concluded from a decision" $?
echo "1..$n"
exit $status
