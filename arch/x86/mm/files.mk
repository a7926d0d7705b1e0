# SPDX-License-Identifier: GPL-2.0-only
obj-y += baseptr.o entry.o flush.o foreign.o guest-copy.o guest-frame.o hvmap.o l1.o l1tf.o linear.o memory-map.o
obj-y += linear-slots.o mmio-ro.o
obj-y += mmu-update.o mmuext-flush.o mmuext.o perdomain.o relinquish.o table.o type.o update.o
obj-y += tlb-clock.o va-mapping.o walk.o xpti.o
obj-y += grant.o
