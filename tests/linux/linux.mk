# SPDX-License-Identifier: GPL-2.0-only
#
# Programs that test what user space sees of the CPU, for an initramfs: `user`, static, with the C
# library, and `user32`, 32-bit without one. They also run on the machine that builds them.
#     make -r -f tests/linux/linux.mk O=<dir>

USER_DIR := tests/linux/user
USER_O   := $(O)/tests/linux/user
USER_C   := main calls debug faults fpu memory paging ports processes segments signals
USER32_C := $(USER_DIR)/user32.c $(USER_DIR)/ways32.c
USER_PROGRAMS := $(USER_O)/user $(USER_O)/user32
USER_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Wshadow -Wundef -Werror -fno-pie
USER32_CFLAGS := $(USER_CFLAGS) -m32 -ffreestanding -nostdlib -static -no-pie -fno-stack-protector \
	-fno-asynchronous-unwind-tables

$(USER_O)/%.o: $(USER_DIR)/%.c $(USER_DIR)/user.h tests/linux/linux.mk
	@mkdir -p $(@D)
	$(Q)gcc $(USER_CFLAGS) -c -o $@ $<

$(USER_O)/user: $(USER_C:%=$(USER_O)/%.o)
	$(Q)gcc -static -no-pie -o $@ $^ -lpthread

$(USER_O)/user32: $(USER32_C) $(USER_DIR)/user32.h tests/linux/linux.mk
	@mkdir -p $(@D)
	$(Q)gcc $(USER32_CFLAGS) -o $@ $(USER32_C)

.PHONY: linux-user
linux-user: $(USER_PROGRAMS)

GRANTS_O := $(O)/tests/linux/grants

$(GRANTS_O)/grants: tests/linux/grants/grants.c tests/linux/linux.mk
	@mkdir -p $(@D)
	$(Q)gcc $(USER_CFLAGS) -static -no-pie -o $@ $<
$(GRANTS_O)/granter.o: tests/linux/grants/granter.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<
$(GRANTS_O)/granter.elf: $(GRANTS_O)/granter.o $(GUEST_START) $(GUEST_LIB) $(GUEST_LDS)
	$(Q)$(call guest-link,$(GUEST_START) $< $(GUEST_LIB))
-include $(GRANTS_O)/granter.d

.PHONY: linux-tests
linux-tests: linux-user $(O)/xc $(DOM0_O)/handler.elf $(DOM0_O)/victim.elf $(GRANTS_O)/grants $(GRANTS_O)/granter.elf
