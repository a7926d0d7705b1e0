# SPDX-License-Identifier: GPL-2.0-only
obj-y += device.o guest.o input.o keyhandler.o printk.o ring.o sysctl.o
init-y += ring-early.o
