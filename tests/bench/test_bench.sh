#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# nvsim bench as a command: documents, tools that are missing or fail, targets, kept figures. TAP.
set -u
: "${NVSIM:=build/nvsim}"
nvsim=$(readlink -f "$NVSIM")
out=$(mktemp -d)
pid=
trap 'kill -KILL $pid 2>/dev/null; rm -rf "$out"' EXIT
mkdir "$out/tmp" "$out/bin" "$out/own"
export TMPDIR=$out/tmp
unset NVSIM_BENCH_DAT
number=0 failed=0

check() {
	number=$((number + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1: '$2' wanted, '$3' got"
		sed 's/^/# /' "$out/err"
		failed=1
	fi
}

skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# bench NAME STATUS LINES OPTION...: that exit status, so many lines of error, nothing left behind.
bench() {
	local name=$1 status=$2 lines=$3
	shift 3
	"$nvsim" bench "$@" >"$out/stdout" 2>"$out/err"
	check "$name: exit status" "$status" $?
	check "$name: lines of error" "$lines" "$(wc -l <"$out/err")"
	check "$name: temporary files" "" "$(ls -A "$out/tmp")"
}

# tool NAME SCRIPT: what is found in the place of another program; "": it is not there.
tool() {
	rm -f "$out/bin/$1"
	[ -z "$2" ] || printf '#!/bin/sh\n%s\n' "$2" >"$out/bin/$1"
	[ -z "$2" ] || chmod +x "$out/bin/$1"
}

# json PYTHON: an expression of `d`, the document, and r, its benchmarks by name.
json() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
r = {row["name"]: row for row in d["benchmarks"]}
print(eval(sys.argv[2]))' "$out/json" "$1" 2>&1
}

one=(--quick -r 1 --warmup 0)

# ---- documents ----

bench "documents" 0 0 --quick -r 4 -q --json="$out/json" --csv="$out/csv" walk/4k/0-3 command/length
check "schema" nvsim.bench/1 "$(json 'd["schema"]')"
check "it is of no emulator" False "$(json 'd["context"]["emulated"]')"
check "runner" "3 4 True" "$(json '" ".join(str(d["runner"][k]) for k in ("warmup", "repetitions", "quick"))')"
check "task-clock and page-faults are always there" True \
	"$(json '{"task-clock", "page-faults"} <= set(d["counters"]["sources"]) and {"task-clock", "page-faults"} <= set(r["walk/4k/0-3"]["counters"])')"
check "each other counter is there, or absent with its reason" True \
	"$(json 'all(bool(d["counters"]["absent"].get(k)) != (k in d["counters"]["sources"]) for k in ("cycles", "instructions", "branches", "branch-misses", "cache-references", "cache-misses", "dTLB-load-misses", "iTLB-load-misses"))')"
check "figures are of the values" True \
	"$(json 'all(w["n"] == len(w["values"]) == 4 and w["min"] == min(w["values"]) and w["max"] == max(w["values"]) and w["min"] <= w["interval"][0] <= w["median"] <= w["interval"][1] <= w["max"] and abs(w["median"] - sum(sorted(w["values"])[1:3]) / 2) <= 1e-5 * w["median"] for w in r.values())')"
check "points of lengths" "[1000000.0, 10000000.0]" \
	"$(json '[p["x"] for p in r["command/length"]["points"]]')"
check "raw values: a line each" "$(json '1 + sum(len(w["values"]) + sum(len(p["values"]) for p in w.get("points", []) + w.get("parts", [])) for w in r.values())')" \
	"$(wc -l <"$out/csv")"
check "raw values: the same as in the document" True \
	"$(json '[float(l.split(",")[5]) for l in open("'"$out/csv"'") if l.startswith("walk/4k/0-3,,")] == r["walk/4k/0-3"]["values"]')"
check "the CPU time stands beside the time" "cpu ns/walk 4" \
	"$(json '" ".join(str(r["walk/4k/0-3"]["parts"][0][k]) for k in ("name", "unit", "n"))')"
"$nvsim" bench "${one[@]}" --json decode >"$out/json" 2>"$out/err"
check "a document instead of the report" 1 "$(json 'd["benchmarks"][0]["n"]')"
"$nvsim" bench "${one[@]}" walk/4k >"$out/stdout" 2>"$out/err"
check "columns of the report" True \
	"$([ "$(wc -L <"$out/stdout")" -le 100 ] && grep -q '^walk/4k/0-3 .* ns/walk' "$out/stdout" && echo True)"

# ---- tools ----

PATH=$out/bin:$PATH
tool zstd 'exit 0'
bench "a target that is missed" 0 0 "${one[@]}" command/replay -q --json="$out/json"
check "verdict" short "$(json 'r["command/replay"]["verdict"]')"
bench "the same with --check" 1 0 "${one[@]}" command/replay -q --check
tool zstd 'exec sleep 5'
bench "a target that is met" 0 0 "${one[@]}" command/replay -q --check --json="$out/json"
check "verdict" pass "$(json 'r["command/replay"]["verdict"]')"
check "what both commands took" "first/wall first/cpu first/page-faults second/wall second/cpu second/page-faults" \
	"$(json '" ".join(p["name"] for p in r["command/replay"]["parts"])')"
check "the ratio is theirs" True \
	"$(json 'abs(r["command/replay"]["parts"][0]["median"] / r["command/replay"]["parts"][3]["median"] / r["command/replay"]["median"] - 1) < 1e-4')"
tool zstd 'exec sleep 60'
bench "a tool that does not end" 4 1 "${one[@]}" command/replay -q --timeout 10
check "what did not end" True "$(grep -q 'command/replay: zstd .*longer than 10 s' "$out/err" && echo True)"
tool zstd 'echo "it is broken" >&2; exit 3'
bench "a tool that fails" 4 1 "${one[@]}" command/replay decode --json="$out/json"
check "what failed" True "$(grep -q 'command/replay: zstd .*exit status 3: it is broken' "$out/err" && echo True)"
check "the others are measured" "None True 1" \
	"$(json '" ".join(str(v) for v in (r["command/replay"]["verdict"], "broken" in r["command/replay"]["failed"], r["decode/trace"]["n"]))')"
tool zstd ''
PATH=$out/own "$nvsim" bench "${one[@]}" command/replay -q --check --json="$out/json" 2>"$out/err"
check "a tool that is missing" 0 $?
check "a tool that is missing: why" "skipped zstd is not installed" \
	"$(json '"%(verdict)s %(skipped)s" % r["command/replay"]')"
bench "no perf.data" 0 0 "${one[@]}" command/import-perf --json="$out/json"
check "no perf.data: why" True "$(json '"perf-data" in r["command/import-perf"]["skipped"]')"

# What is imported tells its format itself; what perf is given need not be one of perf's here.
recording=$(dirname "$nvsim")/bench/data/thp-thp.dat
tool perf 'exec sleep 1'
bench "against perf script" 0 0 "${one[@]}" command/import-perf --perf-data "$recording" -q --json="$out/json"
check "against perf script: a ratio" True "$(json '0 < r["command/import-perf"].get("median", 1) < 1 or "built without" in r["command/import-perf"]["skipped"]')"

# ---- input and output ----

echo "no recording" >"$out/bad.dat"
tool trace-cmd 'exit 0'
bench "a recording that is none" 3 1 "${one[@]}" --dat "$out/bad.dat" bytes/size
bench "a recording that is not there" 3 1 "${one[@]}" --dat "$out/no.dat" bytes/size
text=$(dirname "$nvsim")/bench/data/thp-thp.txt.zst
bench "a recording that is no trace-cmd file" 0 0 "${one[@]}" --dat "$text" bytes/size --json="$out/json"
check "a recording that is no trace-cmd file: no ratio" skipped "$(json 'r["bytes/size"]["verdict"]')"
trap '' XFSZ
ulimit -S -f 64
bench "an import that cannot write" 4 1 "${one[@]}" import/text
ulimit -S -f unlimited
trap - XFSZ
bench "an output that cannot be" 4 1 --full --json="$out/no/such/folder"
TMPDIR=$out/no bench "a temporary folder that cannot be" 4 1 --full

# ---- signals ----

# interrupt NAME ROW: once it has begun.
interrupt() {
	set -m
	"$nvsim" bench "${one[@]}" -q "$2" 2>"$out/err" &
	pid=$!
	set +m
	for ((i = 0; i < 1000; i++)); do
		[ -z "$(find "$out/tmp" -mindepth 2)" ] || break
		sleep 0.01
	done
	kill -INT $pid
	wait $pid 2>/dev/null
	check "$1: exit status" 130 $?
	check "$1: temporary files" "" "$(ls -A "$out/tmp")"
	check "$1: children" "" "$(pgrep -f "$out/tmp/nvsim-bench" || true)"
}
interrupt "SIGINT while a trace is made" command/length
tool zstd 'exec sleep 60'
interrupt "SIGINT while a tool runs" command/replay
tool zstd ''

# ---- what is kept of EL2: a copy of the program has a folder of its own ----

cp "$nvsim" "$out/own/nvsim"
cp -r "$(dirname "$nvsim")/bench/data" "$out/data" && mkdir "$out/own/bench" && mv "$out/data" "$out/own/bench"
kept=$out/own/bench/data/el2-instructions.json
image=$(dirname "$nvsim")/hwrun
nvsim=$out/own/nvsim
bench "no image" 0 0 el2 --check -q --json="$out/json"
check "no image: why" True "$(json 'all("make hwrun" in w["skipped"] and w["emulated"] for w in r.values())')"
cp -r "$image" "$out/own/hwrun" 2>/dev/null
if [ ! -e "$out/own/hwrun/nvsim-el2.elf" ] || ! command -v qemu-system-aarch64 >/dev/null ||
	! "$nvsim" hw pack -o "$out/packed" "$out/own/bench/data/demand-scattered.zst" >"$out/err" 2>&1; then
	skip "figures at EL2" "no image of this handler, or no QEMU"
else
	bench "--keep" 0 0 el2 -q --check --keep "$kept.new"
	check "--keep: what is kept" True "$(python3 -c 'import json, sys
old, new = (json.load(open(f)) for f in sys.argv[1:])
print(old["trace"] == new["trace"] and old["instructions"].keys() == new["instructions"].keys())' \
		"$kept" "$kept.new" 2>&1)"
	mv "$kept.new" "$kept"
	bench "figures as those kept" 0 0 el2/mmio -q --check --json="$out/json" --csv="$out/csv"
	check "raw values of an emulator are marked" True \
		"$(grep -q '^el2/mmio,,,emulated instructions,1,' "$out/csv" && echo True)"
	check "figures as those kept: note" True "$(json '"kept: " in r["el2/mmio"]["note"] and r["el2/mmio"]["emulated"]')"
	python3 - "$kept" <<-'END'
		import json, sys
		kept = json.load(open(sys.argv[1]))
		kept['instructions']['mmio']['p50'] //= 2
		json.dump(kept, open(sys.argv[1], 'w'))
	END
	bench "worse figures" 0 0 el2/mmio -q --json="$out/json"
	check "worse figures: verdict" regressed "$(json 'r["el2/mmio"]["verdict"]')"
	bench "worse figures with --check" 1 0 el2/mmio -q --check
	echo '{"instructions": ' >"$kept"
	bench "kept figures that are damaged" 3 1 el2/mmio
	rm "$kept"
	bench "kept figures that are gone" 3 1 el2/mmio
fi

echo "1..$number"
exit $failed
