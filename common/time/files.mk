# SPDX-License-Identifier: GPL-2.0-only
obj-y += timer.o wallclock.o
