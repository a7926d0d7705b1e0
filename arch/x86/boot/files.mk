# SPDX-License-Identifier: GPL-2.0-only
obj-y += boot.o
obj-y += image.o
obj-y += main.o
obj-y += memmap.o
obj-y += multiboot2.o
obj-y += setup.o
obj-y += trampoline.o
