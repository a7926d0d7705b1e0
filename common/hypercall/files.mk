# SPDX-License-Identifier: GPL-2.0-only
obj-y += compat.o
obj-y += multicall.o
obj-y += version.o
obj-y += vm-assist.o
