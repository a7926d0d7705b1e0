# SPDX-License-Identifier: GPL-2.0-only
obj-y += cmdline.o
init-y += bcj-x86.o crc32.o lzma.o lzma2.o xz.o
