# SPDX-License-Identifier: GPL-2.0-only
obj-y += lock.o rangeset.o rcu.o rwlock.o softirq.o tasklet.o
obj-$(CONFIG_DEBUG) += lock-check.o
