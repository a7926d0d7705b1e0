# SPDX-License-Identifier: GPL-2.0-only
obj-y += exchange.o info.o reservation.o
