# SPDX-License-Identifier: GPL-2.0-only
# Compilers and their flags. WARNINGS is shared by every program of the tree.

cc-is-clang := $(findstring clang,$(notdir $(firstword $(CC))))

WARNINGS := -Wall -Wextra -Wshadow -Wundef -Wmissing-prototypes -Wvla \
	-Wno-unused-parameter -Werror
ifneq ($(cc-is-clang),)
WARNINGS += -Wno-gnu-variable-sized-type-not-at-end -Wno-address-of-packed-member
endif

# Two builds in two folders give the same bytes: no path of the host in any of them.
REPRODUCIBLE := -ffile-prefix-map=$(CURDIR)/= -fdebug-prefix-map=$(CURDIR)=. \
	-ffile-prefix-map=$(O)/=build/

# clang 14's assembler does not map the folder that it runs in.
CLANG_AS_FOLDER := $(if $(cc-is-clang),-fdebug-compilation-dir=.)

# Frames are 8-byte aligned: nothing in the image uses a vector register.
STACK_BOUNDARY := $(if $(cc-is-clang),-mstack-alignment=8,-mpreferred-stack-boundary=3)

HV_INCLUDES := -I include -I arch/x86/include -I $(O) -I $(O)/gen
HV_CPPFLAGS := $(HV_INCLUDES) -D__HYPERVISOR__
HV_CFLAGS := -std=gnu11 -ffreestanding -nostdinc \
	-isystem $(shell $(CC) -print-file-name=include) \
	-O2 -g $(REPRODUCIBLE) $(WARNINGS) \
	-fPIE -fvisibility=hidden -fno-common -fno-strict-aliasing -fwrapv \
	-mno-red-zone $(STACK_BOUNDARY) -mgeneral-regs-only -msoft-float -mcmodel=small \
	-fno-asynchronous-unwind-tables -fno-jump-tables -fcf-protection=none \
	-fno-delete-null-pointer-checks \
	-fstack-protector-strong -mstack-protector-guard=global
HV_AFLAGS := -D__ASSEMBLY__ -g $(REPRODUCIBLE) -fPIE -Wa,--fatal-warnings -Wundef -Werror
ifneq ($(cc-is-clang),)
HV_CFLAGS += -mretpoline-external-thunk
HV_AFLAGS += -Wno-unused-command-line-argument $(CLANG_AS_FOLDER)
else
HV_CFLAGS += -mindirect-branch=thunk-extern -mindirect-branch-register -fconserve-stack
endif
ifeq ($(CONFIG_DEBUG),y)
HV_CFLAGS += -fno-omit-frame-pointer -fno-optimize-sibling-calls
endif

# Objects depend on this file, which changes exactly when a flag does.
ifeq ($(need-config),y)
all-flags := $(CC) $(HV_CPPFLAGS) $(HV_CFLAGS) $(HV_AFLAGS)
$(O)/.flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(all-flags)' | cmp -s - $@ || printf '%s\n' '$(all-flags)' >$@
$(O)/.cc: FORCE
	@mkdir -p $(@D)
	@echo '$(CC)' | cmp -s - $@ || echo '$(CC)' >$@
endif
