# SPDX-License-Identifier: GPL-2.0-only
obj-y += cmdline.o
