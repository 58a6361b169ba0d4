#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What make install puts where: the command runs from there, pages are well formed and say what
# --help says, shells complete, and a program can be built with the library. TAP.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd)
nvsim=$(readlink -f "${NVSIM:-$here/build/nvsim}")
build=$(dirname "$nvsim")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
root=$work/root
number=0 failed=0

ok() {
	number=$((number + 1))
	echo "ok $number - $1"
}
not_ok() {
	number=$((number + 1)) failed=$((failed + 1))
	echo "not ok $number - $1"
	shift
	[ $# = 0 ] || printf '%s\n' "$@" | head -n 20 | sed 's/^/# /'
}
skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}
is() { # NAME GOT EXPECTED
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got: $2" "expected: $3"; fi
}
check() { # NAME COMMAND...: it succeeds
	local name=$1 said
	shift
	if said=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$said"; fi
}

# The programs are there: this builds no more than the pages.
check "make install" make -C "$here" -s O="$build" DESTDIR="$root" PREFIX=/usr install

# ---- the command ----

installed=$root/usr/bin/nvsim
samples=$root/usr/share/nvsim/samples
is "a sample replays as it does here" "$("$installed" replay --digest "$samples/thp-thp.zst")" \
	"$("$nvsim" replay --digest "$here/traces/samples/thp-thp.zst")"
is "boards are found" "$("$installed" hw run --list | wc -l)" "$("$nvsim" hw run --list | wc -l)"
is "nothing is writable by others" "$(find "$root" -perm /022 ! -type l)" ""
old=$(umask)
umask 077
"$installed" gen -q -o "$work/private.zst" --faults 10
umask "$old"
is "outputs honour umask" "$(stat -c %a "$work/private.zst")" 600

# ---- pages ----

