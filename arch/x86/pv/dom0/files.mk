# SPDX-License-Identifier: GPL-2.0-only
init-y += build.o bzimage.o elf.o layout.o load.o memory.o permissions.o tables.o
ifeq ($(CONFIG_IOMMU),y)
init-y += dma.o
endif
