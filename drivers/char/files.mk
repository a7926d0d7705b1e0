# SPDX-License-Identifier: GPL-2.0-only
obj-y += ns16550.o vga.o
init-y += ns16550-config.o ns16550-pci.o
