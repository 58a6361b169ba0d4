# SPDX-License-Identifier: GPL-2.0-only
# nvsim: build, run, test, install. `make help` lists the targets.

# make has a default of its own for CC.
ifeq ($(origin CC),default)
CC := gcc
endif
AR ?= ar
STRIP ?= strip
CLANG ?= clang
CLANG_FORMAT ?= clang-format
PKG_CONFIG ?= pkg-config
CROSS_CC ?= aarch64-linux-gnu-gcc
CROSS_OBJCOPY ?= aarch64-linux-gnu-objcopy
PREFIX ?= /usr/local
DESTDIR ?=
O ?= build
LIBPERF ?= build/record/host
JOBS ?= $(shell nproc 2>/dev/null || echo 1)

VERSION := 1.0.0-rc1
RELEASED := December 1, 2026
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
CSTD := -std=c11 -D_GNU_SOURCE
DEPS := -MMD -MP
ASAN_FLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer

# The replay's hot path runs through three folders: gcc sees it whole when it links the command. It is
# scalar code, which vectorised stores of small structures only slow down. Test programs link the
# same objects as they are.
ifeq ($(origin CFLAGS)-$(findstring Free Software,$(shell $(CC) --version 2>/dev/null)),file-Free Software)
LTO := -flto=auto
HOT := $(LTO) -ffat-lto-objects -fno-tree-slp-vectorize
endif

# V=1 shows whole commands.
ifeq ($(V),1)
say = @:
Q :=
else
say = @printf '  %-5s %s\n'
Q := @
endif

# The arrows of the architecture are include paths: a folder sees only those named here.
INC_s2 := -Isim/s2
INC_traces := -Itraces
# The checker shares no line with the handler: it does not even see its headers.
INC_check := -Isim/check -Isim/replay -Itraces
INC_replay := -Isim/replay -Isim/check -Isim/s2 -Itraces
INC_wire := -Ihwrun/wire -Itraces
INC_hwhost := -Ihwrun/host -Ihwrun/wire -Isim/replay -Isim/check -Isim/s2 -Itraces
INC_record := -Ihwrun/record -Itraces
INC_sweep := -Isim/sweep -Isim/replay -Isim/check -Isim/s2 -Itraces
INC_plot := -Isim/plot -Isim/replay -Isim/s2 -Itraces
INC_cli := -Isim/cli -Ibench -Isim/page -Isim/sweep -Isim/plot -Ihwrun/host -Ihwrun/record -Ihwrun/wire -Isim/replay -Isim/check -Isim/s2 -Itraces -I$(O)
INC_manual := -Isim/manual $(INC_cli)
INC_tests := -Itests -Ibench -Isim/page -Isim/sweep -Isim/plot -Ihwrun/host -Ihwrun/record -Ihwrun/wire -Isim/replay -Isim/check -Isim/s2 -Itraces
INC_page := -Isim/page -Isim/replay -Isim/check -Isim/s2 -Itraces
INC_bench := -Ibench -Isim/replay -Isim/check -Isim/s2 -Itraces
FLAGS_s2 := -ffreestanding -fno-builtin -Wconversion

# Evaluated anew by each make: run and check install what is missing, and then call make again.
PKGS := libzstd jansson libelf
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)
# libtracecmd reads trace-cmd files; libtraceevent is enough for perf.data.
ifeq ($(shell $(PKG_CONFIG) --exists libtracecmd libtraceevent libtracefs 2>/dev/null && echo yes),yes)
TRACECMD_PKGS := libtracecmd libtraceevent libtracefs
TRACECMD_CFLAGS := -DHAVE_TRACECMD -DHAVE_TRACEEVENT
else ifeq ($(shell $(PKG_CONFIG) --exists libtraceevent 2>/dev/null && echo yes),yes)
TRACECMD_PKGS := libtraceevent
TRACECMD_CFLAGS := -DHAVE_TRACEEVENT
endif
ifneq ($(TRACECMD_PKGS),)
TRACECMD_CFLAGS += $(shell $(PKG_CONFIG) --cflags $(TRACECMD_PKGS))
PKG_LIBS += $(shell $(PKG_CONFIG) --libs $(TRACECMD_PKGS))
endif

# Ring buffers of the kernel, for nvsim record: a distribution's libperf, or what setup has built.
ifeq ($(shell $(PKG_CONFIG) --exists libtraceevent libtracefs 2>/dev/null && echo yes),yes)
RECORD_CFLAGS := -DHAVE_TRACEFS $(shell $(PKG_CONFIG) --cflags libtraceevent libtracefs)
RECORD_LIBS := $(shell $(PKG_CONFIG) --libs libtracefs libtraceevent)
ifneq ($(wildcard $(LIBPERF)/lib/libperf.a),)
RECORD_CFLAGS += -DHAVE_LIBPERF -isystem $(LIBPERF)/include
RECORD_LIBS := $(LIBPERF)/lib/libperf.a $(LIBPERF)/lib/libapi.a $(RECORD_LIBS)
else ifeq ($(shell $(PKG_CONFIG) --exists libperf 2>/dev/null && echo yes),yes)
RECORD_CFLAGS += -DHAVE_LIBPERF $(shell $(PKG_CONFIG) --cflags libperf)
RECORD_LIBS := $(shell $(PKG_CONFIG) --libs libperf) $(RECORD_LIBS)
endif
endif

