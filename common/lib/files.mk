# SPDX-License-Identifier: GPL-2.0-only
obj-y += bitops.o heap.o pointer.o snprintf.o string.o strtoul.o
obj-$(CONFIG_DEBUG_INTERLEAVE) += interleave.o
