# SPDX-License-Identifier: GPL-2.0-only
obj-y += clock.o
obj-y += platform.o
obj-y += pvclock.o
obj-y += rtc.o
obj-y += tsc.o
obj-y += tsc-info.o
obj-y += tsc-sync.o
