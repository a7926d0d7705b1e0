# SPDX-License-Identifier: GPL-2.0-only
obj-$(CONFIG_XSM) += core.o
obj-$(CONFIG_XSM) += dummy.o
