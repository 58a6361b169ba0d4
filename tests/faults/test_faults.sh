#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What commands do when the machine fails them: a full disk, a limit, a folder that cannot be
# written, no standard output, no memory, a file that changes while it is read. The status is 4 (3
# where the input is at fault), one line says why, nothing is left under the output's name or
# beside it, and inputs stay as they were. TAP.
#
#	test_faults.sh --full	kills and allocation limits by the hundred
set -um
here=$(cd "$(dirname "$0")/../.." && pwd)
nvsim=$(readlink -f "${NVSIM:-$here/build/nvsim}")
work=$(mktemp -d) || exit 1
full=no
[ "${1:-}" != --full ] || full=yes
trap 'umount "$work/small" 2>/dev/null; chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
number=0 failed=0

ok() {
	number=$((number + 1))
	echo "ok $number - $1"
}
not_ok() {
	number=$((number + 1)) failed=1
	echo "not ok $number - $1"
	shift
	printf '%s\n' "$@" | head -n 8 | sed 's/^/# /'
}
is() { # NAME EXPECTED GOT
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "expected: $2" "got: $3"; fi
}
skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# fails NAME STATUS FOLDER COMMAND...: with that status, a line, and FOLDER as it was.
fails() {
	local name=$1 expected=$2 folder=$3 before status
	shift 3
	before=$(ls -A "$folder")
	"$@" >/dev/null 2>"$work/said" </dev/null
	status=$?
	if [ $status != "$expected" ]; then
		not_ok "$name" "status $status, not $expected" "$(cat "$work/said")"
	elif [ "$(wc -l <"$work/said")" != 1 ]; then
		not_ok "$name" "not one line:" "$(cat "$work/said")"
	elif [ "$(ls -A "$folder")" != "$before" ]; then
		not_ok "$name" "left behind: $(ls -A "$folder")"
	else
		ok "$name"
	fi
}

# ---- what there is to read ----

"$nvsim" gen -q -o t.zst --faults 20K --seed 3
"$nvsim" compare -q --json=c.json t.zst 2>/dev/null || "$nvsim" compare --json=c.json t.zst >/dev/null
cp "$here/tests/import/data/thp-thp.txt.zst" text.zst
cat >spec.json <<END
{"traces": ["$work/t.zst"], "policies": ["page"]}
END
inputs="t.zst c.json text.zst spec.json"
# shellcheck disable=SC2086 # a list
sums=$(sha256sum $inputs)

# every COMMAND that writes, with {} for its output
writers=(
	"gen -q --faults 200K -o {}"
	"import -q -o {} text.zst"
	"replay -q --json={} t.zst"
	"compare --json={} t.zst"
	"compare --csv={} t.zst"
	"verify --json={} text-imported.zst"
	"report -q -o {} t.zst"
	"metrics --json={}"
	"hw pack t.zst -o {}"
)
command -v gnuplot >/dev/null && writers+=("plot -o {}.svg c.json")
"$nvsim" import -q -o text-imported.zst text.zst 2>/dev/null || "$nvsim" import -o text-imported.zst text.zst >/dev/null
has_image=yes
"$nvsim" hw pack t.zst -o probe.img >/dev/null 2>&1 || has_image=no
rm -f probe.img

# each NAME STATUS FOLDER [WRAPPER...]: all of them, into that folder.
each() {
	local name=$1 status=$2 folder=$3 line words
	shift 3
	for line in "${writers[@]}"; do
		case $line in "hw pack"*) [ $has_image = yes ] || continue ;; esac
		read -ra words <<<"${line//\{\}/$folder/out}"
		fails "$name: ${line%% *}" "$status" "$folder" "$@" "$nvsim" "${words[@]}"
	done
}

# ---- a disk that is full ----

mkdir small
if mount -t tmpfs -o size=8k tmpfs small 2>/dev/null; then
	head -c 8192 /dev/zero >small/full 2>/dev/null
	each "a full disk" 4 small
	umount small
else
	skip "a full disk" "no tmpfs can be mounted here"
fi
for line in "replay t.zst" "info t.zst" "compare t.zst" "check t.zst" "metrics" "policies" "--help" "gen -q --faults 1K -o -"; do
	# shellcheck disable=SC2086 # words
	is "standard output that is full: $line" 4 "$("$nvsim" $line 2>said >/dev/full; echo $?)"
done

# ---- a file that may not grow ----

each "a file size limit" 4 small prlimit --fsize=512

# ---- a folder that cannot be written ----

mkdir locked
chmod 555 locked
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$work"
	each "a folder that is read-only" 4 locked setpriv --reuid=65534 --regid=65534 --clear-groups
else
	each "a folder that is read-only" 4 locked
fi
each "a folder that is not there" 4 small/none 2>/dev/null

# ---- no standard streams, no folders that one expects ----

