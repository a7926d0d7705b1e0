# SPDX-License-Identifier: GPL-2.0-only
obj-y += affinity.o balance.o cap.o dump.o op.o param.o poll.o runq.o runstate.o schedule.o vcpu.o wake.o watchdog.o
