# SPDX-License-Identifier: GPL-2.0-only
#
# Corbel's build. `make help` lists the targets. Everything made lands in $(O) (default: build).
#
# Sources are named in a files.mk of their own directory:
#     obj-y += port.o             linked into the hypervisor
#     obj-$(CONFIG_X) += x.o      linked when the option is on
#     init-y += setup.o           the same, with all of its code and data freed after start-up
# Programs around the hypervisor (guest runtime, libxc, dom0, tests) bring a .mk fragment each.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

ifeq ($(origin CC),default)
CC := gcc
endif
LD      := ld.bfd
AR      := ar
NM      := nm
OBJCOPY := objcopy
PYTHON  := /usr/bin/python3

O ?= build
V ?= 0
ifeq ($(V),0)
Q   := @
say  = @printf '  %-8s %s\n' '$(1)' '$(patsubst $(O)/%,%,$(2))'
else
Q   :=
say  = @:
endif

.PHONY: all
all: hypervisor

# Targets that build nothing do not need a configuration.
no-config := help clean distclean tags docs format
ifneq ($(filter-out $(no-config),$(or $(MAKECMDGOALS),all)),)
need-config := y
endif

include tools/build/config.mk
include tools/build/flags.mk
include tools/build/objects.mk
include tools/build/image.mk
include tools/build/install.mk
include tools/build/run.mk

-include tools/guest/guest.mk
-include tools/libxc/libxc.mk
-include tools/dom0/dom0.mk
-include tools/xc/xc.mk
-include $(filter-out %/files.mk %/kernels.mk,$(sort $(wildcard tests/*/*.mk)))

# Programs outside the hypervisor depend on the compiler that made them.
$(GUEST_OBJS) $(GUEST_START) $(GUEST_START_MSR) $(GUEST_START_SYSCALL) $(GUEST_TEST_OBJS) $(DOM0_OBJS) \
	$(LIBXC_LINUX) $(LIBXC_EMBEDDED_OBJS) $(XC_OBJS): $(O)/.cc

.PHONY: help
help:
	@sed -n 's/^## \{0,1\}//p' tools/build/help.txt

.PHONY: clean distclean tags docs format
clean:
	$(Q)rm -rf $(addprefix $(O)/,common arch drivers xsm gen tools tests libxc guest check mutants \
		corbel corbel-syms corbel.iso corbel.map dom0 dom0.d libxc.d linux xc xc.d .image compile_commands.json .flags .link)
distclean:
	$(Q)rm -rf $(O)
tags:
	$(Q)ctags -R --languages=C,Asm arch common drivers include xsm tools
docs:
	$(Q)$(PYTHON) tools/build/docs.py --build $(O)
# The C files that differ from the last commit, or those that F= names.
format:
	$(Q)tool=$$($(PYTHON) tools/lint/lint.py --formatter) && $$tool -i $(or $(F),$(filter %.c %.h,$(shell git diff --name-only --diff-filter=d HEAD) \
		$(shell git ls-files --others --exclude-standard)))