is "closed standard output" 4 "$("$nvsim" replay t.zst 2>/dev/null >&-; echo $?)"
is "closed standard input" 3 "$("$nvsim" replay - 2>/dev/null <&- ; echo $?)"
is "closed standard error" 2 "$("$nvsim" replay --none 2>&-; echo $?)"
"$nvsim" gen -q --faults 1M -o - 2>said | head -c 10 >/dev/null
is "a reader that goes away" "4 1" "${PIPESTATUS[0]} $(wc -l <said)"
is "no HOME, and a TMPDIR that is not there" 0 "$(env -u HOME TMPDIR=/none "$nvsim" replay -q t.zst; echo $?)"
fails "import to standard output without a TMPDIR" 4 small env TMPDIR=/none "$nvsim" import -q -o - text.zst

# ---- inputs that change ----

head -c 3000 t.zst >cut.zst
fails "an input that is cut short" 3 small "$nvsim" replay -q cut.zst
cp t.zst changing.zst
(
	for _ in 1 2 3 4 5; do
		dd if=/dev/urandom of=changing.zst bs=64 count=4 seek=$((RANDOM % 100)) conv=notrunc 2>/dev/null
		truncate -s -100 changing.zst
	done
) &
"$nvsim" replay -q changing.zst >/dev/null 2>said
status=$?
wait
case $status in 0 | 3) ok "an input that changes underneath" ;; *) not_ok "an input that changes underneath" "status $status" ;; esac
fails "and has changed" 3 small "$nvsim" replay -q changing.zst

# ---- no memory ----

# With so little that it starts, and ever more until it succeeds: 4 and a line, or 0 and all of it.
starved() { # NAME MOST LINE
	local name=$1 high=$2 line=$3 words limit status low=8 seen=
	read -ra words <<<"${3//\{\}/small/out}"
	local step=$(((high - low) / 11))
	[ $full = no ] || step=$((step / 10))
	for ((limit = low; limit <= high; limit += step)); do
		rm -f small/out*
		prlimit --as=$((limit << 20)) "$nvsim" "${words[@]}" >/dev/null 2>said </dev/null
		status=$?
		seen+=" $status"
		case $status in
		127 | 126) continue ;; # the loader itself
		0) [ -e small/out ] || [[ $line != *{}* ]] || { not_ok "$name" "no output at $limit MiB"; return; } ;;
		4) [ -z "$(ls -A small)" ] && [ "$(wc -l <said)" -le 1 ] || {
			not_ok "$name" "at $limit MiB: $(ls -A small)" "$(cat said)"
			return
		} ;;
		*) not_ok "$name" "status $status at $limit MiB" "$(cat said)"; return ;;
		esac
	done
	rm -f small/out*
	ok "$name:$(tr ' ' '\n' <<<"$seen" | grep . | uniq -c | awk '{printf " %sx%s", $1, $2}')"
}
if ! grep -q __asan_init "$nvsim"; then
	for line in "replay -q --json={} t.zst" "check t.zst" "import -q -o {} text.zst" "gen -q --faults 50K -o {}"; do
		starved "little memory: ${line%% *}" 400 "$line"
	done
	# Each policy has tables of its own.
	starved "little memory: compare" 2000 "compare --json={} t.zst"
	starved "little memory: report" 6000 "report -q -o {} t.zst"
else
	skip "little memory" "a sanitizer needs more addresses than any limit"
fi

# A limit of nvsim's own is the input's fault: each of these accesses needs a table of its own.
"$nvsim" gen -q -o far.zst --faults 32K --footprint 64G --pattern strided --stride 2M --premapped 100 \
	--leaf-block 100 --leaf-page 0 --leaf-contig 0 --leaf-1g 0 --back-base 100 --back-thp 0 --back-huge 0 --back-1g 0
if ! grep -q __asan_init "$nvsim"; then
	is "an input that asks for too much" 3 "$("$nvsim" --memory 64M replay -q far.zst 2>said; echo $?)"
	is "is told how much" "nvsim: the input needs more than 64.0 MiB of memory (nvsim --memory)" "$(cat said)"
	is "so is a recording" 3 "$("$nvsim" --memory 1M import -q -o far.out text.zst 2>said; echo $?)"
	is "in the same words" "nvsim: the input needs more than 1.0 MiB of memory (nvsim --memory)" "$(cat said)"
else
	skip "an input that asks for too much" "there is no limit under a sanitizer"
fi
is "and gets it" 0 "$("$nvsim" --memory=2G replay -q far.zst 2>said; echo $?)"

# ---- killed at any moment ----

kills=4
[ $full = no ] || kills=100
mkdir killed
bad=
for ((i = 0; i < kills; i++)); do
	"$nvsim" gen -q --faults 300K -o killed/out.zst &
	sleep "0.0$((RANDOM % 9))$((RANDOM % 9))"
	kill -KILL $! 2>/dev/null
	wait $! 2>/dev/null
	if [ -e killed/out.zst ]; then
		"$nvsim" info killed/out.zst >/dev/null 2>&1 || bad="a half file under its name"
	fi
	ls -A killed | grep -vE '^out\.zst(\.......\.tmp)?$' | grep -q . && bad="a stray file: $(ls -A killed)"
	rm -f killed/*
done
is "killed: whole, or not there" "" "$bad"

# shellcheck disable=SC2086
is "inputs are as they were" "$sums" "$(sha256sum $inputs)"
echo "1..$number"
[ $failed = 0 ]
