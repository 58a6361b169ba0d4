#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Packed, started and collected by hand, in each of the forms that pack writes: the decisions are
# those of replay here.
# TAP on standard output.
set -u
here=$(cd "$(dirname "$0")" && pwd)
nvsim=$(readlink -f "${NVSIM:-$here/../../build/nvsim}")
elf=$(dirname "$nvsim")/hwrun/nvsim-el2.elf
img=${elf%.elf}.img
trace=$here/../../traces/samples/thp-thp.zst

skip() {
	echo "1..0 # SKIP $*"
	exit 77
}
[ -e "$img" ] || skip "no image: make hwrun"
command -v qemu-system-aarch64 >/dev/null || skip "no qemu-system-aarch64"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# boot MACHINE ARGUMENT...: the console goes to the file console.
boot() {
	local machine=$1
	shift
	timeout 60 qemu-system-aarch64 -M "virt,gic-version=3$machine" -cpu max -m 2G -nodefaults \
		-display none -monitor none -serial stdio -no-reboot "$@" >console </dev/null
}

pack() {
	"$nvsim" hw pack "$trace" --mode replay --board qemu-virt "$@"
}

# The same decisions as on this host, and an end on its own.
decides_alike() {
	[ "$("$nvsim" hw collect console --json | sed -n 's/^ "digest": "\(.*\)",*/\1/p')" = "$digest" ]
}

booted_from() {
	grep -q "hello .* boot=$1 el=2 " console
}

an_image() {
	pack -o hw.img && boot ,virtualization=on -kernel hw.img && booted_from image && decides_alike
}

an_elf_file() {
	pack --format elf -o hw.elf && boot ,virtualization=on -kernel hw.elf && booted_from elf &&
		decides_alike
}

# A listener that comes late has what ran from the frames before the end.
without_its_head() {
	pack -o hw.img && boot ,virtualization=on -kernel hw.img || return
	sed -i '/~nv1 [0-2] /d' console && decides_alike
}

# Who is started at EL3 has no firmware below that could keep other CPUs, or switch the machine off.
an_elf_file_at_el3() {
	pack --format elf -o hw.elf || return
	boot ,virtualization=on,secure=on -smp 2 -kernel hw.elf -pidfile pid &
	local qemu=$! i
	for ((i = 0; i < 600; i++)); do
		grep -qs ' end status=.*~' console && break
		sleep 0.1
	done
	kill "$(cat pid)"
	wait $qemu
	booted_from elf+el3 && decides_alike
}

at_address() {
	boot ,virtualization=on -kernel "$img" -append "$2" \
		-device "loader,file=$1,addr=0x50000000,force-raw=on"
}

a_blob_at_an_address() {
	pack --format blob -o hw.blob && at_address hw.blob blob=0x50000000 && decides_alike
}

# Lines by the ten thousand, faster than they are read.
no_sample_is_lost() {
	"$nvsim" hw run qemu-virt "$here/../../traces/samples/l1-64k.zst" --mode replay --samples |
		grep -q '^frames  *[0-9,]* seen, none lost'
}

digest=$("$nvsim" replay --digest "$trace")
tests=(an_image an_elf_file an_elf_file_at_el3 without_its_head a_blob_at_an_address no_sample_is_lost)
number=0 failed=0
echo "1..${#tests[@]}"
for test in "${tests[@]}"; do
	number=$((number + 1))
	rm -f console
	if $test >log 2>&1; then
		echo "ok $number - $test"
	else
		echo "not ok $number - $test"
		tail -n 5 log console 2>/dev/null | cut -c -200 | sed 's/^/# /'
		failed=1
	fi
done
exit $failed
