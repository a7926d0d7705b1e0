# SPDX-License-Identifier: GPL-2.0-only
obj-y += domain.o
obj-y += dump.o
obj-y += guest-context.o
obj-y += idle.o
obj-y += runstate.o
obj-y += segments.o
obj-y += switch.o
