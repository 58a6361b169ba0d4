#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The image at EL2 comes up by each way of booting that there is, says where it is, and refuses
# what is no trace. TAP. Needs the image: make hwrun.
set -u
: "${NVSIM:=build/nvsim}"
nvsim=$(readlink -f "$NVSIM")
build=$(dirname "$nvsim")
image=$build/hwrun/nvsim-el2.img
elf=$build/hwrun/nvsim-el2.elf
here=$(dirname "$0")
sample=$here/../../traces/samples/thp-thp.zst
uboot=/usr/lib/u-boot/qemu_arm64/u-boot.bin
efi=/usr/share/qemu-efi-aarch64/QEMU_EFI.fd
number=0 failed=0 pid= efi_pids=()
out=$(mktemp -d)
trap 'kill $pid "${efi_pids[@]}" 2>/dev/null; rm -rf "$out"' EXIT

result() { # NAME STATUS
	number=$((number + 1))
	if [ "$2" = 0 ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		tr -d '\000\r\033' <"$out/log" | tail -n 12 | sed 's/^/# /'
		failed=1
	fi
}

skip() { # NAME WHY
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

for need in "$image:make hwrun has not been run" \
	"$(command -v qemu-system-aarch64 || echo /absent):qemu-system-aarch64 is not installed"; do
	if [ ! -e "${need%%:*}" ]; then
		skip "the image boots" "${need#*:}"
		echo "1..1"
		exit 0
	fi
done

# start SECONDS UNTIL ARGUMENTS...: runs an emulator until its console shows UNTIL, or so long.
start() {
	local limit=$1 until=$2 i
	shift 2
	: >"$out/log"
	# shellcheck disable=SC2086 # a list of options
	qemu-system-aarch64 -display none -monitor none -nodefaults ${serials:--serial stdio} "$@" \
		<"${input:-/dev/null}" >"$out/log" 2>&1 &
	pid=$!
	for ((i = 0; i < limit * 20; i++)); do
		grep -qaE "$until" "$out/log" && break
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	stopped=no
	for ((i = 0; i < 20; i++)); do
		kill -0 "$pid" 2>/dev/null || { stopped=yes && break; }
		sleep 0.05
	done
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	exit_status=$?
	pid=
}

# boots NAME FRAMES ARGUMENTS...: it ends, after all frames that match the words, and switches
# itself off unless $on is set.
boots() {
	local name=$1 frames=$2 frame status=0
	shift 2
	start "${limit:-10}" '~nv1 [0-9]+ end .*~[0-9a-f]{8}' "$@"
	while read -r frame; do
		grep -qaE "~nv1 [0-9]+ $frame" "$out/log" || status=1
	done <<<"$frames"
	[ "$stopped" = yes ] || [ -n "${on-}" ] || status=1
	result "$name" $status
}

# EDK2 takes its time: these run beside the others. LOG MACHINE
boot_efi() {
	timeout 60 qemu-system-aarch64 -display none -monitor none -nodefaults -serial stdio -M "$2" \
		-cpu max -m 1G -smp 2 -bios "$efi" -nic none -device virtio-blk-device,drive=d \
		-drive "file=fat:$out/esp,format=raw,readonly=on,if=none,id=d" </dev/null >"$out/$1" 2>&1 &
	efi_pids+=($!)
}
if [ -e "$efi" ]; then
	mkdir -p "$out/esp/EFI/BOOT"
	cp "$image" "$out/esp/EFI/BOOT/BOOTAA64.EFI"
	boot_efi tree virt,virtualization=on,acpi=off
	boot_efi acpi virt,virtualization=on
	boot_efi el1 virt
fi

none='refused why=there%20is%20no%20trace%20blob status=3 '
virt="-M virt,virtualization=on"
image_at_el2="hello .* boot=image el=2 .* model=linux,dummy-virt emulated=1 evidence=device%20tree.*
$none"

for cpu in max cortex-a53 cortex-a57 cortex-a72 cortex-a76 neoverse-n1; do
	for gic in 2 3; do
		boots "Image, $cpu, GICv$gic" "$image_at_el2" $virt,gic-version=$gic -cpu $cpu -kernel "$image"
	done
done
boots "all CPUs and most of the memory are found" "hello .* cpus=4 memory=21[0-9]{8} " \
	$virt -cpu max -smp 4 -m 2G -kernel "$image"
boots "Image, with an initrd" "$image_at_el2" $virt -cpu max -kernel "$image" -initrd "$image"
boots "Image, with a secure world" "$image_at_el2" $virt,secure=on -cpu max -kernel "$image"
clang=$build/hwrun-clang/nvsim-el2.img
if [ -e "$clang" ]; then
	boots "Image built by clang" "$image_at_el2" $virt -cpu cortex-a72 -kernel "$clang"
else
	skip "Image built by clang" "make hwrun-clang has not been run"
fi
boots "ELF file" "hello .* boot=elf el=2 .*
$none" $virt -cpu cortex-a53 -kernel "$elf"
on=yes boots "ELF file at EL3" "hello .* boot=elf\+el3 el=2 .*
$none" $virt,secure=on -cpu max -kernel "$elf"
on=yes boots "ELF file at EL3, where all CPUs begin at once" "hello .* boot=elf\+el3 el=2 .* cpus=2 .*
$none" $virt,secure=on -cpu max -smp 2 -kernel "$elf"
boots "EL1 is not enough" "hello .* boot=image el=1 .*
refused why=this%20needs%20EL2,%20and%20was%20started%20at%20EL1 status=4 " -M virt -cpu max -kernel "$image"

# ---- what boot promises to the run ----

if make --no-print-directory -s "O=$build" hwrun-probe >"$out/log" 2>&1; then
	boots "memory, other CPUs, and the report of an exception" \
		"probe heap=1 taking=1 others=3 text=%20-007\|0x1234\|end 
unexpected vector=4 esr=0x9600004[47] .* far=0x[0-9a-f]+ .*
regs x0=.* x30=.*
end status=4" $virt -cpu cortex-a72 -smp 4 -kernel "$build/hwrun/probe.img"
else
	result "the probe builds" 1
fi

# ---- U-Boot ----

# boot_uboot NAME COMMAND FRAMES: with COMMAND typed when its console takes it.
boot_uboot() {
	local keys i
	rm -f "$out/keys"
	mkfifo "$out/keys"
	: >"$out/log"
	(
		exec >"$out/keys"
		for ((i = 0; i < 100; i++)); do
			grep -qa 'Hit any key' "$out/log" && break
			sleep 0.05
		done
		echo
		sleep 0.2
		echo "$2"
		sleep 10
	) &
	keys=$!
	input=$out/keys limit=20 boots "$1" "$3" $virt -cpu cortex-a53 -m 1G \
		-bios "$uboot" -device "loader,file=$image,addr=0x42000000,force-raw=on"
	kill "$keys" 2>/dev/null
	wait "$keys" 2>/dev/null
}

# shellcheck disable=SC2016 # U-Boot's variables
if [ -e "$uboot" ]; then
	boot_uboot "U-Boot, booti" 'booti 0x42000000 - ${fdtcontroladdr}' "$image_at_el2"
	boot_uboot "U-Boot, bootefi" 'bootefi 0x42000000:100000 ${fdtcontroladdr}' \
		"${image_at_el2/boot=image/boot=efi}"
else
	skip "U-Boot" "u-boot-qemu is not installed"
fi

# ---- EFI ----

# booted_efi LOG NAME FRAMES: what was started above.
booted_efi() {
	local i frame status=0
	for ((i = 0; i < 800; i++)); do
		grep -qaE "$last" "$out/$1" && break
		sleep 0.05
	done
	while read -r frame; do
		grep -qaE "$frame" "$out/$1" || status=1
	done <<<"$3"
	cp "$out/$1" "$out/log"
	result "$2" $status
}

if [ -e "$efi" ]; then
	last='~nv1 [0-9]+ end .*~[0-9a-f]{8}'
	booted_efi tree "EFI, with a device tree" "~nv1 0 hello .* boot=efi el=2 .* cpus=2 .* emulated=1 .*
~nv1 1 $none"
	booted_efi acpi "EFI, with ACPI" "~nv1 0 hello .* boot=efi el=2 .* cpus=2 .* model=QEMU%20.* emulated=1 evidence=named:%20QEMU.*
~nv1 1 $none"
	last='started at EL1'
	booted_efi el1 "EFI at EL1 says that this is not enough" "nvsim: this needs EL2, and was started at EL1"
else
	skip "EFI" "qemu-efi-aarch64 is not installed"
fi

# ---- blobs ----

# put OFFSET BYTES: into the file blob.
put() {
	printf "$2" | dd "of=$out/blob" bs=1 "seek=$1" conv=notrunc status=none
}

# refuses WHY ADDRESS [WHERE]: the blob loaded at 0x50000000, and said to be at ADDRESS.
refuses() {
	local why=${1// /%20}

	boots "refused: $1${3:+ ($3)}" "refused why=${why//=/%3d} status=3 " $virt -cpu max -m 512M -kernel "$image" \
		-append "console=ttyAMA0 blob=$2" -device "loader,file=$out/blob,addr=0x50000000,force-raw=on"
}

if "$nvsim" hw pack --emulated --format blob -o "$out/good" "$sample" 2>"$out/log"; then
	cp "$out/good" "$out/blob"
	refuses "blob= is outside free memory" 0x9000000 "the console's registers"
	refuses "blob= is outside free memory" 0x40201000 "the image itself"
	refuses "blob= is outside free memory" 0xffffffffffffff00
	refuses "blob= is not the address of a trace blob" 0x50000004
	refuses "blob= is not the address of a trace blob" here
	refuses "there is no trace blob" 0x58000000
	put 1000 'damaged!'
	refuses "the trace blob is damaged" 0x50000000
	cp "$out/good" "$out/blob"
	put 8 '\002'
	refuses "the trace blob is of another version" 0x50000000
	cp "$out/good" "$out/blob"
	put 20 '\001'
	refuses "the trace blob is truncated, or larger than memory" 0x50000000
	cp "$out/good" "$out/blob"
	put 32 '\377\377\377\377\377\377\377\377'
	refuses "the trace blob has a trace beyond its end" 0x50000000
	# Status 4 or 3, by the frame and by the emulator's own.
	cp "$out/good" "$out/blob"
	if "$here/set_flags.py" "$out/blob" 2 2>"$out/log"; then
		serials="-serial none" boots "frames by semihosting" "hello .* boot=image el=2 .*
end status=" $virt -cpu max -m 512M -kernel "$image" -append blob=0x50000000 \
			-device "loader,file=$out/blob,addr=0x50000000,force-raw=on" \
			-semihosting-config enable=on,target=native
		grep -qa "~nv1 [0-9]* end status=$exit_status " "$out/log"
		result "the emulator ends with the run's status" $?
	else
		result "flags of a blob are set" 1
	fi
else
	result "a blob is packed" 1
fi

"$here/raspi_tree.py" "$out/raspi3b.dtb"
on=yes serials="-serial null -serial stdio" boots "a console behind a bus, and memory with holes" \
	"hello .* boot=image el=2 .* cpus=4 memory=988[0-9]{6} model=Raspberry%20Pi%203%20Model%20B emulated=1 evidence=the%20PMU%20lacks%20INST_RETIRED,.*
$none" -M raspi3b -dtb "$out/raspi3b.dtb" -kernel "$image"

# No device tree: console and memory are the blob's word, even where its trace is damaged.
if "$nvsim" hw pack --emulated --board raspi3b -o "$out/raspi3b.img" "$sample" 2>"$out/log"; then
	on=yes
	start 10 '~nv1 [0-9]+ (trace|refused) ' -M raspi3b -serial null -kernel "$out/raspi3b.img"
	grep -qaE '~nv1 0 hello .* boot=image el=2 .* memory=9[0-9]{8} model= emulated=1 ' "$out/log"
	result "raspi3b, which describes nothing" $?
	printf 'damaged!' | dd of="$out/raspi3b.img" bs=1 conv=notrunc status=none \
		"seek=$(($(stat -c %s "$out/raspi3b.img") - 65536))"
	boots "raspi3b, with a damaged trace" "refused why=the%20trace%20blob%20is%20damaged status=3 " \
		-M raspi3b -serial null -kernel "$out/raspi3b.img"
else
	result "an image for raspi3b is packed" 1
fi
echo "1..$number"
exit $failed
