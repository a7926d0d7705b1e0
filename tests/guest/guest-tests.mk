# SPDX-License-Identifier: GPL-2.0-only
#
# The in-guest test kernels. Included by the top Makefile after tools/guest/guest.mk, or used alone:
#     make -r -f tests/guest/guest-tests.mk O=<dir>
#
# Each kernel is the runner, the child builder and some suites. Out: GUEST_TEST_KERNELS.

ifndef GUEST_LIB
.DEFAULT_GOAL := guest-tests
include tools/guest/guest.mk
endif

GUEST_TEST_DIR := tests/guest
GUEST_TEST_O := $(GUEST_O)/tests
GUEST_TEST_COMMON := test child ending

include $(GUEST_TEST_DIR)/kernels.mk

GUEST_TEST_KERNELS := $(patsubst %,$(GUEST_O)/%.elf,$(GUEST_TEST_NAMES))
GUEST_TEST_OBJS := $(sort $(foreach k,$(GUEST_TEST_NAMES),$(GUEST_TEST_$(k):%=$(GUEST_TEST_O)/%.c.o))) \
    $(GUEST_TEST_COMMON:%=$(GUEST_TEST_O)/%.c.o)

$(GUEST_TEST_O)/%.c.o: $(GUEST_TEST_DIR)/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(GUEST_CFLAGS) -I$(GUEST_TEST_DIR) -MMD -MP -c -o $@ $<

# The operations that name a domain, from the operation tables.
GUEST_TEST_GEN := $(O)/gen/op-targets.h
ifdef GEN_STAMP
$(GUEST_TEST_GEN): $(GEN_STAMP) ;
else
$(GUEST_TEST_GEN): $(wildcard include/ops/*.toml)
	$(Q)/usr/bin/python3 tools/gen/gen.py --out $(O)/gen
endif
$(GUEST_TEST_O)/states.c.o: GUEST_CFLAGS += -I$(O)
$(GUEST_TEST_O)/states.c.o: | $(GUEST_TEST_GEN)

# libxc's part that is for PV kernels, as it is in the embedded dom0.
$(GUEST_TEST_O)/%.c.o: tools/libxc/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<
$(GUEST_TEST_O)/libxc.c.o: GUEST_CFLAGS += -Itools/libxc/include
$(GUEST_TEST_O)/backend-embedded.c.o: GUEST_CFLAGS += -Itools/libxc/include -I$(O) -Iinclude
$(GUEST_TEST_O)/backend-embedded.c.o: | $(GUEST_TEST_GEN)

define guest_test_kernel
$(GUEST_O)/$(1).elf: $(or $(GUEST_TEST_START_$(1)),$(GUEST_START)) $(GUEST_TEST_COMMON:%=$(GUEST_TEST_O)/%.c.o) \
    $(GUEST_TEST_$(1):%=$(GUEST_TEST_O)/%.c.o) $(GUEST_LIB) $(GUEST_LDS)
	$$(call say,LD,$$@)
	$$(Q)$$(call guest-link,$$(filter-out %.lds,$$^))
endef
$(foreach k,$(GUEST_TEST_NAMES),$(eval $(call guest_test_kernel,$(k))))

.PHONY: guest-tests
guest-tests: $(GUEST_TEST_KERNELS)

-include $(GUEST_TEST_OBJS:.o=.d)
