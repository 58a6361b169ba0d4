#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Golden tests of the command line: golden/NAME has the script cmd and what it must give:
# stdout, stderr, status. A script that this machine cannot run prints "SKIP why". TAP on standard
# output.
#
#	NVSIM=build/nvsim tests/cli/test_golden.sh [NAME...]
#	NVSIM=build/nvsim tests/cli/test_golden.sh --update [NAME...]	then read the diff
set -u
update=no
if [ "${1-}" = --update ]; then
	update=yes
	shift
fi
here=$(cd "$(dirname "$0")" && pwd)
nvsim=$(readlink -f "${NVSIM:-$here/../../build/nvsim}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/data" "$work/run"
ln -s "$nvsim" "$work/bin/nvsim"
ln -s "$here/get.py" "$work/bin/get"
ln -s "$here/seal.py" "$work/bin/seal"
ln -s "$here/small-image.py" "$work/bin/small-image"
ln -s "$here/small-vmlinux.py" "$work/bin/small-vmlinux"
# Scripts that want it put this folder before the others.
mkdir "$work/emulator"
ln -s "$here/fake-qemu.sh" "$work/emulator/qemu-system-aarch64"
export EMULATOR=$work/emulator
PATH=$work/bin:$PATH

# What the scripts find in their folder.
inputs() (
	cd "$work/data" && cp "$here"/data/* . &&
		nvsim import -q -o recording.zst recording.txt &&
		sed 's/ phys=0x146600000 prot=0x10000000000000f/ phys=0x146600000 prot=0x10000000000000b/' recording.txt |
		nvsim import -q -o differs.zst - &&
		grep -E '^#|kvm_guest_fault|kvm_nested_eret|kvm_inject_nested' recording.txt |
		nvsim import -q -o partial.zst - &&
		nvsim gen -q -o gen.zst --faults 2000 --seed 1 --footprint 64M --vcpus 2 --guests 2 &&
		head -c $(($(stat -c %s gen.zst) * 2 / 3)) gen.zst >cut.zst &&
		cp gen.zst flip.zst && printf 'Z' | dd of=flip.zst bs=1 conv=notrunc status=none \
		seek=$(($(stat -c %s gen.zst) / 2)) &&
		consoles
)

# Consoles of boards that have run recording.zst with the handler that nvsim has.
consoles() {
	local context
	context=$(nvsim replay --json recording.zst |
		get context.handler_sha256 context.trace_sha256 context.trace_digest digest) &&
		tr -d '" ' <<<"$context" | sed 's/context.handler_sha256:/HANDLER=/
			s/context.trace_sha256:/SHA256=/
			s/context.trace_digest:/CONTENT=/
			s/^digest:/DIGEST=/' >values &&
		echo QUIRKS=0xb97bc5e >>values || return
	small-image "$(sed -n 's/^HANDLER=//p' values)" >image.elf || return
	local script
	for script in *.console; do
		seal <"$script" >"${script%.console}.log" || return
	done
}

# run_case NAME: its output in $work/{stdout,stderr,status}.
run_case() {
	rm -rf "$work/run"
	cp -r "$work/data" "$work/run"
	(cd "$work/run" && timeout 60 bash "$here/golden/$1/cmd" >"$work/stdout" 2>"$work/stderr" </dev/null)
	echo $? >"$work/status"
}

compare() {
	local name=$1 f
	for f in stdout stderr status; do
		diff -u --label "$name/$f, wanted" --label "$name/$f, got" \
			"$here/golden/$name/$f" "$work/$f" || return 1
	done
}

inputs >"$work/log" 2>&1 || {
	sed 's/^/# /' "$work/log"
	echo "Bail out! the inputs cannot be made"
	exit 1
}
number=0 failed=0
[ $# -gt 0 ] || set -- "$here"/golden/*
echo "1..$#"
for name; do
	name=${name##*/}
	number=$((number + 1))
	if [ ! -f "$here/golden/$name/cmd" ]; then
		echo "not ok $number - $name: no such script"
		failed=1
		continue
	fi
	run_case "$name"
	if reason=$(grep '^SKIP ' "$work/stdout"); then
		echo "ok $number - $name # $reason"
		continue
	fi
	if [ $update = yes ]; then
		cp "$work/stdout" "$work/stderr" "$work/status" "$here/golden/$name/"
	fi
	if compare "$name" >"$work/log" 2>&1; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$work/log"
		failed=1
	fi
done
exit $failed
