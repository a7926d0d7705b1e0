# SPDX-License-Identifier: GPL-2.0-only
#
# xc, the command on libxc for a Linux dom0: one static program, build/xc.

XC_DIR := tools/xc
XC_O := $(O)/xc.d
XC_OBJS := $(patsubst %,$(XC_O)/%.o,main json record host domains create console virq)

.PHONY: xc
xc: $(O)/xc

$(XC_O)/%.o: $(XC_DIR)/%.c | $(GEN_STAMP)
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIBXC_CFLAGS) -I tools/include -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(O)/xc: $(XC_OBJS) $(LIBXC_O)/libxc.a
	$(call say,LD,$@)
	$(Q)$(CC) -static -o $@ $^

-include $(XC_OBJS:.o=.d)
