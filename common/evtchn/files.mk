# SPDX-License-Identifier: GPL-2.0-only
obj-y += bind.o
obj-y += close.o
obj-y += port.o
obj-y += send.o
obj-y += status.o
obj-y += two-level.o
