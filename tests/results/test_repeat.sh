#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/results twice: the same files, the same JSON but for what the schemas declare as varying,
# the same plots of exact counts. TAP. A difference that is planted has to be seen.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.." || exit 1
NVSIM=$(readlink -f "${NVSIM:-build/nvsim}")
command -v gnuplot >/dev/null || {
	echo "1..0 # SKIP no gnuplot"
	exit 0
}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
number=0 failed=0

check() {
	number=$((number + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1: $2 wanted, $3 got"
		failed=1
	fi
}

# The image for EL2 and an emulator are not everywhere; benchmarks take long and are all times.
parts="compare timeline unmap"
if command -v qemu-system-aarch64 >/dev/null && [ -e "$(dirname "$NVSIM")/hwrun/nvsim-el2.elf" ]; then
	parts="$parts el2"
else
	echo "# without a run at EL2: no emulator, or no image"
fi
export SAMPLES="traces/samples/l0-notifier.zst traces/samples/demand-scattered.zst"

# make DIR [PART...]: as on a day that is given, so that midnight changes nothing.
make() {
	SOURCE_DATE_EPOCH=1577923200 scripts/results "$NVSIM" "$@" >"$out/log" 2>&1
	local status=$?
	[ $status = 0 ] || sed 's/^/# /' "$out/log"
	return $status
}

# strip FILE: what is left of it without what may vary.
strip() {
	python3 tests/schema/schema.py "$1" | sha256sum
}

# compare: the names of those that differ.
compare() {
	diff <(cd "$out/a" && find . -type f | sort) <(cd "$out/b" && find . -type f | sort)
	local f
	while read -r f; do
		case $f in
		*.json) [ "$(strip "$out/a/$f")" = "$(strip "$out/b/$f")" ] || echo "$f" ;;
		*) cmp -s "$out/a/$f" "$out/b/$f" || echo "$f" ;;
		esac
	done < <(cd "$out/a" && find . -type f | sort)
}

for run in a b; do
	# shellcheck disable=SC2086 # a list of names
	make "$out/$run" $parts
	check "run $run" 0 $?
done
files=$(find "$out/a" -name '2020-01-02-*.json' | wc -l)
check "there are results" yes "$([ "$files" -ge 5 ] && echo yes)"
check "each has a plot" "" "$(for f in "$out"/a/*/*.json; do
	compgen -G "${f%.json}*.svg" >/dev/null || echo "$f"
done)"
check "both runs give the same" "" "$(compare)"

# Planted: a count that differs, a plot that does.
cp -r "$out/b" "$out/kept"
first=simulator/2020-01-02-l0-notifier-compare
sed -i '0,/"events": [0-9]*/s//"events": 1/' "$out/b/$first.json"
check "another count is seen" "./$first.json" "$(compare)"
cp "$out/kept/$first.json" "$out/b/$first.json"
sed -i 's/12/13/' "$out/b/$first-policies.svg"
check "another plot is seen" "./$first-policies.svg" "$(compare)"

# An older date goes away, a file of somebody else stays; the other parts stay as they are.
mv "$out/b/$first.json" "$out/b/simulator/2019-12-31-l0-notifier-compare.json"
echo mine >"$out/b/simulator/notes.txt"
mkdir "$out/b/board"
theirs=./board/2019-12-31-l0-notifier-compare.json
cp "$out/kept/$first.json" "$out/b/$theirs"
make "$out/b" compare
check "one part anew" 0 $?
check "what was there is replaced" "$theirs ./simulator/notes.txt" "$(compare | sed -n 's/^> //p' | xargs)"
rm -r "$out/b/board"
scripts/publish "$out/b"
check "nothing else is changed" "" "$(compare | grep -v '^[>0-9]')"
make "$out/b" compare nonsense
check "an unknown part" 2 $?
check "before anything is done" "" "$(compare | grep -v '^[>0-9]')"

# What fails or is interrupted half-way takes nothing away, and leaves nothing.
cat >"$out/ends" <<-END
	#!/bin/sh
	case "\$*" in
	*scattered*) \$HOW; exit 1 ;;
	*) exec "$NVSIM" "\$@" ;;
	esac
END
chmod +x "$out/ends"
for how in "1 false" "143 kill -TERM \$PPID"; do
	(NVSIM=$out/ends HOW="eval ${how#* }" && export HOW && make "$out/a" compare 2>/dev/null >&2)
	check "${how#* }: the status" "${how%% *}" $?
	check "${how#* }: nothing changes" "" "$(compare | grep -v '^[>0-9]')$(find "$out/a" -name '.*' -mindepth 1)"
done

# What the schemas declare is taken away, and nothing else.
sed 's/"p50": [0-9]*/"p50": 1/' "$(python3 - "$out" <<-'END'
	import sys
	sys.path.insert(0, "tests/schema")
	import json
	import documents
	path = sys.argv[1] + "/run.json"
	with open(path, "w") as f:
	    json.dump(documents.collected("board.console"), f, indent=1)
	print(path)
END
)" >"$out/other.json"
check "another time of hardware is none" "$(strip "$out/run.json")" "$(strip "$out/other.json")"
sed 's/"delivered": [0-9]*/"delivered": 1/' "$out/run.json" >"$out/other.json"
check "another count of hardware is one" differs \
	"$([ "$(strip "$out/run.json")" = "$(strip "$out/other.json")" ] || echo differs)"

echo "1..$number"
exit $failed
