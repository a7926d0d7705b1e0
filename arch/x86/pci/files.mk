# SPDX-License-Identifier: GPL-2.0-only
obj-y += cfg1.o