pages=$root/usr/share/man/man1
commands=$("$nvsim" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
verbs=$("$nvsim" hw --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/hw-\1/p')
missing=
for command in $commands $verbs; do
	[ -e "$pages/nvsim-$command.1" ] || missing+=" $command"
done
is "each command has a page" "$missing" ""
missing=
for page in $(sed -n 's/^\.\(It \)\?Xr \(nvsim[a-z-]*\) 1.*/\2/p' "$pages"/*.1 | sort -u); do
	[ -e "$pages/$page.1" ] || missing+=" $page"
done
is "what pages lead to is there" "$missing" ""
if command -v mandoc >/dev/null; then
	is "pages are well formed" "$(mandoc -T lint -W warning "$pages"/*.1 2>&1)" ""
	missing=
	for command in $commands; do
		[ "$command" != hw ] || continue
		mandoc -T ascii "$pages/nvsim-$command.1" | col -b >"$work/page"
		for option in $("$nvsim" "$command" --help | grep -oE '^ {2,6}(-.,)? ?--[a-z0-9-]+' | grep -oE '\-\-[a-z0-9-]+'); do
			grep -qF -e "$option" "$work/page" || missing+=" $command $option"
		done
	done
	is "pages have every option that --help has" "$missing" ""
else
	skip "pages are well formed" "no mandoc"
fi

# ---- completion ----

cd "$here" || exit 1
# shellcheck source=/dev/null
. "$root/usr/share/bash-completion/completions/nvsim"
complete_bash() {
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	_nvsim
	echo "${COMPREPLY[*]}"
}
is "bash: commands" "$(complete_bash nvsim re)" "replay report record"
is "bash: options" "$(complete_bash nvsim replay --po)" "--policy"
is "bash: names of policies" "$(complete_bash nvsim compare -p rev)" "review-a1 review-a2"
is "bash: verbs" "$(complete_bash nvsim hw p)" "pack"
is "bash: options of a verb" "$(complete_bash nvsim hw collect --b)" "--baud"
is "bash: files" "$(complete_bash nvsim replay traces/samples/thp)" "traces/samples/thp-thp.zst"
is "bash: a value behind =" "$(complete_bash nvsim compare --policy = rev)" "review-a1 review-a2"
is "bash: a file behind =" "$(complete_bash nvsim replay --json = traces/samples/thp)" "traces/samples/thp-thp.zst"
is "bash: names of metrics" "$(complete_bash nvsim metrics walk)" "walk_depth"
is "bash: boards" "$(complete_bash nvsim hw run -q u)" "u-boot uefi"
is "bash: files behind a board" "$(complete_bash nvsim hw run uefi traces/samples/thp)" "traces/samples/thp-thp.zst"
is "bash: nothing where nothing can stand" "$(complete_bash nvsim gen traces/)" ""
if command -v fish >/dev/null; then
	complete_fish() {
		fish --no-config -c "source $root/usr/share/fish/vendor_completions.d/nvsim.fish
			complete -C '$1'" | cut -f1 | tr '\n' ' '
	}
	is "fish: commands" "$(complete_fish 'nvsim rep')" "replay report "
	is "fish: options" "$(complete_fish 'nvsim replay --po')" "--policy "
	is "fish: names of policies" "$(complete_fish 'nvsim replay --policy rev')" "review-a1 review-a2 "
	is "fish: verbs" "$(complete_fish 'nvsim hw p')" "pack "
	is "fish: files behind a verb" "$(complete_fish 'nvsim hw pack traces/samples/thp')" "traces/samples/thp-thp.zst "
	is "fish: boards" "$(complete_fish 'nvsim hw run u')" "uefi u-boot "
	is "fish: files behind a board" "$(complete_fish 'nvsim hw run uefi traces/samples/thp')" "traces/samples/thp-thp.zst "
else
	skip "fish completes" "no fish"
fi
if command -v zsh >/dev/null; then
	check "zsh: the function parses" zsh -n "$root/usr/share/zsh/site-functions/_nvsim"
	is "zsh: options are what _arguments takes" "$(zsh -f -c '
		fpath=('"$root"'/usr/share/zsh/site-functions $fpath)
		autoload -Uz compinit && compinit -u -d '"$work"'/dump
		zmodload zsh/zpty
		zpty shell "zsh -f -i"
		zpty -w shell "PS1=; fpath=('"$root"'/usr/share/zsh/site-functions \$fpath); autoload -Uz compinit; compinit -u -d '"$work"'/dump2; bindkey \"^I\" complete-word; cd '"$here"'"
		zpty -w -n shell "nvsim replay --poli"$'\''\t'\''
		sleep 2
		zpty -r -t shell out; while zpty -r -t shell more; do out+=$more; done
		zpty -d shell
		print -r -- "$out"' | grep -o -- '--policy' | head -n 1)" "--policy"
else
	skip "zsh completes" "no zsh"
fi

# ---- the library ----

export PKG_CONFIG_PATH=$root/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
echo '#include <s2.h>' >"$work/alone.c"
cp "$work/alone.c" "$work/alone.cc"
# shellcheck disable=SC2046 # flags
for compiler in "gcc -std=c11 -Wpedantic" "clang -std=c11 -Wpedantic" "g++ -std=c++11" "clang++ -std=c++11"; do
	file=$work/alone.c name="the header stands alone, with ${compiler%% *}"
	[[ $compiler != *++* ]] || file=$work/alone.cc
	if command -v "${compiler%% *}" >/dev/null; then
		# shellcheck disable=SC2086 # a command and its flags
		check "$name" $compiler -Wall -Wextra -Werror -fsyntax-only $(pkg-config --cflags nvs2) "$file"
	else
		skip "$name" "no ${compiler%% *}"
	fi
done
is "the library is of no one compiler" "$(objdump -h "$root/usr/lib/libnvs2.a" | grep -c 'gnu\.\(debug\)\?lto')" 0
expected='0x5000: mapped, 2097152 bytes to 0x800200000
0x200000: injected, ESR 0x93c08006
TLB: 1073741824 bytes at 0x0
TLB: 1099511627776 bytes at 0x0
0x5000 is gone'
for cc in gcc clang; do
	command -v $cc >/dev/null || {
		skip "the example with $cc" "no $cc"
		continue
	}
	if grep -q __asan_init "$nvsim"; then
		skip "the example with $cc" "the library has a sanitizer in it"
		continue
	fi
	# shellcheck disable=SC2046 # flags
	check "the example builds with $cc" $cc -std=c11 -Wall -Wextra -Werror -o "$work/example" \
		"$root/usr/share/doc/libnvs2-dev/examples/hypervisor.c" $(pkg-config --cflags --libs nvs2)
	is "the example runs, built with $cc" "$("$work/example" 2>&1)" "$expected"
done
is "pkg-config knows the version" "$(pkg-config --modversion nvs2)" "$("$nvsim" --version | cut -d' ' -f2 | sed 's/-rc/~rc/')"

echo "1..$number"
[ $failed = 0 ]
