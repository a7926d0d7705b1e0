# SPDX-License-Identifier: GPL-2.0-only
obj-y += devices.o
obj-y += fadt.o
obj-y += iommu.o
obj-y += madt.o
obj-y += sleep.o
obj-y += tables.o
obj-y += topology.o
