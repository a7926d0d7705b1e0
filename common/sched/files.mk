# SPDX-License-Identifier: GPL-2.0-only
obj-y += affinity.o balance.o cap.o runq.o runstate.o sched-op.o schedule.o show.o sysctl.o vcpu.o vcpu-timer.o wake.o
