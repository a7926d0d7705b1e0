# SPDX-License-Identifier: GPL-2.0-only
obj-y += entry.o
obj-y += extable.o
obj-y += fatal.o
obj-y += hypercall.o
obj-y += reboot.o
obj-y += thunk.o
obj-y += traps.o
