# SPDX-License-Identifier: GPL-2.0-only
obj-y += cpus.o
obj-y += firmware.o
obj-y += mca.o
obj-y += mtrr.o
obj-y += power.o
obj-y += sleep.o
