# SPDX-License-Identifier: GPL-2.0-only
obj-y += pv.o
obj-y += host.o
obj-y += policy.o
