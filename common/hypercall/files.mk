# SPDX-License-Identifier: GPL-2.0-only
obj-y += compat.o
obj-y += multicall.o
ifeq ($(CONFIG_DEBUG_PREEMPT),y)
obj-y += preempt-always.o
else
obj-y += preempt.o
endif
obj-y += version.o
obj-y += vm-assist.o
