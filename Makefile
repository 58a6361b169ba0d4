# SPDX-License-Identifier: GPL-2.0-only
# nvsim: build, run, test, install. `make help` lists the targets.

CC ?= gcc
AR ?= ar
PKG_CONFIG ?= pkg-config
CROSS_CC ?= aarch64-linux-gnu-gcc
PREFIX ?= /usr/local
DESTDIR ?=
O ?= build

VERSION := 0.1.0
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
CSTD := -std=c11 -D_GNU_SOURCE
DEPS := -MMD -MP

# The arrows of the architecture are include paths: a folder sees only those named here.
INC_s2 := -Isim/s2
INC_traces := -Itraces
INC_replay := -Isim/replay -Isim/s2 -Itraces
INC_cli := -Isim/cli -Isim/replay -Isim/s2 -Itraces -I$(O)
INC_tests := -Itests -Isim/replay -Isim/s2 -Itraces
FLAGS_s2 := -ffreestanding -fno-builtin -Wconversion

PKGS := libzstd jansson
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)
ifeq ($(shell $(PKG_CONFIG) --exists libtracecmd libtraceevent libtracefs 2>/dev/null && echo yes),yes)
TRACECMD_CFLAGS := -DHAVE_TRACECMD $(shell $(PKG_CONFIG) --cflags libtracecmd libtraceevent libtracefs)
PKG_LIBS += $(shell $(PKG_CONFIG) --libs libtracecmd libtraceevent libtracefs)
endif

SRC_s2 := $(wildcard sim/s2/*.c)
SRC_traces := $(wildcard traces/*.c traces/*/*.c)
SRC_replay := $(wildcard sim/replay/*.c)
SRC_cli := $(wildcard sim/cli/*.c)
obj = $(patsubst %.c,$(O)/%.o,$(1))
LIBS := $(O)/libreplay.a $(O)/libtraces.a $(O)/libs2.a
LDLIBS := $(PKG_LIBS) -lpthread -lm

.PHONY: all
all: $(O)/nvsim

$(O)/nvsim: $(call obj,$(SRC_cli)) $(LIBS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

define library
$(O)/lib$(1).a: $(call obj,$(SRC_$(1)))
	@rm -f $$@
	$(AR) rcs $$@ $$^
endef
$(foreach l,s2 traces replay,$(eval $(call library,$(l))))

$(O)/sim/s2/%.o: sim/s2/%.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(CFLAGS) $(WARN) $(FLAGS_s2) $(INC_s2) $(DEPS) -c -o $@ $<
$(O)/traces/%.o: traces/%.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(CFLAGS) $(WARN) $(INC_traces) $(PKG_CFLAGS) $(TRACECMD_CFLAGS) $(DEPS) -c -o $@ $<
$(O)/sim/replay/%.o: sim/replay/%.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(CFLAGS) $(WARN) $(INC_replay) $(PKG_CFLAGS) $(DEPS) -c -o $@ $<
$(O)/sim/cli/%.o: sim/cli/%.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(CFLAGS) $(WARN) $(INC_cli) $(PKG_CFLAGS) $(DEPS) -c -o $@ $<

# Tests: every tests/**/test_*.c is one program of its own.
TESTS := $(patsubst %.c,$(O)/%,$(wildcard tests/*/test_*.c))
$(O)/tests/%: tests/%.c $(LIBS)
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(CFLAGS) $(WARN) $(INC_tests) $(PKG_CFLAGS) $(DEPS) -o $@ $< $(LIBS) $(LDLIBS) -lcmocka

.PHONY: tests
tests: $(TESTS)

.PHONY: clean
clean:
	rm -rf $(O)

-include $(shell find $(O) -name '*.d' 2>/dev/null)