SRC_s2 := $(wildcard sim/s2/*.c)
SRC_traces := $(wildcard traces/*.c traces/*/*.c)
SRC_check := $(wildcard sim/check/*.c)
SRC_replay := $(wildcard sim/replay/*.c)
SRC_sweep := $(wildcard sim/sweep/*.c)
SRC_plot := $(wildcard sim/plot/*.c)
SRC_page := $(wildcard sim/page/*.c)
SRC_cli := $(wildcard sim/cli/*.c)
SRC_wire := $(wildcard hwrun/wire/*.c)
SRC_hwhost := $(wildcard hwrun/host/*.c)
SRC_record := $(wildcard hwrun/record/*.c)
SRC_bench := $(wildcard bench/*.c)
obj = $(patsubst %.c,$(O)/%.o,$(1))
# Objects of sources that the build makes.
MADE_plot := $(O)/sim/plot/scripts.o
LIBS := $(O)/libbench.a $(O)/libpage.a $(O)/libplot.a $(O)/libsweep.a $(O)/librecord.a $(O)/libhwhost.a $(O)/libwire.a $(O)/libreplay.a $(O)/libcheck.a $(O)/libreplay.a $(O)/libtraces.a $(O)/libs2.a
MADE_page := $(O)/sim/page/css.o
LDLIBS := $(RECORD_LIBS) $(PKG_LIBS) -lpthread -lm

# The command finds boards, and the image, in the folder hwrun beside it.
BOARDS := $(patsubst %,$(O)/%,$(wildcard hwrun/boards/*.board))

# And what it measures itself on in the folder bench/data.
BENCH_DATA := $(patsubst %,$(O)/bench/data/%,$(notdir $(wildcard bench/data/*.json bench/data/*.dat) \
	traces/samples/demand-scattered.zst tests/import/data/thp-thp.dat tests/import/data/thp-thp.txt.zst))

.PHONY: all
all: $(O)/nvsim $(BOARDS) $(BENCH_DATA)

copy = @mkdir -p $(@D) && cp $< $@
$(BOARDS): $(O)/%: %
	$(copy)
$(O)/bench/data/%: bench/data/%
	$(copy)
$(O)/bench/data/%: traces/samples/%
	$(copy)
$(O)/bench/data/%: tests/import/data/%
	$(copy)

$(O)/nvsim: $(call obj,$(SRC_cli)) $(LIBS)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(LTO) $(LDFLAGS) -o $@ $+ $(LDLIBS)

define library
$(O)/lib$(1).a: $(call obj,$(SRC_$(1))) $(MADE_$(1))
	$$(say) AR $$@
	@rm -f $$@
	$$(Q)$(AR) rcs $$@ $$^
endef
$(foreach l,s2 traces check replay wire hwhost record sweep plot page bench,$(eval $(call library,$(l))))

compile = $(Q)mkdir -p $(@D) && $(CC) $(CSTD) $(CFLAGS) $(WARN) $(1) $(DEPS) -c -o $@ $<
$(O)/sim/s2/%.o: sim/s2/%.c
	$(say) CC $<
	$(call compile,$(HOT) $(FLAGS_s2) $(INC_s2))
$(O)/traces/%.o: traces/%.c | libraries
	$(say) CC $<
	$(call compile,$(INC_traces) $(PKG_CFLAGS) $(TRACECMD_CFLAGS))
$(O)/sim/check/%.o: sim/check/%.c
	$(say) CC $<
	$(call compile,$(HOT) $(INC_check))
$(O)/sim/replay/%.o: sim/replay/%.c | libraries
	$(say) CC $<
	$(call compile,$(HOT) $(INC_replay) $(PKG_CFLAGS))
$(O)/hwrun/wire/%.o: hwrun/wire/%.c
	$(say) CC $<
	$(call compile,$(INC_wire))
$(O)/hwrun/host/%.o: hwrun/host/%.c | libraries
	$(say) CC $<
	$(call compile,$(INC_hwhost) $(PKG_CFLAGS))
$(O)/hwrun/record/%.o: hwrun/record/%.c $(O)/record.flags | libraries
	$(say) CC $<
	$(call compile,$(INC_record) $(PKG_CFLAGS) $(RECORD_CFLAGS))
$(O)/sim/sweep/%.o: sim/sweep/%.c | libraries
	$(say) CC $<
	$(call compile,$(INC_sweep) $(PKG_CFLAGS))
$(O)/sim/plot/%.o: sim/plot/%.c | libraries
	$(say) CC $<
	$(call compile,$(INC_plot) $(PKG_CFLAGS))
$(O)/sim/plot/scripts.c: scripts/embed $(wildcard scripts/plot/*.gp)
	@mkdir -p $(@D)
	@scripts/embed $(wildcard scripts/plot/*.gp) >$@
$(O)/sim/plot/scripts.o: $(O)/sim/plot/scripts.c
	$(call compile,$(INC_plot) $(PKG_CFLAGS))
$(O)/sim/page/%.o: sim/page/%.c | libraries
	$(say) CC $<
	$(call compile,$(INC_page) $(PKG_CFLAGS))
$(O)/sim/page/css.c: sim/page/page.css
	@mkdir -p $(@D)
	@{ printf '#include "html.h"\nconst char page_css[] =\n'; \
		sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $<; echo ';'; } >$@
$(O)/sim/page/css.o: $(O)/sim/page/css.c
	$(call compile,$(INC_page))
$(O)/bench/%.o: bench/%.c $(O)/record.flags | libraries
	$(say) CC $<
	$(call compile,$(INC_bench) $(PKG_CFLAGS) $(TRACECMD_CFLAGS) $(RECORD_CFLAGS))
$(O)/sim/cli/%.o: sim/cli/%.c | libraries
	$(say) CC $<
	$(call compile,$(HOT) $(INC_cli) $(PKG_CFLAGS))

.PHONY: libraries
libraries:
	@$(PKG_CONFIG) --exists $(PKGS) || \
		{ echo "nvsim: $(PKGS): development files are missing; scripts/setup build installs them" >&2; exit 1; }

# Commands as functions, for programs that bring a main of their own.
$(O)/libcli.a: $(filter-out $(O)/sim/cli/main.o,$(call obj,$(SRC_cli)))
	$(say) AR $@
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

# Manual pages and completions: made of the tables by a program, which install runs.
$(O)/sim/manual/%.o: sim/manual/%.c | libraries
	$(say) CC $<
	$(call compile,$(INC_manual) $(PKG_CFLAGS))
$(O)/nvsim-manual: $(call obj,$(wildcard sim/manual/*.c)) $(O)/libcli.a $(LIBS)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(LTO) $(LDFLAGS) -o $@ $+ $(LDLIBS)
$(O)/share: $(O)/nvsim-manual $(BOARDS)
	@rm -rf $@
	@$< $@ '$(RELEASED)'

# Rewritten when what it tells has changed, and only then.
$(O)/build-info.h: FORCE
	@mkdir -p $(@D)
	@scripts/build-info $(VERSION) "$(CC)" > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(O)/sim/cli/build.o: $(O)/build-info.h
# Whether there is a libperf changes with scripts/setup record.
$(O)/record.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(RECORD_CFLAGS)' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
.PHONY: FORCE
FORCE:

# ---- run ----

.PHONY: run
run: ## install what is missing, build, and replay a sample
	@scripts/setup build
	@$(MAKE) --no-print-directory -j$(JOBS) $(O)/nvsim
	$(O)/nvsim replay $(SAMPLE)
SAMPLE ?= traces/samples/thp-thp.zst

# ---- tests: every tests/*/test_*.c is one program of its own ----

TESTS := $(patsubst %.c,$(O)/%,$(wildcard tests/*/test_*.c))
# They have no subject without the libraries, and make a perf.data of a trace-cmd file.
$(O)/tests/import/test_perf $(O)/tests/import/test_perf_damage: private PKG_CFLAGS += $(TRACECMD_CFLAGS)
$(O)/tests/%: tests/%.c $(LIBS)
	$(say) TEST $@
	$(Q)mkdir -p $(@D) && $(CC) $(CSTD) $(CFLAGS) $(WARN) $(INC_tests) $(PKG_CFLAGS) $(DEPS) \
		$(LDFLAGS) -o $@ $< $(LIBS) $(LDLIBS) -lcmocka

.PHONY: tests check check-full
tests: $(TESTS) $(O)/share ## build the test programs
check: ## install what tests need, and run them all; the last line has the totals
	@scripts/setup build test
	@scripts/check "$(MAKE)" $(O) $(JOBS)
check-full: check ## the same, once more under sanitizers and valgrind, coverage, mutants, and all at EL2
	@ASAN_FLAGS="$(ASAN_FLAGS)" scripts/check-full "$(MAKE)" $(O) $(JOBS)

.PHONY: slurm
slurm: $(O)/nvsim ## run a sweep through a Slurm of one node, with daemons of its own
	@scripts/setup slurm; status=$$?; [ $$status != 5 ] || \
		{ echo "skip  a sweep through Slurm: it cannot be installed"; exit 0; }; \
	[ $$status = 0 ] && { NVSIM=$(O)/nvsim tests/sweep/slurm.sh || [ $$? = 77 ]; }

.PHONY: endurance
endurance: $(O)/nvsim ## replay a billion accesses through a pipe: memory and speed stay as they are
	@NVSIM=$(O)/nvsim tests/replay/endurance.py

.PHONY: matrix
matrix: all hwrun ## run the image for EL2 in QEMU: every policy, sample, board and CPU; then its costs
	@NVSIM=$(O)/nvsim tests/hwrun/test_matrix.py --full
	@$(O)/nvsim bench --check el2

.PHONY: mutants
mutants: $(O)/tests/corpus/test_corpus ## disable rules of the checker, plant faults in the handler: each is noticed
	@$< --kill
	@PYTHONDONTWRITEBYTECODE=1 tests/mutants/run "$(MAKE)" $(JOBS)

COVERED := $(O)/coverage
COVERED_TESTS := $(patsubst %.c,$(COVERED)/%,$(wildcard tests/s2/test_*.c tests/replay/test_*.c tests/corpus/test_*.c))
.PHONY: coverage
coverage: ## what of the handler tests run; fails where they miss what is not in tests/s2/uncovered.txt
	@$(MAKE) --no-print-directory -s O=$(COVERED) CC=gcc CFLAGS='-O1 -g' LDFLAGS=--coverage \
		FLAGS_s2='$(FLAGS_s2) -O0 --coverage -fprofile-update=atomic' \
		$(COVERED)/nvsim $(COVERED_TESTS) >/dev/null
	@tests/s2/coverage.py $(COVERED)

.PHONY: corpus
corpus: $(O)/tests/corpus/make ## write the traces of tests/corpus anew; then read the diff
	$< tests/corpus

# ---- fuzzing: a target is tests/fuzz/fuzz_NAME.c; rerun_NAME gives it its corpus ----

FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
INC_fuzz := -Itests/fuzz -Isim/cli $(INC_tests) -I$(O)
compile_fuzz = $(Q)mkdir -p $(@D) && $(CC) $(CSTD) $(CFLAGS) $(WARN) $(INC_fuzz) $(PKG_CFLAGS) \
	$(TRACECMD_CFLAGS) $(DEPS) $(1) -o $@ $(filter tests/fuzz/%.c,$^) $(O)/libcli.a $(LIBS) $(LDLIBS)
$(O)/tests/fuzz/rerun_%: tests/fuzz/fuzz_%.c tests/fuzz/rerun.c $(O)/libcli.a $(LIBS)
	$(say) TEST $@
	$(call compile_fuzz,-DFUZZ_NAME='"$*"')
$(O)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(O)/libcli.a $(LIBS)
	$(say) FUZZ $@
	$(call compile_fuzz,-fsanitize=fuzzer -DFUZZ_COVERAGE)

.PHONY: fuzz fuzzers
T ?= $(FUZZ)
S ?= 60
fuzz: ## let clang's libFuzzer make up inputs: T=target... (all) for S=60 seconds each
	@scripts/setup build fuzz
	@$(MAKE) --no-print-directory -j$(JOBS) O=$(O)/fuzz CC=$(CLANG) CFLAGS="$(FUZZ_FLAGS)" T="$(T)" fuzzers
	@tests/fuzz/run $(O)/fuzz $(S) $(T)
fuzzers: $(T:%=$(O)/tests/fuzz/fuzz_%)
FUZZ_FLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer

# Those that feed damaged or made-up input are run under the sanitizers by check, too.
HOSTILE := tests/traces/test_damage tests/import/test_import tests/import/test_perf \
	tests/import/test_perf_damage tests/replay/test_vectors \
	tests/s2/test_model tests/hwrun/test_frame tests/hwrun/test_collect tests/hwrun/test_pack \
	tests/hwrun/test_board tests/record/test_btf tests/replay/test_symbols tests/import/test_core \
	tests/import/test_history tests/import/test_ptdump tests/plot/test_hostile \
	tests/page/test_html tests/page/test_heat tests/page/test_page tests/sweep/test_spec \
	$(FUZZ:%=tests/fuzz/rerun_%)
export HOSTILE
.PHONY: hostile
hostile: ## build the tests with hostile input under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory O=$(O)/asan CFLAGS="$(ASAN_FLAGS)" \
		$(HOSTILE:%=$(O)/asan/%)

.PHONY: tsan
tsan: ## build what has threads, by gcc, with ThreadSanitizer in $(O)/tsan
	@$(MAKE) --no-print-directory O=$(O)/tsan CC=gcc CFLAGS="-O1 -g -fsanitize=thread" \
		$(patsubst %,$(O)/tsan/%,nvsim tests/replay/test_stream tests/replay/test_compare \
		tests/traces/test_writer tests/traces/test_roundtrip)

.PHONY: asan
asan: ## build with AddressSanitizer and UBSan in $(O)/asan
	@$(MAKE) --no-print-directory O=$(O)/asan CFLAGS="$(ASAN_FLAGS)"

# The handler sees the freestanding headers of the compiler and nothing else, needs of a linker no
# more than the four functions that compilers themselves call, and has no state of its own.
FREESTANDING_KINDS := gcc-host gcc-arm64 clang-host clang-arm64
CC_gcc-host := $(CC)
CC_gcc-arm64 := $(CROSS_CC) -mgeneral-regs-only
CC_clang-host := $(CLANG)
CC_clang-arm64 := $(CLANG) --target=aarch64-linux-gnu -mgeneral-regs-only
LD_gcc-host := ld
LD_gcc-arm64 := aarch64-linux-gnu-ld
LD_clang-host := ld
LD_clang-arm64 := aarch64-linux-gnu-ld
own_headers = -isystem $(shell $(1) -print-file-name=include)
define freestanding_kind
$(O)/freestanding/$(1)/%.o: sim/s2/%.c $(wildcard sim/s2/*.h)
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$(1)) $(CSTD) -O2 $(WARN) $(FLAGS_s2) $(INC_s2) -nostdlib -nostdinc \
		$$(call own_headers,$$(firstword $$(CC_$(1)))) -c -o $$@ $$<
$(O)/freestanding/$(1).o: $(patsubst sim/s2/%.c,$(O)/freestanding/$(1)/%.o,$(SRC_s2))
	$$(Q)$$(LD_$(1)) -r -o $$@ $$^
	@nm -u $$@ | awk '$$$$2 !~ /^mem(cpy|set|move|cmp)$$$$/ { \
		print "$(1): undefined symbol " $$$$2; bad = 1 } END { exit bad }'
	@size -A $$@ | awk '$$$$1 ~ /^\.(data|bss|tdata|tbss)(\.|$$$$)/ && $$$$1 !~ /\.rel\.ro/ && $$$$2 { \
		print "$(1): " $$$$2 " bytes in " $$$$1; bad = 1 } END { exit bad }'
endef
$(foreach k,$(FREESTANDING_KINDS),$(eval $(call freestanding_kind,$(k))))
.DELETE_ON_ERROR:
.PHONY: independent
independent: $(O)/libcheck.a ## fail where the checker calls anything of the handler
	@nm -u $< | awk '$$2 ~ /^s2_/ { print "libcheck.a: " $$2; bad = 1 } END { exit bad }'
.PHONY: freestanding warnings format format-check
freestanding: $(FREESTANDING_KINDS:%=$(O)/freestanding/%.o) ## link the handler alone, for two architectures

CLANG_CHECK := $(CLANG) $(CSTD) $(WARN) -fsyntax-only
warnings: $(O)/build-info.h ## compile everything with clang's warnings
	$(CLANG_CHECK) $(FLAGS_s2) $(INC_s2) $(SRC_s2)
	$(CLANG_CHECK) $(INC_traces) $(PKG_CFLAGS) $(TRACECMD_CFLAGS) $(SRC_traces)
	$(CLANG_CHECK) $(INC_check) $(SRC_check)
	$(CLANG_CHECK) $(INC_replay) $(PKG_CFLAGS) $(SRC_replay)
	$(CLANG_CHECK) $(INC_wire) $(SRC_wire)
	$(CLANG_CHECK) $(INC_hwhost) $(PKG_CFLAGS) $(SRC_hwhost)
	$(CLANG_CHECK) $(INC_record) $(PKG_CFLAGS) $(RECORD_CFLAGS) $(SRC_record)
	$(CLANG_CHECK) $(INC_sweep) $(PKG_CFLAGS) $(SRC_sweep)
	$(CLANG_CHECK) $(INC_plot) $(PKG_CFLAGS) $(SRC_plot)
	$(CLANG_CHECK) $(INC_page) $(PKG_CFLAGS) $(SRC_page)
	$(CLANG_CHECK) $(INC_bench) $(PKG_CFLAGS) $(TRACECMD_CFLAGS) $(RECORD_CFLAGS) $(SRC_bench)
	$(CLANG_CHECK) $(INC_cli) $(PKG_CFLAGS) $(SRC_cli)
	$(CLANG_CHECK) $(INC_manual) $(PKG_CFLAGS) $(wildcard sim/manual/*.c)

FORMATTED := $(wildcard sim/*/*.[ch] bench/*.[ch] hwrun/*/*.[ch] hwrun/*/*/*.[ch] traces/*.[ch] traces/*/*.[ch] tests/*/*.[ch])
format: ## bring every source into the layout of .clang-format
	$(CLANG_FORMAT) -i $(FORMATTED)
format-check: ## fail where that would change something
	@$(CLANG_FORMAT) --dry-run -Werror $(FORMATTED)

.PHONY: measuring bench results
measuring: # what measuring needs, and what is measured
	@scripts/setup build results
	@scripts/setup hwrun $(LIBFDT)
	@scripts/setup record || echo "  without libperf there are no counters"
	@$(MAKE) --no-print-directory -j$(JOBS) all hwrun
bench: measuring ## measure everything, against targets, zstd, trace-cmd and perf
	@$(O)/nvsim bench --full --check
results: measuring ## make the results in results/ anew, and their page
	@scripts/results $(O)/nvsim results

# ---- the image at EL2: the engine and the handler of above, a libc of its own, libfdt ----

HW_GCC := $(O)/hwrun
HW_CLANG := $(O)/hwrun-clang
LIBFDT := $(O)/libfdt
FLAGS_el2 := -O2 -g -ffreestanding -fbuiltin -fpie -fvisibility=hidden -fno-stack-protector \
	-fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
	-mgeneral-regs-only -mstrict-align -mno-outline-atomics -nostdinc $(EL2_EXTRA)
LINK_el2 := -nostdlib -pie -Wl,--no-dynamic-linker,-z,max-page-size=4096,-z,noexecstack,-z,norelro \
	-Wl,--gc-sections,--build-id=none,--fatal-warnings,-T,hwrun/el2/image.lds
INC_el2 := -Ihwrun/el2 -Ihwrun/wire -Isim/replay -Isim/check -Isim/s2 -Itraces
SRC_el2 := $(wildcard hwrun/el2/*.[cS] hwrun/el2/libc/*.c) $(SRC_wire) $(SRC_s2) $(SRC_check) \
	$(patsubst %,sim/replay/%.c,arena backing engine l1tables machine memory metrics names pages watch) \
	$(patsubst %,traces/%.c,block column decode flat ledger schema section sha256 xxh64)

CC_$(HW_GCC) := $(CROSS_CC)
LD_$(HW_GCC) := -Wl,--no-warn-rwx-segments
CC_$(HW_CLANG) := $(CLANG) --target=aarch64-linux-gnu
LD_$(HW_CLANG) := -fuse-ld=lld
el2_obj = $(patsubst %,$(1)/obj/%.o,$(basename $(SRC_el2)))

define el2_kind
$(1)/obj/sim/s2/%.o: sim/s2/%.c
	$$(say) EL2 $$<
	$$(call el2_compile,$(1),$(FLAGS_s2) $(INC_s2))
$(1)/obj/sim/check/%.o: sim/check/%.c
	$$(say) EL2 $$<
	$$(call el2_compile,$(1),$(INC_check))
$(1)/obj/hwrun/el2/libc/%.o: hwrun/el2/libc/%.c
	$$(say) EL2 $$<
	$$(call el2_compile,$(1),-fno-builtin $(INC_el2))
$(1)/obj/%.o: %.c
	$$(say) EL2 $$<
	$$(call el2_compile,$(1),$(INC_el2) -I$(1) -isystem $(LIBFDT)/usr/include)
$(1)/obj/%.o: %.S
	$$(say) EL2 $$<
	$$(call el2_compile,$(1),$(INC_el2))
$(call el2_obj,$(1)): | el2-tools
$(1)/obj/hwrun/el2/fdt.o: | $(LIBFDT)/usr
$(1)/obj/hwrun/el2/start.o $(1)/obj/hwrun/el2/note.o: $(1)/build-info.h
$(1)/build-info.h: FORCE
	@mkdir -p $$(@D)
	@scripts/build-info $(VERSION) "$(CC_$(1))" >$$@.new
	@cmp -s $$@.new $$@ && rm $$@.new || mv $$@.new $$@
$(1)/nvsim-el2.elf: $(call el2_obj,$(1)) hwrun/el2/image.lds
	$$(say) LINK $$@
	$$(Q)$(CC_$(1)) $(LINK_el2) $(LD_$(1)) -o $$@ $(call el2_obj,$(1)) \
		$(LIBFDT)/usr/lib/aarch64-linux-gnu/libfdt.a
$(1)/probe.elf: $(1)/obj/tests/hwrun/probe.o $(call el2_obj,$(1)) hwrun/el2/image.lds
	$$(say) LINK $$@
	$$(Q)$(CC_$(1)) $(LINK_el2) $(LD_$(1)) -o $$@ $$< \
		$(filter-out $(1)/obj/hwrun/el2/run.o,$(call el2_obj,$(1))) \
		$(LIBFDT)/usr/lib/aarch64-linux-gnu/libfdt.a
$(1)/%.img: $(1)/%.elf
	$$(Q)$(CROSS_OBJCOPY) -O binary $$< $$@
endef
el2_compile = $(Q)mkdir -p $(@D) && $(CC_$(1)) $(CSTD) $(FLAGS_el2) $(WARN) $(2) -isystem hwrun/el2/include \
	-isystem $(shell $(CC_$(1)) -print-file-name=include) $(DEPS) -c -o $@ $<
$(foreach k,$(HW_GCC) $(HW_CLANG),$(eval $(call el2_kind,$(k))))

# One clear line where the compiler is missing, or libfdt cannot be had.
.PHONY: el2-tools
el2-tools:
	@command -v $(CROSS_OBJCOPY) >/dev/null && command -v $(CROSS_CC) >/dev/null || \
		{ echo "nvsim: $(CROSS_CC) is missing; scripts/setup hwrun installs it" >&2; exit 1; }
$(LIBFDT)/usr: | el2-tools
	@scripts/setup hwrun $(LIBFDT)

.PHONY: hwrun hwrun-clang hwrun-probe
hwrun: $(HW_GCC)/nvsim-el2.img $(BOARDS) ## build the image at EL2, with gcc
hwrun-probe: $(HW_GCC)/probe.img # for tests/hwrun/test_boot.sh
hwrun-clang: $(HW_CLANG)/nvsim-el2.img ## the same with clang and lld

# ---- static analysis ----

# How sources are compiled is known from what make would do with clang.
ANALYZED := $(filter-out tests/%,$(wildcard sim/*/*.c traces/*.c traces/*/*.c bench/*.c hwrun/*/*.c hwrun/el2/libc/*.c))
CLANG_TIDY ?= clang-tidy
DEEP := -*,clang-analyzer-*,-clang-analyzer-optin.performance.Padding
DEEP := $(DEEP),-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling
# The analyzer mistakes a va_list where one process looks at several files.
tidy = printf '%s\n' $(ANALYZED) | xargs -P $(JOBS) -n $(1) $(CLANG_TIDY) --quiet -p $(O) --checks='$(2)' 2>/dev/null
# gcc 12 loses track of what is in arrays, and of structures that a function returns: clang's analyzer, the
# sanitizers and valgrind look for leaks and for what is not initialised.
ANALYZER := -O1 -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-use-of-uninitialized-value
.PHONY: analyze analyze-gcc analyze-cppcheck analyze-tidy analyze-clang
analyze: analyze-gcc analyze-cppcheck analyze-tidy analyze-clang ## look for faults in the sources, with four tools
$(O)/compile_commands.json: Makefile scripts/compile-commands $(ANALYZED) | $(O)/build-info.h $(HW_CLANG)/build-info.h $(LIBFDT)/usr
	@$(MAKE) --no-print-directory -nB V=1 CC=$(CLANG) all tests hwrun-clang 2>/dev/null | scripts/compile-commands $(O) >$@.new
	@mv $@.new $@
analyze-gcc: ## gcc's analyzer, on what is built for the host and for EL2
	@$(MAKE) --no-print-directory -k O=$(O)/analyzer CC=gcc CFLAGS='$(ANALYZER)' all
	@$(MAKE) --no-print-directory -k O=$(O)/analyzer LIBFDT=$(LIBFDT) EL2_EXTRA='$(ANALYZER)' hwrun
analyze-cppcheck: $(O)/compile_commands.json ## cppcheck
	@mkdir -p $(O)/cppcheck
	@cppcheck --project=$< -j $(JOBS) --quiet --error-exitcode=1 --inline-suppr --cppcheck-build-dir=$(O)/cppcheck \
		--enable=warning,performance,portability --library=scripts/cppcheck.cfg --suppressions-list=scripts/cppcheck.suppressions -i tests --template='{file}:{line}: {message} [{id}]' --template-location=''
analyze-tidy: $(O)/compile_commands.json ## clang-tidy, but for what takes minutes
	@$(call tidy,4,-clang-analyzer-*)
analyze-clang: $(O)/compile_commands.json ## clang's analyzer
	@$(call tidy,1,$(DEEP))

# ---- the command for an arm64 host, static, and the recorder's proof ----

ARM64 := build/arm64
RECORD := build/record
RECORD_PKG_CONFIG := env PKG_CONFIG_SYSROOT_DIR=$(RECORD)/sysroot \
	PKG_CONFIG_LIBDIR=$(RECORD)/sysroot/usr/lib/aarch64-linux-gnu/pkgconfig pkg-config --static
.PHONY: record-arm64 record-proof
record-arm64: ## build a static nvsim for an arm64 host in build/arm64
	@scripts/setup record-arm64 $(RECORD)
	@$(MAKE) --no-print-directory O=$(ARM64) CC=$(CROSS_CC) AR=aarch64-linux-gnu-ar \
		LDFLAGS='-static -Wl,--no-warnings' LIBPERF=$(RECORD)/arm64 PKG_CONFIG="$(RECORD_PKG_CONFIG)" $(ARM64)/nvsim
record-proof: $(O)/nvsim ## record on Debian's arm64 kernel in QEMU, and verify that
	@scripts/setup record-arm64 $(RECORD) && scripts/setup record-proof $(RECORD); status=$$?; \
	if [ $$status = 5 ]; then echo "skip  the recorder's proof: what it needs cannot be had"; exit 0; fi; \
	[ $$status = 0 ] && $(MAKE) --no-print-directory record-arm64 && \
		NVSIM=$(O)/nvsim PYTHONDONTWRITEBYTECODE=1 tests/record/live.py

# ---- the rest ----

# ---- install: the command with what it reads, pages and completions, and the handler as a library ----

# As in the sources, so that links lead somewhere.
INSTALLED_DOC := README.md LICENSE SECURITY.md CHANGELOG.md CONTRIBUTING.md $(wildcard doc/*.md doc/schema/*) \
	traces/FORMAT.md traces/samples/README.md hwrun/README.md bench/README.md
.PHONY: install install-nvsim install-libnvs2
install: install-nvsim install-libnvs2 ## install to $(DESTDIR)$(PREFIX)
install-nvsim: all $(O)/share
	install -Dm755 $(O)/nvsim $(DESTDIR)$(PREFIX)/bin/nvsim
	for page in $(INSTALLED_DOC); do install -Dm644 $$page $(DESTDIR)$(PREFIX)/share/doc/nvsim/$$page || exit; done
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/nvsim/samples traces/samples/*
	install -Dm644 -t $(DESTDIR)$(PREFIX)/lib/nvsim/hwrun/boards hwrun/boards/*.board
	install -Dm644 -t $(DESTDIR)$(PREFIX)/lib/nvsim/bench $(BENCH_DATA)
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man1 $(O)/share/man/man1/*
	cd $(O)/share && find bash-completion zsh fish -type f -exec install -Dm644 {} $(abspath $(DESTDIR)$(PREFIX))/share/{} \;
	[ ! -e $(HW_GCC)/nvsim-el2.elf ] || \
		install -Dm644 -t $(DESTDIR)$(PREFIX)/lib/nvsim/hwrun $(HW_GCC)/nvsim-el2.elf
LIBDIR ?= lib
install-libnvs2: $(O)/libs2.a $(O)/nvs2.pc
	install -Dm644 $(O)/libs2.a $(DESTDIR)$(PREFIX)/$(LIBDIR)/libnvs2.a
	@# What gcc left for a link of its own would bind users to its version.
	$(STRIP) -D -g -R '.gnu.lto_*' -R '.gnu.debuglto_*' $(DESTDIR)$(PREFIX)/$(LIBDIR)/libnvs2.a
	install -Dm644 sim/s2/s2.h $(DESTDIR)$(PREFIX)/include/nvs2/s2.h
	install -Dm644 $(O)/nvs2.pc $(DESTDIR)$(PREFIX)/$(LIBDIR)/pkgconfig/nvs2.pc
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/doc/libnvs2-dev/examples doc/examples/*
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/doc/libnvs2-dev doc/shadow-s2.md
$(O)/nvs2.pc: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '# SPDX-License-Identifier: GPL-2.0-only' 'prefix=$(PREFIX)' \
		'libdir=$${prefix}/$(LIBDIR)' 'includedir=$${prefix}/include/nvs2' '' 'Name: nvs2' \
		'Description: Shadow stage-2 fault handler for nested arm64 guests, freestanding' \
		'Version: $(subst -rc,~rc,$(VERSION))' 'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -lnvs2' >$@

.PHONY: deb
DEB := $(O)/deb
deb: ## build Debian packages of what is committed in $(O)/deb
	@scripts/setup build deb
	@rm -rf $(DEB) && mkdir -p $(DEB)/nvsim
	@git archive HEAD | tar -x -C $(DEB)/nvsim
	@cd $(DEB)/nvsim && dpkg-buildpackage -us -uc -b >../log 2>&1 || { tail -n 40 ../log; exit 1; }
	@cd $(DEB) && lintian --fail-on error,warning --info *.changes && ls *.deb

.PHONY: deb-check
deb-check: deb ## install the packages in a new Debian, and use them there
	@scripts/setup deb-check; status=$$?; [ $$status != 5 ] || \
		{ echo "skip  the packages in a new Debian: debootstrap cannot be had"; exit 0; }; \
	[ $$status = 0 ] && { tests/install/deb.sh $(DEB) || [ $$? = 77 ]; }

.PHONY: help
help: ## this text
	@echo 'Targets (variables: O, CC, CFLAGS, PREFIX, DESTDIR, JOBS, V=1):'
	@echo '  all           build $(O)/nvsim'
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/\1	\2/p' Makefile | \
		while IFS='	' read -r name what; do printf '  %-13s %s\n' "$$name" "$$what"; done

.PHONY: clean
clean: ## remove $(O)
	rm -rf $(O)

-include $(shell find $(O) -path $(O)/record -prune -o -type f -name '*.d' -print 2>/dev/null)
