# SPDX-License-Identifier: GPL-2.0-only
obj-y += copy.o entry.o map.o maptrack.o query.o release.o swap.o table.o unmap.o usage.o version.o
obj-$(CONFIG_GRANT_TRANSFER) += transfer.o
ifneq ($(CONFIG_GRANT_TRANSFER),y)
obj-y += transfer-absent.o
endif
