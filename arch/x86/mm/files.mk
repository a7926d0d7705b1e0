obj-y += baseptr.o entry.o flush.o foreign.o guest-copy.o l1.o linear.o mmu-update.o mmuext-flush.o mmuext.o
obj-y += perdomain.o table.o type.o update.o va-mapping.o walk.o
