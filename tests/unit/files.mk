# SPDX-License-Identifier: GPL-2.0-only
#
# Host unit tests: one row a program. `unit-y += evtchn` builds tests/unit/evtchn_test.c, linked with
# all of common/ and the fake architecture; a member is taken only when something needs it, a function
# that the test defines itself wins over both, and the fake wins over common/. To have a room's own file
# instead of the fake of it, name its objects:  evtchn-objs := common/mm/xmalloc.o

unit-y += fake
unit-y += lib
unit-y += memory
memory-objs := common/mm/xmalloc.o common/mm/vmap.o
unit-y += boot-memory
unit-y += memory-op
unit-y += numa
unit-y += cmdline
unit-y += console
console-objs := common/console/printk.o
unit-y += rangeset
unit-y += xsm
unit-y += domctl
unit-y += sync
unit-y += timer
$(UNIT_O)/hv/arch/x86/time/%.o $(UNIT_O)/tsc_test.o: UNIT_CFLAGS += -I arch/x86/include -include tests/unit/fake/tsc.h
unit-y += tsc
tsc-objs := arch/x86/time/tsc.o
$(UNIT_O)/hv/arch/x86/cpu/%.o $(UNIT_O)/spec_test.o: UNIT_CFLAGS += -I arch/x86/include
unit-y += spec
spec-objs := arch/x86/cpu/spec-choice.o
$(UNIT_O)/hv/arch/x86/irq/%.o: UNIT_CFLAGS += -idirafter arch/x86/include
$(UNIT_O)/hv/arch/x86/irq/%.o $(UNIT_O)/pirq_test.o: UNIT_CFLAGS += -idirafter arch/x86/include
unit-y += ipi
ipi-objs := arch/x86/irq/ipi.o
unit-y += pirq
pirq-objs := arch/x86/irq/pirq.o
unit-y += sched
unit-y += ptwr
ptwr-objs := arch/x86/pv/ptwr-decode.o
# Page tables: arch/x86's own entries over the fake's memory.
unit-pv := $(UNIT_O)/hv/arch/x86/mm/%.o $(UNIT_O)/page-type_test.o $(UNIT_O)/page-table_test.o
$(unit-pv): UNIT_FIRST := -I $(UNIT_DIR)/fake-pv/include -idirafter arch/x86/include
unit-y += page-type
page-type-objs := arch/x86/mm/type.o
unit-y += page-table
page-table-objs := $(addprefix arch/x86/mm/,entry.o l1.o linear.o linear-slots.o table.o tlb-clock.o type.o update.o)
unit-y += evtchn
unit-y += evtchn-fifo
unit-y += virq
unit-y += gnttab gnttab-race
unit-y += elf
elf-objs := arch/x86/pv/dom0/elf.o
# What the boot loader and ACPI's tables say is read on the host too, broken ones above all.
$(UNIT_O)/hv/arch/x86/boot/%.o: UNIT_CFLAGS += -idirafter arch/x86/include
unit-y += multiboot2
multiboot2-objs := arch/x86/boot/multiboot2.o arch/x86/boot/memmap.o
$(UNIT_O)/hv/drivers/char/%.o: UNIT_CFLAGS += -idirafter arch/x86/include
unit-y += screen
screen-objs := drivers/char/lfb.o drivers/char/lfb-check.o
unit-y += acpi
acpi-objs := $(addprefix drivers/acpi/,devices.o fadt.o iommu.o madt.o sleep.o tables.o topology.o)
unit-y += iommu
unit-y += dmar
unit-y += xz
unit-y += unpack
unpack-objs := arch/x86/pv/dom0/bzimage.o
