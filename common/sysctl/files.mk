# SPDX-License-Identifier: GPL-2.0-only
obj-y += host.o
obj-y += sysctl.o
