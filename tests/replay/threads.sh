#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# threads.sh BUILD_DIR [--full]: what has threads (the reader's and the writer's blocks, the stream's decoder,
# the pass over several policies), in a build with ThreadSanitizer, which must find no race. --full: all of it.
set -u
cd "$(dirname "$0")/../.."
build=$1 full=${2:-}
nvsim=$build/nvsim
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
number=0 failed=0 watched=()
export TSAN_OPTIONS=halt_on_error=1:exitcode=66 CMOCKA_MESSAGE_OUTPUT=STDOUT

# Addresses that are more random than ThreadSanitizer expects keep it from starting.
if ! "$nvsim" --version >"$dir/log" 2>&1; then
	watched=(setarch -R)
	"${watched[@]}" "$nvsim" --version >"$dir/log" 2>&1 || {
		echo "ThreadSanitizer does not run here: $(tail -n 1 "$dir/log")"
		exit 77
	}
fi

# under NAME COMMAND...: exits with 0, and without a finding.
under() {
	local name=$1
	shift
	number=$((number + 1))
	if NVSIM=$nvsim ${watched[@]+"${watched[@]}"} "$@" >"$dir/log" 2>&1 </dev/null; then
		echo "ok $number - $name (TSan)"
	else
		failed=1
		echo "not ok $number - $name (TSan), exit $?"
		tail -n 60 "$dir/log" | sed 's/^/# /'
	fi
}

programs="tests/replay/test_stream tests/traces/test_writer"
samples=traces/samples/thp-thp.zst
if [ "$full" = --full ]; then
	programs="$programs tests/traces/test_roundtrip tests/replay/test_compare"
	samples=$(printf '%s\n' traces/samples/*.zst)
fi
for program in $programs; do
	under "$program" "$build/$program"
done
for trace in $samples; do
	under "nvsim replay $trace" "$nvsim" replay "$trace"
	under "nvsim compare $trace" "$nvsim" compare "$trace"
done
under "nvsim import" "$nvsim" import -o "$dir/t.zst" tests/import/data/thp-thp.txt.zst
under "nvsim gen" "$nvsim" gen -o "$dir/g.zst" --faults 200k
under "nvsim compare, with many blocks" "$nvsim" compare "$dir/g.zst"
if [ "$full" = --full ]; then
	echo '{"generated": {"faults": "20k"}, "host_granule": ["4K", "64K"], "policies": ["page", "kvm-7.3"]}' \
		>"$dir/spec.json"
	under "nvsim sweep" "$nvsim" sweep "$dir/spec.json" -o "$dir/sweep"
	under "nvsim report" "$nvsim" report traces/samples/thp-thp.zst -o "$dir/r.html"
fi
echo "1..$number"
[ $failed -eq 0 ] && echo "# $number commands and programs with threads, no race"
exit $failed
