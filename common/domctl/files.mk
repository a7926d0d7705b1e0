# SPDX-License-Identifier: GPL-2.0-only
obj-y += bitmap.o
obj-y += domctl.o
obj-y += life.o
obj-y += member.o
obj-y += permission.o
obj-y += vcpu.o
