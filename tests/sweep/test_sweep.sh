#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sweeps: run, killed, resumed, as jobs, two in one folder; the same bytes each time. TAP.
set -u
: "${NVSIM:=build/nvsim}"
nvsim=$(readlink -f "$NVSIM")
samples=$(readlink -f traces/samples)
corpus=$(readlink -f tests/corpus)
recording=$(readlink -f tests/import/data/thp-thp.dat)
work=$(mktemp -d)
started=()
trap 'kill -KILL "${started[@]}" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
number=0 failed=0

check() { # check NAME WANTED GOT
	number=$((number + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1: '$2' wanted, '$3' got"
		failed=1
	fi
}

skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# sweep ARGUMENT...: its exit status; what it says is in the files out and err
sweep() {
	timeout 300 "$nvsim" sweep "$@" >out 2>err
	echo $?
}

same_bytes() {
	cmp "$1" "$2" >/dev/null && echo same
}

# The cells of a folder: names and identities of their files.
identities() {
	(cd "$1/cells" && stat -c '%n %i %y' ./*)
}

computed() { # computed FOLDER BEFORE: how many cells are not those of BEFORE
	identities "$1" | grep -cvxFf "$2"
}

strangers() { # what is in a folder and should not be there
	(cd "$1" && find . -type f | grep -vE '^./(lock|sweep.json|[a-z0-9A-Z.-]*\.svg|cells/[^/]*\.json|traces/[^/]*\.zst|log/[0-9]*\.log)$')
}

cat >spec.json <<END
{
 "traces": ["thp.zst"],
 "generated": {"faults": "5K", "seed": 7, "footprint": "64M", "host-unmap-every": 500},
 "host_granule": ["4K", "64K"],
 "leaves": [{"name": "pages", "page": 100}, {"name": "mixed", "page": 60, "contig": 15, "block": 25}],
 "policies": ["page", "kvm-7.3"],
 "invalidation": ["whole", "exact"]
}
END
cp "$samples/thp-thp.zst" thp.zst

# ---- run ----

check "a sweep runs" 0 "$(sweep spec.json -o one -j 1)"
check "and says what it did" "20 cells, 20 of them computed now: one/sweep.json" "$(cat out)"
check "silent otherwise" "" "$(cat err)"
check "several cells at once" 0 "$(sweep spec.json -o two -j 2 -q)"
check "are quiet where asked" "" "$(cat out err)"
check "they give the same bytes" same "$(same_bytes one/sweep.json two/sweep.json)"
check "files have their names alone" "" "$(strangers one)"
check "a trace for each granule and mixture" 4 "$(ls one/traces | wc -l)"
"$nvsim" replay --json -p page --invalidation exact thp.zst >replay.json
check "a cell is what replay gives, and which cell it is" \
	'{"id": "thp.page.exact", "axes": {"trace": "thp", "policy": "page", "invalidation": "exact", "host_granule": null, "leaves": null}}' \
	"$(python3 -c 'import json
cell, replay = json.load(open("one/cells/thp.page.exact.json")), json.load(open("replay.json"))
what = cell.pop("cell")
del what["spec"]
print(json.dumps(what) if cell == replay else "another result")')"
check "the axes of the whole" \
	'{"trace": ["thp", "gen-4K-pages", "gen-4K-mixed", "gen-64K-pages", "gen-64K-mixed"], "policy": ["page", "kvm-7.3"], "invalidation": ["whole", "exact"], "host_granule": [4096, 65536], "leaves": ["pages", "mixed"]}' \
	"$(python3 -c 'import json; print(json.dumps(json.load(open("one/sweep.json"))["axes"]))')"
check "its cells, in their order" "$("$nvsim" sweep --list spec.json | cut -f 2)" \
	"$(python3 -c 'import json; print(*(c["id"] for c in json.load(open("one/sweep.json"))["cells"]), sep="\n")')"

# ---- run again ----

identities one >before
check "a second run" 0 "$(sweep spec.json -o one)"
check "computes nothing" "20 cells, 0 of them computed now: one/sweep.json" "$(cat out)"
check "touches nothing" 0 "$(computed one before)"
check "one cell that is there" 0 "$(sweep spec.json -o one --cell 3)"
check "is left alone" 0 "$(computed one before)"

# spoil NAME COMMAND...: a cell after which only that is computed
spoil() {
	local name=$1
	shift
	identities one >before
	"$@"
	check "$name" 0 "$(sweep spec.json -o one)"
	check "$name: only that cell is computed" 1 "$(computed one before)"
	check "$name: the result is the same" same "$(same_bytes one/sweep.json two/sweep.json)"
}
victim=one/cells/gen-4K-mixed.kvm-7.3.whole.json
edit() { # edit PATH VALUE: a member of the victim
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
*path, last = sys.argv[2].split(".")
at = d
for p in path:
    at = at[p]
at[last] = sys.argv[3]
json.dump(d, open(sys.argv[1], "w"))' "$victim" "$@"
}
spoil "a missing cell" rm $victim
spoil "a truncated cell" truncate -s 1000 $victim
spoil "an empty cell" truncate -s 0 $victim
spoil "another cell's file" cp one/cells/gen-4K-mixed.kvm-7.3.exact.json $victim
spoil "a file that is no result" cp spec.json $victim
spoil "a result without figures" edit metrics none
spoil "a cell of another handler" edit context.handler_sha256 0123
spoil "a cell of another revision" edit context.revision 0123
spoil "a cell of another specification" edit cell.spec 0123

rm $victim one/traces/gen-4K-mixed-*.zst
check "a trace that is missing, too" 0 "$(sweep spec.json -o one -q)"
rm $victim
truncate -s 5000 one/traces/gen-4K-mixed-*.zst
check "a trace that is truncated" 0 "$(sweep spec.json -o one -q)"
check "is made anew" same "$(same_bytes one/sweep.json two/sweep.json)"

cp -r one other
identities other >before
cp "$samples/l1-64k.zst" thp.zst
check "another trace of the same name" 0 "$(sweep spec.json -o other -q)"
check "has its cells computed" 4 "$(computed other before)"
cp "$samples/thp-thp.zst" thp.zst
identities other >before
sed 's/"page", "kvm-7.3"/"page", "contig"/; s/"traces"/"quirks": "arch", "traces"/' spec.json >changed.json
check "other options" 0 "$(sweep changed.json -o other -q)"
check "have theirs computed" 20 "$(computed other before)"

# ---- ended in the midst ----

cat >slow.json <<END
{"generated": {"faults": "400K", "footprint": "64M"}, "policies": ["page", "kvm-7.3", "contig"], "check": true}
END

# The process of cell 1, once there is one.
cell_1() {
	local at
	for ((i = 0; i < 1000; i++)); do
		for at in $(grep -lzsxF -- --cell /proc/[0-9]*/cmdline); do
			{ tr '\0' ' ' <"$at" | grep -q -- '-o slow --cell 1 '; } 2>/dev/null || continue
			cut -d/ -f3 <<<"$at"
			return
		done
		sleep 0.01
	done
}

"$nvsim" sweep slow.json -o slow -j 3 >out 2>err &
parent=$! started+=($!)
kill -KILL "$(cell_1)"
wait $parent
check "a cell that was killed" 4 $?
check "is told" "nvsim: cell 1 (gen.kvm-7.3.whole) was ended by signal 9" "$(cat err)"
check "and leaves the others be" "gen.contig.whole.json gen.page.whole.json" "$(cd slow/cells && echo *.json)"
check "there is no sweep of them" "" "$(ls slow/sweep.json 2>/dev/null)"
check "to be merged" 4 "$(sweep slow.json -o slow --merge)"
check "one is missing" "1	gen.kvm-7.3.whole" "$(cat out)"
check "and that is said" "nvsim: slow.json: 1 of 3 cells are missing" "$(cat err)"
check "a folder that is not there is not merged" 4 "$(sweep slow.json -o solw --merge)"
check "and not made" "" "$(ls -d solw 2>/dev/null)"
identities slow >before
check "run again" 0 "$(sweep slow.json -o slow)"
check "only that one is computed" 1 "$(computed slow before)"
check "nothing is left behind" "" "$(strangers slow)"

rm -r slow.memory 2>/dev/null
"$nvsim" --memory 32G sweep slow.json -o slow.memory -j 1 >out 2>err &
started+=($!)
until child=$(cat "/proc/$!/task/$!/children") && [ "$child" ]; do sleep 0.01; done
sleep 0.2
check "a cell has the bound of the sweep" --memory=34359738368 "$(tr '\0' '\n' <"/proc/${child%% *}/cmdline" | sed -n 2p)"
kill $! && wait $! 2>/dev/null

rm slow/cells/*.json
"$nvsim" sweep slow.json -o slow -j 3 >out 2>err &
parent=$! started+=($!)
child=$(cell_1)
kill -KILL $parent
wait $parent 2>/dev/null
for ((i = 0; i < 500; i++)); do
	[ -d "/proc/$child" ] || break
	sleep 0.01
done
check "cells end with their parent" "" "$(ls -d "/proc/$child" 2>/dev/null)"
cp slow/traces/*.zst slow/traces/gen-0.zst.AbCdEf.tmp
: >slow/traces/gen-0.lock
head -c 100 slow/sweep.json >slow/cells/gen.page.whole.json.AbCdEf.tmp
cp slow/sweep.json slow/sweep.json.AbCdEf.tmp
mv slow/sweep.json wanted.json
exec 9<>slow/lock
flock -s 9
check "while somebody else is at work there" 0 "$(sweep slow.json -o slow)"
check "what is not finished may be theirs" 4 "$(strangers slow | wc -l)"
exec 9>&-
check "and run again" 0 "$(sweep slow.json -o slow)"
check "what the dead left is removed" "" "$(strangers slow)"
check "the result is the same" same "$(same_bytes slow/sweep.json wanted.json)"

# ---- two at once ----

together=()
for i in 1 2 3; do
	timeout 300 "$nvsim" sweep spec.json -o both -j 2 -q &
	together+=($!)
done
wait "${together[0]}" && wait "${together[1]}" && wait "${together[2]}"
check "three in one folder" 0 $?
check "give the same bytes" same "$(same_bytes both/sweep.json two/sweep.json)"
check "and leave nothing else" "" "$(strangers both)"

# ---- jobs ----

folder="a job's \$(folder)"
check "an array job" 0 "$(sweep spec.json -o "$folder" --slurm)"
mv out job.sh
(cd / && for ((i = 0; i < 20; i++)); do
	SLURM_ARRAY_TASK_ID=$i sh "$work/job.sh" || echo "task $i: $?"
done) >tasks 2>&1
check "its tasks" "" "$(cat tasks)"
check "are merged" 0 "$(sweep spec.json -o "$folder" --merge)"
check "to the same bytes" same "$(same_bytes "$folder/sweep.json" two/sweep.json)"
check "a log for each cell" 20 "$(ls "$folder/log" | wc -l)"
check "sh finds no fault with it" 0 "$(sh -n job.sh && echo 0)"

check "lines for parallel" 0 "$(sweep spec.json -o "$folder" --parallel)"
mv out lines
check "a cell each" 20 "$(wc -l <lines)"
rm -r "$folder"
(cd / && sh "$work/lines")
check "run one after the other" 0 "$(sweep spec.json -o "$folder" --merge)"
check "give the same bytes" same "$(same_bytes "$folder/sweep.json" two/sweep.json)"
if command -v parallel >/dev/null && parallel --version 2>/dev/null | grep -q '^GNU'; then
	rm -r "$folder"
	(cd / && SHELL=/bin/sh timeout 300 parallel -j 2 <"$work/lines" 2>/dev/null)
	check "run by GNU parallel" 0 "$(sweep spec.json -o "$folder" --merge)"
	check "give the same bytes, too" same "$(same_bytes "$folder/sweep.json" two/sweep.json)"
else
	skip "run by GNU parallel" "it is not installed"
fi

python3 -c 'import json
json.dump({"traces": [f"{i}.zst" for i in range(1002)], "policies": ["page"]}, open("large.json", "w"))'
sweep large.json -o large --slurm >/dev/null
mv out job.sh
SLURM_ARRAY_TASK_ID=0 sh job.sh
check "a task of an array that is too large" 3 $?
check "has a stride of cells" "0.log 1001.log" "$(cd large/log && echo *)"
check "whose logs say what failed" "nvsim: 1001.zst: cannot be read: No such file or directory" \
	"$(cat large/log/1001.log)"

# ---- what does not go together ----

cp -r two mixed
victim=mixed/cells/gen-4K-mixed.kvm-7.3.whole.json
edit context.handler_sha256 0123
cp mixed/sweep.json wanted.json
check "cells of two handlers" 2 "$(sweep spec.json -o mixed --merge)"
check "are not merged" \
	"nvsim: spec.json: cell 10 (gen-4K-mixed.kvm-7.3.whole) is of another version of the program than the cells before it" \
	"$(cat err)"
check "what was merged before stays" same "$(same_bytes mixed/sweep.json wanted.json)"

# ---- exit statuses ----

cat >finding.json <<END
{"traces": ["$corpus/bad_unclamped.zst", "thp.zst"], "policies": ["kvm-7.3", "unclamped"], "check": true}
END
check "a checker that finds something" 1 "$(sweep finding.json -o finding)"
check "is no reason to stop" "4 cells, 4 of them computed now: finding/sweep.json" "$(cat out)"
check "it is found again" 1 "$(sweep finding.json -o finding)"
check "without computing" "4 cells, 0 of them computed now: finding/sweep.json" "$(cat out)"
check "and where that is merged" 1 "$(sweep finding.json -o finding --merge)"

head -c 5000 thp.zst >cut.zst
echo '{"traces": ["cut.zst", "thp.zst", "none.zst"], "policies": ["page"]}' >damaged.json
check "a trace that is damaged" 3 "$(sweep damaged.json -o damaged -j 1)"
check "costs no other its cells" thp.page.whole.json "$(ls damaged/cells)"
check "and is told" 4 "$(grep -c '^nvsim: ' err)"
: >file
check "a folder that cannot be made" 4 "$(sweep spec.json -o file/x)"
check "is told" "nvsim: file/x/: cannot be made: Not a directory" "$(cat err)"
mkdir -p full/cells
mkdir full/cells/thp.page.whole.json
check "a cell that cannot be written" 4 "$(sweep spec.json -o full --cell 0)"
check "leaves nothing half-written" thp.page.whole.json "$(ls full/cells)"
check "a folder is no specification" 3 "$(sweep --list full)"
check "and that is said" "nvsim: full: cannot be read: Is a directory" "$(cat err)"
mkfifo pipe
echo '{"traces": ["pipe"], "policies": ["page"]}' >pipe.json
check "a pipe is no trace of a sweep" 3 "$(sweep pipe.json -o pipes)"

# ---- plots ----

echo '<svg/>' >two/unmap.svg
echo '<svg/>' >two/policies-thp.svg
PATH=$work/none "$nvsim" sweep spec.json -o two --merge >out 2>err
check "without gnuplot there is the sweep" 0 $?
check "without plots, not even old ones" "" "$(ls two/*.svg 2>/dev/null)"
check "which is said in a line" 1 "$(grep -c '^nvsim: plots are left out: ' err)"
if command -v gnuplot >/dev/null; then
	check "with gnuplot" 0 "$(sweep spec.json -o two --merge)"
	check "there is one for each trace" 5 "$(ls two/policies-*.svg | wc -l)"
	check "and one of the work of unmaps" two/unmap.svg "$(ls two/unmap.svg)"
	check "and nothing else" "" "$(strangers two)"
	"$nvsim" import -q -o unknown.zst "$recording"
	echo '{"traces": ["thp.zst", "unknown.zst"], "policies": ["page"]}' >both-clocks.json
	mkdir clocks
	echo '<svg/>' >clocks/unmap.svg
	check "recordings of an emulator and of an unknown machine" 0 "$(sweep both-clocks.json -o clocks)"
	check "are not drawn on one axis" "policies-thp.svg policies-unknown.svg" "$(cd clocks && echo *.svg)"
	check "and that is said" \
		"nvsim: clocks/unmap.svg is left out: thp.zst and unknown.zst cannot share an axis: the one is emulated, the other of an unknown machine" \
		"$(cat err)"
else
	skip "plots" "gnuplot is not installed"
fi
echo "1..$number"
exit $failed
