# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmark kernel. Included by the top Makefile after tools/guest/guest.mk, or used alone:
#     make -r -f tests/perf/perf.mk O=<dir>

ifndef GUEST_LIB
.DEFAULT_GOAL := bench-kernel
include tools/guest/guest.mk
endif

BENCH_DIR := tests/perf
BENCH_O := $(GUEST_O)/perf
BENCH_KERNEL := $(GUEST_O)/bench.elf
BENCH_NAMES := main hypercalls paging memory bounces events domains grants hammer child
BENCH_OBJS := $(patsubst %,$(BENCH_O)/%.c.o,$(BENCH_NAMES))

$(BENCH_O)/%.c.o: $(BENCH_DIR)/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(GUEST_CFLAGS) -I$(BENCH_DIR) -MMD -MP -c -o $@ $<

$(BENCH_O)/child.c.o: tests/guest/child.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(GUEST_CFLAGS) -Itests/guest -MMD -MP -c -o $@ $<

$(BENCH_KERNEL): $(GUEST_START) $(BENCH_OBJS) $(GUEST_LIB) $(GUEST_LDS)
	$(call say,LD,$@)
	$(Q)$(call guest-link,$(filter-out %.lds,$^))

.PHONY: bench-kernel
bench-kernel: $(BENCH_KERNEL)

-include $(BENCH_OBJS:.o=.d)
