#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# valgrind.sh [--full]: commands on bundled recordings under valgrind's memcheck, which must find nothing: no
# value that is not initialised and no leak. --full: each command on each sample.
set -u
cd "$(dirname "$0")/../.."
command -v valgrind >/dev/null || {
	echo "no valgrind"
	exit 77
}
nvsim=${NVSIM:-build/nvsim}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
number=0 failed=0 leaks=full

# under STATUS ARGUMENTS...: nvsim with them exits with that status, and memcheck with no finding.
under() {
	local status=$1 got
	shift
	number=$((number + 1))
	valgrind -q --error-exitcode=99 --leak-check="$leaks" --show-leak-kinds=definite,indirect,possible \
		--errors-for-leak-kinds=definite,indirect,possible --log-file="$dir/log" \
		"$nvsim" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	got=$?
	if [ $got -eq "$status" ] && [ ! -s "$dir/log" ]; then
		echo "ok $number - nvsim ${*//$dir\//} (memcheck)"
		return
	fi
	failed=1
	echo "not ok $number - nvsim ${*//$dir\//} (memcheck), exit $got"
	head -n 40 "$dir/log" "$dir/err" | sed 's/^/# /'
}

samples() {
	if [ "${1:-}" = --full ]; then
		printf '%s\n' traces/samples/*.zst
	else
		echo traces/samples/thp-thp.zst
	fi
}

for trace in $(samples "$@"); do
	under 0 info "$trace"
	under 0 replay "$trace"
	under 0 replay --json="$dir/replay.json" --invalidation exact "$trace"
	under 0 check "$trace"
	under 0 compare --json="$dir/compare.json" "$trace"
	case $trace in
	*/demand-*) ;;
	*) under 0 verify "$trace" ;;
	esac
done
# Small streams for what is slow: a page, and a rule that is broken.
under 0 report tests/corpus/good_thp_2m_leaf.zst -o "$dir/report.html"
under 1 check -p unclamped tests/corpus/bad_unclamped.zst
under 0 import -o "$dir/import.zst" tests/import/data/thp-thp.txt.zst
under 0 gen -o "$dir/gen.zst" --faults 2000 --seed 1
if [ "${1:-}" = --full ]; then
	under 0 report traces/samples/thp-thp.zst -o "$dir/report.html"
	under 0 import -o "$dir/import.zst" --l1 tests/import/data/thp-thp-l1.txt.zst \
		--smaps tests/import/data/thp-thp.smaps.zst \
		--pagemap tests/import/data/thp-thp.pagemap.zst@0xffff43e00000 tests/import/data/thp-thp.txt.zst
	under 0 vectors tests/s2/vectors/*.jsonl
	# libtracecmd and libtraceevent run in a process of their own, which leaves memory to its end.
	leaks=no
	under 0 import -o "$dir/import.zst" tests/import/data/thp-thp.dat
fi
echo "1..$number"
[ $failed -eq 0 ] && echo "# $number commands, nothing found"
exit $failed
