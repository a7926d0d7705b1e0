# SPDX-License-Identifier: GPL-2.0-only
# libxc's host tests, under AddressSanitizer and UBSan. Part of the unit rung; read after
# tests/unit/unit.mk.

XC_TEST_O := $(O)/tests/xc
XC_TEST_OBJS := $(patsubst %,$(XC_TEST_O)/%.o,$(LIBXC_COMMON) tests/fake tests/libxc_test $(LIBXC_UNPACK))
UNIT_TESTS += $(XC_TEST_O)/libxc_test

XC_TEST_CFLAGS := $(LIBXC_CFLAGS) -O1 -g -fno-omit-frame-pointer -Wno-missing-prototypes \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined

$(XC_TEST_O)/%.o: $(LIBXC_DIR)/%.c | $(GEN_STAMP)
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(UNIT_CC) $(XC_TEST_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(XC_TEST_O)/%.o: %.c | $(GEN_STAMP)
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(UNIT_CC) $(XC_TEST_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(XC_TEST_O)/libxc_test: $(XC_TEST_OBJS)
	$(call say,HOSTLD,$@)
	$(Q)$(UNIT_CC) -fsanitize=address,undefined -o $@ $^ -lcmocka

-include $(XC_TEST_OBJS:.o=.d)
