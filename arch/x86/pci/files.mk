# SPDX-License-Identifier: GPL-2.0-only
obj-y += cfg1.o
obj-y += device.o
obj-y += ecam.o
obj-$(CONFIG_IOMMU) += iommu.o
obj-y += msi.o
obj-y += ops.o
