# SPDX-License-Identifier: GPL-2.0-only
obj-y += ns16550.o screen.o vga.o
obj-$(CONFIG_LFB) += lfb.o
init-y += lfb-check.o ns16550-config.o ns16550-pci.o
