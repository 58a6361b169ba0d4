#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A sweep of 24 cells as an array job of a Slurm of one node, whose daemons are started here, on
# loopback, with all that is theirs in a temporary folder. One cell is killed in the midst, and
# computed when the job is submitted again; what comes out is what a run without Slurm gives,
# byte by byte. TAP on standard output; exit status 77: skipped.
#
#	NVSIM=build/nvsim tests/sweep/slurm.sh
set -u
here=$(cd "$(dirname "$0")" && pwd)
nvsim=$(readlink -f "${NVSIM:-$here/../../build/nvsim}")
PATH=$PATH:/usr/sbin:/sbin
for tool in munged slurmctld slurmd sbatch scancel squeue sinfo; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP no $tool: packages slurm-wlm and munge have it"
		exit 77
	}
done

work=$(mktemp -d) || exit 1
chmod 711 "$work" # munged wants its socket to be within reach of all
export SLURM_CONF=$work/slurm.conf
daemons=()
killed=3 # the number of the cell
out="$work/what \"comes\" out, 'all' \$of it" # as a shell and Slurm would take apart
number=0 failed=0

# Processes of this Slurm, and of no other: steps of jobs are nobody's children.
ours() {
	grep -lzsxF "SLURM_CONF=$SLURM_CONF" /proc/[0-9]*/environ | cut -d/ -f3 |
		grep -vxE "$$|$BASHPID"
}

stop() {
	trap '' HUP INT TERM
	local pid i
	timeout 10 scancel --user="$(id -un)" >/dev/null 2>&1
	for pid in "${daemons[@]}"; do
		kill "$pid" 2>/dev/null
	done
	for ((i = 0; i < 50; i++)); do
		[ -n "$(jobs -pr)" ] || break
		sleep 0.1
	done
	for pid in "${daemons[@]}" $(ours); do
		kill -KILL "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	rm -rf "$work"
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

check() { # check NAME WANTED GOT
	number=$((number + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1: '$2' wanted, '$3' got"
		failed=1
	fi
}

give_up() {
	echo "Bail out! $*"
	tail -n 20 "$work"/*.log 2>/dev/null | sed 's/^/# /'
	exit 1
}

# until_true SECONDS COMMAND...
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

# ---- the daemons ----

free_ports() {
	python3 -c 'import socket
held = [socket.socket() for _ in range(2)]
for s in held:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in held))'
}

configure() {
	local ports user host
	ports=($(free_ports)) user=$(id -un) host=$(hostname -s)
	mkdir "$work/state" "$work/spool"
	head -c 1024 /dev/urandom >"$work/munge.key"
	chmod 400 "$work/munge.key"
	cat >"$SLURM_CONF" <<END
ClusterName=nvsim
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
CryptoType=crypto/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerParameters=sched_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MailProg=/bin/true
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
}

# daemon NAME COMMAND...: in the foreground of a job of this script
daemon() {
	local name=$1
	shift
	"$@" >"$work/$name.log" 2>&1 </dev/null &
	daemons=($! "${daemons[@]}")
}

is_idle() {
	[ "$(timeout 10 sinfo -h -o %T 2>/dev/null)" = idle ]
}

start() {
	configure
	daemon munged munged --foreground --key-file="$work/munge.key" --socket="$work/munge.socket" \
		--pid-file="$work/munged.pid" --log-file="$work/munged.out" --seed-file="$work/munged.seed"
	until_true 10 test -S "$work/munge.socket" || give_up "munged does not start"
	daemon slurmctld slurmctld -D -c
	daemon slurmd slurmd -D
	until_true 60 is_idle || give_up "the node does not become idle"
}

# ---- the sweep ----

specify() {
	cat >"$work/spec.json" <<'END'
{
 "generated": {"faults": "1500K", "seed": 7, "footprint": "256M", "host-unmap-every": "20K"},
 "host_granule": ["4K", "64K"],
 "leaves": [{"name": "pages", "page": 100}, {"name": "mixed", "page": 60, "contig": 15, "block": 25}],
 "policies": ["page", "kvm-7.3", "contig"],
 "invalidation": ["whole", "exact"]
}
END
}

# The process of the cell that is to be killed: there are its folder and its number in its words.
find_cell() {
	local at
	for at in $(grep -lzsxF -- "$out" /proc/[0-9]*/cmdline); do
		{ tr '\0' ' ' <"$at" | grep -q -- "--cell $killed "; } 2>/dev/null || continue
		victim=$(cut -d/ -f3 <<<"$at")
		return 0
	done
	return 1
}

# submit: the exit status is that of the array
submit() {
	timeout 300 sbatch --wait "$work/job.sh" >>"$work/sbatch.log" 2>&1
}

identities() {
	stat -c '%n %i %Y' "$out"/cells/*.json
}

start
specify
cd "$work" || exit 1
"$nvsim" sweep spec.json -o "$out" --slurm >job.sh || give_up "no job file"

submit &
task=$!
until_true 120 find_cell || give_up "cell $killed does not start"
kill -KILL "$victim"
check "the cell was killed in the midst" 0 $?
wait $task
check "the array tells of it" 137 $?
check "one cell is missing" "$killed	$("$nvsim" sweep spec.json --list | sed -n "s/^$killed	//p")" \
	"$("$nvsim" sweep spec.json -o "$out" --merge 2>merge.log)"
check "which is no sweep yet" "nvsim: spec.json: 1 of 24 cells are missing" "$(cat merge.log)"
identities >before

submit
check "the array, submitted again" 0 $?
check "all cells are there" 24 "$(ls "$out/cells" | wc -l)"
check "only the missing one was computed" 1 "$(identities | grep -vxFf before | wc -l)"
"$nvsim" sweep spec.json -o "$out" --merge
check "they are merged" 0 $?
check "nothing else is left in the folders" "" "$(ls -A "$out/cells" "$out/traces" | grep -vE '^$|:$|\.(json|zst)$')"

timeout 300 "$nvsim" sweep spec.json -o local -q
check "the same without Slurm" 0 $?
cmp "$out/sweep.json" local/sweep.json
check "gives the same bytes" 0 $?
echo "1..$number"
exit $failed
