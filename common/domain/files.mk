# SPDX-License-Identifier: GPL-2.0-only
obj-y += domain.o
obj-y += info.o
obj-y += pause.o
obj-y += shutdown.o
obj-y += table.o
obj-y += vcpu.o
obj-y += watchdog.o
