# SPDX-License-Identifier: GPL-2.0-only
#
# Builds the host unit tests: common/ and the test programs under AddressSanitizer and UBSan.
# Out: UNIT_TESTS, the programs. `make unit-common` links all of common/ at once.

UNIT_DIR := tests/unit
UNIT_O   := $(O)/tests/unit
unit-y   :=
include $(UNIT_DIR)/files.mk

UNIT_CC       := gcc
UNIT_SANITIZE ?= -fsanitize=address,undefined -fno-sanitize-recover=undefined
UNIT_CFLAGS   := -std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-strict-aliasing -fwrapv -fno-common \
	$(UNIT_SANITIZE) -fno-sanitize=alignment,signed-integer-overflow $(REPRODUCIBLE) $(WARNINGS) \
	-D__HYPERVISOR__ -D_GNU_SOURCE -I $(UNIT_DIR)/fake/include -I include -I $(O) -I $(O)/gen
UNIT_LIBS     := -lcmocka -lpthread

# Rooms whose objects run on the host, and what of them cannot: code that only the machine has.
unit-rooms   := common xsm drivers/passthrough
unit-objs    := $(filter $(addprefix $(O)/,$(addsuffix /%,$(unit-rooms))),$(HV_OBJS:.init.o=.o))
unit-objs    := $(filter-out $(O)/common/lib/symbols.o,$(unit-objs))
unit-objs    := $(patsubst $(O)/%,$(UNIT_O)/hv/%,$(unit-objs))
unit-objs    += $(patsubst $(O)/%,$(UNIT_O)/hv/%,$(GEN_OBJS))
unit-fakes   := $(patsubst %.c,$(UNIT_O)/hv/%.o,$(wildcard $(UNIT_DIR)/fake/*.c))
UNIT_FAKE    := $(UNIT_O)/libfake.a
UNIT_TESTS   := $(patsubst %,$(UNIT_O)/%_test,$(unit-y))

unit-ready := $(GEN_STAMP) $(O)/gen/autoconf.h $(UNIT_DIR)/fake/include/unit/config.h

$(UNIT_O)/hv/%.o: %.c $(unit-ready) tools/build/flags.mk $(UNIT_DIR)/unit.mk
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(UNIT_CC) $(UNIT_FIRST) $(UNIT_CFLAGS) -include unit/config.h -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(UNIT_O)/hv/gen/%.o: $(O)/gen/%.c $(unit-ready) tools/build/flags.mk $(UNIT_DIR)/unit.mk
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(UNIT_CC) $(UNIT_FIRST) $(UNIT_CFLAGS) -include unit/config.h -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(UNIT_O)/hv/$(UNIT_DIR)/fake/%.o: $(UNIT_DIR)/fake/%.c $(unit-ready) tools/build/flags.mk $(UNIT_DIR)/unit.mk
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(UNIT_CC) $(UNIT_FIRST) $(UNIT_CFLAGS) -include unit/test.h -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(UNIT_O)/%_test.o: $(UNIT_DIR)/%_test.c $(unit-ready) tools/build/flags.mk $(UNIT_DIR)/unit.mk
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(UNIT_CC) $(UNIT_FIRST) $(UNIT_CFLAGS) -include unit/test.h -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(UNIT_O)/%_fuzz.o: $(UNIT_DIR)/%_fuzz.c $(unit-ready) tools/build/flags.mk $(UNIT_DIR)/unit.mk
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(UNIT_CC) $(UNIT_FIRST) $(UNIT_CFLAGS) -include unit/test.h -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(UNIT_FAKE): $(unit-fakes)
	@rm -f $@
	$(Q)$(AR) rcsD $@ $^

# A room that does not compile on the host is missed by its own users only; unit-common reports it.
$(UNIT_O)/libcommon.a: FORCE $(unit-ready)
	@mkdir -p $(@D)
	$(Q)+$(MAKE) -s -k $(unit-objs) || true
	@ls $(unit-objs) 2>/dev/null >$@.new || true; \
	for o in $$(cat $@.new); do [ $$o -ot $@ ] || rm -f $@; done; \
	cmp -s $@.new $@.list || rm -f $@; mv $@.new $@.list; \
	[ -e $@ ] || { [ -s $@.list ] && xargs $(AR) rcsD $@ <$@.list || $(AR) rcsD $@; }

# libcommon.a's own make compiles what is in unit-objs. No rule may name one of them as a prerequisite
# beside it: two makes would write the same file at once.
unit-named = $(addprefix $(UNIT_O)/hv/,$($(1)-objs))

unit-link = $(UNIT_CC) $(UNIT_SANITIZE) -Wl,-z,muldefs -o $@

define unit-program
$(UNIT_O)/$(1)_test: $(UNIT_O)/$(1)_test.o $(filter-out $(unit-objs),$(unit-named)) $(UNIT_FAKE) \
		$(UNIT_O)/libcommon.a $(UNIT_DIR)/fake/tables.lds
	$$(call say,HOSTLD,$$@)
	$$(Q)$$(unit-link) $$(filter %.o,$$^) $(filter $(unit-objs),$(unit-named)) \
		-Wl,--start-group $$(UNIT_FAKE) $$(UNIT_O)/libcommon.a -Wl,--end-group \
		$$(UNIT_LIBS) -Wl,-T,$$(UNIT_DIR)/fake/tables.lds
endef
$(foreach t,$(unit-y),$(eval $(call unit-program,$(t))))

# Programs for libFuzzer: clang, in a build directory of their own (tests/ladder/unit.py).
$(UNIT_O)/%_fuzz: $(UNIT_O)/%_fuzz.o $(UNIT_FAKE) $(UNIT_O)/libcommon.a $(UNIT_DIR)/fake/tables.lds
	$(call say,HOSTLD,$@)
	$(Q)$(unit-link) $(filter %.o,$^) -Wl,--start-group $(UNIT_FAKE) $(UNIT_O)/libcommon.a \
		-Wl,--end-group $(UNIT_LIBS) -Wl,-T,$(UNIT_DIR)/fake/tables.lds

# The image's own objects in a process, without a C library and without sanitizers: options.lds.
options-objs := $(HV_OBJS)
UNIT_TESTS += $(UNIT_O)/options_test
$(UNIT_O)/options_test: $(UNIT_DIR)/options_test.c $(UNIT_DIR)/options.lds $(UNIT_DIR)/unit.mk $(options-objs)
	$(call say,HOSTLD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HV_CPPFLAGS) -include include/hv/config.h $(HV_CFLAGS) -fno-stack-protector \
		-MMD -MP -MF $@.d -MT $@ -c -o $@.o $<
	$(Q)$(PYTHON) tools/build/symbols.py /dev/null >$@.S
	$(Q)$(CC) -c -x assembler $@.S -o $@.symbols.o
	$(Q)$(LD) -static -z muldefs --unresolved-symbols=ignore-all --no-warnings \
		-T $(UNIT_DIR)/options.lds -o $@ $@.o $(options-objs) $@.symbols.o
-include $(UNIT_O)/options_test.d

.PHONY: unit-tests unit-common
unit-tests: $(UNIT_TESTS)

# All of common/ against the fake architecture: what the contract owes and nobody gives is named here.
unit-common: $(UNIT_O)/common_links
$(UNIT_O)/common_links: $(UNIT_O)/fake_test.o $(UNIT_FAKE) $(UNIT_O)/libcommon.a
	$(Q)+$(MAKE) -s $(unit-objs)
	$(Q)$(unit-link) $(UNIT_O)/fake_test.o $(unit-fakes) -Wl,--whole-archive $(UNIT_O)/libcommon.a \
		-Wl,--no-whole-archive $(UNIT_LIBS) -Wl,-T,$(UNIT_DIR)/fake/tables.lds

-include $(unit-objs:.o=.d) $(unit-fakes:.o=.d) $(patsubst %,$(UNIT_O)/%_test.d,$(unit-y))
