# SPDX-License-Identifier: GPL-2.0-only
obj-$(CONFIG_IOMMU) += context.o device.o domctl.o domid.o fault.o init.o options.o pin.o
obj-$(CONFIG_IOMMU) += requester.o reserved.o table.o topology.o
obj-$(CONFIG_INTEL_IOMMU) += vtd/acpi.o vtd/ctx.o vtd/entry.o vtd/fault.o vtd/hw.o vtd/queue.o
ifneq ($(CONFIG_IOMMU),y)
obj-y += domctl-absent.o
endif
