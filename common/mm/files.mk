# SPDX-License-Identifier: GPL-2.0-only
obj-y += domheap.o
obj-y += heap.o
obj-y += page.o
obj-y += page-list.o
obj-y += vmap.o
obj-y += xmalloc.o
