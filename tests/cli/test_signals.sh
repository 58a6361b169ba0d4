#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A signal ends the program as if there were no handler, and leaves no temporary file. TAP.
set -um # job control: else the shell starts jobs with SIGINT ignored
: "${NVSIM:=build/nvsim}"
nvsim=$(readlink -f "$NVSIM")
out=$(mktemp -d)
pid=
trap 'kill -KILL $pid 2>/dev/null; rm -rf "$out"' EXIT
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

# start COMMAND...: returns when the folder has a file.
start() {
	"$@" >"$out/log" 2>&1 &
	pid=$!
	for ((i = 0; i < 1000; i++)); do
		[ -n "$(ls -A "$out/run")" ] && break
		sleep 0.01
	done
	check "there is something to remove" 1 "$(ls -A "$out/run" | wc -l)"
}

gen=("$nvsim" gen -q -o "$out/run/t.zst" --faults 1000M)
mkdir "$out/run"
for signal in HUP:129 INT:130 TERM:143; do
	start "${gen[@]}"
	kill -"${signal%:*}" "$pid"
	wait "$pid" 2>/dev/null
	check "status after SIG${signal%:*}" "${signal#*:}" $?
	check "files after SIG${signal%:*}" "" "$(ls -A "$out/run")"
done

start nohup "${gen[@]}"
kill -HUP "$pid"
sleep 0.2
check "SIGHUP that is ignored changes nothing" 1 "$(ls -A "$out/run" | wc -l)"
kill -TERM "$pid"
wait "$pid" 2>/dev/null
check "status after both" 143 $?
check "files after both" "" "$(ls -A "$out/run")"

# A page is begun before the trace is read, which here never comes.
if command -v gnuplot >/dev/null; then
	mkfifo "$out/fifo"
	sleep 60 >"$out/fifo" &
	writer=$!
	start "$nvsim" report -q "$out/fifo" -o "$out/run/r.html"
	kill -INT "$pid"
	wait "$pid" 2>/dev/null
	check "status of a report after SIGINT" 130 $?
	check "files of a report after SIGINT" "" "$(ls -A "$out/run")"
	kill "$writer"
fi

# What was measured until then is written.
"$nvsim" bench -q --json="$out/bench.json" walk unmap 2>/dev/null &
pid=$!
sleep 3
kill -INT "$pid"
wait "$pid" 2>/dev/null
check "status of a benchmark after SIGINT" 130 $?
check "rows of a benchmark after SIGINT" nvsim.bench/1 "$(sed -n 's/.*"schema": "\([^"]*\)".*/\1/p' "$out/bench.json" | head -n 1)"

echo "1..$number"
exit $failed
