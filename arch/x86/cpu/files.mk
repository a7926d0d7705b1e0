# SPDX-License-Identifier: GPL-2.0-only
obj-y += alternative.o
obj-y += desc.o
obj-y += feature.o
obj-y += msr.o
obj-y += smpboot.o
obj-y += stack.o
obj-y += xstate.o
