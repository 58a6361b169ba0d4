#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# deb.sh FOLDER: installs the Debian packages of that folder in a new system of Debian's smallest
# size, and uses them there: a sample, a manual page, completion, the library. TAP; 77: skipped.
set -u
debs=$(readlink -f "$1")
[ "$(id -u)" = 0 ] || {
	echo "1..0 # SKIP a new system needs root"
	exit 77
}
command -v debootstrap >/dev/null || {
	echo "1..0 # SKIP no debootstrap"
	exit 77
}
root=$(mktemp -d) || exit 1
clean() {
	umount "$root/proc" "$root/debs" 2>/dev/null
	rm -rf --one-file-system "$root"
}
trap clean EXIT
# Where packages come from is this machine's business.
mirror=$(apt-get update --print-uris 2>/dev/null | sed -n "s|^'\(.*/debian\)/*/dists/.*|\1|p" | head -n 1)
suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror" >"$root.log" 2>&1 || {
	echo "1..0 # SKIP no new system can be made: $(tail -n 1 "$root.log")"
	rm -f "$root.log"
	exit 77
}
rm -f "$root.log"
rm -rf "$root/etc/apt"
cp -r /etc/apt "$root/etc/"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp /usr/local/share/ca-certificates/* "$root/usr/local/share/ca-certificates/" 2>/dev/null
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
mkdir -p "$root/debs" "$root/etc/dpkg/dpkg.cfg.d"
rm -f "$root"/etc/dpkg/dpkg.cfg.d/*
mount -t proc proc "$root/proc" && mount --bind "$debs" "$root/debs" || exit 1

number=0 failed=0
inside() {
	DEBIAN_FRONTEND=noninteractive chroot "$root" sh -c "$1" 2>&1 </dev/null
}
try() { # NAME PATTERN COMMAND: what it prints in there has the pattern, and it succeeds
	local said status
	said=$(inside "$3")
	status=$?
	number=$((number + 1))
	if [ $status = 0 ] && grep -q -- "$2" <<<"$said"; then
		echo "ok $number - $1"
	else
		failed=1
		echo "not ok $number - $1"
		tail -n 10 <<<"$said" | sed 's/^/# /'
	fi
}
try "both packages install" "" "apt-get -qq update; apt-get install -y -qq --no-install-recommends \
	/debs/nvsim_*.deb /debs/libnvs2-dev_*.deb man-db bash-completion gcc libc6-dev pkgconf"
try "it knows its version" "^nvsim 1" "nvsim --version"
try "a sample replays" "^policy  *kvm-7.3" "nvsim replay /usr/share/nvsim/samples/thp-thp.zst"
try "a sample verifies" "" "nvsim verify /usr/share/nvsim/samples/thp-thp.zst"
try "man shows a page" "what the handler does with a trace" "MANWIDTH=100 man nvsim-replay"
try "bash completes" "^replay report record\$" "bash -c '. /usr/share/bash-completion/bash_completion
	_completion_loader nvsim; COMP_WORDS=(nvsim re) COMP_CWORD=1; _nvsim; echo \${COMPREPLY[*]}'"
try "the example builds and runs" "^0x5000 is gone" "cc -o /tmp/example \
	/usr/share/doc/libnvs2-dev/examples/hypervisor.c \$(pkg-config --cflags --libs nvs2) && /tmp/example"
try "they go without a trace" "" "apt-get purge -y -qq nvsim libnvs2-dev && \
	! find / -xdev -path /proc -prune -o -path /debs -prune -o -name '*nvsim*' -print | grep ."
echo "1..$number"
[ $failed = 0 ]
