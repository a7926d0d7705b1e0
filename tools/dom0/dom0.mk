# SPDX-License-Identifier: GPL-2.0-only
#
# The embedded dom0, build/dom0, with the kernels it starts inside. On tools/guest and libxc.

DOM0_DIR := tools/dom0
DOM0_O := $(O)/dom0.d
DOM0_OBJS := $(patsubst %,$(DOM0_O)/%.o,main demo shell line domains host room kernels)
DOM0_CFLAGS = $(GUEST_CFLAGS) -I $(LIBXC_DIR)/include -I tools/include

.PHONY: dom0
dom0: $(O)/dom0

$(DOM0_O)/%.o: $(DOM0_DIR)/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(DOM0_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(DOM0_O)/kernels.o: $(DOM0_DIR)/kernels.S $(DOM0_O)/handler.elf $(DOM0_O)/victim.elf
	$(call say,AS,$@)
	$(Q)$(CC) $(GUEST_CFLAGS) -DDOMU_HANDLER='"$(DOM0_O)/handler.elf"' \
		-DDOMU_VICTIM='"$(DOM0_O)/victim.elf"' -c -o $@ $<

$(DOM0_O)/%.elf: $(DOM0_O)/domu/%.o $(GUEST_START) $(GUEST_LIB) $(GUEST_LDS)
	$(call say,LD,$@)
	$(Q)$(call guest-link,$(GUEST_START) $< $(GUEST_LIB))

$(O)/dom0: $(DOM0_OBJS) $(LIBXC_EMBEDDED) $(GUEST_START) $(GUEST_LIB) $(GUEST_LDS)
	$(call say,LD,$@)
	$(Q)$(call guest-link,$(GUEST_START) $(DOM0_OBJS) \
		--start-group $(LIBXC_EMBEDDED) $(GUEST_LIB) --end-group)

-include $(DOM0_OBJS:.o=.d) $(patsubst %,$(DOM0_O)/domu/%.d,handler victim)
