# SPDX-License-Identifier: GPL-2.0-only
#
# The runtime for PV kernels. Included by the top Makefile, or by `make -f tools/guest/guest.mk O=<dir>`.
#
# In:  O (build folder), CC, LD, AR, GUEST_PUBLIC (folder that holds public/, default include).
# Out: GUEST_CFLAGS, GUEST_LIB, GUEST_LDS, GUEST_START (the usual start file), and
#      $(call guest-link,<objects>) for a recipe: $@ for the boot loader, $@-syms for gdb.

O ?= build
CC ?= gcc
LD ?= ld
AR ?= ar
OBJCOPY ?= objcopy
ifeq ($(flavor say),undefined)
say = @echo '  $(1) $(2)'
Q := @
endif
GUEST_DIR := tools/guest
GUEST_PUBLIC ?= include
GUEST_O := $(O)/guest

GUEST_CC_INCLUDE := $(shell $(CC) -print-file-name=include)

GUEST_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Wundef -Wmissing-prototypes -Wvla -Werror \
    -ffreestanding -nostdinc -isystem $(GUEST_CC_INCLUDE) -fno-pic -fno-pie -mcmodel=kernel -mno-red-zone \
    -mgeneral-regs-only -fno-stack-protector -fno-strict-aliasing -fno-asynchronous-unwind-tables \
    -fcf-protection=none -ffile-prefix-map=$(CURDIR)/= -fdebug-prefix-map=$(CURDIR)=. \
    -ffile-prefix-map=$(O)/=build/ -D__XEN_TOOLS__ \
    -I$(GUEST_DIR)/include -I$(GUEST_DIR)/include/libc -I$(GUEST_PUBLIC)

GUEST_SRCS := start.c shutdown.c string.c stdlib.c printf.c lock.c console.c cmdline.c mm.c pt.c malloc.c \
    trap.c smp.c time.c event.c event_2l.c event_fifo.c user.c gnttab.c \
    gnttab_v1.c gnttab_v2.c gnttab_refs.c domctl.c entry.S
GUEST_OBJS := $(patsubst %,$(GUEST_O)/rt/%.o,$(GUEST_SRCS))
GUEST_LIB := $(GUEST_O)/libguest.a
GUEST_LDS := $(GUEST_DIR)/guest.lds
GUEST_START := $(GUEST_O)/rt/start-note.S.o
GUEST_START_MSR := $(GUEST_O)/rt/start-msr.S.o
GUEST_START_SYSCALL := $(GUEST_O)/rt/start-syscall.S.o

guest-link = $(LD) -m elf_x86_64 -nostdlib -static --build-id=none -z max-page-size=4096 -z noexecstack \
    -T $(GUEST_LDS) -o $@-syms $(1) && $(OBJCOPY) --strip-debug $@-syms $@

$(GUEST_O)/rt/%.c.o: $(GUEST_DIR)/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(GUEST_O)/rt/%.S.o: $(GUEST_DIR)/%.S
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(GUEST_CFLAGS) $(CLANG_AS_FOLDER) -MMD -MP -c -o $@ $<

$(GUEST_LIB): $(GUEST_OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcsD $@ $^

-include $(patsubst %.o,%.d,$(GUEST_OBJS) $(GUEST_START) $(GUEST_START_MSR) $(GUEST_START_SYSCALL))
