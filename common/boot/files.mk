# SPDX-License-Identifier: GPL-2.0-only
obj-y += cmdline.o
init-y += bcj-x86.o bzip2.o crc32.o gzip.o inflate.o lz4.o lzma.o lzma2.o lzma-alone.o lzo.o unpack.o xxhash.o
init-y += xz.o zstd.o zstd-fse.o zstd-literals.o
