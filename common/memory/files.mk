# SPDX-License-Identifier: GPL-2.0-only
obj-y += acquire.o
obj-y += exchange.o info.o reservation.o
