# SPDX-License-Identifier: GPL-2.0-only
obj-y += apic.o
obj-y += apic-timer.o
obj-y += ioapic.o
obj-y += ipi.o
obj-y += irq.o
obj-y += pirq.o
obj-y += pirq-op.o
obj-y += vector.o
obj-y += watchdog.o watchdog-perf.o watchdog-pit.o
